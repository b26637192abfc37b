"""Articles that hold the corpus, and what a page of ours may hold."""

import re
from functools import cache

import html5lib

from articles import markdown
from articles.models import Edition
from tests.attacks.markup import GROUPS
from tests.factories import make_article, make_author, make_category, make_edition, make_treatment

TITLE = "</script></title>\"'><img src=x onerror=window.hit=1><script>window.hit=1</script>"
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


def make_editions() -> list[Edition]:
    """Editions that hold all of the corpus, with hostile words at every other place."""
    author = make_author(
        name=TITLE, title_da=TITLE, title_en=TITLE, biography_da=TITLE, biography_en=TITLE, slug="hit"
    )
    category = make_category(name_da=TITLE[:100], description_da=TITLE)
    treatment = make_treatment(name_da=TITLE, summary_da=TITLE)
    editions = []
    for number, body in enumerate(bodies()):
        article = make_article(
            title_da=f"{TITLE} {number}",
            slug_da=f"angreb-{number}",
            abstract_da=f"{TITLE} {body}",
            seek_help_da=body,
            body_da=body,
            author=author,
            category=category,
        )
        article.treatments.add(treatment)
        editions.append(make_edition(article, accepted="corpus"))
    return editions


@cache
def bodies() -> tuple[str, ...]:
    """All of the corpus as texts: in each group together what ends by itself, and each by itself what
    swallows the text after it. PostgreSQL holds no NUL, and no form lets one in.
    """
    texts = {name: [text.replace("\0", "") for text in group] for name, group in GROUPS.items()}
    together = ["\n\n".join(text for text in group if not swallows(text)) for group in texts.values()]
    return (*together, *(text for group in texts.values() for text in group if swallows(text)))


def swallows(text: str) -> bool:
    return "<p>The end.</p>" not in markdown.render(f"{text}\n\nThe end.", {}, {}).html


def scheme(address: str) -> str:
    """As a browser reads it: https://url.spec.whatwg.org/#concept-basic-url-parser; empty for a path."""
    read = re.sub("[\t\n\r]", "", address.lstrip("".join(map(chr, range(0x21)))))
    found = SCHEME.match(read)
    return found[1].lower() if found else ""


def running(html: str) -> list[str]:
    """What in a page of ours a browser would run, or send to somewhere else."""
    found = []
    for element in html5lib.parse(html, namespaceHTMLElements=False).iter():
        tag = str(element.tag)
        if tag == "script" and not (
            element.get("type") == "application/ld+json" or re.match(r"/[^/\\]", element.get("src", ""))
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
