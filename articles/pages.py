"""What an article's page shows, from an edition or from a draft: one template serves both."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from html import escape
from itertools import islice
from types import SimpleNamespace
from typing import Any, TypedDict

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.addresses import absolute
from articles.compiled import CompiledQuery
from articles.drafts import Draft
from articles.images import PORTRAIT_WIDTHS
from articles.markdown import Heading
from articles.models import (
    Article,
    Category,
    Citation,
    Edition,
    EditionQuerySet,
    EditionTreatment,
    Treatment,
    first_online,
    originals_ahead,
)
from articles.models.catalogue import portrait_url
from references import citations, works
from references.languages import localized, translated
from references.works import CitedWork


class PageLink(TypedDict):
    name: str
    url: str


class TreatmentLink(PageLink):
    """`url` is empty when the treatment has no page, `booking_url` when it cannot be booked."""

    booking_url: str


class Alternate(PageLink):
    """The same page in another language; `name` is the language's own name for itself."""

    language: str


class ReviewLine(TypedDict):
    """Who read the text and found it right; `next_on` is a promise, so it lies ahead or is left out."""

    name: str
    title: str
    on: date
    next_on: date | None


class ChangeNote(TypedDict):
    since: datetime
    note: str


class NewerText(Alternate):
    """The original, if the page is a translation that is behind it; `since` is when patients got it."""

    since: datetime


@dataclass(frozen=True)
class ArticlePage:
    language: str
    title: str
    abstract: str
    seek_help: SafeString
    html: SafeString
    outline: SafeString
    """List items, as are the references."""
    published_on: date
    author: PageLink | None
    author_title: str
    author_portrait: str
    category: PageLink | None
    references: SafeString
    notes: SafeString
    """What the numbers in the text open."""
    treatments: list[TreatmentLink]
    related: list[PageLink]
    alternates: list[Alternate] = field(default_factory=list)
    # Of an edition; a draft has none of these yet.
    article_id: int | None = None
    number: int | None = None
    since: datetime | None = None
    first_since: datetime | None = None
    """Of the language's first edition."""
    path: str = ""
    original_language: str = ""
    author_orcid: str = ""
    cited: list[CitedWork] = field(default_factory=list)
    review: ReviewLine | None = None
    newer_text: NewerText | None = None
    changes: list[ChangeNote] = field(default_factory=list)
    """What patients were told of this and former editions, newest first."""
    files: str = ""
    """Where the reference list is as a file, less its ending."""

    @property
    def permalink(self) -> str:
        """The whole address that never breaks, for paper and for whoever copies it."""
        return absolute(address(self.language, "permalink", self.article_id))

    @property
    def reading_time(self) -> str:
        """How long it takes to read the text, in the active language."""
        minutes = max(1, round(number_of_words(self.html) / WORDS_A_MINUTE))
        return ngettext("%(minutes)d min read", "%(minutes)d min read", minutes) % {"minutes": minutes}

    @property
    def review_sentence(self) -> str:
        """Who has reviewed the text, and when it will be next, in the active language; else empty."""
        if self.review is None:
            return ""
        named = {
            "name": self.review["name"],
            "title": self.review["title"],
            "on": formats.date_format(self.review["on"]),
        }
        text = (
            _("Medically reviewed by %(name)s, %(title)s, on %(on)s")
            if named["title"]
            else _("Medically reviewed by %(name)s on %(on)s")
        )
        sentence = text % named
        if self.review["next_on"]:
            next_on = formats.date_format(self.review["next_on"])
            sentence += _("; next review %(next_on)s") % {"next_on": next_on}
        return sentence

    @property
    def newer_sentence(self) -> str:
        """That the original has a newer text, in the active language; else empty."""
        if self.newer_text is None:
            return ""
        language = translation.get_language_info(self.newer_text["language"])["name_translated"]
        text = _("The %(language)s text was updated on %(day)s. This translation has not been yet.")
        return text % {"language": language, "day": day(self.newer_text["since"])}


@lru_cache(maxsize=500)
def number_of_words(html: str) -> int:
    """Kept: a text that is read is read often, and never changes."""
    return len(TAG.sub(" ", html).split())


def day(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment))


WORDS_A_MINUTE = 200
MOST_RELATED = 5
# Of a treatment, what a link to it needs.
TREATMENT_FIELDS = ("name", "slug", "booking_url")
TAG = re.compile(r"<[^>]*>")

