from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Approval, PreviewLink
from references.forms import VisibleForm, VisibleModelForm

APPROVAL_DAYS = 14
PREVIEW_DAYS = 7


def end_of_day(days: int) -> datetime:
    """The end of the day so many days from now: "until 8 December" is true all that day."""
    last = timezone.localdate() + timedelta(days=days)
    return timezone.make_aware(datetime.combine(last, time(23, 59, 59)))


class AskForm(VisibleModelForm):
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


class PreviewLinkForm(VisibleModelForm):
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


class DecisionForm(VisibleForm, forms.Form):
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
