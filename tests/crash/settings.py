"""Production's, with everything that is written in one folder."""

import os
from pathlib import Path

from clinic.settings import *  # noqa: F403

CRASH_FOLDER = Path(os.environ["CRASH_FOLDER"])

MEDIA_ROOT = CRASH_FOLDER / "media"
MAINTENANCE_FILE = CRASH_FOLDER / "maintenance"
STORAGES = {
    "default": {"BACKEND": "clinic.storage.DurableStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# What goes wrong when the database is killed is no news here; gunicorn's log has it.
ADMINS = []
