import re
import time

import nh3
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from markdown import Markdown

from references.citations import (
    MESSAGES,
    MOST_PROBLEMS,
    Group,
    Key,
    MalformedKeyError,
    Problem,
    Text,
    bare_doi,
    doi,
    keys,
    mark_retracted,
    marker_html,
    number,
    parse,
    pmid,
    protect,
    rekey,
    restore,
    with_buttons,
)

PIECES = ["[@", "[", "]", "@", ";", ":", "\\", "\n", "\n\n", " ", "(", "pmid:", "doi:", "10.1016/x"]
CITED = ["[@pmid:34256014]", "[@1; @2]", "[@doi:10.1016/j.cell]"]
texts = st.lists(st.sampled_from([*PIECES, *CITED, "1", "07"]) | st.text(max_size=4)).map("".join)
plain_texts = st.text(st.characters(exclude_characters='[]@\\<>&"%'), min_size=1)


def only_group(text: str) -> Group:
    (segment,) = parse(text).segments
    assert isinstance(segment, Group)
    return segment


def only_problem(text: str) -> Problem:
    (problem,) = parse(text).problems
    return problem


def source_of(group: Group) -> str:
    return group.source


def restored(before: str, group: str = "[@1]", after: str = "") -> str:
    """HTML with a group's token between two stretches, restored with "#" for the marker."""
    protected = protect(group)
    return restore(before + protected.text + after, protected, lambda group: "#")


# Keys


def test_key_reads_as_kind_and_value() -> None:
    assert str(pmid("34256014")) == "pmid:34256014"


def test_key_markup_is_what_editors_write() -> None:
    assert pmid(34256014).markup == "@pmid:34256014"


def test_pmid_may_have_blanks_around_it() -> None:
    assert pmid(" 1 ") == Key("pmid", "1")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "empty"),
        ("PMC123", "pmid_not_a_number"),
        ("-1", "pmid_not_a_number"),
        ("٣٤", "pmid_not_a_number"),
        ("0", "pmid_leading_zero"),
        ("034256014", "pmid_leading_zero"),
        ("342560140", "pmid_too_long"),
    ],
)
def test_pmid_malformed_is_refused_with_the_reason(written: str, code: str) -> None:
    with pytest.raises(MalformedKeyError) as refused:
        pmid(written)
    assert refused.value.code == code


def test_doi_is_the_same_in_any_case() -> None:
    assert doi("10.1016/S1474-4422(19)30356-4") == doi("10.1016/s1474-4422(19)30356-4")


@pytest.mark.parametrize(
    "written",
    [
        "10.1016/j.cell.2021.06.019",
        "10.1016/s1474-4422(19)30356-4",
        "10.1002/(sici)1096-8644(199601)99:1<1::aid-ajpa1>3.0.co;2-1",
        "10.1207/s15327965pli0801&2_3",
        "10.1000.10/123",
    ],
)
def test_doi_wellformed_is_kept(written: str) -> None:
    assert doi(written) == Key("doi", written)


@pytest.mark.parametrize(
    "written",
    [
        "cell.2021",
        "10.1016",
        "10.1016/",
        "10.16/x",
        "10.1016/a b",
        "10.1016/æ",
        "10.1016/j.cell.2021.06.019.",
        "10.1890/0012(2006)87[2832:eaesot]2.0.co;2",
        "10.1016/" + "x" * 300,
    ],
)
def test_doi_malformed_is_refused(written: str) -> None:
    with pytest.raises(MalformedKeyError):
        doi(written)


@pytest.mark.parametrize("address", ["https://doi.org/", "http://dx.doi.org/", "doi:", "DOI: "])
def test_doi_normal_form_has_no_address(address: str) -> None:
    assert bare_doi(f"{address}10.1016/J.cell") == "10.1016/J.cell"


# Reading a text


def test_group_of_one_pmid_is_found() -> None:
    assert only_group("[@pmid:34256014]").keys == (pmid(34256014),)


def test_group_of_several_keeps_their_order() -> None:
    assert only_group("[@pmid:2; @pmid:1]").keys == (pmid(2), pmid(1))