# Placeholders of the compiled query.
NOW = datetime(1, 1, 1, tzinfo=UTC)
SLUG = "\N{REPLACEMENT CHARACTER}slug"
NO_SLUG = "---"  # which validate_ascii_slug refuses


def current_row(language: str, slug: str) -> dict[str, Any] | None:
    """What patients read at the slug now, for page_of(). One query."""
    return compiled_current_page(language).first({NOW: timezone.now(), SLUG: slug})


@cache
def compiled_current_page(language: str) -> CompiledQuery:
    rows = page_rows(Edition.objects.current(at=NOW).filter(slug=SLUG), language, at=NOW)
    return CompiledQuery(rows, {NOW, SLUG})


def edition_for(article: Article, language: str) -> Edition | None:
    """What a reader of the language gets: the edition in it, else in the original's, else in any."""
    current = {e.language: e for e in article.editions.current().for_list()}
    return next((current[code] for code in [language, *article.languages] if code in current), None)


def edition_page(edition: Edition) -> ArticlePage:
    """An edition's page, whether or not it is in force; what it links to is as of now."""
    row = page_rows(Edition.objects.filter(pk=edition.pk), edition.language, at=timezone.now()).get()
    return page_of(row, edition.language)


def page_rows(editions: EditionQuerySet, language: str, at: datetime) -> QuerySet[Edition, dict[str, Any]]:
    """Everything the pages of these editions show. `at` decides which other pages are there to link to."""
    of_edition = {"edition": OuterRef("pk")}
    others = Edition.objects.current(at=at)
    link = JSONObject(language=F("language"), title=F("title"), slug=F("slug"))
    cited = {name: F(f"reference__{name}") for name in works.FIELDS}
    cited["plain_summary"] = F(f"reference__{localized('plain_summary', language)}")
    cited_here = Citation.objects.filter(edition=OuterRef(OuterRef(OuterRef("pk")))).values("reference")
    akin = akin_to(
        others.in_language(language).exclude(article=OuterRef("article")), OuterRef("category"), cited_here
    )
    offered = {name: F(f"treatment__{localized(name, language)}") for name in TREATMENT_FIELDS}
    rows: QuerySet[Edition, dict[str, Any]] = (
        editions.in_language(language)
        .order_by()
        .values(
            *("article_id", "number", "slug", "title", "abstract", "seek_help_html", "html", "outline"),
            *("published_on", "reviewed_on", "next_review_on"),
            reviewer_name=F("reviewed_by__name"),
            reviewer_title=F(f"reviewed_by__{localized('title', language)}"),
            since=F("validity__startswith"),
            until=F("validity__endswith"),
            first_since=first_online(),
            original_language=F("article__original_language"),
            author_name=F("author__name"),
            author_slug=F("author__slug"),
            author_title=F(f"author__{localized('title', language)}"),
            author_portrait=F("author__portrait"),
            author_orcid=F("author__orcid"),
            category_name=F(f"category__{localized('name', language)}"),
            category_slug=F(f"category__{localized('slug', language)}"),
            works=ArraySubquery(
                Citation.objects.filter(**of_edition)
                .order_by("number")
                .values(row=JSONObject(number=F("number"), places=F("places"), **cited))
            ),
            offers=ArraySubquery(
                EditionTreatment.objects.filter(**of_edition)
                .order_by("position")
                .values(row=JSONObject(**offered))
            ),
            related_links=ArraySubquery(
                others.in_language(language)
                .filter(article__related_from__edition=OuterRef("pk"))
                .order_by("article__related_from__position")
                .values(row=link)
            ),
            links_by_reference=ArraySubquery(akin.by_reference.values(row=link)),
            links_by_category=ArraySubquery(akin.by_category.values(row=link)),
            alternate_links=ArraySubquery(
                others.filter(article=OuterRef("article"))
                .exclude(language=language)
                .order_by("language")
                .values(row=link)
            ),
            newer_texts=ArraySubquery(
                originals_ahead(at).values(
                    row=JSONObject(language=F("language"), slug=F("slug"), since=F("text_since"))
                )
            ),
            change_notes=ArraySubquery(
                Edition.objects.filter(
                    article=OuterRef("article"), language=language, number__lte=OuterRef("number")
                )
                .exclude(change_note="")
                .exclude(validity__isempty=True)
                .order_by("-number")
                .values(row=JSONObject(since=F("validity__startswith"), note=F("change_note")))
            ),
        )
    )
    return rows


