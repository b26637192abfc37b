"""What is said of a draft before it is published."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """`text` is a sentence in the language that was active; `name` stays the same for ever."""

    name: str
    level: Literal["error", "warning"]
    text: str
    quotes: tuple[str, ...] = ()
    """The passages it is about."""
    line: int | None = None
    """Of the Markdown, from 1."""
    url: str = ""
    """Where in the admin it can be mended."""
    can_be_accepted: bool = True
    """False for an error that would make a page nobody can read, or that the clinic does not allow."""

    @property
    def is_error(self) -> bool:
        return self.level == "error"

    @property
    def sentence(self) -> str:
        """All of it, where there is only a line to say it in."""
        return " ".join([self.text, *(f"“{quote}”" for quote in self.quotes)])


def error(
    name: str, text: str, *quotes: str, line: int | None = None, url: str = "", can_be_accepted: bool = True
) -> Finding:
    return Finding(name, "error", text, quotes, line, url, can_be_accepted)


def warning(name: str, text: str, *quotes: str, line: int | None = None, url: str = "") -> Finding:
    return Finding(name, "warning", text, quotes, line, url)
