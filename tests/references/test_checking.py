"""Titles are invented, except where the clinic's own references are checked."""

import time
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from references.checking import (
    LONGEST_CLAIM,
    LOWEST_SCORE,
    SAME_TITLE,
    SIMILAR_TITLE,
    YEARS_APART,
    Standing,
    agreement,
    candidates,
    claimed_author,
    claimed_citation,
    claimed_journal,
    claimed_page,
    claimed_title,
    claimed_volume,
    claimed_year,
    standing,
)
from references.models import Reference
from references.records import Notice, NoticeKind, PublicationType, Record
from references.vancouver import citation_text

JOURNAL_ARTICLE = PublicationType("D016428", "Journal Article")
RETRACTED = PublicationType("D016441", "Retracted Publication")
NOTICE = PublicationType("D016440", "Retraction Notice")


def notice(kind: NoticeKind, pmid: int = 2) -> Notice:
    return Notice(kind, "J Walks. 2020;2(1):9", pmid)


# Standing


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("retraction", "retracted"),
        ("partial_retraction", "concern"),
        ("concern", "concern"),
        ("correction", "corrected"),
        ("republication", "corrected"),
        ("update", "updated"),
    ],
)
def test_each_notice_has_its_standing_and_is_named(kind, expected):
    judged = standing(Record(1, notices=(notice(kind),)))
    assert (judged.standing, judged.notice, judged.is_notice) == (expected, notice(kind), False)


GRAVEST_FIRST: tuple[NoticeKind, ...] = (
    "retraction",
    "partial_retraction",
    "concern",
    "correction",
    "republication",
    "update",
)


@pytest.mark.parametrize("at", range(len(GRAVEST_FIRST)))
def test_the_gravest_notice_decides_wherever_it_stands(at):
    notices = tuple(notice(kind, pmid) for pmid, kind in enumerate(reversed(GRAVEST_FIRST[at:])))
    judged = standing(Record(1, notices=notices)).notice
    assert judged is not None
    assert judged.kind == GRAVEST_FIRST[at]


def test_a_paper_without_notices_is_good():
    assert standing(Record(1, publication_types=(JOURNAL_ARTICLE,))).standing == "good"


def test_a_retracted_publication_is_retracted_without_any_notice():
    judged = standing(Record(1, publication_types=(JOURNAL_ARTICLE, RETRACTED)))
    assert (judged.standing, judged.notice) == ("retracted", None)


def test_an_erratum_is_not_named_as_the_notice_of_a_retraction():
    judged = standing(Record(1, publication_types=(RETRACTED,), notices=(notice("correction"),)))
    assert (judged.standing, judged.notice) == ("retracted", None)


def test_a_retracted_publication_names_the_notice_of_its_partial_retraction():
    judged = standing(Record(1, publication_types=(RETRACTED,), notices=(notice("partial_retraction"),)))
    assert (judged.standing, judged.notice) == ("retracted", notice("partial_retraction"))


@pytest.mark.parametrize(
    "record",
    [
        Record(1, publication_types=(NOTICE,)),
        Record(1, publication_types=(PublicationType("D016440", "Retraction of Publication"),)),
        Record(1, notice_of=(notice("retraction"),)),
        Record(1, notice_of=(notice("concern"),)),
        Record(1, notice_of=(notice("correction"),)),
    ],
)
def test_a_notice_is_a_notice_and_not_retracted(record):
    judged = standing(record)
    assert (judged.standing, judged.is_notice) == ("good", True)


@pytest.mark.parametrize("kind", ["update", "republication"])
def test_a_newer_version_is_a_paper_of_its_own(kind):
    assert not standing(Record(1, notice_of=(notice(kind),))).is_notice


def test_a_paper_whose_notice_was_printed_in_its_place_is_retracted():
    judged = standing(Record(1, publication_types=(NOTICE, RETRACTED)))
    assert (judged.standing, judged.is_notice) == ("retracted", True)


def test_the_word_retract_means_nothing():
    names = PublicationType("D016428", "Retracted, retraction")
    assert standing(Record(1, title="Retractors in surgery", publication_types=(names,))).standing == "good"


def test_references_know_every_standing():
    assert set(get_args(Standing)) <= set(Reference.Standing.values)


# Agreement: invented works