def page_of(row: dict[str, Any], language: str) -> ArticlePage:
    """The page of a row of page_rows()."""
    cited: list[CitedWork] = [
        (work["number"], work["places"], SimpleNamespace(**work)) for work in row["works"]
    ]
    path = address(language, "articles:detail", row["slug"])
    related = [*row["related_links"], *row["links_by_reference"], *row["links_by_category"]]
    return ArticlePage(
        language=language,
        title=row["title"],
        abstract=row["abstract"],
        seek_help=mark_safe(row["seek_help_html"]),  # noqa: S308 - sanitised when it was compiled
        html=text_html(row["html"], cited),
        outline=outline_html(row["outline"]),
        published_on=row["published_on"],
        author=page_link(language, "articles:author", row["author_name"], row["author_slug"]),
        author_title=row["author_title"] or "",
        author_portrait=portrait_url(row["author_portrait"] or "", PORTRAIT_WIDTHS[0]),
        category=page_link(language, "articles:category", row["category_name"], row["category_slug"]),
        references=works.list_html(cited),
        notes=works.notes_html(cited),
        treatments=treatment_links(language, row["offers"]),
        related=related_links(language, ((link["title"], link["slug"]) for link in related)),
        alternates=[
            alternate(link["language"], "articles:detail", link["slug"]) for link in row["alternate_links"]
        ],
        article_id=row["article_id"],
        number=row["number"],
        since=row["since"],
        first_since=row["first_since"],
        path=path,
        original_language=row["original_language"],
        author_orcid=row["author_orcid"] or "",
        cited=cited,
        review=review_line(row),
        newer_text=newer_text(row["newer_texts"]),
        changes=[
            {"since": datetime.fromisoformat(change["since"]), "note": change["note"]}
            for change in row["change_notes"]
        ],
        files=f"{path}references.",
    )


def made_of(row: dict[str, Any]) -> list[object]:
    """All that page_of() makes a page of: the row, and what it leaves out by the day."""
    return [row, review_line(row)]


def review_line(row: dict[str, Any]) -> ReviewLine | None:
    if row["reviewer_name"] is None:
        return None
    next_on = row["next_review_on"]
    return {
        "name": row["reviewer_name"],
        "title": row["reviewer_title"] or "",
        "on": row["reviewed_on"],
        "next_on": next_on if next_on > timezone.localdate() else None,
    }


def newer_text(rows: list[dict[str, str]]) -> NewerText | None:
    """The original that a translation is behind, of the one row or none that there is."""
    if not rows:
        return None
    [row] = rows
    link = alternate(row["language"], "articles:detail", row["slug"])
    return {**link, "since": datetime.fromisoformat(row["since"])}


def draft_page(draft: Draft) -> ArticlePage:
    """What readers would see if the draft were published now."""
    edition, language = draft.edition, draft.edition.language
    online = Edition.objects.current().in_language(language).exclude(article=edition.article_id)
    akin = akin_to(online, edition.category_id or 0, [citation.reference_id for citation in draft.citations])
    related = [*online.filter(article__in=draft.related), *akin.by_reference, *akin.by_category]
    author = edition.author
    cited = cited_works(draft.citations)
    return ArticlePage(
        language=language,
        title=edition.title,
        abstract=edition.abstract,
        seek_help=mark_safe(edition.seek_help_html),  # noqa: S308 - sanitised when it was compiled
        html=text_html(edition.html, cited),
        outline=outline_html(edition.outline),
        published_on=edition.published_on,
        author=page_link(language, "articles:author", author.name, author.slug) if author else None,
        author_title=translated(author, "title", language) if author else "",
        author_portrait=portrait_url(author.portrait, PORTRAIT_WIDTHS[0]) if author else "",
        category=category_link(edition.category, language),
        references=works.list_html(cited),
        notes=works.notes_html(cited),
        treatments=links_of_treatments(draft.treatments, language),
        related=related_links(language, ((other.title, other.slug) for other in related)),
    )


@dataclass(frozen=True)
class Akin:
    """Other articles that readers may want; the newest of each kind."""

    by_reference: EditionQuerySet
    by_category: EditionQuerySet


