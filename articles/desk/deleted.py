"""Drafts that were deleted, and bringing one back."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from articles import revising
from articles.desk import EditorRequest, number, report
from articles.models import Article
from articles.revising import Revision
from references.languages import localized

ON_A_PAGE = 30


@dataclass(frozen=True)
class Row:
    pk: str
    title: str
    last: Revision


def deleted(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    last = revising.deleted()
    if before := number(request.GET.get("before", "")):
        last = last.filter(pk__lt=before)
    listed = list(last[: ON_A_PAGE + 1])
    rows = [row(version) for version in listed[:ON_A_PAGE]]
    older_than = listed[ON_A_PAGE - 1].pk if len(listed) > ON_A_PAGE else None
    context |= {"rows": rows, "older_than": older_than, "title": _("Deleted articles")}
    return render(request, "admin/articles/article/deleted.html", context)


def row(version: Any) -> Row:
    last = revising.of(version)
    titles = {
        name: last.state[name] for name in (localized("title", code) for code, _n in settings.LANGUAGES)
    }
    return Row(version.object_id, str(Article(**titles)), last)


def recover(request: EditorRequest, pk: int) -> HttpResponse:
    try:
        recovered = revising.recover(pk, by=request.user)
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
        return redirect("admin:articles_article_deleted")
    if recovered is None:
        if not Article.objects.filter(pk=pk).exists():
            raise Http404
        messages.info(request, _("The article is there: somebody has recovered it already."))
        return redirect("admin:articles_article_change", pk)
    article, left = recovered
    report(request, article, _("The article is recovered, as it was last saved."))
    slugs = {localized("slug", code) for code, _name in settings.LANGUAGES}
    for name in left:
        if name in slugs:
            text = _("%(field)s is empty: another article has it now. Choose a different one.")
        else:
            text = _("%(field)s has lost something: what it named is not there any more.")
        messages.warning(request, text % {"field": revising.label(name)})
    return redirect("admin:articles_article_change", pk)