WALKS = Record(
    1,
    title="Daily walking and sleep quality in older adults: a randomised trial.",
    authors=("Berg AB", "Holm C"),
    journal="Eur J Walk",
    journal_name="European journal of walking",
    published="2019 Dec 28",
    year=2019,
    volume="14",
    issue="3",
    pages="621-630",
    doi="10.5555/walk.2019.14",
)
TEA = Record(
    2,
    title="Green tea does not change the colour of porcelain cups.",
    journal="Nutrients",
    journal_name="Nutrients",
    published="2022 Jan 30",
    year=2022,
    volume="8",
    pages="44",
)
BREAD = Record(
    3,
    title="[Rye bread and satiety among Danish schoolchildren].",
    vernacular_title="Rugbrød og mæthed hos danske skolebørn.",
    journal="Ugeskr Laeger",
    journal_name="Ugeskrift for laeger",
    published="2008 May 5",
    year=2008,
)
SCHLAF = Record(
    4,
    title="[Not Available].",
    vernacular_title="Über den Schlaf und die Größe der Äpfel: eine Übersicht.",
    journal="Dtsch Z Obst",
    journal_name="Deutsche Zeitschrift für Obst",
    published="1998",
    year=1998,
)
CELLS = Record(
    5,
    title="Effect of TNF-β on CO<sub>2</sub> uptake in the leaf of <i>Salix alba</i>.",
    journal="Cell",
    journal_name="Cell",
    year=2021,
)
APPLES = Record(6, title="Apples.", journal="Lancet", journal_name="Lancet (London, England)", year=2001)
NAPS = Record(
    7,
    title="Short naps after lunch",
    journal="Proc Natl Acad Sci U S A",
    journal_name="Proceedings of the National Academy of Sciences of the United States of America",
    year=2010,
)
GULLS = Record(
    8,
    title="Counting gulls on the harbour roofs in winter",
    journal="Nat Birds",
    journal_name="Nature reviews. Birds",
    year=2015,
)
REPLY = Record(
    9, title="Reply: Counting gulls on the harbour roofs in winter", journal="Nat Birds", year=2016
)


