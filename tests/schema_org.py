"""schema.org's vocabulary, from the package that has a class for each of its types."""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

ADDRESS_PROPERTIES = {"url", "image", "sameAs", "item", "target", "@id"}
NAME = re.compile(r"[A-Z][A-Za-z0-9]+")


def problems(node: dict[str, Any], where: str = "") -> Iterator[str]:
    """Where a node and all in it use what the vocabulary has not, or a type that a property does not take."""
    types = [node["@type"]] if isinstance(node["@type"], str) else node["@type"]
    properties = {name: kinds for named in types for name, kinds in properties_of(named).items()}
    for name, value in node.items():
        place = f"{where}/{'+'.join(types)}.{name}"
        if not name.startswith("@") and name not in properties:
            yield f"{place} is no property"
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                kinds = {kind for named in one_or_more(one["@type"]) for kind in supertypes(named)}
                if not kinds & properties[name]:
                    yield f"{place} is no {one['@type']}"
                yield from problems(one, place)
            elif name in ADDRESS_PROPERTIES and not re.match(r"https?://", str(one)):
                yield f"{place} is no whole address: {one}"
            elif one in ("", None):
                yield f"{place} is empty"


def one_or_more(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def class_of(named: str) -> Any:
    """Raises ImportError for a type that the vocabulary has not."""
    return getattr(import_module(f"pydantic2_schemaorg.{named}"), named)


def supertypes(named: str) -> set[str]:
    return {ancestor.__name__ for ancestor in class_of(named).__mro__}


def properties_of(named: str) -> dict[str, set[str]]:
    """What the type has, its supertypes' too, each with the types it takes."""
    found: dict[str, set[str]] = {}
    for ancestor in class_of(named).__mro__:
        for name, annotation in vars(ancestor).get("__annotations__", {}).items():
            found.setdefault(name, set(NAME.findall(str(annotation))))
    return found
