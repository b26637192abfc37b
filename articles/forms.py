"""Forms of the editors' desk."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.http import QueryDict
from django.utils import formats, timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles import differences, images, manuscripts, merging, orcid, revising
from articles.differences import Block
from articles.drafts import Draft
from articles.images import Rendition
from articles.merging import Conflict
from articles.models import Approval, Edition, Picture, PreviewLink
from articles.publishing import Remarks, Review
from articles.revising import Revision
from articles.slugs import MAX_LENGTH, make_slug
from references.languages import localized

ALTS = {code: localized("alt", code) for code, _name in settings.LANGUAGES}
APPROVAL_DAYS = 14
PREVIEW_DAYS = 7


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


@dataclass(frozen=True)
class Meeting:
    """What the form found in the place of what it was filled from: somebody has saved in the meantime."""

    saved: list[Revision]
    joined: list[str] = dataclasses.field(default_factory=list)
    """Labels of fields that have something of both."""
    conflicts: list["FieldConflict"] = dataclasses.field(default_factory=list)

    @property
    def them(self) -> str:
        names = dict.fromkeys(revision.who for revision in self.saved if revision.who)
        return ", ".join(names) or gettext("Somebody")


@dataclass(frozen=True)
class FieldConflict:
    """A field that both have changed, each in another way."""

    name: str
    label: str
    language: str
    differences: SafeString
    """Word by word, from their version to this editor's."""
    in_text: bool
    """Both versions stand in the text, between marks; else the field has the editor's own."""

    @classmethod
    def of(cls, name: str, conflicts: Iterable[Conflict], *, in_text: bool) -> Self:
        blocks = []
        for conflict in conflicts:
            theirs, mine = (revising.described(name, value) for value in (conflict.theirs, conflict.mine))
            blocks.append(Block("changed", differences.changed_words(theirs, mine)))
        language = getattr(revising.FIELDS[name], "language", "")
        return cls(name, revising.label(name), language, differences.html(blocks), in_text)


