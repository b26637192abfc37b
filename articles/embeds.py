"""What other sites show of ours: a treatment's articles on a booking page, a link to an article."""

import re

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from articles import caching
from articles.addresses import absolute, target
from articles.models import Article, Edition, Treatment
from articles.origins import framed_by_origins, readable_by_origins
from articles.pages import address, edition_for
from articles.paging import PAGE_SIZE
from references.characters import visible
from references.languages import localized, translated

AN_HOUR = 60 * 60  # seconds
# An address with a host: any other is no page of ours.
WHOLE = re.compile(r"https?://[^/]", re.IGNORECASE)


@readable_by_origins
@framed_by_origins
@require_safe
def treatment_embed(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The newest articles about a treatment: a page for a frame, or with `?fragment` a part of a page.

    A treatment that is not there is a page of the same looks: an error page would not fit the frame.
    """
    language = request.LANGUAGE_CODE
    is_fragment = "fragment" in request.GET
    treatment = Treatment.objects.filter(**{localized("slug", language): slug}).first()
    editions = treatment.editions.current().in_language(language) if treatment else Edition.objects.none()
    context = {
        "editions": list(editions.newest_first().for_list()[:PAGE_SIZE]),
        "treatment_name": translated(treatment, "name", language) if treatment else "",
        "more_url": address(language, "articles:treatment", slug)
        if treatment
        else address(language, "articles:list"),
        # A part of another site's page has to say where its links lead.
        "site": settings.SITE_URL if is_fragment else "",
        "heading": "h2" if is_fragment else "h1",
    }
    template = f"articles/{'_treatment_embed' if is_fragment else 'treatment_embed'}.html"
    response = (
        caching.answer(request, context, lambda: render(request, template, context))
        if treatment
        else caching.shared(render(request, template, context, status=404))
    )
    response["X-Robots-Tag"] = "noindex"
    return response


@readable_by_origins
@require_safe
def oembed(request: HttpRequest) -> HttpResponseBase:
    """What another site needs to show a link to an article (https://oembed.com).

    A link: the most that can be shown without a script, a frame or a request to us by its readers.
    """
    if request.GET.get("format", "json") != "json":
        return HttpResponse(status=501)
    edition = edition_at(request.GET.get("url", ""), request.LANGUAGE_CODE)
    if edition is None:
        raise Http404
    author = edition.author
    facts = {
        "version": "1.0",
        "type": "link",
        "title": edition.title,
        "provider_name": settings.CLINIC.name,
        "provider_url": absolute(address(edition.language, "articles:list")),
        "cache_age": AN_HOUR,
    }
    if author:
        facts["author_name"] = author.name
        facts["author_url"] = absolute(address(edition.language, "articles:author", author.slug))
    return caching.answer(request, facts, lambda: JsonResponse(visible(facts)))


def edition_at(url: str, language: str) -> Edition | None:
    """What patients read at the whole address of an article, a former one or a permalink."""
    page = target(url, f"/{language}/") if WHOLE.match(url) else None
    if page is None:
        return None
    current = Edition.objects.current().for_list()
    if page.kind == "permalink":
        article = Article.objects.filter(pk=page.value).first()
        return edition_for(article, language) if article else None
    if page.kind != "article":
        return None
    here = current.in_language(page.language)
    former = Edition.objects.ever_at(page.value, page.language).first()
    return here.filter(slug=page.value).first() or (former and here.filter(article=former.article_id).first())
