"""Settings of a site in production with a replica, which is looked at more often than it need be."""

from clinic import replica
from clinic.settings import *  # noqa: F403
from clinic.settings import STORAGES

SECURE_SSL_REDIRECT = False
# Static files as they are in the repository.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True

replica.LOOK_EVERY = 0.3
replica.LEFT_ALONE_FOR = 0.6