def test_group_may_mix_kinds() -> None:
    assert only_group("[@pmid:1;@doi:10.1016/x]").keys == (pmid(1), doi("10.1016/x"))


def test_group_with_a_bare_number_is_a_pmid() -> None:
    assert only_group("[@34256014]").keys == (pmid(34256014),)


@pytest.mark.parametrize(
    "written",
    ["[ @pmid:1 ]", "[@PMID:1]", "[@pmid: 1]", "[@pmid:1 ; @pmid:1]", "[@pmid:1;\n@pmid:1]", "[@1;\u00a0@1]"],
)
def test_group_may_have_blanks_and_capitals(written: str) -> None:
    assert set(only_group(written).keys) == {pmid(1)}


def test_group_with_a_semicolon_inside_a_doi_is_one_key() -> None:
    assert only_group("[@doi:10.1002/(SICI)1097<1::AID>3.0.CO;2-1; @1]").keys == (
        doi("10.1002/(sici)1097<1::aid>3.0.co;2-1"),
        pmid(1),
    )


def test_group_knows_its_line() -> None:
    assert [group.line for group in parse("[@1] a\r\nb [@2]\n\nc\n[@3]").groups] == [1, 2, 5]


def test_text_around_groups_is_kept() -> None:
    assert parse("a [@1] b").segments == (Text("a "), Group((pmid(1),), "[@1]", 1), Text(" b"))


def test_text_without_citations_is_one_segment() -> None:
    assert parse("a [link](x) and me@example.dk").segments == (Text("a [link](x) and me@example.dk"),)


def test_empty_text_has_no_segments() -> None:
    assert parse("").segments == ()


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("[@pmid:PMC123]", "pmid_not_a_number"),
        ("[@pmid:1 and more]", "pmid_not_a_number"),
        ("[@34256014 and more]", "pmid_not_a_number"),
        ("[@pmid:1, @pmid:2]", "pmid_not_a_number"),
        ("[@pmid:1;]", "pmid_not_a_number"),
        ("[@pmid:034256014]", "pmid_leading_zero"),
        ("[@0]", "pmid_leading_zero"),
        ("[@pmid:342560140]", "pmid_too_long"),
        ("[@]", "empty"),
        ("[@ ]", "empty"),
        ("[@pmid:]", "empty"),
        ("[@doi:]", "empty"),
        ("[@pmid:1; @]", "empty"),
        ("[@foo:1]", "unknown_kind"),
        ("[@:1]", "unknown_kind"),
        ("[@pmid]", "unknown_kind"),
        ("[@PMC123]", "unknown_kind"),
        ("[@10.1016/x]", "unknown_kind"),
        ("[@doi:cell.2021]", "doi_malformed"),
        ("[@doi:10.1016/x;]", "doi_malformed"),
        ("[@doi:10.1890/0012(2006)87[2832:EAESOT]", "doi_malformed"),
        ("[@pmid:1", "unclosed"),
        ("[@", "unclosed"),
    ],
)
def test_malformed_group_is_reported(written: str, code: str) -> None:
    problem = only_problem(f"a\nb {written}")
    assert (problem.line, problem.source, problem.code) == (2, written, code)


@pytest.mark.parametrize("written", ["[@pmid:PMC123]", "[@1; @07]", "[@]", "[@1", "[@foo:1]"])
def test_malformed_group_is_kept_as_text(written: str) -> None:
    assert parse(f"a {written}").segments == (Text(f"a {written}"),)


def test_malformed_group_names_the_key_at_fault() -> None:
    assert only_problem("[@pmid:1; @pmid:07]").key == "07"


def test_malformed_group_does_not_hide_the_next() -> None:
    assert keys("[@pmid:x] [@pmid:2]") == [pmid(2)]


def test_unclosed_group_ends_at_the_blank_line() -> None:
    assert keys("[@pmid:1\n \t\r\n@pmid:3] [@pmid:2]") == [pmid(2)]


def test_unclosed_group_ends_at_the_next_citation() -> None:
    assert keys("[@pmid:1 and [@pmid:2]") == [pmid(2)]


