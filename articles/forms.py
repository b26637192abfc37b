"""Forms of the editors' desk."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles import images, manuscripts
from articles.images import Rendition
from articles.models import Picture
from articles.slugs import MAX_LENGTH, make_slug
from references.languages import localized

ALTS = {code: localized("alt", code) for code, _name in settings.LANGUAGES}


class SluggedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A slug that is left empty is made from the name beside it."""

    slug_from = "name"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for slug in self.slugs():
            self.fields[slug].required = False

    def slugs(self) -> dict[str, str]:
        """Each slug field of the form with the field it is made from."""
        pairs = {
            localized("slug", code): localized(self.slug_from, code) for code, _name in settings.LANGUAGES
        }
        return {slug: source for slug, source in pairs.items() if slug in self.fields}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for slug, source in self.slugs().items():
            if data.get(source) and slug in data and not data[slug]:
                data[slug] = make_slug(data[source])
            if data.get(slug) and self.is_taken(slug, data[slug]):
                self.add_error(slug, _("Another one has this slug already. Choose a different one."))
        return data

    def is_taken(self, field: str, slug: str) -> bool:
        others = self._meta.model._default_manager.exclude(pk=self.instance.pk)
        return bool(others.filter(**{field: slug}).exists())


class AuthorForm(SluggedForm):
    def slugs(self) -> dict[str, str]:
        return {"slug": "name"}


class ArticleForm(SluggedForm):
    slug_from = "title"

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        title = localized("title", data.get("original_language") or settings.LANGUAGE_CODE)
        if title in self.fields and not data.get(title) and title not in self.errors:
            self.add_error(title, _("Give the article a title in its original language."))
        return data


class PictureForm(forms.ModelForm):  # type: ignore[type-arg]
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


class LanguagesForm(forms.Form):
    """Choose languages of an article."""

    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one language.")},
    )

    def __init__(self, *args: Any, languages: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = dict(settings.LANGUAGES)
        self.fields["languages"].choices = [(code, names[code]) for code in languages]  # type: ignore[attr-defined]


class PublishForm(LanguagesForm):
    at = forms.DateTimeField(
        label=_("Publish at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Danish time. Left empty, it is published now."),
    )
    reason = forms.CharField(
        label=_("Publish all the same, because"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept with the edition, with your name and the errors."),
    )

    @property
    def is_override(self) -> bool:
        """Whether it was sent with the button that publishes in spite of errors."""
        return "_override" in self.data

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if self.is_override and not reason:
            raise ValidationError(_("Say why it is published all the same."))
        return reason

    def clean_at(self) -> Any:
        at = self.cleaned_data["at"]
        if at is not None and at < timezone.now():
            raise ValidationError(_("That time has passed. Leave it empty to publish now."))
        return at


class ImportForm(forms.Form):
    """A file to make a draft of."""

    file = forms.FileField(
        label=_("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".docx,.docm,.md,.txt"}),
        help_text=_("A Word document (.docx), Markdown (.md) or text (.txt), at most 20 MB."),
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
            raise ValidationError(_("The file is larger than 20 MB."))
        return file
