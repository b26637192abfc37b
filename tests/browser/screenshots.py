"""`make screenshots`: pictures of every kind of page for README and docs, of the sample site on a fixed day.

A file is written only where the picture has changed.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from PIL import Image, ImageChops
from playwright.sync_api import Page

from articles.models import Article, LinkCheck
from tests.browser.conftest import sign_in
from tests.factories import make_approval, make_article, make_editor

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
PUBLISHED = datetime(2026, 7, 6, 9, 0, tzinfo=ZoneInfo("Europe/Copenhagen"))
MOMENT = PUBLISHED + timedelta(days=4)
# `ONLY=desk make screenshots` takes those with that in their name.
ONLY = os.environ.get("ONLY", "")
LARGEST = 60_000  # bytes of a file
COLOURS = 128
PHONE, SCREEN = (360, 740), (1280, 860)


@dataclass(frozen=True)
class Shot:
    name: str
    path: str
    sizes: tuple[tuple[int, int], ...] = (PHONE, SCREEN)
    scheme: Literal["light", "dark"] = "light"
    at: str = ""
    """The element to scroll to."""


# A page that answers 404 is passed over, and said, unless its name says that it is missing.
PUBLIC = [
    Shot("article", "/da/blog/tarm-hjerne-aksen/"),
    Shot("article-dark", "/da/blog/tarm-hjerne-aksen/", scheme="dark"),
    Shot("article-references", "/da/blog/tarm-hjerne-aksen/", at="#references"),
    Shot("article-english", "/en/blog/tarm-hjerne-aksen/", sizes=(SCREEN,)),
    Shot("list", "/da/blog/"),
    Shot("category", "/da/blog/category/mave-og-tarm/"),
    Shot("author", "/da/blog/author/anna-eksempel/"),
    Shot("treatment", "/da/blog/treatment/koloskopi/"),
    Shot("treatments", "/da/blog/treatment/"),
    Shot("privacy", "/da/blog/privacy/"),
    Shot("embed", "/da/blog/treatment/koloskopi/embed/", sizes=((360, 420),)),
    Shot("search", "/da/blog/search/?q=galdsten"),
    Shot("design", "/da/blog/design/", sizes=(SCREEN,)),
    Shot("missing-language", "/en/blog/haemorider/"),
    Shot("missing", "/da/blog/findes-ikke/"),
]
DESK = [
    Shot("desk-worklist", "/admin/"),
    Shot("desk-articles", "/admin/articles/article/", sizes=(SCREEN,)),
    Shot("desk-form", "/admin/articles/article/{}/change/"),
    Shot("desk-form-dark", "/admin/articles/article/{}/change/", sizes=(SCREEN,), scheme="dark"),
    Shot("desk-text", "/admin/articles/article/{}/change/", sizes=(SCREEN,), at=".toolbar"),
    Shot("desk-publish", "/admin/articles/article/{}/publish/"),
    Shot("desk-translation", "/admin/articles/article/{}/translation/", sizes=(SCREEN,)),
    Shot("desk-history", "/admin/articles/article/{}/history/", sizes=(SCREEN,)),
    Shot("desk-share", "/admin/articles/article/{}/share/", sizes=(SCREEN,)),
    Shot("desk-import", "/admin/articles/article/import/", sizes=(SCREEN,)),
    Shot("desk-reference", "/admin/references/reference/add/", sizes=(SCREEN,)),
]


@pytest.fixture
def sample(transactional_db):
    """The sample site, with something for its editors to do; the number of the article they work on."""
    with time_machine.travel(PUBLISHED):
        call_command("load_sample", stdout=StringIO())
        article = Article.objects.get(slug_da="galdesten")
        make_link_check(article)
    with time_machine.travel(PUBLISHED - timedelta(days=40)):
        make_article(title_da="Kost efter en operation i maven", slug_da="kost")
    with time_machine.travel(MOMENT - timedelta(hours=1)):
        article.body_da = article.body_da.replace("\n\n", "\n\nEn sætning, der endnu er en kladde.\n\n", 1)
        article.save()
        make_approval(article, name="Bo Prøvesen")
    return article.pk


def make_link_check(article: Article) -> None:
    LinkCheck.objects.create(
        url="https://example.dk/vejledning-om-galdesten",
        status=404,
        trouble=LinkCheck.Trouble.GONE,
        checked_at=PUBLISHED,
        failing_since=PUBLISHED,
        articles=[article.pk],
    )


def test_screenshots(page, live_server, settings, sample, capsys):
    settings.SITE_URL = live_server.url
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    notes = [note for shot in PUBLIC if ONLY in shot.name for note in take(page, shot, sample)]
    sign_in(page.context, make_editor(first_name="Anna", last_name="Eksempel"), live_server.url)
    notes += [note for shot in DESK if ONLY in shot.name for note in take(page, shot, sample)]
    with capsys.disabled():
        print("\n".join(["", *notes]))  # noqa: T201 - what the command has to say
    assert not [note for note in notes if "larger than" in note]


def take(page: Page, shot: Shot, article: int) -> list[str]:
    """Write the pictures of a page; what there is to say of them."""
    notes = []
    page.emulate_media(color_scheme=shot.scheme)
    for width, height in shot.sizes:
        page.set_viewport_size({"width": width, "height": height})
        # The same minute for each, however long the others took.
        with time_machine.travel(MOMENT):
            response = page.goto(shot.path.format(article), wait_until="networkidle")
        if response is None or (response.status >= 400 and not shot.name.startswith("missing")):
            return [f"{shot.name}: passed over, {shot.path} answers {response and response.status}"]
        if shot.at:
            page.locator(shot.at).first.evaluate("element => element.scrollIntoView()")
        data = small(page.screenshot(animations="disabled", caret="hide", scale="css"))
        path = FOLDER / f"{shot.name}-{width}.webp"
        if len(data) > LARGEST:
            notes.append(f"{path.name}: larger than {LARGEST} bytes: {len(data)}")
        if not path.exists() or not same_picture(path.read_bytes(), data):
            path.write_bytes(data)
            notes.append(f"{path.name}: {len(data):,} bytes")
    return notes


def small(png: bytes) -> bytes:
    """The picture in few colours, as lossless WebP."""
    picture = Image.open(BytesIO(png)).convert("RGB")
    few = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    out = BytesIO()
    few.convert("RGB").save(out, "WEBP", lossless=True, quality=100, method=6)
    return out.getvalue()


def same_picture(one: bytes, other: bytes) -> bool:
    first, second = (Image.open(BytesIO(data)).convert("RGB") for data in (one, other))
    return first.size == second.size and ImageChops.difference(first, second).getbbox() is None
