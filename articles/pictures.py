"""Pictures come into the storage, are looked for, and leave it when nothing shows them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from secrets import token_hex
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Func, Q, QuerySet, TextField, Value

from articles import media
from articles.images import Rendition
from articles.models import Article, Author, Picture
from references.languages import localized

# As figures.MENTIONED, in PostgreSQL's words.
MENTIONED = r"picture:\s*([1-9][0-9]{0,8})(?![0-9])"


# The files written since a transaction began that may yet fail; see atomic().
written: ContextVar[list[str] | None] = ContextVar("written", default=None)


class NotStoredError(OSError):
    """The storage does not take files just now: a full disk, a bucket that is away."""


@contextmanager
def atomic() -> Iterator[None]:
    """A transaction that stores pictures among other things: when it fails, their files go, too.

    Not when it fails in its last moment: then nobody knows whether the rows are there, so the files stay.
    If they are nobody's, check_media finds them.
    """
    names: list[str] = []
    token = written.set(names)
    try:
        with transaction.atomic():
            try:
                yield
            except BaseException:
                with suppress(OSError):  # what stays is nobody's, too
                    media.discard(names)
                raise
    finally:
        written.reset(token)
    if (outer := written.get()) is not None:
        outer += names


def write(names: Iterable[str], contents: Iterable[bytes]) -> None:
    """Write files in an atomic() block. Raises NotStoredError."""
    noted = written.get()
    for name, content in zip(names, contents, strict=True):
        if noted is not None:
            noted.append(name)  # before, so that half a file goes, too
        try:
            default_storage.save(name, ContentFile(content))
        except OSError as error:
            raise NotStoredError(str(error)) from error


def store(picture: Picture, renditions: Sequence[Rendition]) -> None:
    """Write the files of a new picture into the storage, then save it: both, or neither."""
    widest = renditions[-1]
    picture.stem = new_stem(renditions)
    picture.width, picture.height = widest.width, widest.height
    picture.widths = sorted({rendition.width for rendition in renditions})
    with atomic():
        write(picture.file_names, (rendition.content for rendition in renditions))
        picture.save(force_insert=True)


def store_portrait(author: Author, renditions: Sequence[Rendition]) -> None:
    """Give an author a photo, or none, and save both; the files of the one before go."""
    with atomic():
        lock_portrait(author)
        former = author.file_names
        author.portrait = new_stem(renditions) if renditions else ""
        write(author.file_names, (rendition.content for rendition in renditions))
        author.save()
        delete_afterwards(former)


def lock_portrait(author: Author) -> None:
    """Have the photo there is now, until the transaction ends: it may have been exchanged meanwhile."""
    authors = Author.objects.select_for_update().filter(pk=author.pk)
    author.portrait = authors.values_list("portrait", flat=True).first() or ""


def new_stem(renditions: Sequence[Rendition]) -> str:
    """A name for the files; check_data compares it with their contents.

    The same picture uploaded twice has its files twice, so that deleting one never touches the other.
    """
    return f"{media.digest(rendition.content for rendition in renditions)}-{token_hex(4)}"


@transaction.atomic
def delete(shown: Picture | Author) -> None:
    """Delete a picture, or an author, and the files. Raises ProtectedError where an edition has it."""
    names = shown.file_names
    shown.delete()
    delete_afterwards(names)


def delete_afterwards(names: Iterable[str]) -> None:
    """Delete files when what named them is gone for good. If that fails, check_media finds them."""
    transaction.on_commit(lambda: media.delete(names), robust=True)


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
