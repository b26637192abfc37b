"""Publish and withdraw."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from articles import drafts, preflight, publishing, revising
from articles.desk import LANGUAGE_NAMES, EditorRequest, editions, number, report, submitted
from articles.desk.changes import Change, Content, changes
from articles.drafts import Draft
from articles.forms import LanguagesForm, PublishForm, RemarksForm
from articles.models import Approval, Article, Edition, Override
from articles.preflight import Finding
from articles.publishing import NotPublishable

# More than this is folded away, with its count.
MOST_PLACES_OPEN = 5
MOST_WARNINGS_OPEN = 3


@dataclass(frozen=True)
class LanguageState:
    """Where one language of an article stands."""

    code: str
    name: str
    live: Edition | None
    scheduled: list[Edition]
    """In the order in which they come online."""
    last: Edition | None
    """What was made last and not cancelled: in force, scheduled, or withdrawn since."""
    draft: Draft
    at: datetime | None = None
    """When the draft is to come online; now, if nothing is said."""

    @cached_property
    def findings(self) -> list[Finding]:
        return preflight.findings(self.draft, self.at)

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_error]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.is_error]

    @property
    def are_warnings_open(self) -> bool:
        return len(self.warnings) <= MOST_WARNINGS_OPEN

    @property
    def is_unchanged(self) -> bool:
        return self.live is not None and self.draft.is_same_as(self.live)

    @property
    def before(self) -> Edition | None:
        """What the draft is compared with: what readers see, or what was to be seen last."""
        return self.live or self.last

    @cached_property
    def changes(self) -> list[Change]:
        return changes(Content.of(self.before), Content.of_draft(self.draft)) if self.before else []

    @property
    def places(self) -> int:
        return sum(change.places for change in self.changes)

    @property
    def are_changes_open(self) -> bool:
        return self.places <= MOST_PLACES_OPEN

    @property
    def is_original(self) -> bool:
        return self.code == self.draft.edition.article.original_language

    def may_fall_behind(self, original: "LanguageState") -> bool:
        """Whether readers of this translation have another text than it was made from, now or soon."""
        if self.is_original or self.live is None:
            return False
        followed = self.live.followed
        texts = [original.draft.edition, *([original.live] if original.live else [])]
        return followed is None or not all(text.has_text_of(followed) for text in texts)

    @property
    def is_ready(self) -> bool:
        """Whether it has something new to publish, and nothing is in the way."""
        return not (self.is_unchanged or self.errors)

    @property
    def can_be_overridden(self) -> bool:
        return bool(self.errors) and all(error.can_be_accepted for error in self.errors)

    @property
    def content_hash(self) -> str:
        return self.draft.edition.content_hash

    @property
    def shown_editions(self) -> str:
        """What readers see and are to see, as a page sends it back."""
        return fingerprint(self.live and self.live.pk, *(edition.pk for edition in self.scheduled))

    @cached_property
    def shown(self) -> str:
        """What is decided on, as the page sends it back: the content, what is online, and each error."""
        content = fingerprint(self.content_hash, self.draft.edition.article.published_on)
        errors = [fingerprint(error.name, error.sentence) for error in self.errors]
        return " ".join([content, self.shown_editions, *errors])

    def was_shown(self, shown: str) -> bool:
        """Whether the page that was sent back showed this, with at least these errors."""
        return set(self.shown.split()) <= set(shown.split())


def fingerprint(*parts: object) -> str:
    return hashlib.sha256(repr([str(part) for part in parts]).encode()).hexdigest()


def language_states(article: Article) -> list[LanguageState]:
    """Every language in which something is written or published, the original first."""
    editions = article.editions.select_related("author", "category", "reviewed_by").defer("html", "outline")
    live = {edition.language: edition for edition in editions.current()}
    scheduled = defaultdict(list)
    for edition in editions.scheduled().order_by("validity"):
        scheduled[edition.language].append(edition)
    begun = editions.exclude(validity__isempty=True).order_by("language", "-number").distinct("language")
    last = {edition.language: edition for edition in begun}
    return [
        LanguageState(
            code=code,
            name=str(LANGUAGE_NAMES[code]),
            live=live.get(code),
            scheduled=scheduled[code],
            last=last.get(code),
            draft=drafts.compile(article, code),
        )
        for code in article.languages
        if article.has_text_in(code) or code in live or scheduled[code]
    ]


@transaction.atomic
def publish(request: EditorRequest, article: Article, context: dict[str, Any]) -> HttpResponse:
    if request.method == "POST":
        # Nobody saves between our look at the draft and its publication.
        article = context["original"] = revising.lock(article.pk)
    states = language_states(article)
    form = PublishForm(
        submitted(request),
        languages=[state.code for state in states],
        initial={"languages": lambda: [state.code for state in ready(states)]},
    )
    may_override = request.user.has_perm("articles.override_findings")
    if form.is_override and not may_override:
        raise PermissionDenied
    remarks = remarks_forms(request, states)
    is_valid = all([form.is_valid(), *(each.is_valid() for each in remarks.values())])
    otherwise: list[LanguageState] = []
    if form.is_bound:
        states = coming_online_at(form, states)
        # Whatever keeps us from publishing: the page that comes back shows how things stand now.
        otherwise = [state for state in states if not state.was_shown(remarks[state.code].what_was_shown)]
    if "_unschedule" in request.POST:
        take_back(request, article, [form, *remarks.values()])
        states = coming_online_at(form, language_states(article))
    elif is_valid and not any(is_decided_on(state, form, remarks) for state in otherwise):
        is_complete = nothing_is_left_out(form, remarks)
        if is_complete and publish_languages(request, article, form, remarks):
            return redirect("admin:articles_article_editions", article.pk)
    has_reason = form.is_override or form["reason"].value()
    context |= {
        "form": form,
        "states": [(state, remarks[state.code]) for state in states],
        "shown_otherwise": otherwise,
        "approvals": Approval.objects.of(article),
        "offers_override": may_override and (has_reason or any(s.can_be_overridden for s in states)),
        "tab": "publish",
        "title": _("Publish"),
    }
    return render(request, "admin/articles/article/publish.html", context)


def coming_online_at(form: PublishForm, states: list[LanguageState]) -> list[LanguageState]:
    """The states for the time that was chosen: what is in the way of a text depends on it."""
    return [replace(state, at=form.cleaned_data.get("at")) for state in states]


def ready(states: list[LanguageState]) -> list[LanguageState]:
    """Those that are ticked at first; where none is ready, all, for their button to say why."""
    return [state for state in states if state.is_ready] or states


def is_decided_on(state: LanguageState, form: PublishForm, remarks: dict[str, RemarksForm]) -> bool:
    """Whether it is to be published, or is the original that something published is said to follow."""
    chosen = form.cleaned_data["languages"]
    follows = any(remarks[code].cleaned_data.get("follows_original") for code in chosen)
    return state.code in chosen or (follows and state.is_original)


def take_back(request: EditorRequest, article: Article, forms: list[Form]) -> None:
    """Take back the scheduled edition of the button that was pressed.

    What was typed is shown again as it is. Whether it will do is said when it is published.
    """
    scheduled = get_object_or_404(article.editions, pk=number(request.POST["_unschedule"]))
    editions.take_back(request, article, scheduled)
    for form in forms:
        form.errors.clear()


def remarks_forms(request: EditorRequest, states: list[LanguageState]) -> dict[str, RemarksForm]:
    """A form for each language; that of a translation asks whether it follows an original that changed."""
    forms = {
        state.code: RemarksForm(submitted(request), prefix=state.code, draft=state.draft, live=state.live)
        for state in states
    }
    original = next((state for state in states if state.is_original), None)
    for state in states:
        field = forms[state.code].fields["follows_original"]
        if original is None or not state.may_fall_behind(original):
            del forms[state.code].fields["follows_original"]
            continue
        names = {"language": state.name, "original": dict(settings.LANGUAGES)[original.code]}
        field.label = _("%(language)s says the same as the %(original)s text") % names
        if original.live:
            numbered = {"number": original.live.number}
            field.help_text = _("Edition %(number)d, or the one you publish with it.") % numbered
        # With both at hand somebody has probably translated what changed.
        field.initial = not (state.is_unchanged or original.is_unchanged)
    return forms


def nothing_is_left_out(form: PublishForm, remarks: dict[str, RemarksForm]) -> bool:
    """Whether all that was said is said of languages that are published; else an error of the form."""
    for language, said in remarks.items():
        if said.says_something and language not in form.cleaned_data["languages"]:
            text = _("%(language)s is not ticked, but you said something of it. Tick it, or take that back.")
            form.add_error(None, text % {"language": LANGUAGE_NAMES[language]})
    return form.is_valid()


def publish_languages(
    request: EditorRequest, article: Article, form: PublishForm, remarks: dict[str, RemarksForm]
) -> bool:
    """Publish the chosen languages, all or none; what is in the way becomes an error of the form."""
    known = set(article.editions.values_list("pk", flat=True))
    published = []
    language = ""
    try:
        with transaction.atomic():
            # The original first: a translation that is published with it follows the new one.
            for language in [code for code in remarks if code in form.cleaned_data["languages"]]:
                edition = publishing.publish(
                    article,
                    language,
                    by=request.user,
                    at=form.cleaned_data["at"],
                    accepted=form.cleaned_data["reason"] if form.is_override else "",
                    remarks=remarks[language].remarks(),
                )
                published.append(edition)
    except NotPublishable as error:
        for reason in error.reasons:
            form.add_error("languages", f"{LANGUAGE_NAMES[language]}: {reason}")
        return False
    for edition in published:
        is_new = edition.pk not in known
        report(request, article, outcome(edition, is_new=is_new))
        if is_new and (override := Override.objects.filter(edition=edition).first()):
            text = _("%(language)s: published in spite of errors, because: %(reason)s")
            named = {"language": LANGUAGE_NAMES[edition.language], "reason": override.reason}
            report(request, article, text % named)
    return True


def outcome(edition: Edition, *, is_new: bool) -> str:
    """What publishing did, for the editor."""
    if not is_new:
        text = _("%(language)s: readers see exactly this text already. Nothing was published.")
    elif edition.is_scheduled:
        text = _("%(language)s: edition %(number)d comes online on %(moment)s.")
    else:
        text = _("%(language)s: edition %(number)d is online.")
    return text % {
        "language": LANGUAGE_NAMES[edition.language],
        "number": edition.number,
        "moment": formats.date_format(timezone.localtime(edition.validity.lower), "DATETIME_FORMAT"),
    }


@transaction.atomic
def withdraw(request: EditorRequest, article: Article, context: dict[str, Any]) -> HttpResponse:
    if request.method == "POST":
        # Nobody publishes between our look at the editions and their end.
        article = context["original"] = revising.lock(article.pk)
    states = [state for state in language_states(article) if state.live or state.scheduled]
    # A language that somebody else has withdrawn is one to tell of, not a wrong choice.
    form = LanguagesForm(submitted(request), languages=article.languages)
    chosen = form.cleaned_data["languages"] if form.is_valid() else []
    online = {state.code: state.shown_editions for state in states}
    otherwise = [
        code for code in chosen if code not in online or request.POST.get(f"{code}-shown") != online[code]
    ]
    if chosen and not otherwise:
        for language in chosen:
            publishing.withdraw(article, language, by=request.user)
            text = _("%(language)s: the article is offline.")
            report(request, article, text % {"language": LANGUAGE_NAMES[language]})
        return redirect("admin:articles_article_editions", article.pk)
    context |= {
        "form": form,
        "states": states,
        "shown_otherwise": [LANGUAGE_NAMES[code] for code in otherwise],
        "tab": "withdraw",
        "title": _("Withdraw"),
    }
    return render(request, "admin/articles/article/withdraw.html", context)
