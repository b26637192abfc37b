import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Self, cast

from django import forms
from django.conf import settings
from django.db import models
from django.http import QueryDict
from django.utils import formats, timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles import differences, merging, revising
from articles.differences import Block
from articles.forms.slugged import SluggedForm
from articles.merging import Conflict
from articles.revising import Revision
from references.languages import localized


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
        if self.instance.pk and loaded != self.instance.version and not unsettled:
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

    def join(self, loaded: int | None) -> None:
        """Show what both wrote, as one; the editor reads it and saves again.

        A form that does not say what it was filled from, or names a version there cannot be, is
        compared with what is saved now: it must not replace what its editor may not have seen.
        """
        newest = self.instance.version
        known = loaded if loaded and 0 < loaded < newest else None
        earlier = revising.find(self.instance, known) if known else None
        base = earlier.state if earlier else {}
        theirs = revising.state(self.instance)
        meeting = self.meeting = Meeting(revising.since(self.instance, known or newest - 1))
        self.data = data = cast("QueryDict", self.data).copy()
        for name in revising.FIELDS:
            if name in self.fields:
                self.join_field(meeting, name, base.get(name, ""), theirs[name])
        data[self.add_prefix("loaded_version")] = str(newest)
        self.errors.pop("loaded_version", None)
        self.add_error(None, self.why_joined(meeting, is_known=known is not None))

    def why_joined(self, meeting: Meeting, *, is_known: bool) -> str:
        saved_at = meeting.saved[0].at if meeting.saved else self.instance.updated_at
        when = formats.date_format(timezone.localtime(saved_at), "SHORT_DATETIME_FORMAT")
        if is_known:
            text = gettext(
                "%(who)s saved this article (%(when)s) while you were writing. Below is what you both wrote;"
                " nothing of yours is lost, and nothing is saved yet. Look it through and save again."
            )
        else:
            text = gettext(
                "The form did not say which version of the article it was filled from, so nothing is saved"
                " yet. Below is what you wrote beside what is saved now (%(who)s, %(when)s); nothing of"
                " yours is lost. Look it through and save again."
            )
        return text % {"who": meeting.them, "when": when}

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
