"""Import an article from a Markdown or plain text file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.db import transaction
from django.utils import translation

from articles import importing, manuscripts, publishing
from articles.importing import Imported
from articles.manuscripts import ManuscriptError
from articles.models import Override
from articles.publishing import NotPublishable


class Command(BaseCommand):
    help = "Import an article from a Markdown file with front matter, or from plain text."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        languages = [code for code, _name in settings.LANGUAGES]
        parser.add_argument("--language", choices=languages, default="", help="default: what the file says")
        parser.add_argument("--slug", default="", help="default: what the file says, or from its title")
        parser.add_argument(
            "--publish", action="store_true", help="put it online as well, if it has no errors"
        )
        parser.add_argument(
            "--accept-findings",
            metavar="REASON",
            default="",
            help="with --publish: put it online in spite of errors; kept with what they were",
        )

    def handle(
        self, *, file: Path, language: str, slug: str, publish: bool, accept_findings: str, **options: Any
    ) -> None:
        if accept_findings and not publish:
            raise CommandError("--accept-findings says why to publish: add --publish.")
        with translation.override("en"):
            try:
                imported, address = import_file(
                    file, language, slug, publish=publish, accepted=accept_findings
                )
            except OSError as error:
                raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
            except (ManuscriptError, NotPublishable) as error:
                raise CommandError(f"{file} was not imported. {error}") from None
            except ValidationError as error:
                raise CommandError(f"{file} was not imported. {'; '.join(error.messages)}") from None
        for note in imported.notes:
            self.stdout.write(note)
        done = "Imported" if imported.is_new else "Updated"
        self.stdout.write(f"{done} “{imported.article.text('title', imported.language)}”. {address}")


def import_file(
    file: Path, language: str, slug: str, *, publish: bool, accepted: str
) -> tuple[Imported, str]:
    """Import in one transaction; answers with where the article is now, as a sentence."""
    with file.open("rb") as opened:
        data = opened.read(manuscripts.MAX_SIZE + 1)
    manuscript = manuscripts.parse(manuscripts.read(data), language)
    with transaction.atomic():
        imported = importing.store(manuscript, language=language, slug=slug)
        if not publish:
            return imported, "It is a draft: publish it in the admin."
        edition = publishing.publish(imported.article, imported.language, accepted=accepted)
        if override := Override.objects.filter(edition=edition).first():
            imported.notes += [f"Accepted: {finding['sentence']}" for finding in override.findings]
    return imported, f"Published at {edition.get_absolute_url()}"
