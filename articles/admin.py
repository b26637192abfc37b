"""The editors' desk: Django's admin for authors, categories, treatments and articles."""

from __future__ import annotations  # Field and ModelForm take type arguments for the type checker only

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import (
    AdminTextareaWidget,
    AutocompleteMixin,
    AutocompleteSelect,
    AutocompleteSelectMultiple,
)
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import Group, User
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Field, QuerySet
from django.forms import CheckboxSelectMultiple, ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST, require_safe
from markdownx.admin import MarkdownxModelAdmin
from markdownx.widgets import AdminMarkdownxWidget
from modeltranslation.admin import TranslationAdmin

from articles import desk, revising
from articles.desk import (
    EditorRequest,
    accounts,
    article_list,
    cited_works,
    deleted,
    editions,
    evidence,
    importing,
    linking,
    looking_up,
    pictures,
    presence,
    previews,
    publishing,
    revisions,
    saving,
    sharing,
    translations,
)
from articles.forms import ALTS, ArticleForm, AuthorForm, PictureForm, SluggedForm
from articles.models import SHOWN_TEXTS, Article, AuditEntry, Author, Category, Picture, Synonym, Treatment
from articles.pictures import delete, lock_portrait, store, store_portrait, unused
from references import citations
from references.admin import ReferenceAdmin
from references.forms import VisibleModelForm
from references.languages import language_fieldsets, localized
from references.models import Reference


@admin.register(Author)
class AuthorAdmin(TranslationAdmin[Author]):
    form = AuthorForm
    search_fields = ["name"]
    readonly_fields = ["photo_online"]

    def get_fieldsets(self, request: HttpRequest, obj: Author | None = None) -> Any:
        photo = ["photo_online", "photo", "remove_photo"] if obj and obj.portrait else ["photo"]
        fields = ["name", "slug", "authorisation", "orcid", *photo]
        return [(None, {"fields": fields}), *language_fieldsets("title", "biography")]

    @admin.display(description=_("Photo online"))
    def photo_online(self, author: Author) -> str:
        return format_html('<img src="{}" width="160" height="160" alt="">', author.portrait_url)

    def save_model(self, request: HttpRequest, obj: Author, form: Any, change: bool) -> None:
        if form.changes_photo:
            store_portrait(obj, form.renditions)
        else:
            lock_portrait(obj)
            obj.save()

    def delete_model(self, request: HttpRequest, obj: Author) -> None:
        delete(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Author]) -> None:
        for author in queryset:
            delete(author)


@admin.register(Category)
class CategoryAdmin(TranslationAdmin[Category]):
    form = SluggedForm
    fieldsets = [
        *language_fieldsets("name", "slug", "description"),
        (None, {"fields": ["position", "review_months"]}),
    ]
    list_display = ["__str__", "position"]


@admin.register(Treatment)
class TreatmentAdmin(TranslationAdmin[Treatment]):
    form = SluggedForm
    fieldsets = language_fieldsets("name", "slug", "summary", "booking_url")
    search_fields = [localized("name", code) for code, _name in settings.LANGUAGES]


@admin.register(Synonym)
class SynonymAdmin(admin.ModelAdmin[Synonym]):
    form = VisibleModelForm
    list_display = ["__str__", "language"]
    list_filter = ["language"]
    formfield_overrides = {ArrayField: {"widget": AdminTextareaWidget(attrs={"rows": 2})}}


class UnusedPictures(SimpleListFilter):
    title = _("use")
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("none", _("Unused"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Picture]) -> QuerySet[Picture]:
        return unused(queryset) if self.value() == "none" else queryset


