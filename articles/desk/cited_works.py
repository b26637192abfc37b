"""What an article's drafts cite, under their texts: how each work stands and when it was checked."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles import drafts
from articles.desk import LANGUAGE_NAMES
from articles.models import Article, Citation
from references import works
from references.models import Reference

Standing = Reference.Standing
Agreement = Reference.Agreement

# A list with more is folded.
MOST_SHOWN = 10
ALARMING = (Standing.RETRACTED, Standing.NOT_FOUND)


@dataclass(frozen=True)
class Fact:
    """Something to know of a cited work. `level` is "error", "warning" or empty."""

    text: str
    level: str = ""


@dataclass(frozen=True)
class CitedWork:
    number: int
    reference: Reference
    citation: SafeString
    """In Vancouver style, or what the author wrote; empty when neither is known."""
    facts: list[Fact]


@dataclass(frozen=True)
class CitedIn:
    """The works one language cites, in the order of its reference list."""

    code: str
    name: str
    works: list[CitedWork]

    @property
    def errors(self) -> int:
        return self.count("error")

    @property
    def warnings(self) -> int:
        return self.count("warning")

    @property
    def is_long(self) -> bool:
        return len(self.works) > MOST_SHOWN

    def count(self, level: str) -> int:
        return sum(any(fact.level == level for fact in work.facts) for work in self.works)


def panel(article: Article, user: User | AnonymousUser) -> dict[str, Any]:
    """Context of the panel under an article's texts."""
    return {
        "cited": cited_in(article),
        "may_see_references": any(
            user.has_perm(f"references.{deed}_reference") for deed in ("view", "change")
        ),
        "disagreement": [Agreement.ANOTHER_PAPER, Agreement.DOUBTFUL],
    }


def cited_in(article: Article) -> list[CitedIn]:
    """The languages whose drafts cite something. A query for each language, however much it cites."""
    texts = [(code, article.text("body", code)) for code in article.languages]
    rendered = [(code, drafts.render_text(body, code)[1]) for code, body in texts if "@" in body]
    return [
        CitedIn(code, str(LANGUAGE_NAMES[code]), [cited_work(citation) for citation in cited])
        for code, cited in rendered
        if cited
    ]


def cited_work(citation: Citation) -> CitedWork:
    reference = citation.reference
    return CitedWork(citation.number, reference, works.citation_html(reference), facts(reference))


def facts(reference: Reference) -> list[Fact]:
    """Standing, agreement with what the author wrote, and the last check."""
    found = [standing(reference)] if reference.standing != Standing.UNCHECKED else []
    match reference.agreement:
        case Agreement.ANOTHER_PAPER:
            found.append(Fact(_("Another paper than the one you described"), "error"))
        case Agreement.DOUBTFUL:
            found.append(Fact(_("Perhaps another paper than the one you described"), "warning"))
        case Agreement.AGREES:
            found.append(Fact(_("The paper you described")))
    return [*found, last_check(reference)]


def standing(reference: Reference) -> Fact:
    text = str(capfirst(reference.get_standing_display()))
    if reference.is_intended:
        said = _("%(standing)s; cited on purpose: %(reason)s")
        return Fact(said % {"standing": text, "reason": reference.intended_reason})
    if reference.standing in ALARMING:
        return Fact(text, "error")
    return Fact(text, "" if reference.standing == Standing.GOOD else "warning")


def last_check(reference: Reference) -> Fact:
    if reference.is_stale:
        return Fact(_("Out of date: %(check)s") % {"check": reference.last_check.lower()}, "warning")
    return Fact(reference.last_check, "" if reference.checked_at else "warning")
