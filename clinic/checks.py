"""What `manage.py check` asks of the clinic's own folder and settings."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::\d{1,5})?")


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


@register(Tags.security, deploy=True)
def site_has_an_address(**_kwargs: Any) -> list[CheckMessage]:
    """Pages tell search engines and other sites that this is where they are."""
    address = urlsplit(settings.SITE_URL)
    is_right = address.scheme == "https" and bool(address.hostname) and not address.path
    if is_right and address.hostname not in ("localhost", "127.0.0.1", "*"):
        return []
    return [
        Error(
            f"SITE_URL is {settings.SITE_URL!r}, which is not where people find the site.",
            hint="Set it to an address such as https://blog.example, without a path.",
            id="clinic.E003",
        )
    ]


@register()
def origins_are_addresses_of_sites(**_kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"EMBED_ORIGINS holds {origin!r}, which is not the address of a site.",
            hint="It is scheme, host and, if need be, port: https://booking.example",
            id="clinic.E002",
        )
        for origin in settings.EMBED_ORIGINS
        if not ORIGIN.fullmatch(origin)
    ]
