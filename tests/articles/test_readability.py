"""LIX and Flesch against examples counted by hand; the count stands beside each."""

import pytest

from articles import passages
from articles.readability import flesch, hardest, lix, sentences, syllables


def texts(passage, language="da"):
    return [sentence.text for sentence in sentences([passage], language)]


# 5 + 4 words in 2 sentences; long: galdesten (9), operation (9), undersøger (10). 9/2 + 100 * 3/9
DANISH = "Du har måske en galdesten. Lægen undersøger før operation."
# 6 + 4 words in 2 sentences; syllables: 1 1 1 1 2 1, 1 2 1 2. 206.835 - 1.015 * 10/2 - 84.6 * 13/10
ENGLISH = "The gut and the stomach talk. The doctor is ready."


def test_lix_of_a_text_counted_by_hand():
    assert lix(sentences([DANISH], "da")) == pytest.approx(4.5 + 33.333, abs=0.001)


def test_lix_counts_words_of_seven_letters_as_long():
    # 4 words, one sentence; kirurgi has 7 letters, smerte 6: 4 + 25
    assert lix(sentences(["Kirurgi er mod smerte."], "da")) == 29


def test_lix_does_not_count_digits_and_hyphens_as_letters():
    # 2 words, none with 7 letters
    assert lix(sentences(["B12-tal 1234567."], "da")) == 2


def test_flesch_of_a_text_counted_by_hand():
    assert flesch(sentences([ENGLISH], "en")) == pytest.approx(206.835 - 5.075 - 109.98, abs=0.001)


def test_flesch_of_a_hard_sentence_counted_by_hand():
    # 5 words; 5 + 4 + 4 + 3 + 2 = 18 syllables
    text = sentences(["Colonoscopy investigates intestinal abnormal bleeding."], "en")
    assert flesch(text) == pytest.approx(206.835 - 5.075 - 84.6 * 18 / 5, abs=0.001)


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("the", 1), ("pain", 1), ("makes", 1), ("examined", 3), ("treated", 2), ("table", 2), ("diseases", 3),
        ("churches", 2), ("bacteria", 4), ("infection", 3), ("serious", 3), ("diet", 2), ("being", 2),
        ("easier", 3), ("gut-brain", 2), ("anaesthetic", 4), ("3", 1),
    ],
)  # fmt: skip
def test_syllables_of_english_words(word, count):
    assert syllables(word) == count


@pytest.mark.parametrize(
    "passage",
    [
        "Det kan fx være f.eks. Svie eller bl.a. Kløe.",
        "Ring til dr. Hansen kl. 10.30 på tlf. 12 34 56 78.",
        "Der kommer ca. 2,5 mio. Celler i alt.",
        "Du kommer igen d. 3. marts 2026 til kontrol.",
        "Anna H. Eksempel har skrevet det.",
        "En ukendt fork. står før et lille bogstav.",
        "Slut uden punktum",
    ],
)
def test_danish_points_that_end_no_sentence(passage):
    assert texts(passage) == [passage]


@pytest.mark.parametrize(
    "passage",
    [
        "Ask Dr. Smith, e.g. Today.",
        "It rose by 2.5 per cent, i.e. Slowly, to 1,000.",
        "See fig. 2 vs. Table 1.",
    ],
)
def test_english_points_that_end_no_sentence(passage):
    assert texts(passage, "en") == [passage]


@pytest.mark.parametrize(
    ("passage", "count"),
    [
        ("Det er godt! Er det? Ja… Måske.", 4),
        ("Brug creme, salve osv. Så går det over.", 2),
        ("Det varer 10 min. Bagefter går du hjem.", 2),
        ("Han sagde: „Det gør ondt.“ Så gik han.", 2),
        ("Ring 112. Vent ikke.", 2),
    ],
)
def test_points_that_end_a_sentence(passage, count):
    assert len(texts(passage)) == count


def test_sentence_ends_with_its_passage():
    assert len(sentences(["Tal med lægen, hvis du har", "feber", "kulderystelser"], "da")) == 3


def test_abbreviations_and_decimals_are_no_words():
    assert sentences(["Ca. 2,5 liter osv."], "da")[0].words == ("liter",)


def test_passage_without_words_is_no_sentence():
    assert sentences(["– … !", "", "2,5"], "da") == []


def test_hardest_sentences_come_hardest_first():
    text = sentences(["Du er rask. Undersøgelsen kræver bedøvelse. Lægen undersøger dig."], "da")
    assert [s.text for s in hardest(text, lix, 2)] == [
        "Undersøgelsen kræver bedøvelse.",
        "Lægen undersøger dig.",
    ]


def test_citation_leaves_no_blank_before_the_full_stop():
    html = '<p>Færre end med placebo <span class="citation">[<a href="#ref-3">3</a>]</span>. Og mere.</p>'
    [passage] = passages.read(html).passages
    assert passage.text == "Færre end med placebo. Og mere."
