"""Findings about the page: its parts, its address, its links and pictures."""

from collections.abc import Iterator
from itertools import pairwise

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import markdown
from articles.figures import PictureProblem
from articles.markdown import TextProblem
from articles.preflight.case import Case
from articles.preflight.finding import Finding, error, warning
from articles.slugs import validate_article_slug, validate_ascii_slug

LONGEST_ABSTRACT = 600  # characters

EMPTY = {
    "title": gettext_lazy("The title is empty."),
    "slug": gettext_lazy("The slug is empty."),
    "abstract": gettext_lazy("The abstract is empty."),
    "body": gettext_lazy("The text is empty."),
}
# Ids of the article's page around the text; templates/articles/article_detail.html.
PAGE_IDS = frozenset({"main", "outline", "references", "related", "treatments", "seek_help", "changes"})

# Where a link goes has to be in its words: screen readers list links without the text around them.
EMPTY_WORDS = frozenset(
    {
        *("her", "klik her", "tryk her", "læs mere", "læs mere her", "se her", "link", "mere"),
        *("here", "click here", "read more", "read more here", "see here", "more", "this link", "this"),
    }
)


def text_empty(case: Case) -> Iterator[Finding]:
    for name, text in EMPTY.items():
        if not getattr(case.draft.edition, name).strip():
            # A page without an abstract can be read; without the others there is none.
            yield error(
                f"{name}_empty", str(text), url=case.field_url(name), can_be_accepted=name == "abstract"
            )


def text_too_complex(case: Case) -> Iterator[Finding]:
    for problem in case.draft.problems:
        if isinstance(problem, TextProblem):
            yield error(
                "text_too_complex", problem.message, url=case.field_url("body"), can_be_accepted=False
            )


def slug_taken(case: Case) -> Iterator[Finding]:
    if case.slug_holder and case.draft.edition.slug:
        text = slug_is_taken(case.draft.edition.slug, case.slug_holder)
        yield error("slug_taken", text, url=case.field_url("slug"), can_be_accepted=False)


def slug_impossible(case: Case) -> Iterator[Finding]:
    if slug := case.draft.edition.slug:
        try:
            validate_ascii_slug(slug)
            validate_article_slug(slug)
        except ValidationError as refusal:
            text = " ".join(refusal.messages)
            yield error("slug_impossible", text, slug, url=case.field_url("slug"), can_be_accepted=False)


def slug_is_taken(slug: str, title: str) -> str:
    text = _("The address “%(slug)s” belongs to “%(title)s”. Choose another slug.")
    return text % {"slug": slug, "title": title}


def picture_unusable(case: Case) -> Iterator[Finding]:
    """Findings named by the problem's code: a picture that is not there, has no description, …"""
    for problem in case.draft.problems:
        if isinstance(problem, PictureProblem):
            make = warning if problem.code == "picture_in_a_line" else error
            url = case.field_url("body")
            if problem.code == "picture_without_alt":
                url = reverse("admin:articles_picture_change", args=[int(problem.written)])
            yield make(problem.code, problem.message, line=problem.line, url=url)


def picture_without_alt(case: Case) -> Iterator[Finding]:
    """Of pictures written as HTML or with an address; those with a number have descriptions of their own."""
    numbered = {picture.url(width, "jpg") for picture in case.draft.pictures for width in picture.widths}
    for picture in case.content.pictures:
        if not picture.alt.strip() and picture.src not in numbered:
            text = _("A picture has no alternative text. Say in a few words what it shows.")
            line = case.line_of(picture.src)
            yield error("picture_without_alt", text, picture.src, line=line, url=case.field_url("body"))


def link_to_nothing(case: Case) -> Iterator[Finding]:
    text = _("The link leads to nothing. Correct its address or remove it.")
    for link in case.links:
        href = link.href.strip()
        if href in ("", "#"):
            yield error("link_to_nothing", text, link.text.strip(), url=case.field_url("body"))
        elif href.startswith("#") and not (href[1:] in case.content.ids or href[1:] in page_ids(case)):
            missing = _(
                "The link leads to a place that is not on this page."
                " Correct what stands after #, or remove it."
            )
            yield error("link_to_nothing", missing, href, **case.place_of(href))
    for link, target in case.targets:
        if target.kind == "nothing" or target not in case.online | case.not_yet:
            yield error(
                "link_to_nothing",
                text,
                link.href,
                **case.place_of(link.href),
            )


def page_ids(case: Case) -> frozenset[str]:
    return PAGE_IDS | {f"ref-{citation.number}" for citation in case.draft.citations}


def link_to_draft(case: Case) -> Iterator[Finding]:
    for link, target in case.targets:
        if target in case.not_yet:
            text = _("The link leads to an article that is not online yet.")
            yield warning(
                "link_to_draft",
                text,
                link.href,
                **case.place_of(link.href),
            )