def test_each_unclosed_group_is_reported() -> None:
    assert [problem.line for problem in parse("[@1\n\n[@2\n[@3 [@4]").problems] == [1, 3, 4]


@pytest.mark.parametrize("text", [r"\[@pmid:1]", r"\[@pmid:x]", r"\\\[@pmid:1]", r"\[@"])
def test_escaped_bracket_is_plain_text_and_not_reported(text: str) -> None:
    parsed = parse(text)
    assert (parsed.segments, parsed.problems) == ((Text(text),), ())


def test_backslash_that_is_escaped_itself_escapes_nothing() -> None:
    assert keys(r"\\[@pmid:1]") == [pmid(1)]


def test_link_whose_words_begin_with_at_is_not_reported() -> None:
    assert parse("[@clinic](https://example.dk)").problems == ()


def test_problem_source_is_shortened() -> None:
    assert only_problem("[@pmid:" + "x" * 1000 + "]").source == "[@pmid:" + "x" * 53 + "…"


@pytest.mark.parametrize("code", MESSAGES)
def test_problem_message_is_a_sentence(code: str) -> None:
    with translation.override("en"):
        assert Problem(1, "[@…]", code, "50%").message.endswith(".")  # type: ignore[arg-type]


def test_problem_message_quotes_the_key() -> None:
    with translation.override("en"):
        assert only_problem("[@pmid:100%]").message.startswith("“100%” is not a PubMed ID")


def test_problems_without_end_are_cut_and_said_to_be() -> None:
    problems = parse("[@x]\n" * (MOST_PROBLEMS + 5)).problems
    assert [problem.code for problem in problems[-2:]] == ["unknown_kind", "too_many"]


