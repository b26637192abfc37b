"""Pieces that, repeated, have made parsers take the square of the length or fall over."""

from collections.abc import Callable

PIECES = [
    *("[", "[]", "![", "](", "[a](", "[a](<", '[a](b "', "[a][", "[@", "[@pmid:1; ", "[![", "[ ", "![a]", "[a]\n"),
    *("*", "*a ", "a*", "**a ", "***a*", "_a ", "*_", "*a**b", "`", "`a", "\\`", "\\", "~", "^"),
    *("<", "<a", "</a", "<!--", "<?", "<!", "<![CDATA[", '<a href="', "<a x='", "<a@", "<http:", "<b>", "<i>a</b>"),
    *("<div>\n", "<div>\n\n", "<p>a\n\n", "<ul><li>", "<table><tr><td>", "<h1>", "<h1></h2>", "<blockquote>"),
    *("&", "&#", "&amp;", "&a", "&#1", "> ", ">\n", "> a\n\n", "- ", "1. ", "- a\n", "1. a\n", "* a\n\n    b\n\n"),
    *("a\n: b\n\n", ": ", "# a\n", "## a\n\n", "#", "a\n=\n", "=", "---\n", "***", "|", "|a", "|`", "a|b\n-|-\n"),
    *(" ", "\n", "\t", "a  \n", "    a\n", "\0", "\x02", "\x03", "[a]: b\n", "[a]: b\n\n[a] ", "![](picture:1) "),
    *("10.1234/", ". ", "? ", "A. ", "Smith A, ", "2020;1(2):3-4. ", "(", "PMID: 1 ", "10 % ", "et al. ", "1,", "1."),
    *("a-", "a'", '"', "–", ": ", "TY  - JOUR\n", "PMID- 1\n\n", "---\nx: y\n", "&x;", "%", "ß", "İ", "\u0300", "🏴"),
]


def repeated(piece: str, length: int) -> str:
    return (piece * (length // len(piece) + 1))[:length]


SHAPES: dict[str, Callable[[int], str]] = {
    "open then close": lambda n: "[" * (n // 2) + "]" * (n // 2),
    "nested links": lambda n: "[" * (n // 5) + "](b)" * (n // 5),
    "wide table": lambda n: "|a" * (n // 6) + "|\n" + "|-" * (n // 6) + "|\n" + "|\n" * (n // 6),
    "many empty cells": lambda n: ("|a" * 90 + "|\n" + "|-" * 90 + "|\n" + "|\n" * 100 + "\n") * (n // 560),
    "long address, often": lambda n: f"[a]: {'b' * (n // 2)}\n\n" + "[a] " * (n // 8),
    "nested lists": lambda n: "\n".join("    " * depth + "- a" for depth in range(int((n / 2) ** 0.5))),
    "nested quotations": lambda n: "\n".join("> " * depth + "a" for depth in range(int(n**0.5))),
    "definition lists": lambda n: "\n".join("    " * depth + ":   a" for depth in range(int((n / 2) ** 0.5))),
    "runs of backticks": lambda n: " ".join("`" * run for run in range(1, int((2 * n) ** 0.5))),
    "long reference": lambda n: f"&#{'1' * n};",
    "blanks then a word": lambda n: "a." + " " * n + "b",
    "emphasis, closed late": lambda n: "*a _b " * (n // 12) + "c_ d* " * (n // 12),
}
