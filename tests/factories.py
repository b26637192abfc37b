"""Test objects: valid by default, every field can be said."""

import secrets
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from articles import drafts, images, pictures, publishing, snapshots
from articles.models import Approval, Article, Author, Category, Edition, Picture, PreviewLink, Treatment
from articles.models.approval import token_hash
from articles.publishing import Remarks
from references.models import Reference
from tests.pictures import photograph

numbers = count(1)


def make_author(name: str = "Anna Prøve", **fields: Any) -> Author:
    fields = {"slug": f"anna-{next(numbers)}", "title_da": "overlæge", "title_en": "consultant"} | fields
    return Author.objects.create(name=name, **fields)


def make_category(**fields: Any) -> Category:
    n = next(numbers)
    names = {"name_da": f"Maven {n}", "name_en": f"Stomach {n}"}
    return Category.objects.create(**names | {"slug_da": f"maven-{n}", "slug_en": f"stomach-{n}"} | fields)


def make_treatment(**fields: Any) -> Treatment:
    n = next(numbers)
    names = {"name_da": f"Koloskopi {n}", "name_en": f"Colonoscopy {n}"}
    slugs = {"slug_da": f"koloskopi-{n}", "slug_en": f"colonoscopy-{n}"}
    booking = {"booking_url_da": "https://example.dk/tid", "booking_url_en": "https://example.dk/en/book"}
    return Treatment.objects.create(**names | slugs | booking | fields)


def make_reference(pmid: int | None = None, **fields: Any) -> Reference:
    return Reference.objects.create(pmid=pmid or 1_000_000 + next(numbers), **fields)


def make_picture(**fields: Any) -> Picture:
    """A small picture with a description in Danish only, and its files."""
    picture = Picture(**{"alt_da": f"Tegning {next(numbers)}"} | fields)
    pictures.store(picture, images.renditions(photograph(60, 40)))
    return picture


def make_article(**fields: Any) -> Article:
    """A working copy in Danish, not published."""
    n = next(numbers)
    texts = {"title_da": f"Brok {n}", "slug_da": f"brok-{n}", "abstract_da": "Kort om brok."}
    return Article.objects.create(**texts | {"body_da": "## Hvad er et brok?\n\nEn bule."} | fields)


def make_bilingual_article(**fields: Any) -> Article:
    n = next(numbers)
    english = {"title_en": f"Hernia {n}", "slug_en": f"hernia-{n}", "abstract_en": "Hernias in brief."}
    return make_article(**english | {"body_en": "## A lump\n\nSmall."} | fields)


def make_edition(
    article: Article | None = None,
    language: str = "da",
    *,
    references: int = 0,
    at: datetime | None = None,
    accepted: str = "",
    remarks: Remarks = publishing.NO_REMARKS,
    **fields: Any,
) -> Edition:
    """Publish an article, with a text that cites that many references."""
    article = article or make_article(**fields)
    if references:
        body = "\n\n".join(f"Fund {n} [@pmid:{2_000_000 + n}]." for n in range(1, references + 1))
        setattr(article, f"body_{language}", body)
        article.save()
    return publishing.publish(article, language, at=at, remarks=remarks, accepted=accepted)


def make_approval(
    article: Article | None = None, language: str = "da", *, token: str = "", **fields: Any
) -> Approval:
    """A question to a doctor about the draft as it is now; the token opens its link."""
    now = timezone.now()
    asked = {
        "snapshot": snapshots.take(drafts.compile(article or make_article(), language)),
        "token_hash": token_hash(token or secrets.token_urlsafe()),
        "name": "Bo Prøve",
        "email": "bo@example.dk",
        "asked_at": now,
        "mailed_at": now,
        "expires_at": now + timedelta(days=14),
    }
    if "asked_by" not in fields:
        asked["asked_by"] = make_colleague()
    return Approval.objects.create(**asked | fields)


def make_preview_link(article: Article | None = None, language: str = "da", **fields: Any) -> PreviewLink:
    now = timezone.now()
    made = {
        "snapshot": snapshots.take(drafts.compile(article or make_article(), language)),
        "made_at": now,
        "expires_at": now + timedelta(days=7),
    }
    if "made_by" not in fields:
        made["made_by"] = make_colleague()
    return PreviewLink.objects.create(**made | fields)


def make_editor(**fields: Any) -> User:
    """Someone who may do everything. Hashing a password takes longer than most tests."""
    return User.objects.create_superuser(f"editor-{next(numbers)}", **fields)


def make_colleague() -> User:
    """Somebody with an address who never signs in."""
    return User.objects.create_user(f"colleague-{next(numbers)}", "colleague@example.dk")


SOME_DAY = date(2026, 3, 14)
