"""What gets into the logs, and what does not: one line of JSON a record, without anybody's data."""

import json
import logging
import re
import time
import traceback
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.mail import mail_admins
from django.http import HttpRequest

from clinic import request_ids

# A link for one reader (articles/guests.py), or for a new password: whoever has its token can use it.
TOKEN = re.compile(r"(/(?:preview|approval|password/reset/key)/)[^/\s?\"']+")

# These two begin nowhere in the middle of a word: reading takes no time by the square of its length.
QUERY = re.compile(r"(?<![^\s?\"'<>])([^\s?\"'<>/]*+/[^\s?\"'<>]*+)\?[^\s\"'<>]+")
MAIL_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+")
# Of four numbers or of two to eight groups; a time of day has neither hex digits nor two colons in a row.
IP_ADDRESS = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"
    r"|(?<![\w:.])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}(?::[0-9a-f]{1,4})*(?![\w:])"
    r"|(?<![\w:.])(?:[0-9a-f]{1,4}:)*[0-9a-f]{0,4}::(?:[0-9a-f]{1,4}:?)*(?![\w:])",
    re.IGNORECASE,
)
OURSELVES = ("127.0.0.1", "::1", "::", "0.0.0.0")  # noqa: S104 - not listened on


class WithoutTokens(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = TOKEN.sub(r"\1…", record.getMessage()), ()
        return True


class JsonLines(logging.Formatter):
    """One line a record. Of whoever asked it has the account's number, and nothing of readers."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(described(record), ensure_ascii=False)


class MailToAdmins(logging.Handler):
    """Errors to those in ADMINS, with what the log has of them; the same place at most every ten minutes.

    Django's own handler adds the request's form, its cookies and where it came from.
    """

    quiet_for = 600.0  # seconds

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: dict[tuple[str, str, int], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        place, now = (record.name, *where(record)), time.monotonic()
        if not settings.ADMINS or now - self.told.get(place, -self.quiet_for) < self.quiet_for:
            return
        self.told[place] = now
        line = described(record)
        body = "\n".join(f"{name}: {value}" for name, value in line.items())
        subject = " ".join(str(line["message"]).split())
        # A mail server that is away must not be the next error.
        mail_admins(f"{record.levelname}: {subject[:100]}", body, fail_silently=True)


def described(record: logging.LogRecord) -> dict[str, Any]:
    """What is written down of a record."""
    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": scrubbed(record.getMessage()),
    }
    request = getattr(record, "request", None) or request_ids.current.get()
    if isinstance(request, HttpRequest):
        line |= {
            "request": request_ids.number_of(request),
            "method": request.method,
            "path": scrubbed(request.path),
            "user": account(request),
        }
    if (status := getattr(record, "status_code", None)) is not None:
        line["status"] = status
    if record.exc_info and record.exc_info[1]:
        line["exception"] = stack(record.exc_info[1])
    return line


def scrubbed(text: str) -> str:
    """Less tokens, what stands behind a question mark, and addresses of people and machines."""
    text = QUERY.sub(r"\1?…", TOKEN.sub(r"\1…", text))
    text = MAIL_ADDRESS.sub("…@…", text)
    return IP_ADDRESS.sub(lambda found: found[0] if found[0] in OURSELVES else "…", text)


def account(request: HttpRequest) -> int | None:
    """The number of who is signed in, if that is known already: a log asks the database nothing."""
    user = vars(request).get("_cached_user")
    return user.pk if user is not None and user.is_authenticated else None


def stack(error: BaseException) -> str:
    """Where it came from, without values. Of its words the first line: PostgreSQL's next ones quote rows."""
    parts = []
    for one in chain_of(error):
        frames = traceback.format_list(traceback.extract_tb(one.__traceback__))
        sentence = scrubbed(str(one).partition("\n")[0])
        name = f"{type(one).__module__}.{type(one).__qualname__}"
        parts.append("".join(frames) + (f"{name}: {sentence}" if sentence else name))
    return "\n\n".join(parts)


def chain_of(error: BaseException) -> list[BaseException]:
    """The exception after those that led to it, oldest first."""
    chain: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in chain:
        chain.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return chain[::-1]


def where(record: logging.LogRecord) -> tuple[str, int]:
    """The innermost line that an exception came from, else the one that wrote the record."""
    error = record.exc_info[1] if record.exc_info else None
    frames = traceback.extract_tb(error.__traceback__) if error else None
    return (frames[-1].filename, frames[-1].lineno or 0) if frames else (record.pathname, record.lineno)