class ArticleForm(SluggedForm):
    slug_from = "title"

    # What the form was filled from, and the name of the copy that the browser keeps of it.
    loaded_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    copy = forms.CharField(required=False, widget=forms.HiddenInput)

    meeting: Meeting | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["loaded_version"].initial = self.instance.version
        for field in self.fields.values():
            widget: Any = getattr(field.widget, "widget", field.widget)
            if not isinstance(widget, forms.CheckboxSelectMultiple):
                # Reloading, some browsers put an older text into a form of the newest version.
                widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        texts = [name for name in self.texts() if name in data]
        for name in texts:
            data[name] = revising.plain_value(data[name])
        title = localized("title", data.get("original_language") or settings.LANGUAGE_CODE)
        if title in self.fields and not data.get(title) and title not in self.errors:
            self.add_error(title, _("Give the article a title in its original language."))
        unsettled = [name for name in texts if merging.MARK.search(data[name])]
        for name in unsettled:
            self.add_error(
                name,
                _("A passage between ⟦ and ⟧ is not settled yet. Keep one version, and delete the marks."),
            )
        loaded = data.get("loaded_version")
        if self.instance.pk and loaded and loaded < self.instance.version and not unsettled:
            self.join(loaded)
        return data

    def texts(self) -> list[str]:
        """The fields whose text is long enough to be joined passage by passage."""
        return [name for name, field in self.fields.items() if isinstance(field.widget, forms.Textarea)]

    @property
    def changed_data(self) -> list[str]:
        """For the admin's log: fields of the article, and those that another line break does not change."""
        names = super().changed_data
        return [name for name in names if name in revising.FIELDS and not self.is_same_text(name)]

    def is_same_text(self, name: str) -> bool:
        field = self[name]
        return bool(revising.plain_value(field.initial) == revising.plain_value(field.data))

    def join(self, loaded: int) -> None:
        """Show what both wrote, as one; the editor reads it and saves again."""
        earlier = revising.find(self.instance, loaded)
        base = earlier.state if earlier else {}
        theirs = revising.state(self.instance)
        meeting = self.meeting = Meeting(revising.since(self.instance, loaded))
        self.data = data = cast("QueryDict", self.data).copy()
        for name in revising.FIELDS:
            if name in self.fields:
                self.join_field(meeting, name, base.get(name, ""), theirs[name])
        data[self.add_prefix("loaded_version")] = str(self.instance.version)
        saved_at = meeting.saved[0].at if meeting.saved else self.instance.updated_at
        when = formats.date_format(timezone.localtime(saved_at), "SHORT_DATETIME_FORMAT")
        text = _(
            "%(who)s saved this article (%(when)s) while you were writing. Below is what you both wrote;"
            " nothing of yours is lost, and nothing is saved yet. Look it through and save again."
        )
        self.add_error(None, text % {"who": meeting.them, "when": when})

    def join_field(self, meeting: Meeting, name: str, base: Any, theirs: Any) -> None:
        mine = self.value(name)
        is_text = name in self.texts()
        pieces = merging.join_texts(base, mine, theirs) if is_text else [merging.join(base, mine, theirs)]
        conflicts = [piece for piece in pieces if isinstance(piece, Conflict)]
        if is_text:
            self.show(name, merging.marked(pieces, meeting.them))
        elif not conflicts:
            self.show(name, pieces[0])
        if conflicts:
            meeting.conflicts.append(FieldConflict.of(name, conflicts, in_text=is_text))
        elif theirs not in (base, mine):
            meeting.joined.append(revising.label(name))

    def value(self, name: str) -> Any:
        """What was sent for the field, as revisions have it."""
        value = self.cleaned_data[name] if name in self.cleaned_data else self[name].data
        if isinstance(value, models.QuerySet):
            value = [row.pk for row in value]
        elif isinstance(value, models.Model):
            value = value.pk
        elif isinstance(value, date):
            value = value.isoformat()
        return revising.plain_value(value)

    def show(self, name: str, value: Any) -> None:
        """Have the field filled with the value when the form is shown again."""
        if not isinstance(value, list):
            value = revising.FIELDS[name].to_python(None if value == "" else value)
        widget: Any = self.fields[name].widget
        filled = "on" if value is True else getattr(widget, "widget", widget).format_value(value)
        values = filled if isinstance(filled, list) else [filled or ""]
        cast("QueryDict", self.data).setlist(self.add_prefix(name), values)


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


