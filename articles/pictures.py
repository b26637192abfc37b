"""Pictures come into the storage, are looked for, and leave it when nothing shows them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from hashlib import sha256
from secrets import token_hex
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Func, Q, QuerySet, TextField, Value

from articles.images import Rendition
from articles.models import Article, Author, Picture
from references.languages import localized

# As figures.MENTIONED, in PostgreSQL's words.
MENTIONED = r"picture:\s*([1-9][0-9]{0,8})(?![0-9])"


# The files written since a transaction began that may yet fail; see atomic().
written: ContextVar[list[str] | None] = ContextVar("written", default=None)


@contextmanager
def atomic() -> Iterator[None]:
    """A transaction that stores pictures among other things: when it fails, their files go, too."""
    names: list[str] = []
    token = written.set(names)
    try:
        with transaction.atomic():
            yield
    except BaseException:
        delete_files(names)
        raise
    finally:
        written.reset(token)
    if (outer := written.get()) is not None:
        outer += names


def store(picture: Picture, renditions: Sequence[Rendition]) -> None:
    """Write the files of a new picture into the storage, then save it: both, or neither."""
    widest = renditions[-1]
    digest = sha256(b"".join(rendition.content for rendition in renditions)).hexdigest()
    # The same picture uploaded twice has its files twice, so that deleting one never touches the other.
    picture.stem = f"{digest[:32]}-{token_hex(4)}"
    picture.width, picture.height = widest.width, widest.height
    picture.widths = sorted({rendition.width for rendition in renditions})
    try:
        for rendition in renditions:
            name = picture.file_name(rendition.width, rendition.extension)
            default_storage.save(name, ContentFile(rendition.content))
        with transaction.atomic():
            picture.save(force_insert=True)
    except BaseException:
        delete_files(picture.file_names)
        raise
    if (names := written.get()) is not None:
        names += picture.file_names


def store_portrait(author: Author, renditions: Sequence[Rendition]) -> None:
    """Give an author a photo, or none, and save both; the files of the one before go."""
    former = author.file_names
    digest = sha256(b"".join(rendition.content for rendition in renditions)).hexdigest()
    author.portrait = f"{digest[:32]}-{token_hex(4)}" if renditions else ""
    try:
        for name, rendition in zip(author.file_names, renditions, strict=True):
            default_storage.save(name, ContentFile(rendition.content))
        with transaction.atomic():
            author.save()
            transaction.on_commit(partial(delete_files, former))
    except BaseException:
        delete_files(author.file_names)
        raise


@transaction.atomic
def delete(shown: Picture | Author) -> None:
    """Delete a picture, or an author, and the files. Raises ProtectedError where an edition has it."""
    names = shown.file_names
    shown.delete()
    transaction.on_commit(partial(delete_files, names))


def delete_files(names: Iterable[str]) -> None:
    for name in names:
        default_storage.delete(name)


def in_drafts() -> dict[int, list[tuple[Article, str]]]:
    """The drafts that mention a picture, as article and language, by the picture's number."""
    drafts: dict[int, list[tuple[Article, str]]] = defaultdict(list)
    languages = Article().languages
    titles = [localized("title", language) for language in languages]
    for language in languages:
        body = localized("body", language)
        number = Func(
            *(F(body), Value(MENTIONED), Value("g")),
            function="regexp_matches",
            output_field=ArrayField(TextField()),
        )
        mentions: QuerySet[Any] = Article.objects.filter(**{f"{body}__contains": "picture:"})
        for article in mentions.annotate(mentions=number).only("original_language", *titles).order_by("pk"):
            known = drafts[int(article.mentions[0])]
            if (article, language) not in known:
                known.append((article, language))
    return dict(drafts)


def unused(pictures: QuerySet[Picture]) -> QuerySet[Picture]:
    """Those no edition shows and no draft mentions."""
    return pictures.filter(editions=None).exclude(pk__in=list(in_drafts()))


def search(query: str) -> QuerySet[Picture]:
    """Pictures with each of the words in a description or the credit, newest first."""
    columns = ["credit", *(localized("alt", language) for language in Article().languages)]
    condition = Q()
    for word in query.split()[:10]:
        condition &= Q(*((f"{column}__icontains", word) for column in columns), _connector=Q.OR)
    return Picture.objects.filter(condition)