@pytest.mark.parametrize(
    ("claimed", "record", "expected"),
    [
        # As authors of articles write them.
        ("European Journal of Walking. Daily walking and sleep quality in older adults.", WALKS, "agrees"),
        (
            "Eur. J. Walk. Daily Walking and Sleep Quality in Older Adults: A Randomized Trial.",
            WALKS,
            "agrees",
        ),
        ("Daily walking and sleep quality in older adults: a randomised trial", WALKS, "agrees"),
        ("Berg et al. (2020). Daily walking and sleep quality in older adults.", WALKS, "agrees"),
        (
            "- PMID: 77: Nutrients (key). Green tea does not change the color of porcelain cups.",
            TEA,
            "agrees",
        ),
        ("Cell. Effect of TNF-beta on CO2 uptake in the leaf of <em>Salix alba</em>", CELLS, "agrees"),
        ("CELL: EFFECT OF TNF–Β ON CO₂ UPTAKE IN THE LEAF OF SALIX ALBA", CELLS, "agrees"),
        ("The Lancet. Apples. 2001", APPLES, "agrees"),
        ("PNAS 2010. Short naps after lunch.", NAPS, "agrees"),
        ("Proceedings of the National Academy of Sciences. Short naps after lunch.", NAPS, "agrees"),
        ("Nature Reviews Birds. Counting gulls on harbor roofs in winter: how we did it", GULLS, "agrees"),
        (
            "Berg, A. (2015). Counting gulls on the harbour roofs in winter. Nature Reviews Birds, 12(3).",
            GULLS,
            "agrees",
        ),
        ("doi: 10.5555/WALK.2019.14", WALKS, "agrees"),
        ("Eur J Walk 2019;14(3):621", WALKS, "agrees"),
        # Danish and German.
        ("Ugeskrift for Læger. Rugbrød og mæthed hos danske skolebørn.", BREAD, "agrees"),
        ("Rugbroed og maethed hos danske skoleboern. Ugeskr Læger. 2008;170:1", BREAD, "agrees"),
        ("Rye bread and satiety among Danish school children. Ugeskr Laeger 2008", BREAD, "agrees"),
        (
            "Über den Schlaf und die Grösse der Äpfel. Deutsche Zeitschrift für Obst 1998;3:4",
            SCHLAF,
            "agrees",
        ),
        ("Dtsch. Z. Obst. Uber den Schlaf und die Große der Apfel: eine Ubersicht", SCHLAF, "agrees"),
        # Journal, year or DOI contradict the title.
        (
            "Frontiers in Walking. Daily walking and sleep quality in older adults. A trial.",
            WALKS,
            "doubtful",
        ),
        ("Berg AB. Daily walking and sleep quality in older adults. J Sleep. 2019;1:2", WALKS, "doubtful"),
        ("Daily walking and sleep quality in older adults. Eur J Walk. 2014;9:3", WALKS, "doubtful"),
        ("Daily walking and sleep quality in older adults. doi:10.5555/other.1", WALKS, "doubtful"),
        ("Tidsskrift for Brød. Rugbrød og mæthed hos danske skolebørn.", BREAD, "doubtful"),
        # Nearly the title: a word, a number, a "not", a subtitle or a label makes it another.
        ("Nutrients. Green tea does change the colour of porcelain cups.", TEA, "doubtful"),
        ("Daily walking and sleep quality in younger adults: a randomised trial.", WALKS, "doubtful"),
        ("Daily walking and sleep quality in older adults: a systematic review of dogs", WALKS, "doubtful"),
        ("Counting gulls on the harbour roofs in winter. Nat Birds. 2016", REPLY, "doubtful"),
        (
            "Rugbrød og mæthed hos danske skolebørn",
            replace(BREAD, vernacular_title="Rugbrød og mæthed hos svenske skolebørn."),
            "doubtful",
        ),
        # Not enough to tell.
        ("Nutrients, 2022.", TEA, "doubtful"),
        ("Berg AB, Holm C, et al. 2019", WALKS, "doubtful"),
        ("10.5555/walk.2019.14", TEA, "doubtful"),
        ("10.5555/walk.2019.14. Bicycles and the price of butter in coastal towns", WALKS, "doubtful"),
        # Another paper.
        ("European Journal of Walking. Bicycles and the price of butter in ports.", WALKS, "another_paper"),
        ("Daily walking and sleep quality in older adults.", GULLS, "another_paper"),
        ("Rugbrød og mæthed hos danske skolebørn.", SCHLAF, "another_paper"),
        (
            "Lancet. Storage of red apples from mountain orchards in cool cellars. 2001",
            APPLES,
            "another_paper",
        ),
        ("Nutrients 2022;14(3):621", WALKS, "another_paper"),
        ("10.5555/other.1", WALKS, "another_paper"),
        # Nothing.
        ("", WALKS, "nothing_claimed"),
        (" … <i> </i> –", WALKS, "nothing_claimed"),
    ],
)
def test_claims_and_records(claimed, record, expected):
    assert agreement(claimed, record).answer == expected


GUT_DIETS = Record(
    34256014,
    title="Gut-microbiota-targeted diets modulate human immune status.",
    journal="Cell",
    journal_name="Cell",
    year=2021,
)
VAGUS = Record(
    29467611,
    title="The Vagus Nerve at the Interface of the Microbiota-Gut-Brain Axis.",
    journal="Front Neurosci",
    journal_name="Frontiers in neuroscience",
    year=2018,
)
NEUROLOGY = Record(
    31753762,
    title="The gut microbiome in neurological disorders.",
    journal="Lancet Neurol",
    journal_name="The Lancet. Neurology",
    year=2020,
)
CLAIMED_DIETS = (
    "Cell (landmark study). Gut-microbiota-targeted diets modulate human immune status. A randomised "
    "controlled trial demonstrating that a high-fermented-food diet steadily increases microbiota diversity."
)
CLAIMED_VAGUS = (
    "Frontiers in Psychiatry. The Vagus Nerve at the Interface of the Microbiota-Gut-Brain Axis. Review of "
    "clinical and preclinical data on how bacteria stimulate vagal pathways to modulate anxiety."
)
CLAIMED_NEUROLOGY = (
    "Nature Reviews Neuroscience. The gut microbiome and neurological disorders: how bacterial "
    "neurotransmitter production (serotonin, GABA) influences brain chemistry."
)


