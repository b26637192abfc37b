"""Uploaded files outlive a power cut."""

import os
from pathlib import Path

from django.core.files.base import ContentFile

from clinic.storage import DurableStorage


def test_file_and_the_folders_it_is_in_are_on_the_disk_when_it_is_saved(tmp_path, monkeypatch):
    synced = []
    real = os.fsync

    def fsync(descriptor):
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    name = DurableStorage(location=tmp_path).save("pictures/new/a.jpg", ContentFile(b"a"))
    assert synced == [tmp_path / name, tmp_path / "pictures/new", tmp_path / "pictures", tmp_path]
