"""The editors' pages beside the admin's own. ArticleAdmin mounts them.

It has checked that the user may be there, and gives the admin's context.
"""

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.http import HttpRequest, QueryDict
from django.utils.text import capfirst

from articles.models import Article

# As they begin a line; within a sentence Danish writes them small.
LANGUAGE_NAMES = {code: capfirst(name) for code, name in settings.LANGUAGES}


class EditorRequest(HttpRequest):
    """A request of somebody who has signed in."""

    user: User


def report(request: EditorRequest, article: Article, text: str) -> None:
    """Tell the editor, and write it into the article's history."""
    messages.success(request, text)
    LogEntry.objects.log_actions(request.user.pk, [article], CHANGE, change_message=text, single_object=True)


def number(text: str) -> int:
    """The id that a button was to send; 0, which no row has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def submitted(request: HttpRequest) -> QueryDict | None:
    """What a form was sent with; an empty form that was sent is one, too."""
    return request.POST if request.method == "POST" else None