@pytest.mark.parametrize(
    ("claimed", "record", "expected"),
    [
        (CLAIMED_DIETS, GUT_DIETS, "agrees"),
        (CLAIMED_VAGUS, VAGUS, "doubtful"),
        (CLAIMED_NEUROLOGY, NEUROLOGY, "doubtful"),
    ],
)
def test_the_clinics_own_references(claimed, record, expected):
    assert agreement(claimed, record).answer == expected


@pytest.mark.parametrize("claimed", [CLAIMED_DIETS, CLAIMED_VAGUS, CLAIMED_NEUROLOGY])
@pytest.mark.parametrize("record", [WALKS, TEA, BREAD, SCHLAF, CELLS, APPLES, NAPS, GULLS])
def test_the_clinics_references_are_not_just_any_paper(claimed, record):
    assert agreement(claimed, record).answer == "another_paper"


def test_both_sides_of_a_difference_are_shown():
    compared = agreement(CLAIMED_VAGUS, VAGUS)
    assert (compared.journal.outcome, compared.journal.claimed, compared.journal.recorded) == (
        "differs",
        "Frontiers in Psychiatry",
        "Frontiers in neuroscience",
    )
    assert compared.title.claimed == "The Vagus Nerve at the Interface of the Microbiota-Gut-Brain Axis"
    assert compared.title_similarity == 1


def test_of_another_paper_both_titles_are_shown():
    compared = agreement(CLAIMED_VAGUS, TEA)
    assert compared.title.claimed.startswith("The Vagus Nerve")
    assert compared.title.recorded == TEA.title


# The edges of the thresholds. Twenty words of five letters are 100 letters: one less is 0.95.

TWENTY = [f"{a}{b}oma" for a in "bdfgk" for b in "lrnt"]
LONG = Record(20, title=" ".join(f"{word}x" for word in TWENTY))  # 120 letters


def with_words_missing(number: int) -> str:
    return " ".join(f"{word}x" for word in TWENTY[: len(TWENTY) - number])


def test_a_title_with_just_enough_of_it_is_the_same():
    compared = agreement(with_words_missing(3), LONG)
    assert compared.title_similarity == pytest.approx(SAME_TITLE)
    assert compared.answer == "agrees"


def test_a_title_with_just_too_little_of_it_is_doubtful():
    compared = agreement(with_words_missing(4), LONG)
    assert compared.title_similarity == pytest.approx(0.8)
    assert compared.answer == "doubtful"


def test_a_title_just_similar_enough_is_doubtful():
    compared = agreement(with_words_missing(8), LONG)
    assert compared.title_similarity == pytest.approx(SIMILAR_TITLE)
    assert compared.answer == "doubtful"


def test_a_title_less_similar_is_another_paper():
    assert agreement(with_words_missing(9), LONG).answer == "another_paper"


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (2019 - YEARS_APART - 1, "differs"),
        (2019 - YEARS_APART, "same"),
        (2019, "same"),
        (2019 + YEARS_APART, "same"),
        (2019 + YEARS_APART + 1, "differs"),
    ],
)
def test_a_year_apart_is_no_difference(year, expected):
    assert agreement(f"Eur J Walk. {year};14:1", WALKS).year.outcome == expected


@pytest.mark.parametrize(
    ("claimed", "title", "expected"),
    [
        ("Warm milk for sailors.", "Warm milk for sailors: a long trial in harbours.", "agrees"),
        ("Warm milk sailors.", "Warm milk sailors: a long trial in the harbours.", "another_paper"),
        ("Warm milk for tired sailors: what we learned", "Warm milk for tired sailors.", "agrees"),
        ("Warm milk for sailors: what we learned", "Warm milk for sailors.", "doubtful"),
        (
            "On warm milk for tired sailors and young cooks at night",
            "Warm milk for tired sailors and young cooks",
            "agrees",
        ),
        ("On warm milk for tired sailors at night", "Warm milk for tired sailors", "doubtful"),
        ("Management of warm milk shortages among harbour merchants", "Warm milk", "another_paper"),
    ],
)
def test_how_many_words_make_a_title_without_its_end(claimed, title, expected):
    assert agreement(claimed, Record(1, title=title)).answer == expected


