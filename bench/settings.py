"""The site's settings, with the bench's own page and with everything written to one folder."""

import os
from pathlib import Path

from clinic.settings import *  # noqa: F403

BENCH_FOLDER = Path(os.environ["BENCH_FOLDER"])

ROOT_URLCONF = "bench.urls"
STATIC_ROOT = BENCH_FOLDER / "static"
MEDIA_ROOT = BENCH_FOLDER / "media"
if os.environ.get("BENCH_STATIC") == "as they are":  # for who looks at no stylesheet
    STORAGES = STORAGES | {  # noqa: F405
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
