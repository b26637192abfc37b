from django.apps import AppConfig
from django.conf import settings


class ClinicConfig(AppConfig):
    name = "clinic"

    def ready(self) -> None:
        from clinic import checks, sentry  # noqa: F401, PLC0415 - registers the checks

        if settings.SENTRY_DSN:
            sentry.start(settings.SENTRY_DSN)