@pytest.mark.parametrize(
    ("claimed", "outcome"),
    [
        ("Meta-analysis of the follow-up of mild hypertension", "same"),
        ("Metaanalysis of the followup of mild hypertension", "same"),
        ("Meta analysis in follow up of mild hypertensions", "same"),
        ("Meta-analysis of the follow-up of mild hypotension", "similar"),
    ],
)
def test_spelling_is_no_difference_and_meaning_is(claimed, outcome):
    record = Record(1, title="Meta-analysis of the follow-up of mild hypertension.")
    assert agreement(claimed, record).title.outcome == outcome


@pytest.mark.parametrize(
    ("claimed", "outcome"),
    [
        ("Hepatitis B in harbour towns of the north", "same"),
        ("Hepatitis C in harbour towns of the north", "similar"),
        ("Hepatitis B in harbour towns of the north: part 2", "same"),
    ],
)
def test_a_single_letter_can_matter(claimed, outcome):
    assert (
        agreement(claimed, Record(1, title="Hepatitis B in harbour towns of the north")).title.outcome
        == outcome
    )


def test_a_publishers_label_is_not_part_of_the_title():
    record = replace(WALKS, title=f"RETRACTED: {WALKS.title}")
    assert (
        agreement("Daily walking and sleep quality in older adults: a randomised trial", record).answer
        == "agrees"
    )


@pytest.mark.parametrize(
    ("claimed", "journal", "name", "expected"),
    [
        ("Nat Med", "Nat Med", "Nature medicine", "same"),
        ("Nature Medicine", "Nat Med", "Nature medicine", "same"),
        ("Nature Medicine", "Nat Med", "", "same"),
        ("Natural Medicine", "Nat Med", "Nature medicine", "differs"),
        ("Lancet Neuroradiology", "Lancet Neurol", "The Lancet. Neurology", "differs"),
        ("The Lancet", "Lancet Neurol", "The Lancet. Neurology", "differs"),
        ("The Lancet Neurology", "Lancet Neurol", "The Lancet. Neurology", "same"),
        (
            "Journal of the American Medical Association",
            "JAMA",
            "Journal of the American Medical Association",
            "same",
        ),
        ("JAMA", "J Am Med Assoc", "Journal of the American Medical Association", "same"),
        ("Scandinavian Journal of Gastroenterology", "Scand J Gastroenterol", "", "same"),
        ("Brain", "Brain Behav Immun", "Brain, behavior, and immunity", "differs"),
        ("Brain, Behavior & Immunity", "Brain Behav Immun", "Brain, behavior, and immunity", "same"),
        ("Wkly Natl Rep", "Weekly Rep", "Weekly national report", "same"),
        (
            "Neuroscience Journal",
            "J Neurosci",
            "The Journal of neuroscience : the official journal of the Society",
            "differs",
        ),
        (
            "Journal of Neuroscience",
            "J Neurosci",
            "The Journal of neuroscience : the official journal of the Society",
            "same",
        ),
    ],
)
def test_journals_by_name_and_abbreviation(claimed, journal, name, expected):
    record = Record(1, title="Porcelain cups and their handles", journal=journal, journal_name=name)
    compared = agreement(
        f"{claimed}. Porcelain cups and their handles. A study of cell walls in the gut.", record
    )
    assert compared.journal.outcome == expected


def test_a_word_of_a_sentence_is_no_journal():
    record = Record(1, title="Porcelain cups and their handles", journal="Gut", journal_name="Gut")
    compared = agreement("Porcelain cups and their handles. How the gut copes with tea.", record)
    assert compared.journal.outcome == "not_compared"


def test_a_chapter_is_found_in_its_book():
    record = Record(1, title="Porcelain cups and their handles", book="The book of cups", year=2012)
    assert (
        agreement("Porcelain cups and their handles. In: The Book of Cups; 2012.", record).journal.outcome
        == "same"
    )


def test_without_any_title_on_record_nothing_is_certain():
    record = Record(1, title="[Not Available].", journal="Nutrients", year=2022)
    assert agreement("Nutrients. Bicycles and the price of butter. 2022", record).answer == "doubtful"


# What the author seems to claim


