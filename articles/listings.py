"""Lists of articles: the blog's, a category's, an author's, a treatment's, as pages and as feeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from articles.models import Author, Category, Edition, EditionQuerySet, Treatment
from articles.models.catalogue import is_read_in
from articles.pages import address
from references.languages import localized, translated

Kind = Literal["list", "category", "author", "treatment"]

MODELS: dict[Kind, type[Category | Author | Treatment]] = {
    "category": Category,
    "author": Author,
    "treatment": Treatment,
}
# What an edition calls them.
FIELDS: dict[Kind, str] = {"category": "category", "author": "author", "treatment": "treatments"}


class NothingThereError(Http404):
    """Of an author who is known, but has nothing to read in the language now."""


@dataclass(frozen=True)
class Listing:
    """One list, in one language. `kind` is also the name of its URL."""

    kind: Kind
    language: str
    name: str
    description: str
    path: str
    paths: Mapping[str, str]
    """Where the list is in each language in which readers find something in it."""
    current: EditionQuerySet
    """What patients read of it."""
    of: Any = None
    """The category, author or treatment."""

    @property
    def facts(self) -> list[object]:
        """What is said of it, less what is in it."""
        return [self.kind, self.language, self.name, self.description, self.path, self.paths, self.of]


def blog(language: str) -> Listing:
    """All articles, in the active language."""
    return Listing(
        kind="list",
        language=language,
        name=_("Blog"),
        description=_(
            "Articles for patients about illness, investigation and treatment, with the studies they"
            " build on."
        ),
        path=address(language, "articles:list"),
        paths={code: address(code, "articles:list") for code, _name in settings.LANGUAGES},
        current=Edition.objects.current().in_language(language),
    )


def of(kind: Kind, slug: str, language: str) -> Listing:
    """The list of a category, author or treatment, in one query. Raises Http404.

    An author has a list only where there is something in it; categories and treatments are pages of
    their own, with what they are about.
    """
    model = MODELS[kind]
    codes = [code for code, _name in settings.LANGUAGES]
    readable = {f"is_read_in_{code}": is_read_in(code, FIELDS[kind]) for code in codes}
    # An author's name and slug are one for all languages.
    column = "slug" if model is Author else localized("slug", language)
    instance = get_object_or_404(model._default_manager.annotate(**readable), **{column: slug})
    slugs = {code: instance.slug if model is Author else translated(instance, "slug", code) for code in codes}
    paths = {
        code: address(code, f"articles:{kind}", slugs[code])
        for code in codes
        if slugs[code] and getattr(instance, f"is_read_in_{code}")
    }
    if model is Author and language not in paths:
        raise NothingThereError
    text = {"category": "description", "author": "biography", "treatment": "summary"}[kind]
    return Listing(
        kind=kind,
        language=language,
        name=instance.name if model is Author else translated(instance, "name", language),
        description=translated(instance, text, language),
        path=address(language, f"articles:{kind}", slug),
        paths=paths,
        current=Edition.objects.current().in_language(language).filter(**{FIELDS[kind]: instance}),
        of=instance,
    )
