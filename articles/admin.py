"""The editors' desk: Django's admin for authors, categories, treatments and articles."""

from __future__ import annotations  # Field and ModelForm take type arguments for the type checker only

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.decorators import permission_required
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Field, OuterRef, QuerySet
from django.forms import CheckboxSelectMultiple, ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from markdownx.admin import MarkdownxModelAdmin
from markdownx.widgets import AdminMarkdownxWidget
from modeltranslation.admin import TranslationAdmin

from articles import desk, revising
from articles.desk import (
    evidence,
    linking,
    looking_up,
    presence,
    previews,
    publishing,
    revisions,
)
from articles.forms import ArticleForm, AuthorForm, SluggedForm
from articles.models import Article, Author, Category, Edition, Treatment
from references import citations
from references.admin import ReferenceAdmin
from references.languages import localized
from references.models import Reference


def language_fieldsets(*fields: str) -> list[Any]:
    """A fieldset per language with these translated fields; the stylesheet sets them side by side."""
    return [
        (capfirst(name), {"fields": [localized(field, code) for field in fields], "classes": ["language"]})
        for code, name in settings.LANGUAGES
    ]


@admin.register(Author)
class AuthorAdmin(TranslationAdmin[Author]):
    form = AuthorForm
    fieldsets = [(None, {"fields": ["name", "slug"]}), *language_fieldsets("title", "biography")]
    search_fields = ["name"]


@admin.register(Category)
class CategoryAdmin(TranslationAdmin[Category]):
    form = SluggedForm
    fieldsets = [*language_fieldsets("name", "slug", "description"), (None, {"fields": ["position"]})]
    list_display = ["__str__", "position"]


@admin.register(Treatment)
class TreatmentAdmin(TranslationAdmin[Treatment]):
    form = SluggedForm
    fieldsets = language_fieldsets("name", "slug", "summary", "booking_url")
    search_fields = [localized("name", code) for code, _name in settings.LANGUAGES]


class ArticleTextWidget(AdminMarkdownxWidget):
    """The Markdown widget with a script of ours: no keyboard traps, answers shown in order."""

    template_name = "admin/articles/article/text_widget.html"

    def __init__(self) -> None:
        failed = _("The preview could not be shown. What you wrote is untouched.")
        super().__init__(attrs={"data-preview-failed": failed})

    class Media:
        extend = False
        css = {"all": ["css/desk.css"]}
        js = [
            "js/inserting.js",
            "js/text-preview.js",
            "js/insert-citation.js",
            "js/toolbar.js",
            "js/settling.js",
            "js/unsaved-work.js",
            "js/presence.js",
        ]


@admin.register(Article)
class ArticleAdmin(MarkdownxModelAdmin, TranslationAdmin[Article]):
    form = ArticleForm
    fieldsets = [
        *language_fieldsets("title", "slug", "abstract", "body"),
        (
            _("About the article"),
            {
                "fields": [
                    "original_language",
                    "author",
                    "category",
                    "published_on",
                    "treatments",
                    "related",
                ]
            },
        ),
    ]
    autocomplete_fields = ["author", "related"]
    list_display = ["__str__", "author", "online_in", "updated_at"]
    list_select_related = ["author"]
    search_fields = [localized("title", code) for code, _name in settings.LANGUAGES]
    change_form_template = "admin/articles/article/change_form.html"
    object_history_template = "admin/articles/article/history.html"

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "treatments":
            kwargs["widget"] = CheckboxSelectMultiple()
        elif db_field.name == "body":
            kwargs["widget"] = ArticleTextWidget()
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and (language := getattr(db_field, "language", None)):
            field.widget.attrs["lang"] = language  # spelling and hyphens in the right language
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        online = Edition.objects.current().filter(article=OuterRef("pk")).order_by("language")
        return super().get_queryset(request).annotate(online=ArraySubquery(online.values("language")))

    @admin.display(description=_("online in"))
    def online_in(self, article: Any) -> str:
        return ", ".join(str(desk.LANGUAGE_NAMES[code]) for code in article.online)

    def save_related(self, request: Any, form: ModelForm[Article], *args: Any) -> None:
        super().save_related(request, form, *args)
        revising.record(form.instance, by=request.user)
        revisions.note_saved(request, form.cleaned_data["copy"])
        presence.note_saved(request, form.instance)
        cited: list[citations.Key] = []
        for language in form.instance.languages:
            parsed = citations.parse(form.instance.text("body", language))
            cited += [key for group in parsed.groups for key in group.keys]
            for problem in parsed.problems:
                text = gettext("%(language)s, line %(line)d, “%(source)s”: %(message)s") % {
                    "language": desk.LANGUAGE_NAMES[language],
                    "line": problem.line,
                    "source": problem.source,
                    "message": problem.message,
                }
                messages.warning(request, text)
        Reference.objects.ensure(cited)
        request.cited = cited

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
            ):
                revising.lock(found.pk)
            response = super().changeform_view(request, object_id, form_url, context)
        # The article is saved now, whatever PubMed answers and however long it takes.
        looking_up.look_up(request, getattr(request, "cited", []))
        return response

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        article = self.get_object(request, unquote(object_id))
        context = {**(extra_context or {}), **(revisions.history(request, article) if article else {})}
        return super().history_view(request, object_id, context)

    def get_urls(self) -> list[URLPattern]:
        change, publish = "articles.change_article", "articles.publish_article"
        view, decide = self.desk_view, self.evidence_view

        def for_form(form_view: Callable[[HttpRequest], HttpResponse]) -> Any:
            """What the form asks for while somebody writes, whether or not the article exists yet."""
            return self.admin_site.admin_view(permission_required(change, raise_exception=True)(form_view))

        return [
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
            path("<int:pk>/editions/", view(publishing.editions, change), name="articles_article_editions"),
            path(
                "<int:pk>/editions/<str:language>/<int:number>/",
                view(previews.edition, change),
                name="articles_article_edition",
            ),
            path("<int:pk>/publish/", view(publishing.publish, publish), name="articles_article_publish"),
            path("<int:pk>/withdraw/", view(publishing.withdraw, publish), name="articles_article_withdraw"),
            path("references/<int:pk>/look-up/", decide(evidence.look_up), name="articles_reference_look_up"),
            path("references/<int:pk>/take/", decide(evidence.take), name="articles_reference_take"),
            path("references/<int:pk>/intend/", decide(evidence.intend), name="articles_reference_intend"),
            *super().get_urls(),
        ]

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


class CitedReferenceAdmin(ReferenceAdmin):
    """References with what only articles know: where they are cited."""

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


admin.site.unregister(Reference)
admin.site.register(Reference, CitedReferenceAdmin)