@pytest.mark.parametrize(
    "piece", ["[@", "[", "]", "[ ", "[@]", "\\", "\\[@", "[@\n\n", "\n ", ";", "[@doi:10.1016/;", "[@1; @2"]
)
def test_five_megabytes_of_anything_are_read_in_time(piece: str) -> None:
    text = piece * (5_000_000 // len(piece))
    start = time.process_time()
    parse(text)
    # Reading quadratically would take hours; this is about that, not about the machine.
    assert time.process_time() - start < 30


@given(texts)
def test_any_text_is_the_sum_of_its_segments(text: str) -> None:
    assert "".join(segment.source for segment in parse(text).segments) == text


@given(texts)
def test_any_segments_of_text_have_no_group(text: str) -> None:
    stretches = [segment.source for segment in parse(text).segments if isinstance(segment, Text)]
    assert all(stretches)


@given(texts)
def test_any_key_that_was_read_can_be_written_and_read_again(text: str) -> None:
    assert all(keys(f"[{key.markup}]") == [key] for key in keys(text))


@given(st.lists(plain_texts | st.sampled_from(CITED)))
def test_any_wellformed_group_is_found_between_plain_texts(pieces: list[str]) -> None:
    # A blank keeps a plain "(" from following a group and a backslash cannot be before one.
    found = [group.source for group in parse(" ".join(pieces)).groups]
    assert found == [piece for piece in pieces if piece in CITED]


# Numbering


def test_a_reference_cited_twice_keeps_its_first_number() -> None:
    assert number([pmid(1), pmid(2), pmid(1)]) == {pmid(1): 1, pmid(2): 2}


def test_keys_are_listed_as_often_as_cited() -> None:
    assert keys("[@2; @1] and [@2]") == [pmid(2), pmid(1), pmid(2)]


@given(st.lists(st.integers(1, 20)))
def test_numbers_are_1_to_n_by_first_appearance(cited: list[int]) -> None:
    numbers = number(cited)
    assert [numbers[work] for work in sorted(numbers, key=cited.index)] == [*range(1, len(set(cited)) + 1)]


# Tokens


def test_token_is_the_same_for_the_same_text() -> None:
    assert protect("a [@1]") == protect("a [@1]")


def test_token_of_another_text_is_not_replaced() -> None:
    stranger = protect("other [@1]").text
    protected = protect("[@1]")
    assert restore(stranger, protected, source_of) == stranger


def test_token_without_a_group_is_not_replaced() -> None:
    protected = protect("[@1]")
    forged = protected.text.replace("n0x", "n1x")
    assert restore(forged, protected, source_of) == forged


def test_protected_text_has_no_citation_left() -> None:
    assert parse(protect("a [@1] b [@doi:10.1016/x]").text).groups == ()


def test_protected_text_reports_problems() -> None:
    assert [problem.code for problem in protect("[@1] [@pmid:x]").problems] == ["pmid_not_a_number"]


def test_protected_text_may_have_lone_surrogates() -> None:
    assert protect("\ud800").text == "\ud800"


def test_token_passes_markdown_and_sanitiser() -> None:
    protected = protect("_Lactobacillus_[@1] <[@2] **x**[@3]\n\n# “[@4]”\n\n| [@5] |\n|---|\n| `[@6]` |")
    html = nh3.clean(Markdown(extensions=["tables", "smarty"]).convert(protected.text))
    marked = restore(html, protected, lambda group: f"#{group.keys[0].value}")
    assert re.findall(r"#[0-9]|\[@.\]", marked) == ["#1", "#2", "#3", "#4", "#5", "[@6]"]


def test_token_beside_an_underscore_leaves_emphasis_alone() -> None:
    assert "<em>Lactobacillus</em>" in Markdown().convert(protect("_Lactobacillus_[@1]").text)


@given(texts.filter(lambda text: "<" not in text and "%cite" not in text))
def test_any_text_comes_back_when_markers_are_sources(text: str) -> None:
    protected = protect(text)
    assert restore(protected.text, protected, source_of) == text


@given(texts.filter(lambda text: "<" not in text))
def test_any_text_has_its_groups_marked_in_order(text: str) -> None:
    protected = protect(text)
    met: list[Group] = []
    restore(protected.text, protected, lambda group: met.append(group) or "")  # type: ignore[func-returns-value]
    assert tuple(met) == parse(text).groups


@given(plain_texts, plain_texts)
def test_nothing_outside_a_group_changes(before: str, after: str) -> None:
    protected = protect(f"{before}[@1]{after}")
    assert restore(protected.text, protected, lambda group: "#") == f"{before}#{after}"


def test_marker_stands_in_running_text() -> None:
    assert restored("<p>so ", after=".</p>") == "<p>so #.</p>"


def test_marker_never_stands_in_an_attribute() -> None:
    assert restored('<img alt="', after='">') == '<img alt="[@1]">'


def test_source_in_an_attribute_is_escaped() -> None:
    assert restored('<img alt="', "[@doi:10.1002/a<1>&2]", '">') == (
        '<img alt="[@doi:10.1002/a&lt;1&gt;&amp;2]">'
    )


def test_attribute_value_may_hold_bare_angle_brackets() -> None:
    assert restored('<a title="a > b <code> ', after='">x</a>') == '<a title="a > b <code> [@1]">x</a>'


def test_attribute_with_bare_angle_brackets_does_not_reach_into_the_text() -> None:
    assert restored('<p title="a <code> > b">') == '<p title="a <code> > b">#'


@pytest.mark.parametrize(
    "opening", ["<code>", "<pre>", "<pre><code>", '<pre class="x">', "<code>a</code><pre>"]
)
def test_marker_never_stands_in_code(opening: str) -> None:
    assert restored(opening) == f"{opening}[@1]"


def test_marker_stands_after_code() -> None:
    assert restored("<pre><code>x</code></pre>") == "<pre><code>x</code></pre>#"


def test_marker_in_the_words_of_a_link_follows_the_link() -> None:
    assert restored('<a href="/x">the study ', after=" here</a>.") == '<a href="/x">the study  here</a>#.'


def test_marker_in_a_link_that_never_ends_is_not_lost() -> None:
    assert restored("<a>x ") == "<a>x #"


def test_token_that_lost_its_percent_signs_is_still_found() -> None:
    protected = protect("[@1]")
    assert restore(protected.text.strip("%"), protected, lambda group: "#") == "#"


def test_percent_sign_beside_a_group_is_kept() -> None:
    protected = protect("50%[@1]%")
    assert restore(protected.text, protected, lambda group: "#") == "50%#%"


# Markers


def plain_label(number: int) -> str:
    return f"no. {number}"


def test_marker_links_to_the_list_and_can_be_linked_back_to() -> None:
    assert marker_html([(3, 1)], plain_label) == (
        '<span class="citation">[<a href="#ref-3" id="cite-3-1" aria-label="no. 3">3</a>]</span>'
    )


def test_marker_parts_numbers_by_commas() -> None:
    assert "</a>, <a" in marker_html([(3, 1), (4, 2)], plain_label)


def test_marker_numbers_ascend() -> None:
    assert marker_html([(4, 1), (3, 2)], plain_label) == marker_html([(3, 2), (4, 1)], plain_label)


def test_marker_names_a_reference_once() -> None:
    assert marker_html([(3, 1), (3, 2)], plain_label) == marker_html([(3, 1)], plain_label)


def test_marker_label_is_escaped() -> None:
    assert 'aria-label="&quot;&gt;"' in marker_html([(1, 1)], lambda number: '">')


def test_marker_is_read_aloud_as_reference() -> None:
    with translation.override("en"):
        assert 'aria-label="reference 3"' in marker_html([(3, 1)])


# Another key for a work


def test_rekeying_changes_every_citation_of_the_work_and_nothing_else() -> None:
    text = "Et [@pmid:1], `[@2; @1]` og [@pmid:11; @pmid:1; @doi:10.1000/x]. \\[@1 [@pmid:x]"
    expected = "Et [@pmid:7], `[@pmid:2; @pmid:7]` og [@pmid:11; @pmid:7; @doi:10.1000/x]. \\[@1 [@pmid:x]"
    assert rekey(text, [pmid(1)], pmid(7)) == expected


def test_rekeying_to_a_work_that_is_in_the_group_keeps_it_once() -> None:
    assert rekey("[@1; @2]", [pmid(1)], pmid(2)) == "[@pmid:2]"


def test_rekeying_knows_a_work_by_all_its_keys() -> None:
    assert rekey("[@1] [@doi:10.1000/x]", [pmid(1), doi("10.1000/x")], pmid(2)) == "[@pmid:2] [@pmid:2]"


@given(texts)
def test_rekeying_a_work_that_is_not_cited_changes_nothing(text: str) -> None:
    assert rekey(text, [pmid(99_999_999)], pmid(1)) == text


def test_retraction_is_said_behind_the_number() -> None:
    html = marker_html([(3, 1), (13, 1)])
    marked = mark_retracted(html, {3: "https://pubmed.ncbi.nlm.nih.gov/9/"})
    assert marked.count("<strong") == 1
    assert marked.index("</strong>") < marked.index("#ref-13")
    assert 'href="https://pubmed.ncbi.nlm.nih.gov/9/"' in marked


def test_number_opens_the_note_of_its_work_or_leads_to_the_list() -> None:
    html = with_buttons(marker_html([(3, 1), (13, 2)]))
    assert re.findall(r'<span id="(cite-[^"]+)"><a href="#(ref-\d+)"', html) == [
        ("cite-3-1", "ref-3"),
        ("cite-13-2", "ref-13"),
    ]
    assert re.findall(r'popovertarget="([^"]+)"', html) == ["note_3", "note_13"]


def test_button_is_read_aloud_as_a_reference_and_adds_no_number_to_the_text() -> None:
    html = with_buttons(marker_html([(3, 1)]))
    assert html.count('aria-label="kilde 3"') == 2
    assert re.sub(r"<[^>]*>", "", html) == "[3]"


def test_retracted_work_keeps_its_warning_beside_the_button() -> None:
    html = with_buttons(mark_retracted(marker_html([(3, 1)]), {3: ""}))
    assert "</button></span> <strong" in html


def test_html_without_markers_is_left_alone() -> None:
    html = '<p><a href="#ref-3">Kilde 3</a></p>'
    assert with_buttons(html) == html
