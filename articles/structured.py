"""What a page says to machines in schema.org's words, as JSON-LD. https://schema.org/docs/meddocs.html"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from articles.addresses import absolute
from articles.listings import Listing
from articles.models import Edition
from articles.pages import ArticlePage, PageLink, address, path_of_edition
from references import vancouver, works
from references.characters import visible
from references.languages import translated
from references.works import Work

Node = dict[str, Any]

# No text may end the element or begin a comment in it.
ESCAPES = {"<": "\\u003C", ">": "\\u003E", "&": "\\u0026"}
encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

# Works that a page cites and machines had better not: what is retracted, and what may not exist.
NOT_CITED = ("retracted", "not_found")
# In English, as the vocabulary is.
STATUSES = {
    "concern": "Expression of concern",
    "corrected": "Corrected",
    "updated": "Superseded by a newer version",
}


def script(node: Node) -> SafeString:
    """The element that holds it: data, which no browser runs."""
    data = encoder.encode({"@context": "https://schema.org"} | visible(node))
    for character, escape in ESCAPES.items():
        data = data.replace(character, escape)
    return mark_safe(f'<script type="application/ld+json">{data}</script>')  # noqa: S308 - escaped


def known(**properties: Any) -> Node:
    """Without those that are empty. `id_` and `type_` stand for JSON-LD's keywords."""
    return {
        {"id_": "@id", "type_": "@type"}.get(name, name): value for name, value in properties.items() if value
    }


def article(page: ArticlePage, picture: str) -> Node:
    """An article's page; the address of its picture may be empty."""
    url = absolute(page.path)
    category = [(page.category["name"], page.category["url"])] if page.category else []
    return known(
        type_="MedicalWebPage",
        id_=url,
        url=url,
        headline=page.title,
        description=page.abstract,
        inLanguage=page.language,
        image=picture,
        datePublished=moment(page.first_since),
        dateModified=moment(page.since),
        **reviewed(page),
        author=person(page.author, page.author_title, page.author_orcid),
        publisher=clinic(),
        audience={"@type": "Patient"},
        about=about(page),
        citation=[cited(work) for _n, _places, work in page.cited if work.standing not in NOT_CITED],
        **translations(page),
        breadcrumb=breadcrumb(page.language, *category, (page.title, page.path)),
    )


def reviewed(page: ArticlePage) -> Node:
    if page.review is None:
        return {}
    doctor = known(type_="Person", name=page.review["name"], jobTitle=page.review["title"])
    return {"lastReviewed": page.review["on"].isoformat(), "reviewedBy": doctor}


def person(link: PageLink | None, title: str, orcid: str) -> Node:
    if link is None:
        return {}
    url = absolute(link["url"])
    return known(
        type_="Person",
        id_=f"{url}#person",  # the page about them is another thing
        name=link["name"],
        jobTitle=title,
        url=url,
        identifier=number("ORCID", orcid),
        sameAs=f"https://orcid.org/{orcid}" if orcid else "",
    )


def number(kind: str, value: str) -> Node:
    return {"@type": "PropertyValue", "propertyID": kind, "value": value} if value else {}


def clinic() -> Node:
    us = settings.CLINIC
    return known(
        type_="MedicalClinic",
        id_=absolute("/#clinic"),
        name=us.name,
        url=absolute("/"),
        telephone=us.phone,
        email=us.email,
        address=", ".join(us.address),
    )


def about(page: ArticlePage) -> list[Node]:
    category = [known(type_="Thing", name=page.category["name"])] if page.category else []
    treatments = [procedure(treatment["name"], treatment["url"]) for treatment in page.treatments]
    return [*category, *treatments]


def procedure(name: str, path: str) -> Node:
    url = absolute(path) if path else ""
    return known(type_="MedicalProcedure", id_=f"{url}#procedure" if url else "", name=name, url=url)


def cited(work: Work) -> Node:
    """A work of the reference list, with the numbers it is found by."""
    addresses = [url for _words, url in works.links(work)]
    return known(
        type_=kind_of_work(work),
        name=vancouver.rendered_title(vancouver.title_of(work))[0],
        identifier=number("PMID", str(work.pmid or "")),
        sameAs=addresses,
        creativeWorkStatus=STATUSES.get(work.standing, ""),
    )


def kind_of_work(work: Work) -> str:
    if work.pmid or work.doi or work.journal:
        return "ScholarlyArticle"
    return "CreativeWork"


def translations(page: ArticlePage) -> Node:
    """The original of a translation, or the translations of an original."""
    others = [
        {"@type": "MedicalWebPage", "@id": absolute(other["url"]), "inLanguage": other["language"]}
        for other in page.alternates
    ]
    if page.language == page.original_language:
        return known(workTranslation=others)
    return known(
        translationOfWork=next((o for o in others if o["inLanguage"] == page.original_language), None)
    )


def breadcrumb(language: str, *places: tuple[str, str]) -> Node:
    """The way from the blog's front page over these places, each with its name and path."""
    way = [(_("Blog"), address(language, "articles:list")), *places]
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": absolute(path)}
            for position, (name, path) in enumerate(way, start=1)
        ],
    }


def listing(shown: Listing, editions: Iterable[Edition], url: str) -> Node:
    """A page of a list, at its own address."""
    parts = [
        known(
            type_="BlogPosting" if shown.kind == "list" else "MedicalWebPage",
            url=absolute(path_of_edition(edition)),
        )
        | {"headline": edition.title}
        for edition in editions
    ]
    common = known(
        id_=url,
        url=url,
        name=shown.name,
        description=shown.description,
        inLanguage=shown.language,
        publisher=clinic(),
    )
    if shown.kind == "list":
        return {"@type": "Blog"} | common | known(blogPost=parts)
    place = (shown.name, shown.path)
    return (
        {"@type": "ProfilePage" if shown.kind == "author" else "CollectionPage"}
        | common
        | known(mainEntity=entity(shown), hasPart=parts, breadcrumb=breadcrumb(shown.language, place))
    )


def entity(shown: Listing) -> Node:
    """What a list is about."""
    if shown.kind == "author":
        named: PageLink = {"name": shown.name, "url": shown.path}
        title = translated(shown.of, "title", shown.language)
        return person(named, title, shown.of.orcid) | known(
            description=shown.description,
            image=absolute(shown.of.portrait_url) if shown.of.portrait else "",
        )
    if shown.kind == "treatment":
        booking = translated(shown.of, "booking_url", shown.language)
        return procedure(shown.name, shown.path) | known(
            description=shown.description,
            potentialAction=known(type_="ReserveAction", target=booking) if booking else None,
        )
    return {}


def moment(at: datetime | None) -> str:
    """In the clinic's own time, to the second."""
    return timezone.localtime(at).isoformat(timespec="seconds") if at else ""
