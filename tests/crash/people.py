"""People at work: each signed in, in a thread, one request after the other, until the site is killed."""

import random
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from http.client import HTTPConnection, HTTPException
from io import BytesIO
from itertools import count
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone

from tests.crash.ledger import Key, Ledger
from tests.crash.site import HOST, PATIENCE, Site
from tests.pictures import as_file, make_image
from tests.word_files import png, saved, titled

GOOD = (11, 22, 33, 44)
PASSWORD = "Til prøve alene"
TEXTS = [
    f"{field}_{code}" for field in ("title", "slug", "abstract", "seek_help", "body") for code in ("da", "en")
]


class Unanswered(Exception):  # noqa: N818 - said of a request
    """The site was killed, or could not do it just now. Whether it was done, nobody has been told."""


class Refused(Exception):  # noqa: N818 - said of a request
    """An answer that a client should never get: the harness, or the site, is wrong."""


class Person(threading.Thread):
    """Works on articles of its own. `stopping` ends it after the request it is at."""

    numbers = count(1)

    def __init__(
        self, site: Site, ledger: Ledger, cookies: dict[str, str], state: "Desk", stopping: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self.site, self.ledger, self.state, self.stopping = site, ledger, state, stopping
        self.cookies = cookies
        self.trouble = ""

    def run(self) -> None:
        deeds: list[Callable[[], None]] = [
            *(self.write, self.write, self.publish, self.publish, self.schedule, self.withdraw),
            *(self.upload, self.upload, self.delete_picture, self.portrait, self.import_file),
            *(self.ask_doctor, self.sign_in),
        ]
        try:
            while not self.stopping.is_set():
                self.state.random.choice(deeds)()
        except Unanswered:
            return
        except Exception as error:  # noqa: BLE001 - told by the harness
            self.trouble = f"{type(error).__name__}: {error}"

    # Requests

    def ask(
        self,
        method: str,
        path: str,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, str, str]:
        """Status, address it leads to, and body."""
        connection = HTTPConnection(HOST, self.site.port, timeout=PATIENCE)
        base = f"https://{HOST}:{self.site.port}"
        sent = {
            "X-Forwarded-Proto": "https",
            "Accept-Language": "en",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Referer": f"{base}/admin/",
            "Origin": base,
            "X-CSRFToken": next(value for name, value in self.cookies.items() if "csrf" in name),
            "Content-Type": MULTIPART_CONTENT,
            **(headers or {}),
        }
        body = encode_multipart(BOUNDARY, data) if data is not None else None
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, HTTPException) as error:
            raise Unanswered from error
        finally:
            connection.close()
        if response.status >= 500:
            raise Unanswered
        return response.status, response.headers.get("Location", ""), text

    def get(self, path: str) -> str:
        status, _location, body = self.ask("GET", path)
        if status != 200:
            raise Refused(f"GET {path}: {status}")
        return body

    def do(
        self,
        new: dict[Key, str],
        path: str,
        data: dict[str, Any],
        success: int = 302,
        headers: dict[str, str] | None = None,
    ) -> str:
        """Have something done. Only the answer that says so counts as being told. The body."""
        deed = self.ledger.attempt(new)
        status, _location, body = self.ask("POST", path, data, headers)
        if status != success:
            errors = re.findall(r'class="errorlist[^"]*"[^>]*>(.*?)</ul>', body, re.DOTALL)
            raise Refused(f"POST {path}: {status} {errors}")
        self.ledger.tell(deed)
        return body

    # Deeds

    def write(self) -> None:
        pk = self.state.article()
        page = self.get(f"/admin/articles/article/{pk}/change/")
        version = re.search(r'name="loaded_version" value="(\d+)"', page)
        n = next(self.numbers)
        picture = self.state.some_picture()
        shown = f"\n\n![Figur](picture:{picture})" if picture else ""
        cited = "; ".join(f"@pmid:{pmid}" for pmid in self.state.random.sample(GOOD, 2))
        body = f"## Tekst {n}\n\nEt fund [{cited}], og [mere]({self.site.link}).{shown}"
        fields = dict.fromkeys(TEXTS, "") | {
            "loaded_version": version[1] if version else "",
            "original_language": "da",
            "title_da": f"Brok {pk}",
            "slug_da": f"brok-nummer-{pk}",
            "abstract_da": "Kort om brok.",
            "body_da": body,
            "treatments": self.state.treatments,
            "author": str(self.state.author),
            "_continue": "Save",
        }
        self.do({("draft", pk): body}, f"/admin/articles/article/{pk}/change/", fields)

    def publish(self) -> None:
        pk = self.state.article()
        draft = self.ledger.known[("draft", pk)]
        if draft != self.ledger.known[("online", pk)]:
            self.do_publish(pk, {("online", pk): draft, ("scheduled", pk): ""}, {})

    def schedule(self) -> None:
        pk = self.state.article()
        draft = self.ledger.known[("draft", pk)]
        if draft not in (self.ledger.known[("online", pk)], self.ledger.known[("scheduled", pk)]):
            at = timezone.localtime(timezone.now() + timedelta(days=2))
            self.do_publish(pk, {("scheduled", pk): draft}, {"at": f"{at:%Y-%m-%dT%H:%M}"})

    def do_publish(self, pk: int, new: dict[Key, str], more: dict[str, str]) -> None:
        path = f"/admin/articles/article/{pk}/publish/"
        shown = shown_by(self.get(path))
        self.do(new, path, {**shown, "languages": ["da"], **more})

    def withdraw(self) -> None:
        pk = self.state.article()
        if self.ledger.known[("online", pk)] or self.ledger.known[("scheduled", pk)]:
            path = f"/admin/articles/article/{pk}/withdraw/"
            shown = shown_by(self.get(path))
            self.do({("online", pk): "", ("scheduled", pk): ""}, path, {**shown, "languages": ["da"]})

    def upload(self) -> None:
        alt = f"Tegning {next(self.numbers)}"
        file = SimpleUploadedFile("brok.png", png(self.state.colour()).getvalue(), "image/png")
        sent = {"file": file, "alt_da": alt, "credit": "Foto: Anna Prøve", "language": "da"}
        answer = self.do({("picture", alt): alt}, "/admin/articles/picture/upload/", sent, success=201)
        found = re.search(r'"id": (\d+)', answer)
        if found:
            self.state.pictures[alt] = int(found[1])

    def delete_picture(self) -> None:
        unused = [alt for alt, pk in self.state.pictures.items() if pk not in self.state.shown]
        if unused:
            alt = self.state.random.choice(unused)
            pk = self.state.pictures.pop(alt)
            self.do({("picture", alt): ""}, f"/admin/articles/picture/{pk}/delete/", {"post": "yes"})

    def portrait(self) -> None:
        biography = f"Om Anna, {next(self.numbers)}."
        face = make_image(self.state.random.randint(30, 60), 40)
        fields = {
            "name": "Anna Prøve",
            "slug": f"anna-{self.state.author}",
            "biography_da": biography,
            "_continue": "Save",
            "photo": SimpleUploadedFile("face.png", as_file(face, "PNG"), "image/png"),
        }
        path = f"/admin/articles/author/{self.state.author}/change/"
        self.do({("author", self.state.author): biography}, path, fields)

    def import_file(self) -> None:
        n = next(self.numbers)
        document = titled(f"Importeret {n}")
        document.add_paragraph(f"Dette er tekst {n}.")
        document.add_picture(png(self.state.colour()))
        document.inline_shapes[0]._inline.docPr.set("descr", f"Importeret tegning {n}")
        file = SimpleUploadedFile("brok.docx", BytesIO(saved(document)).getvalue())
        sent = {"file": file, "language": "da", "slug": f"importeret-{n}"}
        # With its picture: one without the other is half an import.
        new: dict[Key, str] = {
            ("import", f"importeret-{n}"): f"tekst {n}",
            ("picture", f"Importeret tegning {n}"): f"Importeret tegning {n}",
        }
        self.do(new, "/admin/articles/article/import/", sent)

    def ask_doctor(self) -> None:
        """A doctor is asked, and answers at once."""
        n = next(self.numbers)
        email = f"doctor-{n}@example.dk"
        asked = {
            "language": "da",
            "name": "Bo Prøve",
            "email": email,
            "days": "14",
            "message": f"Spørgsmål {n}",
        }
        fields = {f"ask-{name}": value for name, value in asked.items()} | {"_ask": "Send"}
        path = f"/admin/articles/article/{self.state.article()}/share/"
        self.do({("asked", email): "mailed"}, path, fields)
        self.do({("answered", email): "approved"}, self.site.mail.links[email], {"decision": "approved"})

    def sign_in(self) -> None:
        """In another browser, from another address."""
        key: Key = ("sign-ins", self.state.door)
        sent = {"login": self.state.door, "password": PASSWORD}
        address = f"10.1.{next(self.numbers) % 250}.{self.state.random.randrange(250)}"
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items() if "csrf" in name)
        new = {key: str(int(self.ledger.known.get(key) or "0") + 1)}
        headers = {"Cookie": cookies, "X-Forwarded-For": address}
        self.do(new, "/admin/login/", sent, headers=headers)


class Desk:
    """What a person works on, from one round to the next."""

    def __init__(self, seed: str, articles: list[int], treatments: list[int], author: int, door: str) -> None:
        self.random = random.Random(seed)  # noqa: S311 - to be repeated
        self.door = door  # the name of an account that signs in
        self.articles, self.treatments, self.author = articles, treatments, author
        self.pictures: dict[str, int] = {}
        self.shown: set[int] = set()

    def article(self) -> int:
        return self.random.choice(self.articles)

    def colour(self) -> str:
        return f"#{self.random.randrange(2**24):06x}"

    def some_picture(self) -> int | None:
        """One that is shown from now on, and so never deleted."""
        if not self.pictures or self.random.random() < 0.5:
            return None
        pk = self.random.choice(list(self.pictures.values()))
        self.shown.add(pk)
        return pk


def shown_by(page: str) -> dict[str, str]:
    """The hidden fields with what a page showed, as it sends them back."""
    fields = re.findall(r'<input type="hidden" name="([a-z]+-shown)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in fields}
