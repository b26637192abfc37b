"""Collects and compiles the translations without gettext: `make messages`.

Sentences in the code are English; locale/<language>/LC_MESSAGES/django.po has the others. The
compiled catalogues are kept with the code, so that setting the site up needs nothing for them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("articles", "clinic", "references", "signing_in", "templates")
LANGUAGES = ("da",)
KEYWORDS = DEFAULT_KEYWORDS | {"gettext_lazy": None, "ngettext_lazy": (1, 2), "pgettext_lazy": ((1, "c"), 2)}


def catalogue_path(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def collect() -> Catalog:
    """Every sentence of the code and the templates that has to be translated."""
    catalogue = Catalog(project="clinic-blog", charset="utf-8")
    for path, code in sources():
        messages = extract("python", BytesIO(code.encode()), keywords=KEYWORDS)
        for _line, message, comments, context in messages:
            catalogue.add(message, locations=[(path, 0)], auto_comments=comments, context=context)
    return catalogue


def sources() -> Iterator[tuple[str, str]]:
    """Each file that may hold sentences, as Python for the extractor."""
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix == ".html":
                code = templatize(path.read_text(), origin=name)
                # Its indentation is HTML's, which Python's tokenizer would stumble over.
                yield name, "\n".join(line.strip() for line in code.splitlines())
            elif path.suffix == ".py" and "migrations" not in path.parts:
                yield name, path.read_text()


def read_catalogue(language: str) -> Catalog:
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> Catalog:
    """Bring the language's catalogue up to date, and compile it. Sentences no longer used go."""
    catalogue = read_catalogue(language)
    catalogue.update(collect(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.header_comment = "# Sentences of the code and the templates; `make messages` collects them."
    # Dates in the file would change it although nothing has changed.
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=True, ignore_obsolete=True)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)
    return catalogue


def untranslated(catalogue: Catalog) -> list[str]:
    return [str(message.id) for message in catalogue if message.id and not is_translated(message.string)]


def is_translated(text: str | tuple[str, ...] | list[str] | None) -> bool:
    return bool(text if isinstance(text, str) else text and all(text))


def main() -> None:
    for language in LANGUAGES:
        for sentence in untranslated(update(language)):
            print(f"{language}: {sentence}")  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