@admin.register(Picture)
class PictureAdmin(TranslationAdmin[Picture]):
    form = PictureForm
    list_display = ["thumbnail", "descriptions", "credit", "used_in"]
    list_filter = [UnusedPictures]
    list_per_page = 50
    search_fields = [*ALTS.values(), "credit"]
    readonly_fields = ["thumbnail", "all_uses", "uploaded_by", "uploaded_at"]
    delete_confirmation_template = "admin/articles/picture/delete_confirmation.html"

    class Media:
        css = {"all": ["css/desk.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: Picture | None = None) -> Any:
        about = (
            ["thumbnail", "credit", "all_uses", "uploaded_by", "uploaded_at"] if obj else ["file", "credit"]
        )
        return [(None, {"fields": about}), *language_fieldsets("alt")]

    @admin.display(description=_("picture"))
    def thumbnail(self, picture: Picture) -> str:
        return pictures.thumbnail(picture)

    @admin.display(description=_("description"))
    def descriptions(self, picture: Picture) -> str:
        return pictures.descriptions(picture)

    @admin.display(description=_("used in"))
    def used_in(self, picture: Any) -> str:
        return pictures.articles_html(picture.uses)

    @admin.display(description=_("used in"))
    def all_uses(self, picture: Picture) -> str:
        return pictures.use_list(pictures.uses([picture])[picture.pk])

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        page = super().get_changelist_instance(request)
        uses = pictures.uses(page.result_list)
        for picture in page.result_list:
            picture.uses = uses[picture.pk]
        return page

    def save_model(self, request: HttpRequest, obj: Picture, form: Any, change: bool) -> None:
        if change:
            obj.save()
        else:
            obj.uploaded_by = request.user  # type: ignore[assignment]
            store(obj, form.renditions)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A picture that is used is not deleted: in place of what goes with it, where it is used."""
        deleted, counts, lacking, _protected = super().get_deleted_objects(objs, request)
        used = [use.line for places in pictures.uses(objs).values() for use in places]
        return deleted, counts, lacking, used

    def delete_model(self, request: HttpRequest, obj: Picture) -> None:
        delete(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Picture]) -> None:
        for picture in queryset:
            delete(picture)

    def get_urls(self) -> list[URLPattern]:
        view, change = self.admin_site.admin_view, "articles.change_article"
        # Whoever writes articles may look for what to show, and show it.
        find = permission_required(change, raise_exception=True)(require_GET(pictures.find))
        describe = permission_required(change, raise_exception=True)(require_POST(pictures.describe))
        return [
            path("find/", view(find), name="articles_picture_find"),
            path("upload/", view(require_POST(pictures.upload)), name="articles_picture_upload"),
            path("<int:pk>/describe/", view(describe), name="articles_picture_describe"),
            *super().get_urls(),
        ]


class MarkdownWidget(AdminMarkdownxWidget):
    """The Markdown widget with a script of ours: no keyboard traps, answers shown in order."""

    template_name = "admin/articles/article/text_widget.html"

    class Media:
        extend = False
        css = {"all": ["css/desk.css"]}
        js = [
            "js/inserting.js",
            "js/text-preview.js",
            "js/insert-citation.js",
            "js/insert-picture.js",
            "js/toolbar.js",
            "js/settling.js",
            "js/unsaved-work.js",
            "js/presence.js",
        ]


class ArticleTextWidget(MarkdownWidget):
    def __init__(self, *, may_upload: bool) -> None:
        self.may_upload = may_upload
        failed = _("The preview could not be shown. What you wrote is untouched.")
        super().__init__(attrs={"data-preview-failed": failed})

    def get_context(self, *args: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(*args)
        context["widget"]["may_upload"] = self.may_upload
        return context


class ShortTextWidget(MarkdownWidget):
    """Without preview, and without buttons for what cannot stand in a short text."""

    def get_context(self, *args: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(*args)
        context["widget"]["is_short"] = True
        context["widget"]["attrs"] |= {"class": "short-text", "rows": 5}
        return context


class ChosenNumbers(AutocompleteMixin):
    """A form that comes back shows what was chosen, and looks for nothing that cannot be a row's number."""

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> Any:
        return super().optgroups(name, [each for each in value if desk.number(str(each))], attr)


class ChosenRow(ChosenNumbers, AutocompleteSelect):
    pass


class ChosenRows(ChosenNumbers, AutocompleteSelectMultiple):
    pass


@admin.register(Article)
class ArticleAdmin(MarkdownxModelAdmin, TranslationAdmin[Article]):
    form = ArticleForm
    fieldsets = [
        *language_fieldsets(*SHOWN_TEXTS),
        (
            _("About the article"),
            {
                "fields": [
                    "original_language",
                    "author",
                    "reviewer",
                    "category",
                    "published_on",
                    "treatments",
                    "related",
                ]
            },
        ),
    ]
    autocomplete_fields = ["author", "reviewer", "related"]
    list_display = [
        "__str__",
        *(article_list.language_column(code) for code, _name in settings.LANGUAGES),
        "author",
        article_list.changed,
    ]
    list_filter = article_list.FILTERS
    list_select_related = ["author"]
    show_full_result_count = False
    search_fields = [localized("title", code) for code, _name in settings.LANGUAGES]
    search_help_text = _("Words of the title, or the PubMed ID or DOI of a work that is cited.")
    change_form_template = "admin/articles/article/change_form.html"
    object_history_template = "admin/articles/article/history.html"

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.autocomplete_fields:
            widget = ChosenRows if db_field.many_to_many else ChosenRow
            kwargs["widget"] = widget(db_field, self.admin_site)
        elif db_field.name == "treatments":
            kwargs["widget"] = CheckboxSelectMultiple()
        elif db_field.name == "body":
            kwargs["widget"] = ArticleTextWidget(may_upload=request.user.has_perm("articles.add_picture"))
        elif db_field.name == "seek_help":
            kwargs["widget"] = ShortTextWidget()
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and (language := getattr(db_field, "language", None)):
            field.widget.attrs["lang"] = language  # spelling and hyphens in the right language
        return field

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return article_list.ArticleChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Article], search_term: str
    ) -> tuple[QuerySet[Article], bool]:
        titled, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        return titled | article_list.citing_what_is_named(queryset, search_term), may_have_duplicates

    def save_related(self, request: Any, form: ModelForm[Article], *args: Any) -> None:
        super().save_related(request, form, *args)
        revising.record(form.instance, by=request.user)
        revisions.note_saved(request, form.cleaned_data["copy"])
        presence.note_saved(request, form.instance)
        texts = [form.instance.text("body", language) for language in form.instance.languages]
        request.cited = [key for text in texts for key in citations.keys(text)]
        Reference.objects.ensure(request.cited)
        if "_publish" not in request.POST:  # whose page says it, too
            saving.tell_errors(request, form.instance)

    def delete_model(self, request: HttpRequest, obj: Article) -> None:
        self.delete_queryset(request, Article.objects.filter(pk=obj.pk))

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        for pk in queryset.values_list("pk", flat=True):
            revising.lock(pk)  # what is recovered is on record
        queryset.delete()

    def response_add(self, request: HttpRequest, obj: Article, *args: Any) -> HttpResponse:
        return self.next_page(request, obj) or super().response_add(request, obj, *args)

    def response_change(self, request: HttpRequest, obj: Article) -> HttpResponse:
        return self.next_page(request, obj) or super().response_change(request, obj)

    def next_page(self, request: HttpRequest, article: Article) -> HttpResponse | None:
        """Where the button that saved leads, besides the admin's own."""
        if language := request.POST.get("_preview"):
            return redirect("admin:articles_article_preview", article.pk, language)
        for button in ("publish", "withdraw"):
            if f"_{button}" in request.POST:
                return redirect(f"admin:articles_article_{button}", article.pk)
        return None

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        languages = [{"code": code, "name": name} for code, name in settings.LANGUAGES]
        context = {
            **(extra_context or {}),
            "languages": languages,
            "saved_copies": revisions.saved_copies(request),
        }
        with transaction.atomic():
            if (
                request.method == "POST"
                and object_id
                and (found := self.get_object(request, unquote(object_id)))
                and self.has_change_permission(request, found)
            ):
                revising.lock(found.pk)
            response = super().changeform_view(request, object_id, form_url, context)
        # The article is saved now, whatever PubMed answers and however long it takes.
        looking_up.look_up(request, getattr(request, "cited", []))
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if article := kwargs["obj"]:
            context |= cited_works.panel(article, request.user)
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        article = self.get_object(request, unquote(object_id))
        context = {**(extra_context or {}), **(revisions.history(request, article) if article else {})}
        return super().history_view(request, object_id, context)

    def get_urls(self) -> list[URLPattern]:
        change, publish = "articles.change_article", "articles.publish_article"
        view, decide = self.desk_view, self.evidence_view
        may_add = permission_required("articles.add_article", raise_exception=True)

        # It is the drafts that cite another work afterwards.
        take = permission_required(change, raise_exception=True)(evidence.take)

        def for_form(form_view: Callable[[HttpRequest], HttpResponse]) -> Any:
            """What the form asks for while somebody writes, whether or not the article exists yet."""
            return self.admin_site.admin_view(permission_required(change, raise_exception=True)(form_view))

        return [
            path(
                "import/",
                self.admin_site.admin_view(may_add(self.import_view)),
                name="articles_article_import",
            ),
            path(
                "deleted/",
                self.admin_site.admin_view(may_add(require_safe(self.deleted_view))),
                name="articles_article_deleted",
            ),
            path(
                "<int:pk>/recover/",
                self.admin_site.admin_view(may_add(require_POST(deleted.recover))),
                name="articles_article_recover",
            ),
            path("render/", for_form(require_POST(previews.render_text)), name="articles_article_render"),
            path("find/", for_form(require_safe(linking.find)), name="articles_article_find"),
            path(
                "differences/",
                for_form(require_POST(revisions.differences_of_copy)),
                name="articles_article_differences",
            ),
            path("signed-in/", for_form(presence.signed_in), name="articles_article_signed_in"),
            path("<int:pk>/presence/", view(presence.presence, change), name="articles_article_presence"),
            path("<int:pk>/compare/", view(revisions.compare, change), name="articles_article_compare"),
            path("<int:pk>/restore/", view(revisions.restore, change), name="articles_article_restore"),
            path(
                "<int:pk>/preview/<str:language>/",
                view(previews.preview, change),
                name="articles_article_preview",
            ),
            path("<int:pk>/editions/", view(editions.editions, change), name="articles_article_editions"),
            path(
                "<int:pk>/editions/<str:language>/<int:number>/",
                view(previews.edition, change),
                name="articles_article_edition",
            ),
            path(
                "<int:pk>/translation/",
                view(translations.translations, change),
                name="articles_article_translation",
            ),
            path("<int:pk>/share/", view(sharing.share, change), name="articles_article_share"),
            path(
                "<int:pk>/editions/<str:language>/<int:number>/compare/",
                view(editions.compare, change),
                name="articles_article_compare_edition",
            ),
            path(
                "<int:pk>/editions/<str:language>/<int:number>/restore/",
                require_POST(view(editions.restore, publish)),
                name="articles_article_restore_edition",
            ),
            path(
                "<int:pk>/editions/<str:language>/<int:number>/unschedule/",
                require_POST(view(editions.unschedule, publish)),
                name="articles_article_unschedule",
            ),
            path("<int:pk>/publish/", view(publishing.publish, publish), name="articles_article_publish"),
            path("<int:pk>/withdraw/", view(publishing.withdraw, publish), name="articles_article_withdraw"),
            path("references/<int:pk>/look-up/", decide(evidence.look_up), name="articles_reference_look_up"),
            path("references/<int:pk>/take/", decide(take), name="articles_reference_take"),
            path("references/<int:pk>/intend/", decide(evidence.intend), name="articles_reference_intend"),
            *super().get_urls(),
        ]

    def import_view(self, request: EditorRequest) -> HttpResponse:
        return importing.import_article(request, {**self.admin_site.each_context(request), "opts": self.opts})

    def deleted_view(self, request: HttpRequest) -> HttpResponse:
        return deleted.deleted(request, {**self.admin_site.each_context(request), "opts": self.opts})

    def desk_view(
        self, view: Callable[..., HttpResponseBase], permission: str
    ) -> Callable[..., HttpResponseBase]:
        """A page about one article for those with the permission, in the admin's frame."""

        @wraps(view)
        def wrapped(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            if kwargs.get("language", settings.LANGUAGE_CODE) not in desk.LANGUAGE_NAMES:
                raise Http404
            article = get_object_or_404(Article, pk=pk)
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": article,
                "subtitle": article,
            }
            return view(request, article, context, **kwargs)

        return self.admin_site.admin_view(wrapped)

    def evidence_view(self, view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        """A decision about a reference, for those who may change references."""

        @wraps(view)
        def wrapped(request: HttpRequest, pk: int) -> HttpResponseBase:
            if not request.user.has_perm("references.change_reference"):
                raise PermissionDenied
            return view(request, get_object_or_404(Reference, pk=pk))

        return self.admin_site.admin_view(require_POST(wrapped))


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin[AuditEntry]):
    """Read only, for everybody."""

    list_display = ["at", "deed", "subject", "language", "number", "who", "place", "detail"]
    list_display_links = None
    list_filter = ["deed", "place", "language", ("by", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["by"]
    search_fields = ["subject", "name", "by__username", "detail"]
    date_hierarchy = "at"

    @admin.display(description=_("who"), ordering="by")
    def who(self, entry: AuditEntry) -> str:
        return str(entry.by or entry.name or "–")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False


class CitedReferenceAdmin(ReferenceAdmin):
    """References with what only articles know: where they are cited."""

    def get_readonly_fields(self, request: HttpRequest, obj: Reference | None = None) -> Any:
        # With another number, editions that never change would cite another work.
        identifiers = ["pmid", "doi"] if obj and obj.editions.exists() else []
        return [*super().get_readonly_fields(request, obj), *identifiers]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        reference = self.get_object(request, unquote(object_id))
        context = {**(extra_context or {}), **(evidence.panel(reference) if reference else {})}
        return super().change_view(request, object_id, form_url, context)


admin.site.unregister([Reference, User, Group])
admin.site.register(Reference, CitedReferenceAdmin)
admin.site.register(User, accounts.AccountAdmin)
admin.site.register(Group, accounts.RoleAdmin)
