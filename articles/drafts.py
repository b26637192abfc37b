"""One language of a working copy, compiled: what publishing it would put online."""

import hashlib
import json
from dataclasses import dataclass

from django.utils import timezone, translation

from articles import figures, markdown
from articles.figures import PictureProblem
from articles.markdown import Rendered
from articles.models import Article, Citation, Edition, Picture, Treatment
from references import citations
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
    problems: tuple[Problem | PictureProblem, ...]
    """Citations that could not be read; they stand in the text as they were typed. Pictures that
    cannot be shown as they are."""


def compile(article: Article, language: str) -> Draft:  # noqa: A001 - the deed's name
    """Compile one language of the working copy. Reads the database, never writes."""
    body = article.text("body", language)
    rendered, cited = render_text(body, language)
    draft = Draft(
        edition=Edition(
            article=article,
            language=language,
            slug=article.text("slug", language),
            title=article.text("title", language),
            abstract=article.text("abstract", language),
            body=body,
            html=rendered.html,
            outline=rendered.outline,
            author=article.author,
            category=article.category,
            published_on=article.published_on or timezone.localdate(),
        ),
        citations=cited,
        treatments=[t for t in article.treatments.all() if translated(t, "name", language)],
        related=list(article.related.all()),
        pictures=list(rendered.pictures),
        problems=rendered.problems,
    )
    draft.edition.content_hash = content_hash(draft)
    return draft


def render_text(body: str, language: str) -> tuple[Rendered, list[Citation]]:
    """Render a text with its reference list; the citations are not saved."""
    by_key = Reference.objects.by_key(citations.keys(body))
    first_keys = {key: reference.keys[0] for key, reference in by_key.items()}
    pictures = Picture.objects.in_bulk(figures.mentioned(body))
    with translation.override(language):
        rendered = markdown.render(body, first_keys, pictures)
    by_first_key = {first_keys[key]: reference for key, reference in by_key.items()}
    numbers = citations.number(rendered.cited)
    return rendered, [
        Citation(reference=by_first_key[key], number=numbers[key], places=places)
        for key, places in rendered.cited.items()
    ]


def content_hash(draft: Draft) -> str:
    """SHA-256 of what an editor or a doctor decides on: the source, not the HTML made of it."""
    edition = draft.edition
    content: dict[str, object] = {
        "language": edition.language,
        "slug": edition.slug,
        "title": edition.title,
        "abstract": edition.abstract,
        "body": edition.body,
        "author": edition.author_id,
        "category": edition.category_id,
        "published_on": edition.published_on.isoformat(),
        "treatments": [treatment.pk for treatment in draft.treatments],
        "related": [article.pk for article in draft.related],
    }
    if draft.pictures:  # without any, the hash is what it was before there were pictures
        content["pictures"] = [
            [picture.pk, picture.description(edition.language), picture.credit] for picture in draft.pictures
        ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
