"""Plain text as Markdown that renders to that same text."""

import re

MARKUP = re.compile(
    r"""(?P<escape> [\\`*\[{] )
    | (?P<underscore> (?<!\w)_ | _(?!\w) | (?<=_)_ )
    | (?P<entity> &(?=\#|\w{1,40};|$) )  # Python-Markdown ends "&#1" as if the semicolon were there
    | (?P<tag> <(?![\s=]) )
    """,
    re.VERBOSE,
)
# What opens a block at the start of a line: heading, quotation, list, rule, fence, definition.
OPENING = re.compile(r"(?P<number>\d+(?=[.)](?:\s|$)))|[#>]|[-+](?=[-+\s]|$)|!(?=!!)|[:~]")


def escaped(text: str) -> str:
    """One paragraph of Markdown, of one line, that reads as the text."""
    return escaped_opening(escaped_inline(text))


def escaped_opening(markdown: str) -> str:
    """A paragraph whose beginning does not make it something else."""
    opening = OPENING.match(markdown)
    if opening is None:
        return markdown
    if opening["number"]:
        return f"{opening[0]}\\{markdown[opening.end() :]}"
    # Python-Markdown has no backslash escape for these two.
    if opening[0] in ":~":
        return f"&#{ord(opening[0])};{markdown[1:]}"
    return f"\\{markdown}"


def escaped_heading(text: str) -> str:
    """The text of a heading after its opening marks, where numbers are only numbers."""
    return escaped_inline(text).replace("#", r"\#")


def escaped_inline(text: str) -> str:
    return MARKUP.sub(replacement, text)


def replacement(match: re.Match[str]) -> str:
    if match.lastgroup == "tag":
        return "&lt;"
    if match.lastgroup == "entity":
        return "&amp;"
    return f"\\{match[0]}"
