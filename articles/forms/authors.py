from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from articles import images, orcid
from articles.forms.slugged import SluggedForm
from articles.images import Rendition


class AuthorForm(SluggedForm):
    orcid = forms.CharField(
        label=_("ORCID iD"), required=False, max_length=60, help_text=_("For example 0000-0002-1825-0097.")
    )
    photo = forms.FileField(
        label=_("Photo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/*,.heic,.heif"}),
        help_text=_("Becomes a square. Where and with what it was taken is removed."),
    )
    remove_photo = forms.BooleanField(label=_("Remove the photo"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.renditions: list[Rendition] = []
        if not self.instance.portrait:
            self.fields["remove_photo"].widget = forms.HiddenInput()

    def slugs(self) -> dict[str, str]:
        return {"slug": "name"}

    def clean_orcid(self) -> str:
        return orcid.bare(self.cleaned_data["orcid"])

    def clean_photo(self) -> None:
        if upload := self.cleaned_data["photo"]:
            try:
                images.refuse_large(upload.size)
                self.renditions = images.portrait(upload.read())
            except images.Refused as error:
                raise ValidationError(str(error)) from error

    @property
    def changes_photo(self) -> bool:
        return bool(self.renditions or self.cleaned_data["remove_photo"])
