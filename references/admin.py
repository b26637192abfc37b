from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET
from modeltranslation.admin import TranslationAdmin

from references import finding
from references.forms import ReferenceForm
from references.models import Reference


@admin.register(Reference)
class ReferenceAdmin(TranslationAdmin[Reference]):
    form = ReferenceForm
    fieldsets = [
        (None, {"fields": ["pmid", "doi", "url", "claimed", "standing", "checked_at"]}),
        (_("Plain summary"), {"fields": ["plain_summary"]}),
        (
            _("The work"),
            {
                "fields": [
                    "title",
                    "vernacular_title",
                    "authors",
                    "has_more_authors",
                    "journal",
                    "published",
                    "volume",
                    "issue",
                    "pages",
                    "pmcid",
                ]
            },
        ),
    ]
    readonly_fields = ["standing", "checked_at"]
    list_display = ["__str__", "journal", "published", "standing"]
    list_filter = ["standing"]
    search_fields = ["=pmid", "doi", "title", "claimed"]

    def get_urls(self) -> list[URLPattern]:
        # Whoever writes articles may look for what to cite.
        find = permission_required("articles.change_article", raise_exception=True)(require_GET(finding.find))
        return [
            path("find/", self.admin_site.admin_view(find), name="references_reference_find"),
            *super().get_urls(),
        ]
