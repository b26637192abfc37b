from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from articles import images
from articles.images import Rendition
from articles.models import Picture
from references.forms import VisibleModelForm
from references.languages import localized

ALTS = {code: localized("alt", code) for code, _name in settings.LANGUAGES}


class PictureForm(VisibleModelForm):
    """Upload a picture, or change what is written about one. Files are never exchanged.

    `language` is that of the text it is to stand in; without one, any language's description will do.
    """

    file = forms.FileField(
        label=_("Picture"), widget=forms.FileInput(attrs={"accept": "image/*,.heic,.heif"})
    )

    class Meta:
        model = Picture
        fields = [*ALTS.values(), "credit"]

    def __init__(self, *args: Any, language: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language = language
        self.renditions: list[Rendition] = []
        if self.instance.pk:
            del self.fields["file"]

    def clean_file(self) -> None:
        """Decode and encode it, which is the only way to know that it is a picture."""
        upload = self.cleaned_data["file"]
        try:
            images.refuse_large(upload.size)
            self.renditions = images.renditions(upload.read())
        except images.Refused as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        wanted = [ALTS[self.language]] if self.language else list(ALTS.values())
        if not any(data.get(alt) for alt in wanted) and not any(alt in self.errors for alt in wanted):
            self.add_error(wanted[0], _("Say what the picture shows, for those who cannot see it."))
        return data
