"""Where a link in a text leads: to a page of ours, or to somebody else's."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils import translation

Kind = Literal["article", "permalink", "category", "author", "treatment", "page", "nothing"]

VIEWS: dict[str, Kind] = {
    "articles:detail": "article",
    "articles:references": "article",
    "articles:text": "article",
    "articles:category": "category",
    "articles:author": "author",
    "articles:treatment": "treatment",
    "permalink": "permalink",
}


@dataclass(frozen=True)
class Target:
    """A page of ours. `value` is a slug, or a permalink's number."""

    kind: Kind
    language: str = ""
    value: str = ""


def absolute(path: str) -> str:
    """The whole address of a page of ours."""
    return f"{settings.SITE_URL}{path}"


def message_id(*parts: object) -> str:
    """A name for a mail by what it tells and whom: sent again after a crash, it is the same mail.

    Mail programs show a mail they have already got once.
    """
    return f"<{'-'.join(map(str, parts))}@{urlsplit(settings.SITE_URL).hostname}>"


def outside(href: str) -> str:
    """The address at somebody else's, without its fragment; empty for every other link."""
    try:
        parts = urlsplit(href.strip())
    except ValueError:
        return ""
    is_outside = parts.scheme in ("http", "https") and parts.netloc not in ("", own_host())
    return parts._replace(fragment="").geturl() if is_outside else ""


def target(href: str, page: str) -> Target | None:
    """The page of ours that a link on the page of ours leads to; None when it leads elsewhere."""
    try:
        parts = urlsplit(urljoin(page, href.strip()))
    except ValueError:
        return Target("nothing")
    if parts.scheme not in ("", "http", "https"):
        return None
    if parts.netloc.lower() not in ("", own_host().lower()):
        return None if parts.netloc.strip(".:@") else Target("nothing")
    return page_at(unquote(parts.path) or "/", language=page.split("/")[1])


def own_host() -> str:
    return urlsplit(str(settings.SITE_URL)).netloc


def page_at(path: str, language: str) -> Target:
    """What a path of ours leads to. One without a language has that of the page it stands on."""
    if path.startswith((settings.STATIC_URL, settings.MEDIA_URL)):
        return Target("page")
    first = path.split("/")[1]
    is_in_language = first in dict(settings.LANGUAGES)
    candidates = [path] if is_in_language else [path, f"/{language}{path}"]
    with translation.override(first if is_in_language else language):
        for candidate in candidates:
            # A missing slash at the end is added by a redirect.
            for written in dict.fromkeys([candidate, f"{candidate.rstrip('/')}/"]):
                try:
                    match = resolve(written)
                except Resolver404:
                    continue
                value = match.kwargs.get("slug", match.kwargs.get("pk", ""))
                return Target(
                    VIEWS.get(match.view_name, "page"), translation.get_language() or "", str(value)
                )
    return Target("nothing")
