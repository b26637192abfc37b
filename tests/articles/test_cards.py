"""The picture that goes with a link to an article."""

import re
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from articles import cards, publishing
from articles.cards import Card, png
from tests.factories import make_article, make_author, make_edition
from tests.heads import head_of

CARD = Card("Lyskebrok", "Anna Prøve", "Kirurgen.dk", "#fdfcf9", "#1c2b33", "#0a5c66")
LONG = (
    "Hvad sker der før, under og efter en kikkertundersøgelse af tyktarmen (koloskopi), og hvordan skal du"
    " forberede dig, hvis du har sukkersyge, tager blodfortyndende medicin eller har en pacemaker?"
)
TITLES = [
    *("Brok", LONG, "W" * 200, "å" * 200, "x " * 100, "a-" * 100, "Speciallæge\N{SOFT HYPHEN}praksis" * 6),
    *(" ", "\N{SOFT HYPHEN}", "Én\nto\tre", "日本 😀 \x00"),
]


def opened(card):
    return Image.open(BytesIO(png(card)))


@pytest.mark.parametrize("title", TITLES)
def test_picture_is_small_whatever_the_title(title):
    picture = opened(replace(CARD, title=title[:200]))
    assert picture.size == (1200, 630)
    assert len(png(replace(CARD, title=title[:200]))) < 40_000


@pytest.mark.parametrize("title", TITLES)
def test_nothing_is_drawn_over_the_edge(title):
    picture = opened(replace(CARD, title=title[:200], author="Ø" * 200, clinic="W" * 200)).convert("RGB")
    paper = (0xFD, 0xFC, 0xF9)
    for edge in ((0, 30, 60, 630), (1140, 30, 1200, 630), (0, 600, 1200, 630)):
        assert picture.crop(edge).getcolors() == [((edge[2] - edge[0]) * (edge[3] - edge[1]), paper)]


@pytest.mark.parametrize("title", TITLES)
def test_title_keeps_clear_of_the_line_below(title):
    size, lines = cards.set_title(title[:200])
    assert len(lines) * size * cards.TITLE_LEADING <= cards.TITLE_HEIGHT


def test_colours_are_the_clinics():
    picture = opened(replace(CARD, paper="#ffeedd", ink="#112233", accent="#abcdef")).convert("RGB")
    colours = {colour for _count, colour in picture.getcolors() or []}
    assert {(0xFF, 0xEE, 0xDD), (0x11, 0x22, 0x33), (0xAB, 0xCD, 0xEF)} <= colours
    assert len(colours) <= 16


@pytest.mark.parametrize("letter", "æøåÆØÅéüß–“”…≤µ")
def test_font_has_the_letters_that_titles_have(letter):
    face = cards.font(cards.SourceSerifProSemibold, 80)
    assert bytes(face.getmask(letter)) != bytes(face.getmask("\uffff"))


def test_long_title_is_set_smaller_and_whole():
    size, lines = cards.set_title(LONG)
    assert size < cards.set_title("Lyskebrok")[0]
    assert " ".join(lines) == LONG


def test_lines_are_about_as_long_as_each_other():
    face = cards.font(cards.SourceSerifProSemibold, 88)
    _size, lines = cards.set_title("Tarm-hjerne-aksen: hvordan taler maven og hjernen sammen?")
    widths = [face.getlength(line) for line in lines]
    assert min(widths) > 0.7 * max(widths)


def test_word_is_broken_at_its_own_hyphen():
    face = cards.font(cards.SourceSerifProSemibold, 40)
    word = "mavetarm\N{SOFT HYPHEN}sygdomme"
    assert cards.pieces(word, face, 250) == ["mavetarm-", "sygdomme"]


@pytest.mark.parametrize("field", ["title", "author", "clinic", "paper", "ink", "accent"])
def test_another_picture_has_another_address(field):
    assert replace(CARD, **{field: "#000000"}).digest != CARD.digest


# Where it is


def card_path(client, edition):
    return re.sub(r"^https?://[^/]+", "", head_of(client, edition.get_absolute_url()).property("og:image"))


@pytest.mark.django_db
def test_picture_is_where_the_page_says_and_may_be_kept(client, django_assert_num_queries):
    path = card_path(client, make_edition(author=make_author()))
    with django_assert_num_queries(1):
        response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert {"public", "max-age=31536000", "s-maxage=2", "immutable"} <= set(
        response["Cache-Control"].split(", ")
    )
    assert not response.cookies
    assert Image.open(BytesIO(response.content)).size == (1200, 630)


@pytest.mark.django_db
def test_former_address_leads_to_the_picture_of_today(client):
    article = make_article(title_da="Før")
    former = card_path(client, publishing.publish(article, "da"))
    article.title_da = "Efter"
    article.save()
    today = card_path(client, publishing.publish(article, "da"))
    response = client.get(former)
    assert response.status_code == 302
    assert response["Location"].endswith(today)


@pytest.mark.django_db
def test_withdrawn_article_has_no_picture(client):
    edition = make_edition()
    path = card_path(client, edition)
    publishing.withdraw(edition.article, "da")
    assert client.get(path).status_code in {404, 410}


@pytest.mark.django_db
def test_former_slug_leads_to_the_picture(client):
    article = make_article(slug_da="gammel")
    former = card_path(client, publishing.publish(article, "da"))
    article.slug_da = "ny"
    article.save()
    edition = publishing.publish(article, "da")
    response = client.get(former)
    assert (response.status_code, response["Location"]) == (301, card_path(client, edition))
