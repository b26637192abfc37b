"""What an article was at each save: listed, compared, brought back; and what a browser kept unsaved."""

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles import differences, revising
from articles.desk import EditorRequest, number, report
from articles.models import Article
from articles.revising import Revision

ON_A_PAGE = 30
COPIES_REMEMBERED = 20


@dataclass(frozen=True)
class Change:
    """How a field differs between two revisions."""

    label: str
    language: str
    html: SafeString


@dataclass(frozen=True)
class Row:
    """A revision with the fields that it changed."""

    revision: Revision
    changed: list[str]

    @property
    def labels(self) -> list[str]:
        return [revising.label(name) for name in self.changed]


def history(request: HttpRequest, article: Article) -> dict[str, Any]:
    """Context of the history page: revisions, newest first, each with what it changed."""
    kept = revising.revisions(article)
    if before := number(request.GET.get("before", "")):
        kept = kept.filter(number__lt=before)
    listed = [revising.of(version) for version in kept[: ON_A_PAGE + 1]]
    rows = [
        Row(revision, revising.changed(earlier.state, revision.state) if earlier else [])
        for revision, earlier in zip_longest(listed, listed[1:])
    ]
    return {
        "original": article,
        "title": _("History"),
        "tab": "history",
        "subtitle": article,
        "rows": rows[:ON_A_PAGE],
        "older_than": listed[ON_A_PAGE - 1].number if len(listed) > ON_A_PAGE else None,
    }


def compare(request: EditorRequest, article: Article, context: dict[str, Any]) -> HttpResponse:
    """Two revisions, field by field; the older can be brought back."""
    numbers = sorted(number(request.GET.get(name, "")) or 0 for name in ("old", "new"))
    old, new = (revising.find(article, each) for each in numbers)
    if old is None or new is None:
        raise Http404
    changes = [
        Change(
            revising.label(name),
            getattr(revising.FIELDS[name], "language", ""),
            differences.html(
                differences.compare(
                    revising.described(name, old.state[name]), revising.described(name, new.state[name])
                )
            ),
        )
        for name in revising.changed(old.state, new.state)
    ]
    title = _("Versions %(old)d and %(new)d") % {"old": old.number, "new": new.number}
    context |= {"old": old, "revisions": [old, new], "changes": changes, "tab": "history", "title": title}
    return render(request, "admin/articles/article/compare.html", context)


@require_POST
@transaction.atomic
def restore(request: EditorRequest, article: Article, _context: dict[str, Any]) -> HttpResponse:
    """Bring a revision back, if the article is still the one the editor compared it with."""
    seen = request.POST.get("version", "")
    earlier = revising.find(article, number(request.POST.get("number", "")) or 0)
    if earlier is None:
        raise Http404
    locked = revising.lock(article.pk)
    if seen != str(locked.version):
        messages.error(request, _("The article has changed in the meantime. Look at the difference again."))
        compared = reverse("admin:articles_article_compare", args=[article.pk])
        return redirect(f"{compared}?old={earlier.number}&new={locked.version}")
    try:
        left = revising.restore(locked, earlier, by=request.user)
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
        return redirect("admin:articles_article_history", article.pk)
    report(request, article, _("Version %(number)d is restored.") % {"number": earlier.number})
    for name in left:
        text = _("%(field)s stayed as it is, or lost something: what it named is not there any more.")
        messages.warning(request, text % {"field": revising.label(name)})
    return redirect("admin:articles_article_change", article.pk)


def differences_of_copy(request: HttpRequest) -> HttpResponse:
    """What the browser kept against what is in the form. A POST of `label`, `old`, `new`, each repeated."""
    sent = [request.POST.getlist(name) for name in ("label", "old", "new")]
    changes = [
        Change(label, "", differences.html(differences.compare(old, new)))
        for label, old, new in zip(*sent, strict=False)
    ]
    return render(request, "admin/articles/article/_field_changes.html", {"changes": changes})


def note_saved(request: HttpRequest, copy: str) -> None:
    """Remember that what the browser keeps under this name is saved, until the browser is told."""
    if re.fullmatch(r"[\w-]{1,40}", copy, re.ASCII):
        request.session["saved_copies"] = [*request.session.get("saved_copies", []), copy][
            -COPIES_REMEMBERED:
        ]


def saved_copies(request: HttpRequest) -> list[str]:
    """Names of copies the browser may forget; told once."""
    if request.method != "GET" or "saved_copies" not in request.session:
        return []
    copies: list[str] = request.session.pop("saved_copies")
    return copies
