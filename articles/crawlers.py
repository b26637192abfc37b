"""What programs that read the whole site are told: robots.txt (RFC 9309) and llms.txt (llmstxt.org)."""

import re
from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from articles import caching, listings
from articles.addresses import absolute
from articles.metadata import shortened
from articles.models import Edition
from articles.pages import address, paths_by_slug

BRACKET, ESCAPED = re.compile(r"[\[\]\\]"), r"\\\g<0>"


@caching.in_no_language
@require_safe
def robots(request: HttpRequest) -> HttpResponseBase:
    """What is for people only: the desk, drafts, and lists that a search makes anew."""
    searches = [f"{address(code, 'articles:search')}?q=" for code, _name in settings.LANGUAGES]
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in (reverse("admin:index"), "/preview/", "/approval/", *searches)),
        "",
        f"Sitemap: {absolute(reverse('sitemap'))}",
    ]
    text = "\n".join(lines) + "\n"
    return caching.answer(request, text, lambda: HttpResponse(text, content_type="text/plain; charset=utf-8"))


@caching.in_no_language
@require_safe
def llms(request: HttpRequest) -> HttpResponseBase:
    """Every article in each language, with the address of its Markdown.

    Not streamed: half of it would look like all of it where the database fails meanwhile.
    """
    # Editions do not change: which there are is all.
    return caching.answer(
        request,
        Edition.objects.current().digest(),
        lambda: HttpResponse(overview(), content_type="text/plain; charset=utf-8"),
    )


def overview() -> Iterator[str]:
    with translation.override(settings.LANGUAGE_CODE):
        description = listings.blog(settings.LANGUAGE_CODE).description
    yield f"# {settings.CLINIC.name}\n\n> {description}\n"
    for language, _name in settings.LANGUAGES:
        yield f"\n## {translation.get_language_info(language)['name_local'].capitalize()}\n\n"
        path = paths_by_slug(language, "articles:text")
        newest = Edition.objects.current().in_language(language).newest_first()
        for slug, title, abstract in newest.values_list("slug", "title", "abstract").iterator():
            note = f": {shortened(abstract)}" if abstract else ""
            yield f"- [{BRACKET.sub(ESCAPED, title)}]({absolute(path(slug))}){note}\n"
