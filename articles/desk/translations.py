"""Whether the translations of an article still say what the original says."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from articles import publishing
from articles.desk import LANGUAGE_NAMES, EditorRequest, report
from articles.following import Change, changes
from articles.models import Article, Edition


@dataclass(frozen=True)
class TranslationState:
    """A translation that patients read, beside the original that they read."""

    name: str
    edition: Edition
    original: Edition
    followed: Edition | None
    """The edition of the original that the translation was last said to follow."""
    is_outdated: bool

    @property
    def changes(self) -> list[Change]:
        return changes(self.followed, self.original, self.edition) if self.followed else []


def translations(request: EditorRequest, article: Article, context: dict[str, Any]) -> HttpResponse:
    online = {edition.language: edition for edition in article.editions.current()}
    original = online.pop(article.original_language, None)
    if request.method == "POST":
        confirm(request, article, original, list(online.values()))
        return redirect("admin:articles_article_translation", article.pk)
    outdated = set(article.editions.outdated())
    context |= {
        "original_name": dict(settings.LANGUAGES)[article.original_language],
        "original_edition": original,
        "states": [
            TranslationState(
                name=str(LANGUAGE_NAMES[code]),
                edition=online[code],
                original=original,
                followed=online[code].followed,
                is_outdated=online[code] in outdated,
            )
            for code in article.languages
            if original and code in online
        ],
        "tab": "translation",
        "title": _("Translation"),
    }
    return render(request, "admin/articles/article/translation.html", context)


def confirm(
    request: EditorRequest, article: Article, original: Edition | None, online: list[Edition]
) -> None:
    """Settle that a translation is right as it is, if both texts are still those that were compared."""
    if not request.user.has_perm("articles.publish_article"):
        raise PermissionDenied
    compared = request.POST.get("translation"), request.POST.get("original")
    translation = next((e for e in online if original and (str(e.pk), str(original.pk)) == compared), None)
    if translation is None or original is None:
        messages.error(request, _("One of the texts has been published anew meanwhile. Compare them again."))
        return
    publishing.confirm(translation, original, request.user)
    text = _("%(language)s: the translation is right for edition %(number)d of the original.")
    names = {"language": LANGUAGE_NAMES[translation.language], "number": original.number}
    report(request, article, text % names)
