from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SigningInConfig(AppConfig):
    name = "signing_in"
    verbose_name = _("Signing in")

    def ready(self) -> None:
        from signing_in import factors  # noqa: PLC0415 - needs the models

        factors.listen()
