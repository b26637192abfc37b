"""From the working copy to a published edition, and back off the site."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Max
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import markdown, revising
from articles.markdown import Rendered
from articles.models import (
    Article,
    Citation,
    Edition,
    EditionQuerySet,
    EditionRelated,
    EditionTreatment,
    Treatment,
)
from references import citations
from references.citations import Problem
from references.languages import translated
from references.models import Reference

NEVER = DateTimeTZRange(empty=True)


class NotPublishable(Exception):  # noqa: N818 - said of a draft
    """The draft cannot be published. `reasons` are sentences for the editor."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = list(reasons)


@dataclass(frozen=True)
class Draft:
    """One language of a working copy, compiled: what publishing it would put online."""

    edition: Edition
    """Not saved: without number and validity."""
    citations: list[Citation]
    """Not saved, in the order of the reference list."""
    treatments: list[Treatment]
    related: list[Article]
    problems: tuple[Problem, ...]
    """Citations that could not be read; they stand in the text as they were typed."""

    @property
    def reasons_against(self) -> list[str]:
        """Why this cannot be published at all."""
        required = {
            "title": gettext_lazy("The title is empty."),
            "slug": gettext_lazy("The slug is empty."),
            "body": gettext_lazy("The text is empty."),
        }
        return [str(reason) for field, reason in required.items() if not getattr(self.edition, field).strip()]


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
        problems=rendered.problems,
    )
    draft.edition.content_hash = content_hash(draft)
    return draft


def render_text(body: str, language: str) -> tuple[Rendered, list[Citation]]:
    """Render a text with its reference list; the citations are not saved."""
    by_key = Reference.objects.by_key(citations.keys(body))
    first_keys = {key: reference.keys[0] for key, reference in by_key.items()}
    with translation.override(language):
        rendered = markdown.render(body, first_keys)
    by_first_key = {first_keys[key]: reference for key, reference in by_key.items()}
    numbers = citations.number(rendered.cited)
    return rendered, [
        Citation(reference=by_first_key[key], number=numbers[key], places=places)
        for key, places in rendered.cited.items()
    ]


def content_hash(draft: Draft) -> str:
    """SHA-256 of what an editor or a doctor decides on: the source, not the HTML made of it."""
    edition = draft.edition
    content = {
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
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@transaction.atomic
def publish(
    article: Article,
    language: str,
    *,
    by: User | None = None,
    at: datetime | None = None,
) -> Edition:
    """Put one language of the working copy online, now or at a later moment.

    From that moment on readers see this edition and nothing else: the one in force until then ends
    there, and what was scheduled for later is cancelled. When readers would see the same content
    anyway, that edition is returned and nothing is written.

    Raises NotPublishable when a required text is empty or another article has the address.
    """
    article = revising.lock(article.pk)
    start = max(at or timezone.now(), timezone.now())
    if article.published_on is None:
        article.published_on = timezone.localdate(start)
        article.save(update_fields=["published_on", "updated_at"])
        revising.record(article, by=by, comment=_("Published for the first time."))
    Reference.objects.ensure(citations.keys(article.text("body", language)))
    draft = compile(article, language)
    if reasons := draft.reasons_against:
        raise NotPublishable(reasons)

    editions = article.editions.in_language(language)
    in_force = editions.current(at=start).first()
    is_unchanged = in_force is not None and in_force.content_hash == draft.edition.content_hash
    if in_force is not None and is_unchanged and not editions.scheduled(at=start).exists():
        return in_force
    edition = draft.edition
    end_validity(editions, start)
    edition.number = (editions.aggregate(last=Max("number"))["last"] or 0) + 1
    edition.validity = DateTimeTZRange(start, None)
    edition.published_by = by
    insert(edition)
    for citation in draft.citations:
        citation.edition = edition
    Citation.objects.bulk_create(draft.citations)
    EditionTreatment.objects.bulk_create(
        EditionTreatment(edition=edition, treatment=treatment, position=position)
        for position, treatment in enumerate(draft.treatments)
    )
    EditionRelated.objects.bulk_create(
        EditionRelated(edition=edition, article=other, position=position)
        for position, other in enumerate(draft.related)
    )
    return edition


@transaction.atomic
def withdraw(article: Article, language: str) -> bool:
    """Take the article offline in one language, now, and cancel what is scheduled.

    Returns whether there was anything to withdraw.
    """
    article = Article.objects.select_for_update().get(pk=article.pk)
    return end_validity(article.editions.in_language(language), timezone.now())


def insert(edition: Edition) -> None:
    """Insert the edition; NotPublishable when somebody else took its address this moment."""
    try:
        with transaction.atomic():
            edition.save(force_insert=True)
    except IntegrityError as error:
        refuse_taken_slug(edition)
        raise error


def end_validity(editions: EditionQuerySet, end: datetime) -> bool:
    """Let the edition in force end at the moment, and those scheduled after it never begin."""
    in_force = editions.current(at=end).first()
    if in_force is not None:
        # Begun at this very moment: it has been in force for no time at all.
        begun_now = in_force.validity.lower == end
        in_force.validity = NEVER if begun_now else DateTimeTZRange(in_force.validity.lower, end)
        in_force.save(update_fields=["validity"])
    cancelled = editions.scheduled(at=end).update(validity=NEVER)
    return in_force is not None or cancelled > 0


def refuse_taken_slug(edition: Edition) -> None:
    """Raise NotPublishable when another article has the address in the edition's time."""
    holder = (
        Edition.objects.in_language(edition.language)
        .filter(slug=edition.slug, validity__overlap=edition.validity)
        .exclude(article=edition.article_id)
        .first()
    )
    if holder is not None:
        raise NotPublishable(
            [
                _("The address “%(slug)s” belongs to “%(title)s”. Choose another slug.")
                % {"slug": edition.slug, "title": holder.title}
            ]
        )
