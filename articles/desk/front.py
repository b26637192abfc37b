"""The admin's first page: what waits for the person who has signed in."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.desk import EditorRequest
from articles.models import EditorSettings
from articles.worklist import total, worklist

# A section shows this many rows, the next ones folded, and says how many more there are.
ROWS_SHOWN = 10
ROWS_FOLDED = 90


class DeskSite(AdminSite):
    def index(self, request: EditorRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override]
        sections = worklist(request.user)
        context = {
            "title": _("Worklist"),
            "sections": [
                {
                    "name": section.name,
                    "title": section.title,
                    "count": len(section.rows),
                    "shown": section.rows[:ROWS_SHOWN],
                    "folded": section.rows[ROWS_SHOWN : ROWS_SHOWN + ROWS_FOLDED],
                    "left_out": max(0, len(section.rows) - ROWS_SHOWN - ROWS_FOLDED),
                }
                for section in sections
            ],
            "total": total(sections),
            "wants_mail": EditorSettings.objects.filter(user=request.user, wants_worklist=True).exists(),
            **(extra_context or {}),
        }
        return super().index(request, context)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        mail = self.admin_view(require_POST(choose_mail))
        return [path("worklist/mail/", mail, name="worklist_mail"), *super().get_urls()]


def choose_mail(request: EditorRequest) -> HttpResponse:
    """Ask for the weekly mail, or for no more of it; in the language the desk is read in."""
    wants = request.POST.get("wants") == "yes"
    language = get_language()
    known = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    EditorSettings.objects.update_or_create(
        user=request.user, defaults={"wants_worklist": wants, "language": known}
    )
    if not wants:
        messages.success(request, _("You get no more mail about what waits."))
    elif request.user.email:
        text = _("What waits is mailed to %(address)s every week.") % {"address": request.user.email}
        messages.success(request, text)
    else:
        messages.warning(request, _("Your account has no e-mail address. Ask an administrator to add it."))
    return redirect("admin:index")
