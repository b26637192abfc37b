import re

import pytest

from clinic import design
from clinic.identity import contrast
from references.models import Reference
from references.works import STANDING_SENTENCES


@pytest.fixture
def parts(client, settings, db):
    settings.DEBUG = True
    return lambda language: client.get(f"/{language}/blog/design/").content.decode()


def test_page_of_all_parts_is_for_developers_only(client, db):
    assert client.get("/da/blog/design/").status_code == 404


@pytest.mark.parametrize("language", ["da", "en"])
def test_page_of_all_parts_is_in_every_language(parts, language):
    html = parts(language)
    assert f'<html lang="{language}">' in html
    assert html.count("<h1>") == 1


PARTS = """
    breadcrumb byline reviewed newer-text abstract outline table citation retracted treatments button
    changes related draft error answers editions pages focused
"""


@pytest.mark.parametrize("part", PARTS.split())
def test_each_part_is_there(parts, part):
    assert re.search(rf'class="(?:\w+ )?{part}\b', parts("en"))


def test_each_standing_of_a_reference_is_there(parts):
    html = parts("en")
    assert all(str(sentence) in html for sentence in STANDING_SENTENCES.values())
    assert html.count('<li id="ref-') == len(Reference.Standing)


def test_each_colour_is_there_with_its_contrast(parts):
    html = parts("en")
    assert '<span class="swatch accent">' in html
    assert "#0a5c66" in html
    assert f"{contrast('#0a5c66', '#fdfcf9'):.1f}" in html


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "marked"])
def test_text_and_bars_can_be_seen(scheme, ground):
    colours = design.palettes()[scheme]
    texts = {name: contrast(colours[name], colours[ground]) for name in ("ink", "accent", "quiet")}
    bars = {name: contrast(colours[name], colours[ground]) for name in ("warning", "alarm")}
    assert {name: ratio for name, ratio in texts.items() if ratio < 7} == {}
    assert {name: ratio for name, ratio in bars.items() if ratio < 4.5} == {}
