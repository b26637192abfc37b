"""What there is to read, for search engines: https://www.sitemaps.org/protocol.html

With the addresses of each page in its languages: https://developers.google.com/search/docs/specialty/international/localized-versions#sitemap
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.conf import settings
from django.db.models import F, Max
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.html import escape
from django.views.decorators.http import require_safe

from articles import caching
from articles.addresses import absolute
from articles.listings import FIELDS, MODELS, Kind
from articles.metadata import hreflang
from articles.models import Article, Author, Edition, Treatment
from articles.pages import address, paths_by_slug
from articles.structured import moment
from references.languages import localized

# A file may have 50,000 addresses. One has those of so many articles, by their numbers, in all languages,
# and the first one the lists besides; so a file needs no other, and no article changes its file.
ARTICLES = 40_000 // len(settings.LANGUAGES)

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
URLSET = f'<urlset xmlns="{NAMESPACE}" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
INDEX = f'<sitemapindex xmlns="{NAMESPACE}">\n'

# Where a page is in each language, the language of other readers, and when it changed in each.
Group = tuple[Mapping[str, str], str, Mapping[str, datetime]]


@caching.in_no_language
@require_safe
def sitemap(request: HttpRequest) -> HttpResponseBase:
    """All addresses; when they may be too many for a file, those of the files."""
    count = number_of_files()
    if count == 1:
        return file(request, 0)
    return caching.answer(request, count, lambda: whole(index(count)))


@caching.in_no_language
@require_safe
def sitemap_file(request: HttpRequest, number: int) -> HttpResponseBase:
    if number >= number_of_files():
        raise Http404
    return file(request, number)


def file(request: HttpRequest, number: int) -> HttpResponseBase:
    return caching.answer(request, made_of(), lambda: whole(urlset(number)))


def made_of() -> list[object]:
    """Editions do not change; an article's first language and the slugs of what lists them may."""
    slugs = [localized("slug", code) for code, _name in settings.LANGUAGES]
    of_editions = ["article__original_language", "author__slug", *(f"category__{slug}" for slug in slugs)]
    treatments = Treatment.objects.order_by("pk").values_list("pk", *slugs)
    return [Edition.objects.current().digest(*of_editions), list(treatments)]


def number_of_files() -> int:
    last = Article.objects.aggregate(last=Max("pk"))["last"] or 0
    return int(last) // ARTICLES + 1


def whole(lines: Iterable[str]) -> HttpResponse:
    """Not streamed: half of it would look like all of it where the database fails meanwhile."""
    return HttpResponse("".join(lines), content_type="application/xml; charset=utf-8")


def index(count: int) -> Iterator[str]:
    yield HEAD + INDEX
    for number in range(count):
        url = absolute(reverse("sitemap_file", args=[number]))
        yield f"<sitemap><loc>{escape(url)}</loc></sitemap>\n"
    yield "</sitemapindex>\n"


def urlset(number: int) -> Iterator[str]:
    yield HEAD + URLSET
    if number == 0:
        yield from entries(lists())
    yield from entries(articles(number))
    yield "</urlset>\n"


def entries(groups: Iterable[Group]) -> Iterator[str]:
    """Each page in each of its languages, beside all others."""
    for paths, first, changed in groups:
        addresses = {path: escape(absolute(path)) for path in paths.values()}
        others = "".join(
            f'<xhtml:link rel="alternate" hreflang="{language}" href="{addresses[path]}"/>'
            for language, path in hreflang(paths, first)
        )
        for language, path in paths.items():
            since = moment(changed.get(language))
            lastmod = f"<lastmod>{since}</lastmod>" if since else ""
            yield f"<url><loc>{addresses[path]}</loc>{lastmod}{others}</url>\n"


def articles(number: int) -> Iterator[Group]:
    """Those of one file, in one query."""
    rows = (
        Edition.objects.current()
        .filter(article__gte=number * ARTICLES, article__lt=(number + 1) * ARTICLES)
        .order_by("article", "language")
        .values_list("article", "language", "slug", "validity__startswith", "article__original_language")
    )
    path_in = {code: paths_by_slug(code, "articles:detail") for code, _name in settings.LANGUAGES}
    for _article, group in groupby(rows.iterator(), itemgetter(0)):
        editions = list(group)
        paths = {language: path_in[language](slug) for _article, language, slug, *_rest in editions}
        changed = {language: since for _article, language, _slug, since, _original in editions}
        yield paths, editions[0][-1], changed


def lists() -> Iterator[Group]:
    """The front page, categories, authors and treatments in the languages in which there is something."""
    changed = Edition.objects.current().order_by().values("language").annotate(at=Max("validity__startswith"))
    fronts = {code: address(code, "articles:list") for code, _name in settings.LANGUAGES}
    yield fronts, settings.LANGUAGE_CODE, {row["language"]: row["at"] for row in changed}
    for view_name in ("articles:treatments", "articles:search", "articles:privacy"):
        yield {code: address(code, view_name) for code in fronts}, settings.LANGUAGE_CODE, {}
    for kind in MODELS:
        yield from lists_of(kind)


def lists_of(kind: Kind) -> Iterator[Group]:
    field, codes = FIELDS[kind], [code for code, _name in settings.LANGUAGES]
    columns = {
        code: F(f"{field}__{'slug' if MODELS[kind] is Author else localized('slug', code)}") for code in codes
    }
    slugs = {f"slug_in_{code}": column for code, column in columns.items()}
    rows = (
        Edition.objects.current()
        .filter(**{f"{field}__isnull": False})
        .order_by(field)
        .values(field, "language", **slugs)
        .annotate(at=Max("validity__startswith"))
    )
    for _instance, group in groupby(rows, itemgetter(field)):
        changed, paths = {}, {}
        for row in group:
            if slug := row[f"slug_in_{row['language']}"]:
                paths[row["language"]] = address(row["language"], f"articles:{kind}", slug)
                changed[row["language"]] = row["at"]
        if paths:
            yield paths, settings.LANGUAGE_CODE, changed
