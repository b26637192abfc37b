"""Every state of a working copy is kept, can be compared with another, and brought back.

Whoever changes an article says so: `lock` before, `record` after, in one transaction.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import reversion
from django.conf import settings
from django.contrib.auth.models import User
from django.core import serializers
from django.db import models, transaction
from django.db.models import JSONField, QuerySet
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast
from django.utils import formats
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from modeltranslation.manager import get_translatable_fields_for_model
from reversion.models import Version

from articles.models import Article
from references.languages import localized

# The column of a translated field without a language has the text of no language in particular, and
# what is cited follows from the texts.
NOT_KEPT = {"id", "created_at", "updated_at", "cites", *(get_translatable_fields_for_model(Article) or [])}
FIELDS: dict[str, Any] = {
    field.name: field
    for field in [*Article._meta.local_fields, *Article._meta.local_many_to_many]
    if field.name not in NOT_KEPT
}
reversion.register(Article, fields=list(FIELDS))

State = dict[str, Any]


@dataclass(frozen=True)
class Revision:
    """A working copy as it was saved."""

    number: int
    """The article's version then."""
    at: datetime
    by: User | None
    comment: str
    state: State
    """Values by field as JSON has them: keys of other rows, dates as text."""

    @property
    def who(self) -> str:
        return name_of(self.by)


def name_of(user: User | None) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""


def state(article: Article) -> State:
    """What is kept of the article, as the database has it now."""
    stored = serializers.serialize("json", [article], fields=list(FIELDS))
    return plain(json.loads(stored)[0]["fields"])


def plain(stored: State) -> State:
    """Values that are equal when they mean the same. A field that is newer than the state has its default."""
    values = {name: stored.get(name, default(field)) for name, field in FIELDS.items() if name != "version"}
    return {name: plain_value(value) for name, value in values.items()}


def default(field: Any) -> Any:
    return [] if field.many_to_many else field.get_default()


def plain_value(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\r\n", "\n")  # which browsers send
    return sorted(value) if isinstance(value, list) else "" if value is None else value


def lock(pk: int) -> Article:
    """The article, for this transaction to change; how it stands now is on record."""
    article = Article.objects.select_for_update().get(pk=pk)
    record(article)
    return article


def record(article: Article, *, by: User | None = None, comment: str = "") -> None:
    """Keep the article's state as a new revision, unless it is that of the last one."""
    last = revisions(article).first()
    if last is not None:
        if of(last).state == state(article):
            return
        article.version = max(article.version, last.number) + 1
        article.save(update_fields=["version"])
    with reversion.create_revision(manage_manually=True):
        reversion.set_user(by)
        reversion.set_comment(comment)
        reversion.set_date_created(article.updated_at)
        reversion.add_to_revision(article)


def revisions(article: Article) -> "QuerySet[Any]":
    """The article's, newest first, each with its number."""
    fields = KeyTransform("fields", KeyTransform(0, Cast("serialized_data", JSONField())))
    number = Cast(KeyTextTransform("version", fields), models.IntegerField())
    kept: QuerySet[Any] = Version.objects.get_for_object(article)
    numbered: QuerySet[Any] = kept.select_related("revision__user").annotate(number=number).order_by("-pk")
    return numbered


def deleted() -> "QuerySet[Any]":
    """The last revision of each article that is not there any more, the latest save first."""
    last: QuerySet[Any] = Version.objects.get_deleted(Article)
    return last.select_related("revision__user").order_by("-pk")


def of(version: Any) -> Revision:
    stored = json.loads(version.serialized_data)[0]["fields"]
    revision = version.revision
    return Revision(stored["version"], revision.date_created, revision.user, revision.comment, plain(stored))


def find(article: Article, number: int) -> Revision | None:
    version = revisions(article).filter(number=number).first()
    return of(version) if version else None


def since(article: Article, number: int) -> list[Revision]:
    """Those after the one with the number, newest first."""
    return [of(version) for version in revisions(article).filter(number__gt=number)]


def changed(old: State, new: State) -> list[str]:
    """The fields in which two states differ."""
    return [name for name in new if old.get(name, "") != new[name]]


def label(name: str) -> str:
    """The field for a reader: "Danish: Title"."""
    field = FIELDS[name]
    named = capfirst(field.verbose_name)
    language = getattr(field, "language", None)
    return f"{capfirst(dict(settings.LANGUAGES)[language])}: {named}" if language else named


def described(name: str, value: Any) -> str:
    """A field's value for a reader; what is gone is a number."""
    field = FIELDS[name]
    if field.is_relation:
        keys = value if isinstance(value, list) else [value] if value else []
        names = {row.pk: str(row) for row in field.related_model.objects.filter(pk__in=keys)}
        return ", ".join(names.get(key, f"#{key}") for key in keys)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateField) and value:
        return formats.date_format(field.to_python(value), "DATE_FORMAT")
    return str(value)


@transaction.atomic
def restore(article: Article, earlier: Revision, *, by: User | None = None) -> list[str]:
    """Make the working copy what it was; nothing is deleted. Answers with fields that had to stay.

    They named an author, a category … that is gone. Raises ValidationError where another article has
    taken what this one had: its slug.
    """
    article = lock(article.pk)
    left = fill(article, earlier.state)
    record(article, by=by, comment=_("Restored from version %(number)d.") % {"number": earlier.number})
    return left


@transaction.atomic
def recover(pk: int, *, by: User | None = None) -> tuple[Article, list[str]] | None:
    """Make a deleted article anew, as it was last, with its revisions; and the fields that lost something.

    They named what is gone, or are slugs that another article has now. None when it is not deleted.
    """
    kept = Version.objects.get_for_object_reference(Article, pk).select_for_update()  # one at a time
    last = next(map(of, kept[:1]), None)
    if last is None or Article.objects.filter(pk=pk).exists():
        return None
    slugs = [localized("slug", code) for code, _name in settings.LANGUAGES]
    taken = [
        slug
        for slug in slugs
        if last.state[slug] and Article.objects.filter(**{slug: last.state[slug]}).exists()
    ]
    article = Article(pk=pk, version=last.number)
    left = fill(article, last.state | dict.fromkeys(taken, ""))
    record(article, by=by, comment=_("Recovered after it had been deleted."))
    return article, taken + left


def fill(article: Article, state: State) -> list[str]:
    """Save the article with a state of its own. Answers with fields that named what is gone."""
    to_many: dict[str, list[Any]] = {}
    left: list[str] = []
    for name, value in state.items():
        field = FIELDS[name]
        if not field.is_relation:
            setattr(article, name, None if field.null and value == "" else field.to_python(value))
            continue
        keys = value if field.many_to_many else [value] if value else []
        there = list(field.related_model.objects.filter(pk__in=keys).values_list("pk", flat=True))
        if len(there) < len(keys):
            left.append(name)
        if field.many_to_many:
            to_many[name] = there
        elif len(there) == len(keys):
            setattr(article, field.attname, value or None)
    article.full_clean()
    article.save()
    for name, there in to_many.items():
        getattr(article, name).set(there)
    return left