@pytest.mark.parametrize(
    ("claimed", "title", "journal", "year"),
    [
        (CLAIMED_DIETS, "Gut-microbiota-targeted diets modulate human immune status", "Cell", None),
        (
            CLAIMED_VAGUS,
            "The Vagus Nerve at the Interface of the Microbiota-Gut-Brain Axis",
            "Frontiers in Psychiatry",
            None,
        ),
        (
            CLAIMED_NEUROLOGY,
            "The gut microbiome and neurological disorders",
            "Nature Reviews Neuroscience",
            None,
        ),
        (
            "Journal of Mild Weather (2025/2026 update). Rain on Tuesdays: a count",
            "Rain on Tuesdays: a count",
            "Journal of Mild Weather",
            2025,
        ),
        (
            "Berg AB, Holm C, et al. Rain on Tuesdays. J Weather. 2021 Aug 5;184(16):4137.",
            "Rain on Tuesdays",
            "J Weather",
            2021,
        ),
        (
            "Berg, A., & Holm, C. (2019). Rain on Tuesdays. Journal of Weather, 12(3), 4.",
            "Rain on Tuesdays",
            "Journal of Weather",
            2019,
        ),
        (
            "Berg A. Rain on Tuesdays. J. Mild. Weather. 2020;1:2",
            "Rain on Tuesdays",
            "J. Mild. Weather",
            2020,
        ),
        ("Nutrients 2022;14(3):621", "", "Nutrients", 2022),
        (
            "Nutrients 2022;14(3):621. Green tea in porcelain cups",
            "Green tea in porcelain cups",
            "Nutrients",
            2022,
        ),
        (
            "Rain on tuesdays and the price of umbrellas in five coastal towns. Review.",
            "Rain on tuesdays and the price of umbrellas in five coastal towns",
            "",
            None,
        ),
        ("Rain on Tuesdays", "Rain on Tuesdays", "", None),
        (
            "Rain on the coast and on the hills. Journal of Weather",
            "Rain on the coast and on the hills",
            "Journal of Weather",
            None,
        ),
        ("Regn om tirsdagen hos E. coli i vand", "Regn om tirsdagen hos E. coli i vand", "", None),
        (
            "Among patients seen in 2010, rain was rare",
            "Among patients seen in 2010, rain was rare",
            "",
            None,
        ),
        (
            "A very long sentence that names nobody and goes on for long, 2020;1",
            "A very long sentence that names nobody and goes on for long",
            "",
            2020,
        ),
        ("Berg AB et al. 2019", "", "", 2019),
        ("2021 Aug 5;184(16):4137.", "", "", 2021),
        ("", "", "", None),
    ],
)
def test_what_the_author_seems_to_claim(claimed, title, journal, year):
    assert (claimed_title(claimed), claimed_journal(claimed), claimed_year(claimed)) == (title, journal, year)


@pytest.mark.parametrize(
    ("claimed", "volume", "page"),
    [
        ("Berg AB. Rain. J Weather. 2021 Aug 5;184(16):4137-4153.e14.", "184", "4137"),
        ("J Weather. 2001 Jan-Feb;12(1-2):33.", "12", "33"),
        ("J Weather 2001;12 Suppl 1:S3-9", "12", "S3"),
        ("J Weather 2001;12(Suppl 1):S3", "12", "S3"),
        ("J. Weather. 2019; 14 (3) : 621 – 630", "14", "621"),
        ("J Weather [Internet]. 2019 [cited 2020 Jan 3];14(3):621", "14", "621"),
        ("BMJ 2020;369:m1328", "369", "m1328"),
        ("Cochrane Database Syst Rev. 2019;(3):CD001234.", "", "CD001234"),
        ("Ugeskr Læger 2019;181:V03190123", "181", "V03190123"),
        ("Nutrients 2022, 14, 621", "14", "621"),
        ("Berg, A. (2019). Rain. Journal of Weather, 12(3), 4–9.", "12", "4"),
        ("Journal of Weather 12, no. 3 (2019): 4–9", "12", "4"),
        ("J Weather 12 (2019) 4–9", "12", "4"),
        ("Weather 395, 497–506 (2020)", "395", "497"),
        ("Lancet 395:497-506", "395", "497"),
        ("Journal of Weather, vol. 12, no. 3, 2019, pp. 4-9", "12", "4"),
        ("Ugeskr Læger, årg. 181, nr. 3, s. 44-46 (2019)", "181", "44"),
        ("Rain: a mixture of 2:1", "", ""),
        ("Among 12 patients seen in 2010, 5 had rain", "", ""),
        ("doi:10.5555/2019;14(3):621", "", ""),
        ("", "", ""),
    ],
)
def test_where_in_its_journal_the_author_seems_to_say(claimed, volume, page):
    assert (claimed_volume(claimed), claimed_page(claimed)) == (volume, page)


