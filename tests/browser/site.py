"""A small site with every kind of public page, each with everything that such a page can show."""

from datetime import date, timedelta

from django.urls import reverse
from django.utils import translation

from articles import publishing
from articles.paging import cursor
from articles.publishing import Remarks, Review
from references.models import Reference
from tests.factories import (
    make_author,
    make_bilingual_article,
    make_category,
    make_reference,
    make_treatment,
)

BODY = """## Mave og tarm

Et fund [@pmid:11] og to til [@pmid:22; @doi:10.1000/one], **stort** og *lille*, se [den anden](/da/blog/).

### Kost

1. Havre
2. Byg

| Kost | Virkning |
|:-----|---------:|
| Havre | 12 [@pmid:11] |

> Et citat.

## Et meget langt ord

Speciallægepraksisplanlægningsstabiliseringsperiode og `kode`:

    en linje kode, der er længere end en smal skærm er bred, og som ikke må gøre siden bredere end den

Term
:   Forklaring
"""


def make_site(language: str) -> dict[str, str]:
    """The path of a page of each kind in the language."""
    other = "en" if language == "da" else "da"
    author = make_author(biography_da="Kirurg i Aarhus.", biography_en="A surgeon in Aarhus.")
    category = make_category(description_da="Om maven.", description_en="About the stomach.")
    treatment = make_treatment(summary_da="Et kig ind i tarmen.", summary_en="A look into the bowel.")
    make_references()
    article = make_bilingual_article(
        title_da="Speciallægepraksisplanlægningsstabiliseringsperioden",
        title_en="Pneumonoultramicroscopicsilicovolcanoconiosis",
        abstract_da="Om periodens begyndelse.\n\nOg dens ende.",
        abstract_en="How it begins.\n\nAnd how it ends.",
        seek_help_da="**Ring**, hvis\n\n- det [gør ondt](/da/blog/)\n- det bløder.",
        seek_help_en="**Call** if\n\n- it [hurts](/en/blog/)\n- it bleeds.",
        body_da=BODY,
        body_en=BODY,
        author=author,
        category=category,
        published_on=date(2026, 6, 1),
        original_language=other,
    )
    article.treatments.set([treatment, make_treatment(slug_da="", slug_en="")])
    withdrawn = make_bilingual_article(category=category)
    withdrawn.treatments.set([treatment])
    elsewhere = make_bilingual_article()
    older = [
        make_bilingual_article(published_on=date(2026, 5, 1) - timedelta(days=n), author=author)
        for n in range(13)
    ]
    article.related.set(older[:2])
    for bilingual in [withdrawn, *older]:
        publishing.publish(bilingual, language)
    publishing.publish(elsewhere, other)
    # Its references are in bad standing.
    publishing.publish(article, other, accepted="To be looked at.")
    review = Review(by=make_author("Bo Prøve"), on=date(2198, 6, 1))
    remarks = Remarks(change_note="1 %, ikke 10 %.\n\n1%, not 10%.", review=review)
    edition = publishing.publish(article, language, remarks=remarks, accepted="To be looked at.")
    setattr(article, f"body_{other}", f"{BODY}\n\nNew.")
    article.save()
    publishing.publish(article, other, accepted="To be looked at.")
    publishing.withdraw(withdrawn, language)
    with translation.override(language):
        return {
            "front page": reverse("articles:list"),
            "older articles": f"{reverse('articles:list')}?after={cursor(edition)}",
            "article": edition.get_absolute_url(),
            "category": reverse("articles:category", args=[category.slug]),
            "author": reverse("articles:author", args=[author.slug]),
            "treatments": reverse("articles:treatments"),
            "privacy": reverse("articles:privacy"),
            "treatment": reverse("articles:treatment", args=[treatment.slug]),
            "treatment for a frame": reverse("articles:treatment_embed", args=[treatment.slug]),
            "unknown treatment for a frame": reverse("articles:treatment_embed", args=["there-is-none"]),
            "in another language only": reverse(
                "articles:detail", args=[getattr(elsewhere, f"slug_{other}")]
            ),
            "withdrawn": reverse("articles:detail", args=[getattr(withdrawn, f"slug_{language}")]),
            "search": f"{reverse('articles:search')}?q=mave",
            "many results": f"{reverse('articles:search')}?q={'brok' if language == 'da' else 'hernia'}",
            "nothing searched for": reverse("articles:search"),
            "nothing found": f"{reverse('articles:search')}?q=xyzzy",
            "not found": reverse("articles:detail", args=["there-is-no-such-article"]),
        }


def make_references() -> None:
    make_reference(
        11,
        title="Effects of <i>Bacteroides</i> on the bowel",
        authors=["Wastyk HC", "Perelman D"],
        journal="Cell",
        published="2021 Aug 5",
        volume="184",
        pages="4137-53",
        doi="10.1016/j.cell.2021.06.019",
        pmcid="PMC8839125",
        standing=Reference.Standing.RETRACTED,
    )
    make_reference(22, claimed="Hansen 1999, a paper on oats", standing=Reference.Standing.NOT_FOUND)
