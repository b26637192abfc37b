from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET
from modeltranslation.admin import TranslationAdmin

from references import adding, finding, importing
from references.forms import DescribedReferenceForm, ReferenceForm
from references.languages import language_fieldsets
from references.models import Reference

DESCRIPTION = [
    *("title", "vernacular_title", "authors", "has_more_authors", "journal", "published"),
    *("volume", "issue", "pages", "book", "edition", "place", "publisher"),
]
# What the next check replaces by what the sources say.
RECORD = [*("listed_authors" if name == "authors" else name for name in DESCRIPTION), "pmcid"]


@admin.register(Reference)
class ReferenceAdmin(TranslationAdmin[Reference]):
    form = ReferenceForm
    fieldsets = [
        (None, {"fields": ["pmid", "doi", "url", "claimed", "standing", "checked_at"]}),
        *language_fieldsets("plain_summary"),
    ]
    add_fieldsets = [
        (None, {"fields": ["url", "doi", "claimed"]}),
        (_("The work"), {"fields": DESCRIPTION}),
        *language_fieldsets("plain_summary"),
    ]
    readonly_fields = ["standing", "checked_at"]
    list_display = ["__str__", "journal", "published", "standing"]
    list_filter = ["standing"]
    search_fields = ["=pmid", "doi", "title", "claimed"]

    def get_form(
        self, request: HttpRequest, obj: Reference | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = DescribedReferenceForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Reference | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        # The one that the reference does not have is ours: listed_authors.
        said = [name for name in RECORD if getattr(obj, name, obj.authors)]
        return [*fieldsets, (_("The work"), {"fields": said if obj.has_record else DESCRIPTION})]

    def get_readonly_fields(self, request: HttpRequest, obj: Reference | None = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *(RECORD if obj and obj.has_record else [])]

    @admin.display(description=_("authors"))
    def listed_authors(self, reference: Reference) -> str:
        return ", ".join(reference.authors)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return adding.add(request, self)

    def describe_view(self, request: HttpRequest) -> HttpResponse:
        """Django's own form, for what neither PubMed nor Crossref has."""
        return super().add_view(request, extra_context={"title": _("Describe a work yourself")})

    def get_urls(self) -> list[URLPattern]:
        # Whoever writes articles may look for what to cite.
        find = permission_required("articles.change_article", raise_exception=True)(require_GET(finding.find))
        # What a file says of a work goes into references that are there already, too.
        may_import = permission_required(
            ["references.add_reference", "references.change_reference"], raise_exception=True
        )
        import_view = may_import(lambda request: importing.import_file(request, self))
        return [
            path("find/", self.admin_site.admin_view(find), name="references_reference_find"),
            path(
                "add/describe/",
                self.admin_site.admin_view(self.describe_view),
                name="references_reference_describe",
            ),
            path("import/", self.admin_site.admin_view(import_view), name="references_reference_import"),
            *super().get_urls(),
        ]
