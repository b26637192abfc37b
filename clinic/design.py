"""Every part of the public pages on one, for those who work on them: with DEBUG only.

It is a sample article on the article's own template, and after it what other pages have.
"""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles import markdown
from articles.drafts import Draft
from articles.forms import DecisionForm
from articles.models import Author, Category, Citation, Edition, Treatment
from articles.pages import ArticlePage, alternate, draft_page, other_languages
from clinic.identity import contrast
from references.languages import localized
from references.models import Reference

PROPERTY = re.compile(r"--([a-z]+): (?:var\(--[a-z]+-[a-z]+, )?(#[0-9a-f]{6})")
SOME_DAY = date(2026, 6, 1)
FIRST_PMID = 99_999_901  # PubMed has none of these

BODY = """## {heading}

{text} [@pmid:99999901; @pmid:99999902; @pmid:99999903], **{strong}**, *{quiet}*, [{link}](/).
{text} [@pmid:99999904; @pmid:99999905; @pmid:99999906; @pmid:99999907; @pmid:99999901].

- {text}
- {text}

1. {text}
2. {text}

### {heading} 3

> {text}

| {heading} | A | B |
|:--|--:|--:|
| {text} | 1.024 | 11&nbsp;% |
| {text} | 98 | 7&nbsp;% |

<figure><img src="{mark}" alt="{mark_alt}" width="96" height="96"><figcaption>{text}</figcaption></figure>

#### {heading} 4

{strong}
:   {text}

`{quiet}`
"""


class Colour(NamedTuple):
    name: str
    light: str
    light_contrast: float
    """With the paper of its scheme."""
    dark: str
    dark_contrast: float


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    if not settings.DEBUG:
        raise Http404
    language = request.LANGUAGE_CODE
    form = DecisionForm({"decision": "changes"})
    edition = sample_edition(language)
    context = {
        "article": sample_page(edition),
        "alternates": [alternate(code, "design") for code in other_languages(language)],
        "note": _("Draft. Patients cannot read it."),
        "colours": colours(),
        "form": form,
        "approval": SimpleNamespace(name="Bo Prøve", expires_at=timezone.now()),
        "page": SimpleNamespace(editions=[edition, edition], newer="?", older="?"),
    }
    return render(request, "design.html", context)


def sample_edition(language: str) -> Edition:
    """An edition that is nowhere stored, with nothing of its own in it."""
    words = {
        "heading": _("Heading"),
        "text": _("A line of text, long enough to be broken on a telephone, says nothing here."),
        "strong": _("strong"),
        "quiet": _("stressed"),
        "link": _("a link"),
        "mark": f"{settings.STATIC_URL}img/mark.svg",
        "mark_alt": _("The clinic’s mark"),
    }
    rendered = markdown.render(BODY.format(**words), {})
    return Edition(
        language=language,
        slug="design",
        title=_("The parts of the pages"),
        abstract=_("Each part that a public page may have, from the templates of the pages themselves."),
        html=rendered.html,
        seek_help_html=markdown.render_short("- {text}\n- {text}".format(**words)),
        outline=rendered.outline,
        published_on=SOME_DAY,
        author=Author(name="Anna Prøve", slug="anna-proeve", **{localized("title", language): _("doctor")}),
        category=Category(**{localized("name", language): _("Topic"), localized("slug", language): "topic"}),
    )


def sample_page(edition: Edition) -> ArticlePage:
    language = edition.language
    draft = Draft(
        edition, sample_citations(language), sample_treatments(language), related=[], pictures=[], problems=()
    )
    now = timezone.now()
    other = alternate(other_languages(language)[0], "design")
    return replace(
        draft_page(draft),
        review={
            "name": "Bo Prøve",
            "title": _("doctor"),
            "on": date(2026, 6, 1),
            "next_on": date(2199, 6, 1),
        },
        newer_text={**other, "since": now},
        changes=[{"since": now, "note": _("What changed.")}],
        related=[{"name": _("A link"), "url": "#main"}],
    )


def sample_citations(language: str) -> list[Citation]:
    """A work in each standing there is."""
    standings = list(Reference.Standing)
    return [
        Citation(
            reference=Reference(
                pmid=FIRST_PMID + index,
                title=f"A sample of an entry: {standing.value.replace('_', ' ')}",
                authors=["Sample A", "Sample B"],
                journal="Sample J",
                published="2021 Aug 5",
                volume="1",
                pages="2-3",
                publication_types=[["D016449", ""]],
                standing=standing,
                checked_at=timezone.now(),
                **{localized("plain_summary", language): _("What the study found, in a line.")},
            ),
            number=index + 1,
            places=2 if index == 0 else 1,
        )
        for index, standing in enumerate(standings)
    ]


def sample_treatments(language: str) -> list[Treatment]:
    return [
        Treatment(
            **{
                localized("name", language): name,
                localized("slug", language): "sample",
                localized("booking_url", language): address,
            }
        )
        for name, address in [(_("A treatment"), "https://example.dk/"), (_("Another treatment"), "")]
    ]


def colours() -> list[Colour]:
    """The colours of site.css, with the clinic's own in their place."""
    light, dark = palettes()
    return [
        Colour(
            name,
            light[name],
            contrast(light[name], light["paper"]),
            dark[name],
            contrast(dark[name], dark["paper"]),
        )
        for name in light
    ]


def palettes() -> tuple[dict[str, str], dict[str, str]]:
    """Names and values in the light and in the dark scheme."""
    css = Path(str(finders.find("css/site.css"))).read_text(encoding="utf-8")
    before, after = css.split("(prefers-color-scheme: dark)", 1)
    light, dark = (dict(PROPERTY.findall(part)) for part in (before, after.split("\n}", 1)[0]))
    own = settings.CLINIC.colours
    return light | own.get("light", {}), light | dark | own.get("dark", {})
