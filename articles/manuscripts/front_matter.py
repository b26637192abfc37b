"""Manuscripts in Markdown with YAML front matter between two lines of ---.

Only `title` is needed; the others are language, slug, translation_of, author, author_title, date,
category, abstract, seek_help, treatments, related, and references: a list of {pmid or doi, text}. Values are
read as the text they are written with, so that no "no" becomes False and no 034 becomes 28.
Anchors, aliases and tags are refused: front matter has no use for them, attacks do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

import yaml
from django.utils.translation import gettext as _

from articles.manuscripts.dates import read_date
from articles.manuscripts.manuscript import (
    LeftOver,
    Manuscript,
    ManuscriptError,
    Problem,
    checked_title,
    same_words,
    shortened,
    with_left_overs,
)
from articles.manuscripts.reference_list import (
    NUMBERS_IN_MARKDOWN,
    Entry,
    entry_from_text,
    not_citable,
    reference_list,
)

FENCE = "---"
CLOSINGS = (FENCE, "...")
NULLS = ("~", "null", "Null", "NULL")
MOST_NESTED = 8

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Scalar:
    line: int
    text: str


@dataclass(frozen=True)
class Sequence:
    line: int
    items: list["Node"]


@dataclass(frozen=True)
class Mapping:
    line: int
    pairs: list[tuple["Node", "Node"]]


Node = Scalar | Sequence | Mapping


@dataclass
class Fields:
    """What the front matter says, taken key by key; what is wrong with it is kept and said."""

    values: dict[str, Node] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    left_over: list[LeftOver] = field(default_factory=list)

    def text(self, key: str) -> str:
        node = self.values.pop(key, None)
        if isinstance(node, Sequence) and len(node.items) == 1:
            node = node.items[0]
        if node is None:
            return ""
        if isinstance(node, Scalar):
            return node.text
        self.unused(key, node, _("“%(key)s” has to be text; it was not used."))
        return ""

    def line(self, key: str) -> str:
        return " ".join(self.text(key).split())

    def texts(self, key: str) -> tuple[str, ...]:
        node = self.values.pop(key, None)
        if node is None:
            return ()
        if isinstance(node, Scalar):
            items = node.text.split(",")
        elif isinstance(node, Sequence) and all(isinstance(item, Scalar) for item in node.items):
            items = [as_text(item) for item in node.items]
        else:
            self.unused(key, node, _("“%(key)s” has to be a list of texts; it was not used."))
            items = []
        return tuple(dict.fromkeys(filter(None, (item.strip() for item in items))))

    def entries(self) -> list[Entry]:
        node = self.values.pop("references", None)
        if node is None or node == Scalar(node.line, ""):
            return []
        if not isinstance(node, Sequence):
            self.unused("references", node, _("“%(key)s” has to be a list, each with - ; it was not used."))
            return []
        return [self.entry(item) for item in node.items]

    def entry(self, node: Node) -> Entry:
        if not isinstance(node, Mapping):
            text = as_text(node)
            bare = "PMID: " if text.isdecimal() else "DOI: " if text.startswith("10.") else ""
            return entry_from_text(node.line, bare + text)
        own = fields_of(node)
        entry = Entry(node.line, as_text(node), own.line("pmid"), own.line("doi"), own.line("text"))
        own.leave_rest()
        self.problems += own.problems
        self.left_over += own.left_over
        return entry

    def date(self, key: str) -> date | None:
        node = self.values.get(key)
        written = self.text(key)
        read = read_date(written)
        if node and written and not read:
            self.unused(key, node, _("“%(key)s” is not a date that can be read; it was not used."))
        return read

    def leave_rest(self) -> None:
        """Everything nobody asked for."""
        for key, node in self.values.items():
            self.unused(key, node, _("“%(key)s” was not used."))
        self.values = {}

    def unused(self, key: str, node: Node, message: str) -> None:
        kept = _("It was kept at the end of the text.")
        self.problems.append(Problem(node.line, f"{message % {'key': shortened(key)}} {kept}"))
        self.left_over.append(LeftOver(node.line, f"{key}: {as_text(node)}"))


def begins(text: str) -> bool:
    """Whether the text opens with front matter."""
    return text.lstrip().partition("\n")[0].rstrip() == FENCE


def parse(text: str, language: str) -> Manuscript:
    lines = text.split("\n")
    opening = next(n for n, line in enumerate(lines) if line.strip())
    after = range(opening + 1, len(lines))
    closing = next((n for n in after if lines[n].rstrip() in CLOSINGS), None)
    if closing is None:
        raise ManuscriptError(
            _("The front matter that --- opens in line %(line)d is not closed by another ---.")
            % {"line": opening + 1}
        )
    root = tree("\n".join(lines[opening + 1 : closing]), first_line=opening + 2)
    if not isinstance(root, Mapping):
        raise ManuscriptError(_("The front matter has to be lines of the form “key: value”."))
    return manuscript(fields_of(root), lines[closing + 1 :], closing + 2, language)


def manuscript(fields: Fields, lines: list[str], first_line: int, language: str) -> Manuscript:
    title = fields.line("title")
    if not title:
        raise ManuscriptError(_("The front matter has no title. Write a line “title: …” there."))
    written_in = fields.line("language").lower()
    abstract_line = fields.values["abstract"].line if "abstract" in fields.values else 0
    works = reference_list(fields.entries())
    text = "\n".join(without_title(lines, title))
    body = works.keyed(text, first_line, NUMBERS_IN_MARKDOWN, literal=str).strip("\n")
    read = Manuscript(
        title=checked_title(title),
        language=written_in,
        slug=fields.line("slug"),
        translation_of=fields.line("translation_of"),
        author=fields.line("author"),
        author_title=fields.line("author_title"),
        published_on=fields.date("date"),
        category=fields.line("category"),
        abstract=fields.text("abstract"),
        seek_help=fields.text("seek_help"),
        treatments=fields.texts("treatments"),
        related=fields.texts("related"),
        references=tuple(works.references),
    )
    fields.leave_rest()
    fields.problems += not_citable(read.abstract, abstract_line)
    left_over = fields.left_over + works.left_over
    return replace(
        read,
        body=with_left_overs([body] if body else [], left_over, written_in or language),
        problems=tuple(sorted({*fields.problems, *works.problems, *works.never_cited()})),
    )


def without_title(lines: list[str], title: str) -> list[str]:
    """The body's lines; a first heading that only repeats the title is emptied."""
    first = next((n for n, line in enumerate(lines) if line.strip()), None)
    if first is None or not same_words(lines[first].removeprefix("# "), title):
        return lines
    return [*lines[:first], "", *lines[first + 1 :]]


