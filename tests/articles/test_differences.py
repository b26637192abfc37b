from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from articles.differences import Piece, compare, html, paragraphs

ONE = "Galden hjælper med at fordøje fedt."
TWO = "De fleste galdesten giver aldrig gener."
THREE = "Kontakt os, hvis smerterne varer mere end fire timer."


def text(*parts):
    return "\n\n".join(parts)


def kinds(old, new):
    return [block.kind for block in compare(old, new)]


def test_same_texts_have_no_changes():
    assert kinds(text(ONE, TWO), text(ONE, TWO)) == ["same", "same"]


def test_line_endings_of_a_browser_are_no_change():
    assert kinds(text(ONE, TWO), f"{ONE}\r\n\r\n{TWO}\r\n") == ["same", "same"]


def test_new_paragraph_is_inserted_where_it_stands():
    assert kinds(text(ONE, THREE), text(ONE, TWO, THREE)) == ["same", "inserted", "same"]


def test_paragraph_that_is_gone_is_deleted_where_it_stood():
    assert kinds(text(ONE, TWO, THREE), text(ONE, THREE)) == ["same", "deleted", "same"]


def test_changed_paragraph_says_which_words():
    [block] = compare(TWO, "De fleste galdesten giver sjældent gener.")
    assert block.kind == "changed"
    assert [piece for piece in block.pieces if piece.kind != "same"] == [
        Piece("deleted", "aldrig"),
        Piece("inserted", "sjældent"),
    ]


def test_words_changed_in_a_row_are_one_change():
    [block] = compare("Du kan få fire små ar på maven.", "Du kan få tre store ar på maven.")
    assert [piece for piece in block.pieces if piece.kind != "same"] == [
        Piece("deleted", "fire små"),
        Piece("inserted", "tre store"),
    ]


def test_rewritten_paragraph_is_deleted_and_inserted():
    assert kinds(ONE, THREE) == ["deleted", "inserted"]


def test_moved_paragraph_is_said_to_be_moved_in_both_places():
    blocks = compare(text(ONE, TWO, THREE), text(TWO, THREE, ONE))
    assert [(block.kind, block.new) for block in blocks if block.kind != "same"] == [
        ("moved_away", ""),
        ("moved", ONE),
    ]


def test_moved_paragraph_may_have_been_mended():
    mended = THREE.replace("fire", "to")
    blocks = compare(text(ONE, TWO, THREE), text(mended, ONE, TWO))
    moved = next(block for block in blocks if block.kind == "moved")
    assert Piece("inserted", "to") in moved.pieces


def test_short_line_in_two_places_is_no_move():
    assert "moved" not in kinds(text("Ja.", ONE, TWO), text(ONE, TWO, "Ja."))


def test_changed_paragraph_among_new_ones_is_paired_with_its_old_self():
    new = "De fleste galdesten giver sjældent gener."
    assert kinds(text(ONE, TWO), text(ONE, THREE, new)) == ["same", "inserted", "changed"]


@given(*[st.lists(st.sampled_from([ONE, TWO, THREE, "Ja.", "Nej tak.", f"{ONE} {TWO}"]), max_size=8)] * 2)
def test_new_text_is_all_there_and_in_order(old, new):
    blocks = compare(text(*old), text(*new))
    assert [block.new for block in blocks if block.kind not in {"deleted", "moved_away"}] == new


@given(*[st.lists(st.sampled_from([ONE, TWO, THREE, "Ja.", "Nej tak.", f"{ONE} {TWO}"]), max_size=8)] * 2)
def test_old_text_is_all_there(old, new):
    blocks = compare(text(*old), text(*new))
    kept = sorted(block.old for block in blocks if block.kind not in {"inserted", "moved"})
    assert kept == sorted(old)


@given(st.text(), st.text())
def test_any_two_texts_can_be_compared(old, new):
    blocks = compare(old, new)
    assert [block.new for block in blocks if block.kind not in {"deleted", "moved_away"}] == paragraphs(new)


def test_very_long_paragraphs_are_shown_whole():
    old, new = " ".join(["ord"] * 5000), " ".join(["ord"] * 4999 + ["andet"])
    assert kinds(old, new) == ["deleted", "inserted"]


def test_html_says_in_words_what_happened():
    with override("en"):
        shown = html(compare(text(ONE, TWO), text(ONE, THREE)))
    assert "Deleted" in shown
    assert "New" in shown


def test_html_marks_words_by_element_not_by_colour():
    shown = html(compare(TWO, "De fleste galdesten giver sjældent gener."))
    assert "<del>aldrig</del><ins>sjældent</ins>" in shown


def test_html_escapes_what_was_written():
    assert "<script>" not in html(compare("<script>alert(1)</script>", "<b>"))


def test_html_counts_what_it_leaves_out():
    old = [f"Afsnit nummer {n} er ikke ændret." for n in range(6)]
    with override("en"):
        shown = html(compare(text(*old), text(*old, ONE)))
    assert "5 paragraphs unchanged" in shown


def test_html_of_no_change_shows_nothing_but_the_count():
    assert "difference-label" not in html(compare(ONE, ONE))
