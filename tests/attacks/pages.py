"""Articles that hold the corpus, and what a page of ours may hold."""

import html5lib

from articles.models import Edition
from tests.attacks.markup import GROUPS
from tests.factories import make_article, make_author, make_category, make_edition, make_treatment

TITLE = "</script></title>\"'><img src=x onerror=window.hit=1><script>window.hit=1</script>"
LINES = 'a"\r\nX-Hit: 1\r\n<script>window.hit=1</script>'


def make_editions() -> list[Edition]:
    """For each group of the corpus an edition with all of it, and hostile words at every other place."""
    author = make_author(
        name=TITLE, title_da=TITLE, title_en=TITLE, biography_da=TITLE, biography_en=TITLE, slug="hit"
    )
    category = make_category(name_da=TITLE[:100], description_da=TITLE)
    treatment = make_treatment(name_da=TITLE, summary_da=TITLE)
    editions = []
    for name, texts in GROUPS.items():
        body = "\n\n".join(texts)
        article = make_article(
            title_da=f"{TITLE} {name}",
            slug_da=f"angreb-{name}",
            abstract_da=f"{TITLE} {body}",
            seek_help_da=body,
            body_da=body,
            author=author,
            category=category,
        )
        article.treatments.add(treatment)
        editions.append(make_edition(article, accepted="corpus"))
    return editions


def running(html: str) -> list[str]:
    """What in a page of ours a browser would run, or send to somewhere else."""
    from tests.attacks.test_markup import scheme  # noqa: PLC0415

    found = []
    for element in html5lib.parse(html, namespaceHTMLElements=False).iter():
        tag = str(element.tag)
        if tag == "script" and not (
            element.get("type") == "application/ld+json" or element.get("src", "").startswith("/static/")
        ):
            found.append(f"<script>{element.text}")
        if tag in {"iframe", "object", "embed", "base", "frame", "applet", "foreignobject"}:
            found.append(f"<{tag}>")
        if tag == "meta" and element.get("http-equiv"):
            found.append("<meta http-equiv>")
        for name, value in element.attrib.items():
            if str(name).startswith("on"):
                found.append(f"{name}={value}")
            if name in {"href", "src", "action", "formaction", "data", "poster"} and scheme(value) not in (
                *("", "http", "https", "mailto", "tel"),
            ):
                found.append(f"{name}={value}")
    return found
