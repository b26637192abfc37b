"""Who else has the article open, told to the form every so often."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils import formats, timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from articles import revising
from articles.desk import EditorRequest, number
from articles.models import Article, Presence
from signing_in.sessions import unattended

A_MOMENT = timedelta(minutes=1)


@unattended
def presence(request: EditorRequest, article: Article, _context: dict[str, Any]) -> HttpResponse:
    """What an editor who has the form open should know. A POST says that this one has.

    `wrote` is how many seconds ago the editor last wrote, `version` the one the form was filled from.
    The token is for a form whose own is from before its editor signed in again.
    """
    if request.method == "POST":
        note(request, article)
    others = article.presences.fresh().exclude(user=request.user).select_related("user")
    sentences = [about(other) for other in others]
    loaded = number(request.POST.get("version", ""))
    if loaded is not None and loaded < article.version:
        sentences += about_saved(article, loaded)
    return JsonResponse({"sentences": sentences, "token": get_token(request)})


@unattended
def signed_in(request: HttpRequest) -> HttpResponse:
    """The same for an article that does not exist yet: nobody else can have it open."""
    return JsonResponse({"sentences": [], "token": get_token(request)})


def note(request: EditorRequest, article: Article) -> None:
    Presence.objects.stale().delete()
    now = timezone.now()
    seen: dict[str, datetime] = {"seen_at": now}
    ago = number(request.POST.get("wrote", ""))
    if ago is not None:
        seen["wrote_at"] = now - timedelta(seconds=ago)
    Presence.objects.update_or_create(
        article=article, user=request.user, defaults=seen, create_defaults={**seen, "opened_at": now}
    )


def note_saved(request: EditorRequest, article: Article) -> None:
    """Who saves has written, whether or not the form has said so before."""
    article.presences.filter(user=request.user).update(wrote_at=timezone.now())


def about(other: Presence) -> str:
    ago = timezone.now() - other.wrote_at if other.wrote_at else None
    if ago is None:
        text = _("%(who)s has had this article open since %(since)s and has not written yet.")
    elif ago < A_MOMENT:
        text = _("%(who)s has had this article open since %(since)s and is writing.")
    else:
        text = _("%(who)s has had this article open since %(since)s; last change %(ago)s ago.")
    return text % {
        "who": revising.name_of(other.user),
        "since": clock(other.opened_at),
        "ago": timesince(other.wrote_at, depth=1) if other.wrote_at else "",
    }


def about_saved(article: Article, loaded: int) -> list[str]:
    saved = revising.since(article, loaded)[:1]
    return [
        _("%(who)s saved this article at %(when)s. When you save, you see what you both wrote.")
        % {"who": revision.who or _("Somebody"), "when": clock(revision.at)}
        for revision in saved
    ]


def clock(moment: datetime) -> str:
    """The time; the day, too, when it is another one."""
    local = timezone.localtime(moment)
    is_today = local.date() == timezone.localdate()
    return formats.date_format(local, "TIME_FORMAT" if is_today else "SHORT_DATETIME_FORMAT")
