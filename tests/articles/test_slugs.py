import pytest
from django.core.exceptions import ValidationError

from articles.slugs import make_slug, validate_article_slug, validate_ascii_slug


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Blødning på Ærø", "bloedning-paa-aeroe"),
        ("Åreknuder: før og efter", "aareknuder-foer-og-efter"),
        ("The gut–brain axis", "the-gut-brain-axis"),
        ("  Søg  ", "soeg"),
        ("Search", "search-1"),
        ("???", ""),
    ],
)
def test_slug_keeps_danish_letters_readable(text, slug):
    assert make_slug(text) == slug


def test_long_slug_is_cut_at_a_word():
    slug = make_slug("galdesten " * 20)
    assert len(slug) <= 100
    assert slug.endswith("-galdesten")


def test_long_word_is_cut():
    assert len(make_slug("x" * 300)) == 100


@pytest.mark.parametrize("slug", ["search", "category", "feed"])
def test_slug_of_the_blog_itself_is_refused(slug):
    with pytest.raises(ValidationError):
        validate_article_slug(slug)


@pytest.mark.parametrize("slug", ["Brok", "blødning", "to ord", "-x", "x--y", "x_y", "x\n"])
def test_slug_that_is_no_plain_address_is_refused(slug):
    with pytest.raises(ValidationError):
        validate_ascii_slug(slug)
