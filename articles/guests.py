"""Pages for people without an account who were given a link: to read a draft, to approve one.

clinic/headers.py sees to it that nobody on the way keeps or lists them, and that the address goes nowhere.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from articles import approving, snapshots
from articles.forms import DecisionForm
from articles.models import Approval, PreviewLink
from articles.pages import draft_page


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """The draft that a link was made for, as patients would see it."""
    link = PreviewLink.objects.by_token(token).select_related("snapshot__article").first()
    if link is None or not link.is_open:
        return closed(request, link)
    language = link.snapshot.language
    with translation.override(language):
        until = formats.date_format(timezone.localtime(link.expires_at), "DATE_FORMAT")
        context = {
            "article": draft_page(snapshots.compiled(link.snapshot)),
            "note": _("Draft. Patients cannot read it. This link works until %(day)s.") % {"day": until},
        }
        response = render(request, "articles/article_detail.html", context)
    response["Content-Language"] = language
    return response


# Whoever knows the address may answer: it is the proof itself, and no cookie is needed beside it.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def approval(request: HttpRequest, token: str) -> HttpResponse:
    """The draft that a doctor is asked to approve, with a form for the answer."""
    asked = Approval.objects.by_token(token).select_related("snapshot__article", "asked_by").first()
    if asked and asked.decided_at:
        return answered(request, asked)
    if asked is None or not asked.is_waiting:
        return closed(request, asked)
    draft = snapshots.compiled(asked.snapshot)
    if draft.edition.content_hash != asked.snapshot.content_hash:
        return closed(request, asked)
    with translation.override(asked.snapshot.language):
        form = DecisionForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            # Whether it was the first answer or came too late, the page that follows says so.
            data = form.cleaned_data
            is_recorded = approving.decide(asked, Approval.Decision(data["decision"]), data["comment"])
            return redirect(request.path) if is_recorded else approval(request, token)
        context = {
            "article": draft_page(draft),
            "note": _("Draft. Patients cannot read it."),
            "approval": asked,
            "form": form,
        }
        response = render(request, "articles/approval.html", context)
    response["Content-Language"] = asked.snapshot.language
    return response


def answered(request: HttpRequest, asked: Approval) -> HttpResponse:
    """What was answered. A second answer is refused: somebody may have acted on the first."""
    is_second = request.method == "POST"
    with translation.override(asked.snapshot.language):
        context = {"approval": asked, "is_second": is_second}
        return render(request, "articles/approval_answered.html", context, status=409 if is_second else 200)


def closed(request: HttpRequest, link: PreviewLink | Approval | None) -> HttpResponse:
    """That a link opens nothing, and why; nothing of what it once opened."""
    return render(request, "articles/link_closed.html", {"link": link}, status=410 if link else 404)
