"""An article as Markdown for programs that read: what its page says, and nothing around it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils import formats
from django.utils.translation import gettext as _

from articles import figures
from articles.addresses import absolute
from articles.models import Edition, Picture
from articles.pages import ArticlePage, day
from references import citations, vancouver, works
from references.characters import without_hidden
from references.citations import Group, Key
from references.works import CitedWork, Work

PICTURE = re.compile(r"!\[(?P<caption>[^\[\]]*+)\]\(\s*picture:\s*(?P<number>[1-9][0-9]{0,8})\s*\)")
OWN_LINK = re.compile(r"\]\((?=/[^/\\])")


@dataclass(frozen=True)
class Source:
    """What an edition was made of."""

    body: str
    seek_help: str
    pictures: Mapping[int, Picture]


def source(article_id: int, language: str, number: int) -> Source:
    """One query; one more for pictures."""
    editions = Edition.objects.in_language(language).filter(article=article_id)
    body, seek_help = editions.values_list("body", "seek_help").get(number=number)
    numbers = figures.mentioned(body) | figures.mentioned(seek_help)
    return Source(body, seek_help, Picture.objects.in_bulk(numbers) if numbers else {})


def of(page: ArticlePage, source: Source) -> str:
    """The page of an edition, in the active language."""
    parts = [
        f"# {page.title}",
        "\n".join(about(page)),
        page.abstract.strip(),
        *safety(text(source.seek_help, page, source.pictures)),
        text(source.body, page, source.pictures),
        *reference_list(page.cited),
        "---",
        "\n".join(origin(page)),
    ]
    return without_hidden("\n\n".join(filter(None, parts)) + "\n")


def about(page: ArticlePage) -> Iterator[str]:
    """Who wrote it and when, who has reviewed it, and whether there is a newer text."""
    named = [page.author["name"], page.author_title] if page.author else []
    month = formats.date_format(page.published_on, "YEAR_MONTH_FORMAT")
    yield " · ".join(filter(None, (", ".join(filter(None, named)), month))) + "  "
    if page.review_sentence:
        yield f"{page.review_sentence}  "
    if page.newer_text:
        yield f"{page.newer_sentence} <{absolute(page.newer_text['url'])}>  "


def safety(seek_help: str) -> Iterator[str]:
    """When to seek help, and the numbers to ring; nothing when the article has none."""
    if seek_help:
        yield f"## {_('When to seek help')}"
        yield seek_help
        yield "\n".join(f"- {entry.number}: {entry.when}" for entry in settings.CLINIC.emergency)


def text(body: str, page: ArticlePage, pictures: Mapping[int, Picture]) -> str:
    """The Markdown with numbers for citations, and whole addresses of pictures and pages of ours."""
    numbers = {key: number for number, _places, work in page.cited for key in keys(work)}
    retracted = {number for number, _places, work in page.cited if work.standing == "retracted"}
    segments = citations.parse(body).segments
    written = "".join(
        marker(segment, numbers, retracted) if isinstance(segment, Group) else segment.source
        for segment in segments
    )
    written = PICTURE.sub(lambda found: picture(found, page.language, pictures), written)
    return OWN_LINK.sub(f"]({absolute('')}", written).strip()


def keys(work: Work) -> Iterator[Key]:
    if work.pmid:
        yield Key("pmid", str(work.pmid))
    if work.doi:
        yield Key("doi", work.doi.lower())


def marker(group: Group, numbers: Mapping[Key, int], retracted: set[int]) -> str:
    """`[3, 4]`; with a warning at what has been retracted, as on the page."""
    found = sorted({numbers[key] for key in group.keys if key in numbers})
    warning = f" (**{_('this study has been retracted')}**)"
    named = ", ".join(f"{number}{warning if number in retracted else ''}" for number in found)
    return f"[{named}]" if named else group.source


def picture(found: re.Match[str], language: str, pictures: Mapping[int, Picture]) -> str:
    """The picture with its description, and its caption under it."""
    caption = found["caption"].strip()
    shown = pictures.get(int(found["number"]))
    if shown is None:
        return caption
    address = absolute(shown.url(figures.middle(shown.widths), "jpg"))
    image = f"![{shown.description(language)}]({address})"
    return f"{image}\n\n{caption}" if caption else image


def reference_list(cited: Iterable[CitedWork]) -> Iterator[str]:
    entries = [f"{number}. {entry(work)}" for number, _places, work in cited]
    if entries:
        yield f"## {_('References')}"
        yield "\n".join(entries)


def entry(work: Work) -> str:
    """The citation, what patients are told of its standing, and where to read it."""
    citation = vancouver.citation_text(work) if work.title else work.claimed
    addresses = " ".join(f"<{url}>" for _words, url in works.links(work))
    return " ".join(filter(None, (citation, works.standing_sentence(work), addresses)))


def origin(page: ArticlePage) -> Iterator[str]:
    if page.since:
        yield f"{_('Edition')} {page.number}, {day(page.since)}  "
    yield f"{_('Permanent link:')} <{page.permalink}>"
