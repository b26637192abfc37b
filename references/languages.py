"""Reading one language of a translated field.

Translated attributes (`article.title`) depend on the language active at the moment. What is written
to an edition or shown to a patient must not, so it is read by name.
"""

from typing import Any

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import get_language
from modeltranslation.utils import build_localized_fieldname

AFTER_Z = str.maketrans("æøå", "{|}")


def localized(field: str, language: str) -> str:
    """The name of the column that holds a translated field in one language: `slug_da`."""
    return build_localized_fieldname(field, language)


def language_fieldsets(*fields: str) -> list[Any]:
    """A fieldset of the admin per language with these translated fields."""
    return [
        (capfirst(name), {"fields": [localized(field, code) for field in fields], "classes": ["language"]})
        for code, name in settings.LANGUAGES
    ]


def translated(instance: Any, field: str, language: str) -> str:
    """The field's text in exactly this language; empty when there is none."""
    return getattr(instance, localized(field, language)) or ""


def in_any_language(instance: Any, field: str) -> str:
    """The field's text in the active language, or else in the first that has one: a name for editors."""
    codes = [get_language() or settings.LANGUAGE_CODE, *(code for code, _name in settings.LANGUAGES)]
    return next((text for code in codes if (text := translated(instance, field, code))), "")


def alphabetical(text: str) -> str:
    """A key to sort words of people by: æ, ø and å come after z, as in Danish."""
    return text.casefold().translate(AFTER_Z)
