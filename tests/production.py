"""The settings of production, for tests that compare what is answered with them."""

import os
import runpy
from typing import Any
from unittest.mock import patch

from django.conf import settings

ENVIRONMENT = {
    "DEBUG": "off",
    "ALLOWED_HOSTS": "testserver,localhost",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere",
    "EMBED_ORIGINS": "https://booking.example",
}
SECURITY = ("SECURE_", "SESSION_", "CSRF_", "X_FRAME_", "MESSAGE_STORAGE", "EMBED_ORIGINS")


def security_settings() -> dict[str, Any]:
    """Read anew from the settings file. Tests go on with their own database and files."""
    with patch.dict(os.environ, ENVIRONMENT):
        read = runpy.run_path(str(settings.BASE_DIR / "clinic" / "settings.py"))
    return {name: value for name, value in read.items() if name.startswith(SECURITY)}
