"""What the page says of an article that has no edition in a language now."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from articles.models import Article, Edition, EditionTreatment
from articles.pages import (
    Alternate,
    PageLink,
    TreatmentLink,
    alternate,
    category_link,
    links_of_treatments,
    related_links,
)

MOST_ALTERNATIVES = 5


class Elsewhere(Alternate):
    title: str


@dataclass(frozen=True)
class AbsentArticle:
    is_withdrawn: bool
    """There is no edition in any language, and none to come."""
    elsewhere: list[Elsewhere]
    """The article in other languages."""
    # Of what was there in this language.
    title: str = ""
    until: datetime | None = None
    category: PageLink | None = None
    treatments: list[TreatmentLink] = field(default_factory=list)
    similar: list[PageLink] = field(default_factory=list)


def absent(article: Article, language: str, elsewhere: Iterable[Edition]) -> AbsentArticle:
    is_withdrawn = not article.editions.current_or_scheduled().exists()
    links: list[Elsewhere] = [
        {**alternate(edition.language, "articles:detail", edition.slug), "title": edition.title}
        for edition in elsewhere
    ]
    last = article.editions.begun().in_language(language).for_list().order_by("-number").first()
    if last is None:
        return AbsentArticle(is_withdrawn, links)
    offers = EditionTreatment.objects.filter(edition=last).select_related("treatment").order_by("position")
    return AbsentArticle(
        is_withdrawn,
        links,
        title=last.title,
        until=last.validity.upper,
        category=category_link(last.category, language),
        treatments=links_of_treatments((offer.treatment for offer in offers), language),
        similar=related_links(language, ((other.title, other.slug) for other in of_the_same_category(last))),
    )


def of_the_same_category(edition: Edition) -> Iterable[Edition]:
    """The newest articles that patients read beside it."""
    if edition.category_id is None:
        return []
    others = Edition.objects.current().in_language(edition.language).filter(category=edition.category_id)
    return others.newest_first().for_list()[:MOST_ALTERNATIVES]
