from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from references import citations
from references.characters import visible


class VisibleForm(forms.BaseForm):
    """A form whose fields never see a hidden character: what is only that is empty, and not too long."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data if data is None else legible(data), *args, **kwargs)


def legible(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was sent for a form, without hidden characters."""
    if not isinstance(data, MultiValueDict):
        return cast("Mapping[str, Any]", visible(data))
    kept = data.copy()
    for name, values in data.lists():
        kept.setlist(name, visible(values))
    return kept


class VisibleModelForm(VisibleForm, forms.ModelForm):  # type: ignore[type-arg]
    pass


class ReferenceForm(VisibleModelForm):
    authors = forms.CharField(
        label=_("Authors"),
        required=False,
        widget=forms.Textarea,
        help_text=_("One a line, family name first: Wastyk HC"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["authors"] = "\n".join(self.instance.authors)
        for field in self.fields.values():
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = 3

    def clean_doi(self) -> str | None:
        written: str = self.cleaned_data["doi"] or ""
        if not written:
            return None
        try:
            citations.doi(written)
        except citations.MalformedKeyError as error:
            raise forms.ValidationError(_("This is not a DOI, which begins with 10.")) from error
        return citations.bare_doi(written)

    def clean_authors(self) -> list[str]:
        return [name.strip() for name in self.cleaned_data["authors"].splitlines() if name.strip()]


class DescribedReferenceForm(ReferenceForm):
    """A work that PubMed does not have, described by hand."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["title"].required = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not (cleaned.get("url") or cleaned.get("doi")) and not self.errors:
            self.add_error("url", _("Give the address of the work, or its DOI."))
        return cleaned