def fields_of(mapping: Mapping) -> Fields:
    """The mapping's values by key; a key given twice keeps its first."""
    fields = Fields()
    for key_node, value in mapping.pairs:
        key = as_text(key_node)
        if key in fields.values:
            fields.unused(key, value, _("“%(key)s” is given twice; the second was not used."))
        else:
            fields.values[key] = value
    return fields


def tree(text: str, first_line: int) -> Node:
    """The front matter as nodes that know their line in the file."""
    try:
        events = iter(yaml.parse(text, Loader=LOADER))
        for event in events:
            if isinstance(event, yaml.NodeEvent):
                root = node(event, events, first_line, depth=1)
                for _rest in events:  # a second document, or what is wrong after this one
                    pass
                return root
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line if mark else 0
        raise ManuscriptError(
            _(
                "Line %(line)d of the front matter cannot be read as YAML (%(reason)s): a value "
                "with a colon, bracket or # in it has to stand in quotation marks."
            )
            % {"line": first_line + line, "reason": error.problem}
        ) from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise ManuscriptError(_("The front matter has a character that YAML does not allow.")) from error
    return Mapping(first_line, [])


def node(event: yaml.NodeEvent, events: Iterator[yaml.Event], first_line: int, depth: int) -> Node:
    """The node that this event opens."""
    line = first_line + (event.start_mark.line if event.start_mark else 0)
    if isinstance(event, yaml.AliasEvent) or event.anchor or getattr(event, "tag", None):
        raise ManuscriptError(
            _("Line %(line)d of the front matter uses & * or ! as YAML does: put it in quotes.")
            % {"line": line}
        )
    if depth > MOST_NESTED:
        raise ManuscriptError(_("Line %(line)d of the front matter is nested too deeply.") % {"line": line})
    if isinstance(event, yaml.ScalarEvent):
        is_null = event.implicit[0] and event.value in NULLS
        return Scalar(line, "" if is_null else event.value.strip())
    children = []
    for child in events:
        if not isinstance(child, yaml.NodeEvent):  # the collection's end
            break
        children.append(node(child, events, first_line, depth + 1))
    if isinstance(event, yaml.MappingStartEvent):
        return Mapping(line, list(zip(children[::2], children[1::2], strict=True)))
    return Sequence(line, children)


def as_text(written: Node) -> str:
    """On one line, as a person reads it."""
    if isinstance(written, Scalar):
        return " ".join(written.text.split())
    if isinstance(written, Sequence):
        return ", ".join(as_text(item) for item in written.items)
    return "; ".join(f"{as_text(key)}: {as_text(value)}" for key, value in written.pairs)
