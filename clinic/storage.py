"""Where uploaded files are kept on this machine."""

import os
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage


class DurableStorage(FileSystemStorage):
    """A disk whose files are on it, and not only on their way to it, before a row in the database names them.

    A commit outlives a power cut; without this the file it speaks of might be empty then.
    """

    def _save(self, name: str, content: Any) -> str:
        saved: str = super()._save(name, content)  # type: ignore[misc]
        path = Path(self.path(saved))
        for written in (path, *path.relative_to(self.location).parents):
            sync(Path(self.location, written))
        return saved


def sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
