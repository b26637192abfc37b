"""Dates as authors write them, in Danish and English."""

import re
from datetime import date

MONTH_NAMES = (
    ("january", "januar"),
    ("february", "februar"),
    ("march", "marts"),
    ("april",),
    ("may", "maj"),
    ("june", "juni"),
    ("july", "juli"),
    ("august",),
    ("september",),
    ("october", "oktober"),
    ("november",),
    ("december",),
)
MONTHS = {name: number for number, names in enumerate(MONTH_NAMES, 1) for name in names}
ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})(?:-(?P<day>\d{2}))?", re.ASCII)
IN_WORDS = re.compile(
    r"""(?: (?:den\ )? (?P<day>\d{1,2}) (?:\.|st|nd|rd|th)?\ )? (?P<month>[a-z]+)\ (?P<year>\d{4})
    | (?P<us_month>[a-z]+)\ (?P<us_day>\d{1,2}) (?:st|nd|rd|th)?,?\ (?P<us_year>\d{4})
    """,
    re.ASCII | re.VERBOSE,
)


def read_date(text: str) -> date | None:
    """The date of "2026-06-11", "11. juni 2026", "June 11, 2026"; the first of "June 2026".

    None when it is not one of these.
    """
    text = " ".join(text.casefold().split())
    if match := ISO.fullmatch(text):
        year, month, day = match["year"], int(match["month"]), match["day"]
    elif match := IN_WORDS.fullmatch(text):
        year = match["year"] or match["us_year"]
        month = MONTHS.get(match["month"] or match["us_month"], 0)
        day = match["day"] or match["us_day"]
    else:
        return None
    try:
        return date(int(year), month, int(day or 1))
    except ValueError:
        return None