def html_dropped(case: Case) -> Iterator[Finding]:
    edition = case.draft.edition
    for mark in markdown.dropped(edition.body):
        place = case.place_of(f"<{mark.partition(' ')[0]}")
        yield error("html_dropped", dropped(mark), f"<{mark}>", **place)
    for mark in markdown.dropped(edition.seek_help, markdown.SHORT_CLEANER):
        yield error("html_dropped", dropped(mark), f"<{mark}>", url=case.field_url("seek_help"))


def dropped(mark: str) -> str:
    tag, _blank, attribute = mark.partition(" ")
    named = {"tag": tag, "attribute": attribute}
    if mark == "img src":
        return _("A picture from another site is not shown. Upload it here and insert it again.")
    if attribute:
        return _("“%(attribute)s” of <%(tag)s> is not allowed and will be dropped. Remove it.") % named
    text = _(
        "The HTML tag <%(tag)s> is not allowed and will be dropped."
        " Remove it, or write &lt; where no tag is meant."
    )
    return text % named


def heading_level_skipped(case: Case) -> Iterator[Finding]:
    headings = [passage for passage in case.content.passages if passage.level]
    levels = [1, *(heading.level for heading in headings)]  # 1 is the title
    for (before, level), heading in zip(pairwise(levels), headings, strict=True):
        if level > before + 1:
            text = _("A heading of level %(level)d follows one of level %(before)d: one is skipped.")
            yield warning(
                "heading_level_skipped",
                text % {"level": level, "before": before},
                heading.text,
                line=case.line_of(heading.text),
                url=case.field_url("body"),
            )


def link_text_says_nothing(case: Case) -> Iterator[Finding]:
    for link in case.links:
        words = " ".join(link.text.split()).strip(" .:…»>→").casefold()
        if words in EMPTY_WORDS:
            text = _("The words of a link do not say where it leads.")
            yield warning(
                "link_text_says_nothing",
                text,
                link.text,
                **case.place_of(f"[{link.text}"),
            )


def outside_link_failing(case: Case) -> Iterator[Finding]:
    for address, check in case.failing.items():
        text = _("A page of another site has not answered since %(date)s (%(reason)s).") % {
            "date": formats.date_format(timezone.localtime(check.failing_since), "DATE_FORMAT"),
            "reason": check.reason,
        }
        link = case.outside[address]
        yield warning(
            "outside_link_failing",
            text,
            address,
            **case.place_of(link.href),
        )


def author_missing(case: Case) -> Iterator[Finding]:
    if case.draft.edition.author_id is None:
        yield warning("author_missing", _("No author is named."), url=case.field_url("author"))


def category_missing(case: Case) -> Iterator[Finding]:
    if case.draft.edition.category_id is None:
        yield warning("category_missing", _("No category is chosen."), url=case.field_url("category"))


def treatment_missing(case: Case) -> Iterator[Finding]:
    if not case.draft.treatments:
        text = _("No treatment is chosen: readers are offered none.")
        yield warning("treatment_missing", text, url=case.field_url("treatments"))


def approval_missing(case: Case) -> Iterator[Finding]:
    if settings.APPROVAL_REQUIRED and not case.draft.is_approved:
        text = _("A doctor has not approved exactly this text yet.")
        url = reverse("admin:articles_article_share", args=[case.draft.edition.article_id])
        # The clinic chose that no text goes without; whoever publishes does not choose otherwise.
        yield error("approval_missing", text, url=url, can_be_accepted=False)


def review_missing(case: Case) -> Iterator[Finding]:
    is_reviewed = case.in_force is not None and case.in_force.reviewed_on is not None
    article = case.draft.edition.article
    if not (is_reviewed or article.reviewer_id or case.draft.decision):
        text = _("No doctor is named who reviews this text. Choose one, or ask for approval under Share.")
        yield warning("review_missing", text, url=case.field_url("reviewer"))


def review_overdue(case: Case) -> Iterator[Finding]:
    due = case.in_force.next_review_on if case.in_force else None
    if due and due <= timezone.localdate():
        text = _("The medical review was due on %(day)s. Have the text reviewed, and say so below.")
        url = reverse("admin:articles_article_share", args=[case.draft.edition.article_id])
        yield warning("review_overdue", text % {"day": formats.date_format(due)}, url=url)


def translation_behind(case: Case) -> Iterator[Finding]:
    if getattr(case.in_force, "is_behind", False):
        text = _("The original has been changed since this translation was made. Compare the two.")
        url = reverse("admin:articles_article_translation", args=[case.draft.edition.article_id])
        yield warning("translation_behind", text, url=url)


def abstract_long(case: Case) -> Iterator[Finding]:
    length = len(case.draft.edition.abstract)
    if length > LONGEST_ABSTRACT:
        text = _("The abstract has %(length)d characters; %(most)d are enough.")
        yield warning(
            "abstract_long",
            text % {"length": length, "most": LONGEST_ABSTRACT},
            url=case.field_url("abstract"),
        )
