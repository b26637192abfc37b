"""What a page's head says, as a program reads it."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import html5lib

HTML = "{http://www.w3.org/1999/xhtml}"
DATA = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


class Head:
    def __init__(self, html: str) -> None:
        document = html5lib.parse(html)
        self.links = [dict(link.attrib) for link in document.iter(f"{HTML}link")]
        self.metas = [dict(meta.attrib) for meta in document.iter(f"{HTML}meta")]
        self.addresses = [
            element.attrib[name]
            for element in document.iter()
            for name in ("href", "src")
            if name in element.attrib
        ]

    @property
    def canonical(self) -> str:
        [address] = [link["href"] for link in self.links if link["rel"] == "canonical"]
        return address

    @property
    def hreflang(self) -> dict[str, str]:
        return {link["hreflang"]: link["href"] for link in self.links if "hreflang" in link}

    def feeds(self, kind: str) -> list[str]:
        return [link["href"] for link in self.links if link.get("type") == kind]

    def property(self, name: str) -> str:
        [content] = [meta["content"] for meta in self.metas if meta.get("property") == name]
        return content


def head_of(client: Any, address: str) -> Head:
    """Of the page at an address, whole or a path."""
    return Head(get(client, address).content.decode())


def get(client: Any, address: str) -> Any:
    parts = urlsplit(address)
    response = client.get(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    assert response.status_code == 200, address
    return response


def data(html: str) -> Any:
    """The JSON-LD of a page, of which there is one piece."""
    [written] = DATA.findall(html)
    return json.loads(written)


def without_data(html: str) -> str:
    return DATA.sub("", html)
