"""Slugs: the readable part of an address."""

import re

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

MAX_LENGTH = 100

# What slugify would drop or, in å, take the ring from. A dash or a slash parts words.
LETTERS = str.maketrans(
    {"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa"} | dict.fromkeys("–—/", "-")
)

# What stands at /<language>/blog/<here>/ beside articles.
RESERVED = frozenset({"author", "category", "design", "feed", "privacy", "search", "treatment"})


def make_slug(text: str) -> str:
    """An ASCII slug of at most 100 characters, cut at a word: "Blødning på Ærø" is bloedning-paa-aeroe."""
    slug = slugify(text.translate(LETTERS))
    if len(slug) > MAX_LENGTH:
        slug = slug[: MAX_LENGTH + 1].rsplit("-", 1)[0][:MAX_LENGTH]
    return f"{slug}-1" if slug in RESERVED else slug


def validate_article_slug(slug: str) -> None:
    if slug in RESERVED:
        raise ValidationError(
            _("“%(slug)s” is used by the blog itself. Choose another."), params={"slug": slug}
        )


def validate_ascii_slug(slug: str) -> None:
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug):
        raise ValidationError(
            _("Use small letters a-z, digits and single hyphens: %(suggestion)s"),
            params={"suggestion": make_slug(slug) or "galdesten"},
        )
