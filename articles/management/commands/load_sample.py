"""Load the sample clinic: its people, treatments and articles, published."""

from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import transaction
from django.utils import translation

from articles import importing, manuscripts, publishing
from articles.models import Article, Author, Category, Synonym, Treatment
from references.languages import localized
from references.models import Reference

SAMPLE = Path(__file__).resolve().parents[2] / "sample"


class Command(BaseCommand):
    help = "Load the sample articles. Refuses to when there are articles already."

    def handle(self, **options: Any) -> None:
        if Article.objects.exists():
            raise CommandError("There are articles in this database already; the sample was not loaded.")
        with transaction.atomic(), translation.override("en"):
            load_clinic(yaml.safe_load((SAMPLE / "clinic.yaml").read_text()))
            editions = load_articles()
        self.stdout.write(f"Loaded {Article.objects.count()} sample articles, {editions} editions.")
        if settings.APPROVAL_REQUIRED:
            self.stdout.write("All are drafts: with APPROVAL_REQUIRED a doctor has to approve each first.")


def load_clinic(clinic: dict[str, Any]) -> None:
    for author in clinic["authors"]:
        Author.objects.create(**columns(author))
    for position, category in enumerate(clinic["categories"]):
        Category.objects.create(position=position, **columns(category))
    for treatment in clinic["treatments"]:
        Treatment.objects.create(**columns(treatment))
    for language, sets in clinic["synonyms"].items():
        for words in sets:
            Synonym.objects.create(language=language, words=words)
    for reference in clinic["references"]:
        Reference.objects.create(**columns(reference))


def columns(values: dict[str, Any]) -> dict[str, Any]:
    """Spread `{title: {da: …, en: …}}` over the columns of its languages."""
    spread: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            spread |= {localized(name, language): text for language, text in value.items()}
        else:
            spread[name] = value
    return spread


def load_articles() -> int:
    """Store every article, the originals first, then publish; answers with the number of editions.

    Where a doctor has to approve each text first, all stay drafts.
    """
    files = sorted(SAMPLE.glob("*.md"))
    texts = [manuscripts.parse(manuscripts.read(file.read_bytes())) for file in files]
    texts.sort(key=lambda manuscript: bool(manuscript.translation_of))
    stored = [importing.store(manuscript) for manuscript in texts]
    # Once more, now that all of them are there: those that one is related to came after it.
    for manuscript, imported in zip(texts, stored, strict=True):
        importing.relate(imported.article, manuscript.related, notes=[])
    if settings.APPROVAL_REQUIRED:
        return 0
    for imported in stored:
        publishing.publish(imported.article, imported.language)
    return len(stored)
