from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from articles import manuscripts
from articles.slugs import MAX_LENGTH


class ImportForm(forms.Form):
    """A file to make a draft of."""

    file = forms.FileField(
        label=_("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".docx,.docm,.md,.txt"}),
        help_text=_("Word (.docx) of at most 20 MB; Markdown (.md) or text (.txt) of at most 2 MB."),
        error_messages={"empty": _("The file is empty.")},
    )
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the file says")), *settings.LANGUAGES],
    )
    slug = forms.CharField(
        label=_("Slug"),
        required=False,
        max_length=MAX_LENGTH,
        help_text=_("The last part of the address. Made from the title when left empty."),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > manuscripts.MAX_SIZE:
            raise ValidationError(
                _("The file is larger than 20 MB. Make its pictures smaller in Word (Compress Pictures).")
            )
        return file
