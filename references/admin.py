from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin

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
