"""Look at links from other sites to ours, as they stand in saved pages or lists of addresses."""

import logging
import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.http.request import split_domain_port, validate_host
from django.utils import translation

from articles.addresses import own_host
from articles.inbound import Inspector, links_in


class Command(BaseCommand):
    help = (
        "Read saved pages (HTML) or lists of addresses, and report links to the blog that are dead,"
        " redirected or in the wrong language. Asks nobody over the network."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--host",
            action="append",
            default=[],
            metavar="NAME",
            help="another name of this site, with its port if need be; may be given more than once",
        )

    def handle(self, *, files: list[Path], host: list[str], **options: Any) -> None:
        if not validate_host(split_domain_port(own_host())[0], settings.ALLOWED_HOSTS):
            raise CommandError(f"ALLOWED_HOSTS lacks {own_host()}, the host of SITE_URL.", returncode=2)
        outcomes: Counter[str] = Counter()
        # The log would say once more what is said here.
        logging.disable(logging.ERROR)
        try:
            with translation.override("en"):
                inspector = Inspector(host)
                for file in files:
                    outcomes += self.look_through(file, inspector)
        finally:
            logging.disable(logging.NOTSET)
        wrong = [f"{outcomes[kind]} {kind}" for kind in ("dead", "redirected", "wrong language")]
        self.stdout.write(
            f"Links to the blog: {outcomes['fine'] + outcomes['wrong']}."
            f" {outcomes['fine']} fine, {outcomes['permalink']} of them permalinks; {', '.join(wrong)}."
        )
        if outcomes["wrong"]:
            sys.exit(1)

    def look_through(self, file: Path, inspector: Inspector) -> Counter[str]:
        try:
            data = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.", returncode=2) from error
        outcomes: Counter[str] = Counter()
        for link in links_in(data):
            if not inspector.is_ours(link.url):
                continue
            found = inspector.inspect(link)
            if found.trouble:
                outcomes.update(["wrong", found.trouble])
                line = f"{file}:{link.line}: {link.url}: {found.trouble}, {found.detail}"
                self.stdout.write(printable(line))
            else:
                outcomes.update(["fine", "permalink"] if found.is_permalink else ["fine"])
        return outcomes


def printable(text: str) -> str:
    """Without what would steer a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
