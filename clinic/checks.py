"""What `manage.py check` asks of the clinic's own folder."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def colours_can_be_read(**_kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"The clinic's colour {name} has less than the contrast of 7:1 that text needs on its paper.",
            hint=f"Choose another in {settings.CLINIC_DIR / 'clinic.toml'}.",
            id="clinic.E001",
        )
        for name in settings.CLINIC.illegible()
    ]
