from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import formats, timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.drafts import Draft
from articles.models import Edition
from articles.publishing import Remarks, Review
from references.forms import VisibleForm


class LanguagesForm(VisibleForm, forms.Form):
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


class RemarksForm(VisibleForm, forms.Form):
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
    def what_was_shown(self) -> str:
        return str(self["shown"].data or "")

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
