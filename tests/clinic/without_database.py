"""Settings of a site in production whose database cannot be reached."""

import os

from clinic.settings import *  # noqa: F403
from clinic.settings import STORAGES

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
SECURE_SSL_REDIRECT = False
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "127.0.0.1",
        "PORT": os.environ.get("CLOSED_PORT", "9"),
        "NAME": "nowhere",
        "USER": "nobody",
    }
}
# Static files as they are in the repository.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
