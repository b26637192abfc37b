"""ORCID iDs: sixteen digits that name a researcher, the last one a check digit.

https://support.orcid.org/hc/en-us/articles/360006897674-Structure-of-the-ORCID-Identifier
"""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

FORM = re.compile(r"(?:[0-9]{4}-){3}[0-9]{3}[0-9X]")


def bare(written: str) -> str:
    """The iD with its hyphens, of one that may be written as an address or without them. Not validated."""
    value = re.sub(r"^(?:https?://)?(?:www\.)?orcid\.org/", "", written.strip(), flags=re.IGNORECASE)
    characters = re.sub(r"[\s\u2010-\u2015-]", "", value.strip("/")).upper()
    return "-".join(characters[at : at + 4] for at in range(0, len(characters), 4))


def validate_orcid(value: str) -> None:
    if not FORM.fullmatch(value) or value[-1] != check_digit(value):
        raise ValidationError(
            _("That is no ORCID iD: it has 16 digits, such as 0000-0002-1825-0097. Copy it from orcid.org.")
        )


def check_digit(value: str) -> str:
    """The last character by the others (ISO 7064, MOD 11-2)."""
    total = 0
    for digit in value.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    left = (12 - total % 11) % 11
    return "X" if left == 10 else str(left)
