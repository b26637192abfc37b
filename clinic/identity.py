"""Who the clinic is: its name, how to reach it, its colours. From `clinic.toml` of the clinic's folder.

A file, not a table: pages that are shown while the database is down need it, and no page pays for a query.
"""

import re
import tomllib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import get_language

COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
# As in site.css, whose other colours go with these.
COLOURS = {
    "light": {"paper": "#fdfcf9", "ink": "#1c2b33", "accent": "#0a5c66"},
    "dark": {"paper": "#10191e", "ink": "#f1ede4", "accent": "#86d3dc"},
}
TEXT_CONTRAST = 7.0  # WCAG 2.2, 1.4.6


@dataclass(frozen=True)
class EmergencyNumber:
    number: str
    words: Mapping[str, str]
    """When to ring it, by language."""

    @property
    def when(self) -> str:
        return in_active_language(self.words)

    @property
    def href(self) -> str:
        return telephone(self.number)


@dataclass(frozen=True)
class Clinic:
    name: str
    address: tuple[str, ...] = ()
    phone: str = ""
    email: str = ""
    booking: Mapping[str, str] = field(default_factory=dict)
    """Addresses by language, as is `privacy`."""
    privacy: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, dict[str, str]] = field(default_factory=dict)
    """Of the light and the dark scheme: paper, ink, accent, each #rrggbb."""
    emergency: tuple[EmergencyNumber, ...] = ()

    @property
    def phone_href(self) -> str:
        return telephone(self.phone)

    @property
    def booking_url(self) -> str:
        return in_active_language(self.booking)

    @property
    def privacy_url(self) -> str:
        return in_active_language(self.privacy)

    @property
    def css(self) -> str:
        """The clinic's colours by the names that both stylesheets know; empty when they are theirs."""
        rules = [
            f"--{scheme}-{name}:{colour};"
            for scheme, colours in self.colours.items()
            for name, colour in colours.items()
        ]
        return f":root{{{''.join(rules)}}}" if rules else ""

    @property
    def css_sources(self) -> list[str]:
        """What a Content-Security-Policy calls these colours, which stand in each page: by their hash."""
        digest = b64encode(sha256(self.css.encode()).digest()).decode()
        return [f"'sha256-{digest}'"] if self.css else []

    def palette(self, scheme: str) -> dict[str, str]:
        """The colours of a scheme: the clinic's own, else those of site.css."""
        return COLOURS[scheme] | self.colours.get(scheme, {})

    def illegible(self) -> list[str]:
        """The colours of text that stand out too little from the paper, each as scheme and name."""
        return [
            f"{scheme}.{name}"
            for scheme in COLOURS
            for colours in [self.palette(scheme)]
            for name in ("ink", "accent")
            if contrast(colours[name], colours["paper"]) < TEXT_CONTRAST
        ]


def load(directory: Path) -> Clinic:
    """Read `clinic.toml` in the directory. Raises ImproperlyConfigured, in a sentence."""
    path = directory / "clinic.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return Clinic(
            name=data.pop("name"),
            address=tuple(data.pop("address", ())),
            colours=checked_colours(data.pop("colours", {})),
            emergency=tuple(
                EmergencyNumber(number=entry.pop("number"), words=entry)
                for entry in data.pop("emergency", ())
            ),
            **data,
        )
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be read: {error.strerror}.") from None
    except KeyError as error:
        raise ImproperlyConfigured(f"{path} does not say {error.args[0]}.") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise ImproperlyConfigured(f"{path} is not right: {error}.") from None


def checked_colours(colours: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Raises ValueError for what is no colour: they go into a stylesheet as they are."""
    for scheme, named in colours.items():
        if scheme not in COLOURS:
            raise ValueError(f"colours.{scheme} is neither light nor dark")
        for name, colour in named.items():
            if name not in COLOURS[scheme] or not COLOUR.fullmatch(colour):
                raise ValueError(f'colours.{scheme}.{name} is no colour such as accent = "#0a5c66"')
    return colours


def in_active_language(texts: Mapping[str, str]) -> str:
    return texts.get((get_language() or "").partition("-")[0], "")


def telephone(number: str) -> str:
    """A link that rings the number (RFC 3966)."""
    return f"tel:{re.sub(r'[^+0-9]', '', number)}"


def contrast(one: str, other: str) -> float:
    """The contrast of two colours #rrggbb, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """From 0, black, to 1, white (WCAG 2.2, "relative luminance")."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
