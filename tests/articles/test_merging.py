from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from articles import merging
from articles.merging import Conflict, join, join_texts, marked

TEXTS = st.lists(st.sampled_from(["One. ", "Two! ", "Tre?\n", "\n\n", "# Fire\n", "fem "]), max_size=9).map(
    "".join
)
# A text, and places of it at which somebody may change something.
SENTENCES = st.lists(st.integers(0, 30), min_size=1, max_size=12, unique=True).map(
    lambda numbers: [f"Sentence {number}. " for number in numbers]
)
BASE = "First one. Second one.\n\nThird one.\n\nFourth one."


def texts(pieces):
    return "".join(piece for piece in pieces if isinstance(piece, str))


def test_changes_in_two_paragraphs_are_joined():
    mine, theirs = BASE.replace("Third", "3rd"), BASE.replace("Fourth", "4th")
    assert texts(join_texts(BASE, mine, theirs)) == mine.replace("Fourth", "4th")


def test_changes_in_two_sentences_are_joined():
    mine, theirs = BASE.replace("First", "Leading"), BASE.replace("Second", "Next")
    assert texts(join_texts(BASE, mine, theirs)) == mine.replace("Second", "Next")


def test_two_changes_in_one_sentence_are_a_conflict():
    joined = join_texts("It may hurt a bit.", "It may not hurt a bit.", "It may hurt a lot.")
    assert joined == [Conflict("It may not hurt a bit.", "It may hurt a lot.")]


def test_deleting_what_another_changes_is_a_conflict():
    joined = join_texts(BASE, BASE.replace("Third one.\n\n", ""), BASE.replace("Third", "3rd"))
    assert any(isinstance(piece, Conflict) for piece in joined)


def test_a_number_after_an_abbreviation_is_not_a_new_sentence():
    assert merging.units("Giv ca. 5 mg. Vent så.") == ["Giv ca. 5 mg.", " ", "Vent så."]


@given(TEXTS)
def test_units_are_the_text(text):
    assert "".join(merging.units(text)) == text


@given(TEXTS, TEXTS)
def test_what_one_alone_changed_is_taken_whole(base, changed):
    assert texts(join_texts(base, changed, base)) == changed
    assert texts(join_texts(base, base, changed)) == changed
    assert texts(join_texts(base, changed, changed)) == changed


@given(TEXTS, TEXTS, TEXTS)
def test_it_is_the_same_whoever_saved_first(base, mine, theirs):
    turned = [
        Conflict(piece.theirs, piece.mine) if isinstance(piece, Conflict) else piece
        for piece in join_texts(base, theirs, mine)
    ]
    assert join_texts(base, mine, theirs) == turned


@given(SENTENCES, st.data())
def test_changes_to_other_sentences_are_both_taken(sentences, data):
    places = st.sets(st.integers(0, len(sentences) - 1))
    mine, theirs = data.draw(places), data.draw(places)
    theirs -= mine

    def changed(which):
        # Not a word of the sentence stays, so that it could not be found again.
        return "".join("Another. " if n in which else text for n, text in enumerate(sentences))

    joined = join_texts("".join(sentences), changed(mine), changed(theirs))
    assert "".join(texts(joined).split()) == "".join(changed(mine | theirs).split())


@given(TEXTS, TEXTS)
def test_what_both_did_stands_once(base, changed):
    assert join_texts(base, changed, changed) == join_texts(base, changed, base)


@given(TEXTS, TEXTS, TEXTS)
def test_nothing_that_is_new_disappears(base, mine, theirs):
    joined = marked(join_texts(base, mine, theirs), "Anna")
    new = {*merging.units(mine), *merging.units(theirs)} - {*merging.units(base)}
    assert [unit for unit in new if unit not in joined] == []


def test_marks_have_both_texts_and_are_found():
    with translation.override("en"):
        text = marked(["Before. ", Conflict("Mine.", "Theirs."), " After."], "Anna Prøve")
    assert text == "Before. ⟦1: yours⟧Mine.⟦1: Anna Prøve⟧Theirs.⟦1: end⟧ After."
    assert merging.MARK.search(text)


def test_passages_are_numbered():
    text = marked([Conflict("a", "b"), "c", Conflict("d", "e")], "Anna")
    assert text.count("⟦1: ") == text.count("⟦2: ") == 3


def test_brackets_of_an_author_are_no_marks():
    assert not merging.MARK.search("⟦citat⟧ [1: a] ⟦⟧")


def test_a_value_only_one_changed_is_taken():
    assert [join(1, 2, 1), join(1, 1, 2), join(1, 2, 2)] == [2, 2, 2]


def test_a_value_both_changed_is_a_conflict():
    assert join(1, 2, 3) == Conflict(2, 3)


def test_lists_are_joined_by_what_was_put_in_and_taken_out():
    assert join([1, 2, 3], [1, 2, 4], [2, 3, 5]) == [2, 4, 5]
