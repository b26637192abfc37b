"""One language of a working copy, compiled: what publishing it would put online."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils import timezone, translation

from articles import figures, markdown
from articles.figures import PictureProblem
from articles.markdown import Rendered, TextProblem
from articles.models import Approval, Article, Citation, Edition, Picture, Treatment
from references import citations
from references.characters import without_hidden
from references.citations import Problem
from references.languages import translated
from references.models import Reference


@dataclass(frozen=True)
class Draft:
    """One language of a working copy, compiled: what publishing it would put online."""

    edition: Edition
    """Not saved: without number and validity."""
    citations: list[Citation]
    """Not saved, in the order of the reference list."""
    treatments: list[Treatment]
    related: list[Article]
    pictures: list[Picture]
    problems: tuple[Problem | PictureProblem | TextProblem, ...]
    """Citations that could not be read; they stand in the text as they were typed. Pictures that
    cannot be shown as they are. Why the text as a whole cannot."""

    def is_same_as(self, edition: Edition) -> bool:
        """Whether readers of the edition see exactly this."""
        return (edition.content_hash, edition.published_on) == (
            self.edition.content_hash,
            self.edition.published_on,
        )

    @cached_property
    def decision(self) -> Approval | None:
        """What a doctor said last of exactly this content."""
        edition = self.edition
        return Approval.objects.latest_decision(edition.article, edition.language, edition.content_hash)

    @property
    def is_approved(self) -> bool:
        return bool(self.decision and self.decision.is_approved)


def compile(article: Article, language: str) -> Draft:  # noqa: A001 - the deed's name
    """Compile one language of the working copy. Reads the database, never writes."""
    edition = Edition(
        article=article,
        language=language,
        slug=article.text("slug", language),
        title=without_hidden(article.text("title", language)),
        abstract=without_hidden(article.text("abstract", language)),
        seek_help=without_hidden(article.text("seek_help", language)),
        body=without_hidden(article.text("body", language)),
        author=article.author,
        category=article.category,
    )
    return compile_edition(
        edition,
        treatments=[t for t in article.treatments.all() if translated(t, "name", language)],
        # In an order that stays when one of them is saved, for it is part of the hash.
        related=list(article.related.order_by("pk")),
    )


def compile_edition(
    edition: Edition,
    treatments: list[Treatment],
    related: list[Article],
    pictures: Mapping[int, Picture] | None = None,
) -> Draft:
    """Compile an edition that has its sources only; with the pictures, by number, or those there are now."""
    rendered, cited = render_text(edition.body, edition.language, pictures)
    edition.html, edition.outline = rendered.html, rendered.outline
    edition.seek_help_html = markdown.render_short(edition.seek_help)
    edition.published_on = edition.article.published_on or timezone.localdate()
    draft = Draft(edition, cited, treatments, related, list(rendered.pictures), rendered.problems)
    edition.content_hash = content_hash(content(draft))
    return draft


def render_text(
    body: str, language: str, pictures: Mapping[int, Picture] | None = None
) -> tuple[Rendered, list[Citation]]:
    """Render a text with its reference list; the citations are not saved."""
    by_key = Reference.objects.by_key(citations.keys(body))
    first_keys = {key: reference.keys[0] for key, reference in by_key.items()}
    if pictures is None:
        pictures = Picture.objects.in_bulk(figures.mentioned(body))
    with translation.override(language):
        rendered = markdown.render(body, first_keys, pictures)
    by_first_key = {first_keys[key]: reference for key, reference in by_key.items()}
    numbers = citations.number(rendered.cited)
    return rendered, [
        Citation(reference=by_first_key[key], number=numbers[key], places=places)
        for key, places in rendered.cited.items()
    ]


def content(draft: Draft) -> dict[str, Any]:
    """What an editor or a doctor decides on: the source, not the HTML made of it.

    Without the date readers see, which publishing itself may set.
    """
    edition = draft.edition
    content: dict[str, Any] = {
        "language": edition.language,
        "slug": edition.slug,
        "title": edition.title,
        "abstract": edition.abstract,
        "body": edition.body,
        "author": edition.author_id,
        "category": edition.category_id,
        "treatments": [treatment.pk for treatment in draft.treatments],
        "related": [article.pk for article in draft.related],
    }
    # Without any, the hash is what it was before there were such things.
    if edition.seek_help:
        content["seek_help"] = edition.seek_help
    if draft.pictures:
        content["pictures"] = [
            [picture.pk, picture.description(edition.language), picture.credit] for picture in draft.pictures
        ]
    return content


def content_hash(content: dict[str, Any]) -> str:
    """SHA-256."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