@pytest.mark.parametrize(
    ("claimed", "author"),
    [
        ("Berg AB, Holm C, et al. Rain on Tuesdays. J Weather. 2021", "Berg AB"),
        ("Berg, A. B., & Holm, C. (2019). Rain on Tuesdays.", "Berg AB"),
        ("3. Berg AB, Holm C: Rain on Tuesdays", "Berg AB"),
        ("van der Holm C. Rain on Tuesdays", "van der Holm C"),
        ("Berg et al. (2020). Rain on Tuesdays", "Berg"),
        ("Sørensen-Ås Å m.fl. Regn om tirsdagen", "Sørensen-Ås Å"),
        ("The Weather Group. Rain on Tuesdays", ""),
        ("Vitamin D and rain on Tuesdays", ""),
        ("Nutrients 2022;14(3):621", ""),
        ("", ""),
    ],
)
def test_the_first_author_the_author_seems_to_name(claimed, author):
    assert claimed_author(claimed) == author


def test_a_citation_is_read_as_pubmed_asks_for_it():
    claimed = "Berg AB, Holm C. Rain on Tuesdays. J. Weather. 2019;12(3):4-9."
    assert claimed_citation(claimed) == ("J Weather", "2019", "12", "4", "Berg AB")


@pytest.mark.parametrize(
    ("claimed", "journal", "year"),
    [
        ("Nutrients 2022, 14, 621", "Nutrients", 2022),
        ("Weather 395, 497–506 (2020)", "Weather", 2020),
        ("Rain on Tuesdays. J Weather 12 (2019) 4–9", "J Weather", 2019),
        ("Lancet 395:497-506", "Lancet", None),
        ("Journal of Weather, vol. 12, no. 3, 2019, pp. 4-9", "Journal of Weather", 2019),
        ("Ugeskr Læger, årg. 181, nr. 3, s. 44-46 (2019)", "Ugeskr Læger", 2019),
        ("Rain on Tuesdays. J Weather [Internet]. 2019 [cited 2020 Jan 3];14(3):621", "J Weather", 2019),
        ("Berg AB. J Weather 2019", "J Weather", 2019),
    ],
)
def test_a_journals_name_ends_before_volume_and_page(claimed, journal, year):
    assert (claimed_journal(claimed), claimed_year(claimed)) == (journal, year)


@pytest.mark.parametrize(
    ("claimed", "is_telling"),
    [("Nutrients 2022;14", False), ("Nutrients 2022;14:621", True), ("Berg A. Rain. Nutrients. 2022", True)],
)
def test_a_citation_of_two_fields_names_too_many_works(claimed, is_telling):
    assert claimed_citation(claimed).is_telling == is_telling


# Candidates


def test_candidates_come_best_first_with_their_reasons():
    review = replace(VAGUS, pmid=30, journal="Front Psychiatry", journal_name="Frontiers in Psychiatry")
    similar = Record(31, title="The Phrenic Nerve at the Interface of the Microbiota-Gut-Brain Axis.")
    found = candidates(CLAIMED_VAGUS, [TEA, similar, VAGUS, review, GUT_DIETS])
    assert [(candidate.record.pmid, candidate.reasons) for candidate in found] == [
        (30, ("same_title", "same_journal")),
        (29467611, ("same_title",)),
        (31, ("similar_title",)),
    ]


def test_a_citation_without_a_title_finds_its_paper():
    (found,) = candidates("Eur J Walk 2019;14(3):621", [TEA, WALKS, GULLS])
    assert (found.record, found.score) == (WALKS, 1)
    assert found.reasons == ("same_journal", "same_year", "same_volume_and_page")


def test_a_title_in_other_words_is_no_matter_where_the_citation_fits():
    claimed = "Berg AB. Daglig gang og søvn hos ældre mennesker. Eur J Walk. 2019;14(3):621."
    (found,) = candidates(claimed, [TEA, WALKS, GULLS])
    assert (found.record, found.reasons) == (WALKS, ("same_journal", "same_year", "same_volume_and_page"))