class RemarksForm(forms.Form):
    """What whoever publishes says of one language's text, and what of it they were shown."""

    shown = forms.CharField(required=False, widget=forms.HiddenInput)
    follows_original = forms.BooleanField(required=False)
    change_note = forms.CharField(
        label=_("What changed, for patients"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For a correction. It stands under the article with its date, and stays there."),
    )
    review = forms.ChoiceField(label=_("Medical review"), required=False)
    reviewed_on = forms.DateField(
        label=_("Reviewed on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Left empty, it is today."),
    )

    def __init__(self, *args: Any, draft: Draft, live: Edition | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reviewer = draft.edition.article.reviewer
        self.decision = draft.decision
        self.fields["change_note"].widget.attrs["lang"] = draft.edition.language
        choices = self.review_choices(live)
        self.fields["review"].choices = choices  # type: ignore[attr-defined]
        self.fields["review"].initial = "approval" if "approval" in dict(choices) else ""

    def review_choices(self, live: Edition | None) -> list[tuple[str, str]]:
        """What there is to say: nothing new, that the reviewer has read it, that a doctor approved it."""
        choices = [("", gettext("Not reviewed"))]
        if live and live.reviewed_on:
            reviewed = {"name": live.reviewed_by, "day": day(live.reviewed_on)}
            choices = [("", gettext("As before: %(name)s, %(day)s") % reviewed)]
        if self.reviewer:
            choices.append(("reviewer", gettext("%(name)s has reviewed this text") % {"name": self.reviewer}))
        if review := self.approved():
            is_known = live and (live.reviewed_by, live.reviewed_on) == (review.by, review.on)
            approved = {"name": review.by, "day": day(review.on)}
            if not is_known:
                choices.append(("approval", gettext("%(name)s approved this text %(day)s") % approved))
        return choices

    def approved(self) -> Review | None:
        """An approval of exactly this text as a review, if it is by somebody patients can be told of."""
        decision = self.decision
        if decision and decision.is_approved and decision.doctor and decision.decided_at:
            return Review(by=decision.doctor, on=timezone.localdate(decision.decided_at))
        return None

    def clean_reviewed_on(self) -> Any:
        reviewed_on = self.cleaned_data["reviewed_on"]
        if reviewed_on and reviewed_on > timezone.localdate():
            raise ValidationError(_("That day has not come yet."))
        return reviewed_on

    @property
    def says_something(self) -> bool:
        """Whether something was written or chosen that goes lost if the language is not published."""
        return any(name in self.changed_data for name in ("change_note", "review", "reviewed_on"))

    def remarks(self) -> Remarks:
        data = self.cleaned_data
        review = None
        if data["review"] == "approval":
            review = self.approved()
        elif data["review"] == "reviewer" and self.reviewer:
            review = Review(by=self.reviewer, on=data["reviewed_on"] or timezone.localdate())
        return Remarks(
            change_note=data["change_note"].strip(),
            review=review,
            follows_original=data.get("follows_original", False),
        )


def day(date: Any) -> str:
    return formats.date_format(date, "DATE_FORMAT")


def end_of_day(days: int) -> datetime:
    """The end of the day so many days from now: "until 8 December" is true all that day."""
    last = timezone.localdate() + timedelta(days=days)
    return timezone.make_aware(datetime.combine(last, time(23, 59, 59)))


class AskForm(forms.ModelForm):  # type: ignore[type-arg]
    """Ask a doctor to approve one language of the draft."""

    language = forms.ChoiceField(label=_("Text"))
    days = forms.IntegerField(
        label=_("Days the link works"), min_value=1, max_value=90, initial=APPROVAL_DAYS
    )

    class Meta:
        model = Approval
        fields = ["doctor", "name", "email", "message"]
        widgets = {"message": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "doctor": _("One of our authors: patients can be told that they reviewed the text."),
            "name": _("For a doctor who is not among the authors."),
        }

    field_order = ["language", "doctor", "name", "email", "message", "days"]

    def __init__(self, *args: Any, languages: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = languages  # type: ignore[attr-defined]
        self.fields["name"].required = False

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("doctor"):
            self.instance.name = data["name"] = data["doctor"].name
        elif not data.get("name") and not self.errors:
            self.add_error("name", _("Choose a doctor, or write the name of one."))
        return data

    @property
    def expires_at(self) -> datetime:
        return end_of_day(self.cleaned_data["days"])


class PreviewLinkForm(forms.ModelForm):  # type: ignore[type-arg]
    """Make a link that shows one language of the draft."""

    language = forms.ChoiceField(label=_("Text"))
    days = forms.IntegerField(label=_("Days the link works"), min_value=1, max_value=90, initial=PREVIEW_DAYS)

    class Meta:
        model = PreviewLink
        fields = ["reader"]
        help_texts = {"reader": _("So that you know later whom you gave it.")}

    field_order = ["language", "reader", "days"]

    def __init__(self, *args: Any, languages: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = languages  # type: ignore[attr-defined]

    @property
    def expires_at(self) -> datetime:
        return end_of_day(self.cleaned_data["days"])


class DecisionForm(forms.Form):
    """A doctor's answer."""

    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What should be changed, and why. When you approve the text you may leave it empty."),
    )
    decision = forms.ChoiceField(
        choices=Approval.Decision.choices, error_messages={"required": _("Choose one of the two answers.")}
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        wants_changes = data.get("decision") == Approval.Decision.CHANGES
        if wants_changes and not data.get("comment", "").strip() and not self.errors:
            self.add_error("comment", _("Write what should be changed."))
        return data
