"""Static files as web servers and browsers like them: compressed, under names that say what is in them."""

from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

from clinic import errors


class StaticStorage(CompressedManifestStaticFilesStorage):
    """With them are the pages that the web server shows while the program is away."""

    def post_process(self, *args: Any, **options: Any) -> Iterator[tuple[str, str, bool]]:
        yield from super().post_process(*args, **options)
        if options.get("dry_run"):
            return
        # Last: they name stylesheets as these are called by now.
        for name, html in errors.of_web_server():
            self.delete(name)
            self.save(name, ContentFile(html.encode()))
            yield name, name, True