def test_the_claimed_title_comes_before_the_claimed_place():
    claimed = "Berg AB. Green tea does not change the colour of porcelain cups. Eur J Walk. 2019;14(3):621."
    assert [found.record for found in candidates(claimed, [WALKS, TEA])] == [TEA, WALKS]


def test_a_doi_is_the_best_reason():
    (found,) = candidates("Something else entirely about boats. doi:10.5555/walk.2019.14", [WALKS, TEA])
    assert (found.score, found.reasons) == (1, ("same_doi",))


def test_equal_candidates_keep_their_order():
    records = [replace(GULLS, pmid=pmid) for pmid in (5, 3, 4)]
    found = candidates("Counting gulls on the harbour roofs in winter", records)
    assert [candidate.record.pmid for candidate in found] == [5, 3, 4]


def test_what_does_not_fit_is_no_candidate():
    assert candidates("Bicycles and the price of butter", [WALKS, TEA, BREAD]) == []
    assert candidates("", [WALKS]) == []


def test_the_lowest_score_is_a_journal_and_a_year_or_a_fairly_similar_title():
    assert [candidate.score for candidate in candidates("Nutrients 2022;1:2", [TEA])] == [0.6]
    assert candidates("Nutrients. 2018;1:2", [TEA]) == []
    assert LOWEST_SCORE < 0.6


# Any text

WORDS = st.text("abcdefghijklmnopqrstuvwxyzæøåéüßβABCÆØ-0123456789", min_size=1, max_size=12)
PRINTABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
PIECES = st.sampled_from(
    [". ", ": ", "(2019)", "2021;1(2):3", " et al. ", "10.1/x", "<i>", "Cell", "Walk", "–", "\n"]
)
CLAIMS = st.lists(st.one_of(WORDS, PIECES, PRINTABLE), max_size=30).map(" ".join)


@given(CLAIMS, CLAIMS, PRINTABLE, st.none() | st.integers(0, 3000))
@settings(deadline=None)
def test_no_text_is_an_error_and_scores_are_between_0_and_1(claimed, title, journal, year):
    record = Record(
        1, title=title, journal=journal, journal_name=title[:20], year=year, pages=journal, volume="1"
    )
    compared = agreement(claimed, record)
    assert 0 <= compared.title_similarity <= 1
    assert all(0 <= candidate.score <= 1 for candidate in candidates(claimed, [record, WALKS]))
    assert len(claimed_title(claimed)) + len(claimed_journal(claimed)) <= LONGEST_CLAIM
    assert len("".join(claimed_citation(claimed))) <= LONGEST_CLAIM


@given(
    title=st.lists(
        st.text("abcdefghijklmnopqrstuvwxyzæøåéüßβABCÆØ", min_size=2, max_size=12), min_size=3, max_size=20
    ),
    journal=st.lists(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8), min_size=1, max_size=5),
    authors=st.lists(
        st.sampled_from(["Berg AB", "van der Holm C", "The Walking Group", "Sø Æ Jr"]), max_size=8
    ),
    year=st.none() | st.integers(1800, 2090),
    volume=st.integers(1, 999),
)
@settings(deadline=None)
def test_a_records_own_citation_agrees_with_it(title, journal, authors, year, volume):
    record = Record(
        1,
        title=" ".join(title),
        authors=tuple(authors),
        journal=" ".join(journal),
        journal_name=" ".join(journal),
        published=f"{year} Aug 5" if year else "",
        year=year,
        volume=str(volume),
        pages="17-19",
        doi="10.5555/a(b)",
    )
    assert agreement(citation_text(record), record).answer == "agrees"


@pytest.mark.parametrize(
    "claimed",
    [
        "a " * 5000,
        "(" * 5000,
        "." * 5000,
        "A. " * 3000,
        "2021 " * 2000,
        "Ab" * 5000,
        "ﷺ " * 5000,
        "A-" * 5000,
        '" ' * 3000,
        "2021 Aug 5;1(" * 500,
        "A-b " * 1000,
        "12 (no. " * 500,
    ],
)
def test_no_claim_is_slow(claimed):
    record = Record(
        1, title="a b " * 200, vernacular_title=". ".join(["Ab"] * 300), journal="a a", journal_name="a b a"
    )
    started = time.process_time()
    agreement(claimed, record)
    claimed_citation(claimed)
    assert time.process_time() - started < 20