def akin_to(online: EditionQuerySet, category: Any, references: Any) -> Akin:
    """Those online that cite one of the references, and those of the category.

    Both may be given as values or as what a query refers to.
    """
    citing = Citation.objects.filter(reference__in=references).values("edition")
    # As an array, found once: PostgreSQL would otherwise ask of every edition, newest first, what it cites.
    is_one = Func(
        *(F("pk"), ArraySubquery(citing)),
        template="%(expressions)s)",
        arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )
    newest = online.newest_first()
    return Akin(newest.filter(is_one)[:MOST_RELATED], newest.filter(category=category)[:MOST_RELATED])


def text_html(html: str, cited: Iterable[CitedWork]) -> SafeString:
    """The text as the page has it: its numbers open notes, and retracted works are marked."""
    return mark_safe(citations.with_buttons(with_retractions(html, cited)))  # noqa: S308 - sanitised before


def with_retractions(html: str, cited: Iterable[CitedWork]) -> SafeString:
    """A text's HTML, sanitised when it was compiled, with a warning wherever it cites a retracted work."""
    notices = {number: work.notice_url for number, _places, work in cited if work.standing == "retracted"}
    return mark_safe(citations.mark_retracted(html, notices))  # noqa: S308


def cited_works(listed: Iterable[Citation]) -> list[CitedWork]:
    return [(citation.number, citation.places, citation.reference) for citation in listed]


def outline_html(headings: Iterable[Heading]) -> SafeString:
    """The entries of the outline. Made here for the reason works.list_html() gives."""
    items = (
        f'<li class="level-{heading["level"]}">'
        f'<a href="#{heading["id"]}">{escape(heading["title"])}</a></li>\n'
        for heading in headings
    )
    return mark_safe("".join(items))  # noqa: S308 - escaped, and ids are slugs


@lru_cache(maxsize=10_000)
def address(language: str, view_name: str, *args: object) -> str:
    """The path of a page. Kept: a page links to a dozen others, and making each anew is slow."""
    with translation.override(language):
        return reverse(view_name, args=args)


def path_of_edition(edition: Edition) -> str:
    return address(edition.language, "articles:detail", edition.slug)


def paths_by_slug(language: str, view_name: str) -> Callable[[str], str]:
    """What makes the path of a view from a slug: for thousands of them."""
    before, after = address(language, view_name, NO_SLUG).split(NO_SLUG)
    return lambda slug: f"{before}{slug}{after}"


def page_link(language: str, view_name: str, name: str | None, slug: str | None) -> PageLink | None:
    """A link to the page with the slug; none without a name and a slug in the language."""
    return {"name": name, "url": address(language, view_name, slug)} if name and slug else None


def related_links(language: str, articles: Iterable[tuple[str, str]]) -> list[PageLink]:
    """Links to the first few of the articles, given by title and slug; one may come twice."""
    first = islice(dict.fromkeys(articles), MOST_RELATED)
    return [{"name": title, "url": address(language, "articles:detail", slug)} for title, slug in first]


def category_link(category: Category | None, language: str) -> PageLink | None:
    if category is None:
        return None
    name, slug = (translated(category, field, language) for field in ("name", "slug"))
    return page_link(language, "articles:category", name, slug)


def links_of_treatments(treatments: Iterable[Treatment], language: str) -> list[TreatmentLink]:
    return treatment_links(
        language,
        ({name: translated(row, name, language) for name in TREATMENT_FIELDS} for row in treatments),
    )


def treatment_links(language: str, treatments: Iterable[dict[str, str | None]]) -> list[TreatmentLink]:
    """Links of the treatments that have a name in the language."""
    return [
        {
            "name": name,
            "url": address(language, "articles:treatment", slug) if (slug := treatment["slug"]) else "",
            "booking_url": treatment["booking_url"] or "",
        }
        for treatment in treatments
        if (name := treatment["name"])
    ]


def other_languages(language: str) -> list[str]:
    return [code for code, _name in settings.LANGUAGES if code != language]


def alternate(language: str, view_name: str, *args: object) -> Alternate:
    """The page of this URL name in another language."""
    name = translation.get_language_info(language)["name_local"].capitalize()
    return {"language": language, "name": name, "url": address(language, view_name, *args)}


def alternates_by_slug(instance: Any, language: str, view_name: str) -> list[Alternate]:
    """The page of a category or treatment in each other language it has a slug in."""
    slugs = {code: translated(instance, "slug", code) for code in other_languages(language)}
    return [alternate(code, view_name, slug) for code, slug in slugs.items() if slug]
