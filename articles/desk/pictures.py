"""Pictures at the desk: uploading and choosing one while writing, and where each is used."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from articles import pictures
from articles.desk import LANGUAGE_NAMES, EditorRequest
from articles.forms import ALTS, PictureForm
from articles.models import EditionPicture, Picture

logger = logging.getLogger(__name__)

FOUND_AT_ONCE = 12


@dataclass(frozen=True)
class Use:
    """A place that shows a picture: an edition, or a draft."""

    article: int
    title: str
    language: str
    edition: str = ""
    """Which one, and when readers see it; empty for a draft."""

    @property
    def address(self) -> str:
        return reverse(
            f"admin:articles_article_{'editions' if self.edition else 'change'}", args=[self.article]
        )

    @property
    def line(self) -> SafeString:
        where = self.edition or _("draft")
        language = LANGUAGE_NAMES[self.language]
        return format_html('<a href="{}">{}</a> ({}): {}', self.address, self.title, language, where)


def uses(shown: Iterable[Picture]) -> dict[int, list[Use]]:
    """Where each of the pictures is used, by its number."""
    drafts = pictures.in_drafts()
    used = {
        picture.pk: [
            Use(article.pk, str(article), language) for article, language in drafts.get(picture.pk, [])
        ]
        for picture in shown
    }
    wanted = ("article_id", "language", "number", "title", "validity")
    links = EditionPicture.objects.filter(picture__in=list(used)).select_related("edition")
    for link in links.only("picture_id", *(f"edition__{name}" for name in wanted)).order_by("-edition"):
        edition = link.edition
        named = _("Edition %(number)d – %(state)s") % {"number": edition.number, "state": edition.state}
        used[link.picture_id].append(Use(edition.article_id, edition.title, edition.language, named))
    return used


def use_list(places: Iterable[Use]) -> SafeString | str:
    """Every place, a line each."""
    items = format_html_join("", "<li>{}</li>", ((use.line,) for use in places))
    return format_html('<ul class="uses">{}</ul>', items) if items else _("Nowhere")


def articles_html(places: Iterable[Use]) -> SafeString | str:
    """The articles among the places, each once."""
    titles = {use.article: use.title for use in places}
    links = (
        (reverse("admin:articles_article_change", args=[article]), title) for article, title in titles.items()
    )
    return format_html_join(", ", '<a href="{}">{}</a>', links) or _("Nowhere")


def thumbnail(picture: Picture) -> SafeString:
    return format_html(
        '<img class="thumbnail" src="{}" width="{}" height="{}" alt="{}" loading="lazy">',
        picture.thumbnail_url,
        picture.width,
        picture.height,
        picture,
    )


def descriptions(picture: Picture) -> SafeString:
    """In every language, also where there is none."""
    lines = ((LANGUAGE_NAMES[code], code, picture.description(code) or "–") for code in ALTS)
    return format_html_join("", '<p class="description">{}: <span lang="{}">{}</span></p>', lines)


def upload(request: EditorRequest) -> HttpResponse:
    """A new picture from the dialog of a text. Answers with the picture, or with what is wrong."""
    if not request.user.has_perm("articles.add_picture"):
        return refusal(_("Your account may not add pictures. Ask an editor."), status=403)
    form = PictureForm(request.POST, request.FILES, language=text_language(request))
    if not form.is_valid():
        return refusal(*sentences(form))
    form.instance.uploaded_by = request.user
    try:
        pictures.store(form.instance, form.renditions)
    except pictures.NotStoredError:
        logger.exception("A picture could not be stored.")
        return refusal(_("The picture could not be stored just now. Try again in a few minutes."), status=507)
    return JsonResponse({"picture": as_json(form.instance)}, status=201)


def describe(request: EditorRequest, pk: int) -> HttpResponse:
    """Fill in descriptions an earlier picture lacks. Those it has stay: other texts rely on them.

    Whoever may not add pictures may show one that is described.
    """
    picture = get_object_or_404(Picture, pk=pk)
    language = text_language(request)
    if not request.user.has_perm("articles.add_picture"):
        if not picture.description(language):
            return refusal(_("Your account may not describe pictures. Ask an editor."), status=403)
        return JsonResponse({"picture": as_json(picture)})
    known = {ALTS[code]: picture.description(code) for code in ALTS}
    data = {alt: text or request.POST.get(alt, "") for alt, text in known.items()}
    form = PictureForm(data | {"credit": picture.credit}, instance=picture, language=language)
    if not form.is_valid():
        return refusal(*sentences(form))
    if form.has_changed():
        form.save()
    return JsonResponse({"picture": as_json(picture)})


def find(request: HttpRequest) -> HttpResponse:
    """The newest pictures with the words of `q`."""
    found = pictures.search(request.GET.get("q", "").replace("\0", ""))[:FOUND_AT_ONCE]
    return JsonResponse({"pictures": [as_json(picture) for picture in found]})


def text_language(request: HttpRequest) -> str:
    language = request.POST.get("language", "")
    if language not in ALTS:
        raise PermissionDenied
    return language


def as_json(picture: Picture) -> dict[str, Any]:
    return {
        "id": picture.pk,
        "thumbnail": picture.thumbnail_url,
        "alt": {code: picture.description(code) for code in ALTS},
        "credit": picture.credit,
    }


def sentences(form: PictureForm) -> list[str]:
    return [str(error) for errors in form.errors.values() for error in errors]


def refusal(*reasons: str, status: int = 400) -> HttpResponse:
    return JsonResponse({"error": " ".join(reasons)}, status=status)
