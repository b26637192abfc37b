"""Patients' search: what they ask for, and the current editions that answer.

A query is a few words. Each may be met by the word itself in any of its forms, by a synonym, by a longer
word that holds it, by an author's name or a PubMed ID, and where no article has it, by words like it.
"""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from html import escape
from itertools import compress, product
from math import ceil
from operator import add, and_
from typing import Any

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db import connections, router, transaction
from django.db.models import Case, F, FloatField, Func, Q, TextField, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat
from django.utils.safestring import SafeString, mark_safe

from articles.models import Citation, Edition, EditionQuerySet

PAGE_SIZE = 12
# What is read of a query: nobody means more, and each word costs some look-ups.
MOST_CHARACTERS = 400
MOST_WORDS = 24
MOST_TERMS = 8

WORD = re.compile(r"[^\W_]+")
PMID = re.compile(r"[1-9]\d{0,7}", re.ASCII)
# How letters that a keyboard lacks are written.
LETTERS = {"da": (("ae", "æ"), ("oe", "ø"), ("aa", "å"), ("å", "aa"))}
MOST_SPELLINGS = 4
MOST_SUGGESTIONS = 3

# Of a word in the text, the abstract, a heading, the title.
WEIGHTS = [0.1, 0.25, 0.5, 1.0]
# A word that is only like what was asked for counts for less; a name or a number, for as much as a title.
LIKE = 0.25
NAMED = 1.0
# Of articles that have some of the words: one word more counts for more than the best place for one.
MET = 1.0
# How alike two words are, from 0 to 1, where one is taken for the other, misspelt: docs/benchmarks.md.
ALIKE = 0.35

# Of how many the texts are looked at, to put those in order that are first by title, headings and abstract.
# Ordering all that match by their texts would take as much longer as there are more of them.
MOST_WEIGHED = 8 * PAGE_SIZE

# Characters that stand in no edition, where a match begins and ends.
BEGIN, END = "\x02", "\x03"
MATCH = re.compile(f"{BEGIN}([^{BEGIN}{END}]*){END}")

# For each spelling of each word: what it is in the index, whose name it is in, and what else may be meant.
# The commonest words of the language are nothing in the index.
LOOK_UP = """
WITH readable AS NOT MATERIALIZED ({readable}), spelt AS (
    SELECT *, dense_rank() OVER (ORDER BY place) AS nth
    FROM unnest(%s::int[], %s::text[]) AS spelt(place, spelling),
        search_configuration(%s) AS configuration,
        plainto_tsquery(configuration, spelling) AS query
    WHERE numnode(query) > 0
), asked AS MATERIALIZED (
    SELECT *, bool_or(
        authors <> '{{}}' OR EXISTS (SELECT FROM readable WHERE readable.search @@ query)
    ) OVER (PARTITION BY place) AS is_known
    FROM spelt, LATERAL (
        SELECT ARRAY(
            SELECT id FROM articles_author WHERE name ~* ('\\m' || spelling || '\\M')
        ) AS authors, ARRAY(
            SELECT id FROM articles_author WHERE length(spelling) > 2 AND name ~* ('\\m' || spelling)
        ) AS likely
    ) AS named
    WHERE nth <= %s
)
SELECT place, query::text, is_known, authors, likely,
    ARRAY(
        SELECT plainto_tsquery(configuration, word)::text FROM articles_searchword
        WHERE language = %s AND length(spelling) > 3
            AND word LIKE '%%' || spelling || '%%' AND word NOT LIKE spelling || '%%'
        ORDER BY length(word), word LIMIT 10
    ),
    ARRAY(
        SELECT plainto_tsquery(configuration, word)::text
        FROM (
            SELECT word, likeness, max(likeness) OVER () AS most FROM similar_words(%s, spelling)
            WHERE likeness >= %s
        ) AS alike
        WHERE NOT is_known AND length(spelling) > 3 AND likeness >= 0.8 * most
    ),
    ARRAY(
        SELECT plainto_tsquery(configuration, head.word)::text || ' & '
            || plainto_tsquery(configuration, tail.word)::text
        FROM generate_series(4, length(spelling) - 4) AS cut
        JOIN articles_searchword AS head ON head.language = %s AND head.word = left(spelling, cut)
        JOIN articles_searchword AS tail ON tail.language = head.language
            AND tail.word IN (
                substr(spelling, cut + 1), regexp_replace(substr(spelling, cut + 1), '^[se]', '')
            )
        WHERE NOT is_known
        LIMIT 3
    )
FROM asked
ORDER BY place
"""
# Of phrases that a query has in any form: their words in the index, and what means the same.
SYNONYMS = """
SELECT tsvector_to_array(to_tsvector(configuration, phrase)),
    ARRAY(
        SELECT phraseto_tsquery(configuration, other)::text
        FROM unnest(words) AS other WHERE other <> phrase
    )
FROM articles_synonym, unnest(words) AS phrase, search_configuration(%s) AS configuration
WHERE language = %s AND to_tsvector(configuration, %s) @@ phraseto_tsquery(configuration, phrase)
"""
# Keys of what matches, in order, and how many there are in all, in each category and of each treatment: a
# choice of one kind does not change what there is to choose of the same kind.
#
# The words are looked up in the index of `search` before anything else is asked, which OFFSET sees to:
# PostgreSQL takes no account of how long it is to read a column as large as that, so it would rather compare
# it in row after row. Under its own name the table is then no more than the rows that were found.
PAGE = """
WITH matching AS MATERIALIZED (
    WITH articles_edition AS NOT MATERIALIZED ({met} OFFSET 0) {current}
), offered AS (
    SELECT edition_id, treatment_id, category_id
    FROM matching JOIN articles_editiontreatment ON edition_id = matching.id
), chosen AS (
    SELECT * FROM matching
    WHERE (%s::bigint IS NULL OR category_id = %s)
        AND (%s::bigint IS NULL OR id IN (SELECT edition_id FROM offered WHERE treatment_id = %s))
)
SELECT
    ARRAY(SELECT id FROM chosen ORDER BY score DESC, published_on DESC, id DESC LIMIT %s OFFSET %s),
    (SELECT count(*) FROM chosen),
    (SELECT coalesce(jsonb_object_agg(category_id, n), '{{}}') FROM (
        SELECT category_id, count(*) AS n FROM matching
        WHERE category_id IS NOT NULL
            AND (%s::bigint IS NULL OR id IN (SELECT edition_id FROM offered WHERE treatment_id = %s))
        GROUP BY category_id
    ) AS counted),
    (SELECT coalesce(jsonb_object_agg(treatment_id, n), '{{}}') FROM (
        SELECT treatment_id, count(*) AS n FROM offered
        WHERE %s::bigint IS NULL OR category_id = %s
        GROUP BY treatment_id
    ) AS counted)
"""
# Each word is looked up by itself where PostgreSQL would look up one in the index and compare the others in
# row after row; and where it matters how many of them an article has.
WORD_BY_WORD = """
SELECT {columns}, met FROM articles_edition
JOIN (SELECT id, count(*) AS met FROM ({words}) AS hits GROUP BY id HAVING count(*) >= %s) AS counted
    USING (id)
"""
COLUMNS = ("id", "language", "validity", "category_id", "author_id", "published_on", "about")
# Words of current editions that are the least bit like those asked for.
SUGGESTIONS = """
WITH readable AS NOT MATERIALIZED ({readable})
SELECT word, query::text FROM (
    SELECT alike.word, plainto_tsquery(configuration, alike.word) AS query, max(likeness) AS most
    FROM unnest(%s::text[]) AS spelling, similar_words(%s, spelling) AS alike,
        search_configuration(%s) AS configuration
    GROUP BY alike.word, configuration
) AS alike
WHERE EXISTS (SELECT FROM readable WHERE readable.search @@ query)
ORDER BY most DESC, word LIMIT %s
"""


@dataclass
class Term:
    """A word of a query, and what meets it: tsqueries, authors, editions that cite the work."""

    exact: list[str] = field(default_factory=list)
    like: list[str] = field(default_factory=list)
    authors: set[int] = field(default_factory=set)
    likely: set[int] = field(default_factory=set)
    """Authors whose name begins with it, at least: "ben" may be Bente, or a leg."""
    citing: set[int] = field(default_factory=set)
    is_known: bool = False
    """Whether there is an article that it is exactly met by."""

    @property
    def met(self) -> Q:
        text = Q(search=TextQuery(any_of([*self.exact, *self.like])))
        return text | self.named | Q(author__in=self.likely) if self.likely or self.citing else text

    @property
    def named(self) -> Q:
        return Q(author__in=self.authors) | Q(pk__in=self.citing)


@dataclass(frozen=True)
class Selection:
    """Which of what matches to show: those in a category, about a treatment, on a page."""

    category: int | None = None
    treatment: int | None = None
    page: int = 1


EVERYTHING = Selection()


@dataclass(frozen=True)
class Found:
    """A page of what was found. `categories` and `treatments` say how many there are of each, by key."""

    editions: list[Any]
    count: int
    categories: dict[int, int]
    treatments: dict[int, int]
    is_partial: bool
    """No article has all the words: these have some."""
    is_like: bool
    """No article has any of the words: these have words like them."""

    @property
    def pages(self) -> int:
        return ceil(self.count / PAGE_SIZE)


class TextQuery(SearchQuery):
    """A query that PostgreSQL has written itself, of words as they are in the index."""

    template = "(%(expressions)s)::tsquery"


def search(text: str, language: str, selection: Selection = EVERYTHING) -> Found:
    """A page of the current editions that answer a query, best first."""
    asked = terms(words_of(text), language)
    if not asked:
        return Found([], 0, {}, {}, is_partial=False, is_like=False)
    found = matching(asked, len(asked), language, selection)
    is_partial = found[1] == 0 and len(asked) > 1
    if is_partial:
        found = matching(asked, 1, language, selection)
    first, count, categories, treatments = found
    return Found(
        editions=page_of(first, asked, language, selection.page, is_partial=is_partial),
        count=count,
        categories=by_key(categories),
        treatments=by_key(treatments),
        is_partial=is_partial and count > 0,
        is_like=count > 0 and not any(term.is_known for term in asked),
    )


def by_key(counts: str) -> dict[int, int]:
    return {int(pk): count for pk, count in json.loads(counts).items()}


def words_of(text: str) -> list[str]:
    """The words of a query, each once. Whatever else is in the text is left out."""
    text = unicodedata.normalize("NFC", text[:MOST_CHARACTERS]).lower()
    return list(dict.fromkeys(WORD.findall(text)))[:MOST_WORDS]


def spellings(word: str, language: str) -> list[str]:
    """The word, and as it would be with letters that whoever wrote it may have no key for."""
    pairs = [pair for pair in LETTERS.get(language, ()) if pair[0] in word]
    written = [word]
    for chosen in product((False, True), repeat=len(pairs)):
        replaced = compress(pairs, chosen)
        written.append(reduce(lambda text, pair: text.replace(*pair), replaced, word))
    return list(dict.fromkeys(written))[:MOST_SPELLINGS]


def terms(words: Sequence[str], language: str) -> list[Term]:
    """What is meant by each word that is not in every text, as "and" is."""
    asked = [(place, written) for place, word in enumerate(words) for written in spellings(word, language)]
    found: dict[int, Term] = defaultdict(Term)
    sql, parameters = readable(language).values("search").query.sql_with_params()
    with connections[router.db_for_read(Edition)].cursor() as cursor:
        cursor.execute(
            LOOK_UP.format(readable=sql),
            [
                *parameters,
                [place for place, _written in asked],
                [written for _place, written in asked],
                *(language, MOST_TERMS, language, language, ALIKE, language),
            ],
        )
        for place, query, is_known, authors, likely, longer, alike, parts in cursor.fetchall():
            term = found[place]
            term.is_known = is_known
            term.exact.append(query)
            beginning = [f"{query}:*"] if len(query) > len("'of'") else []
            term.like += [*beginning, *longer, *alike, *parts]
            term.authors.update(authors)
            term.likely.update(authors, likely)
        cursor.execute(SYNONYMS, [language, language, " ".join(words)])
        synonyms = cursor.fetchall()
    for place in [place for place in found if PMID.fullmatch(words[place])]:
        cited = Citation.objects.filter(reference__pmid=words[place], edition__in=readable(language))
        found[place].citing.update(cited.values_list("edition", flat=True))
        found[place].is_known |= bool(found[place].citing)
        # The word that says what the number is.
        if place - 1 in found and words[place - 1] == "pmid":
            del found[place - 1]
    return with_synonyms(with_whole_names(list(found.values())), synonyms)


def with_synonyms(asked: list[Term], synonyms: Iterable[tuple[list[str], list[str]]]) -> list[Term]:
    """The terms, where those of a phrase are one term, which is met by what means the same too."""
    for phrase, others in synonyms:
        lexemes = {f"'{lexeme}'" for lexeme in phrase}
        if parts := [term for term in asked if lexemes.intersection(term.exact)]:
            whole = joined(parts)
            whole.exact += others
            whole.is_known = True
            asked = [whole, *(term for term in asked if term not in parts)]
    return asked


def with_whole_names(asked: list[Term]) -> list[Term]:
    """The terms, where first name and surname of one author are one term."""
    names = [term for term in asked if term.likely]
    if len(names) > 1 and set.intersection(*(term.likely for term in names)):
        return [joined(names), *(term for term in asked if term not in names)]
    return asked


def joined(parts: Sequence[Term]) -> Term:
    """The term that is met by what meets all of them."""
    return Term(
        exact=[all_of(any_of(term.exact) for term in parts)],
        like=[all_of(any_of([*term.exact, *term.like]) for term in parts)],
        authors=set.intersection(*(term.authors for term in parts)),
        likely=set.intersection(*(term.likely for term in parts)),
        citing=set.intersection(*(term.citing for term in parts)),
        is_known=all(term.is_known for term in parts),
    )


def matching(asked: Sequence[Term], least: int, language: str, selection: Selection) -> Any:
    """The row of PAGE for what has at least so many of the words: the keys of the first ones, or of the page
    if it comes after those.
    """
    met_sql, met_parameters = met_by(asked, least)
    best = score(asked, "about") + Value(MET) * RawSQL("met", (), output_field=FloatField())
    current = readable(language).annotate(score=best)
    sql, parameters = current.values("id", "category_id", "published_on", "score").query.sql_with_params()
    categories, treatments = [selection.category] * 2, [selection.treatment] * 2
    start = PAGE_SIZE * (selection.page - 1)
    rows = [MOST_WEIGHED, 0] if start < MOST_WEIGHED else [PAGE_SIZE, start]
    using = router.db_for_read(Edition)
    with transaction.atomic(using), connections[using].cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            PAGE.format(met=met_sql, current=sql),
            [*met_parameters, *parameters, *categories, *treatments, *rows, *treatments, *categories],
        )
        return cursor.fetchone()


def met_by(asked: Sequence[Term], least: int) -> tuple[str, list[Any]]:
    """SQL of what has at least so many of the words, and `met`: how many, where that is not all."""
    is_all = least == len(asked)
    at_once = [term for term in asked if is_all and not term.likely and not term.citing]
    groups = [*filter(None, [at_once]), *([term] for term in asked if term not in at_once)]
    editions = Edition.objects.order_by()
    hits = [editions.filter(reduce(and_, (term.met for term in group))) for group in groups]
    if len(hits) == 1:
        sql, parameters = hits[0].values(*COLUMNS, met=Value(1)).query.sql_with_params()
        return sql, [*parameters]
    words = [queryset.values("id").query.sql_with_params() for queryset in hits]
    sql = WORD_BY_WORD.format(
        columns=", ".join(COLUMNS), words=" UNION ALL ".join(sql for sql, _parameters in words)
    )
    needed = len(hits) if is_all else least
    return sql, [*(value for _sql, parameters in words for value in parameters), needed]


def score(asked: Sequence[Term], column: str) -> Any:
    """How well an edition answers, by one of its columns.

    By `about`, which all that match are ordered by, only the words themselves count where there are any.
    """
    exact = [query for term in asked for query in term.exact]
    like = [query for term in asked for query in term.like]
    if column == "about":
        return rank(exact if any(term.is_known for term in asked) else like, column) + named(asked)
    return rank(exact, column) + Value(LIKE) * rank(like, column) + named(asked)


def rank(queries: Sequence[str], column: str) -> Any:
    """How often and where the words are met. PostgreSQL divides by the number of words; we do not."""
    found = SearchRank(F(column), TextQuery(any_of(queries)), weights=WEIGHTS)
    return found * Value(float(len(queries)))


def named(asked: Iterable[Term]) -> Any:
    names = [When(term.named, then=NAMED) for term in asked if term.authors or term.citing]
    return Case(*names, default=0.0, output_field=FloatField())


def met(asked: Iterable[Term]) -> Any:
    """For how many of the words there are."""
    each = (Case(When(term.met, then=MET), default=0.0, output_field=FloatField()) for term in asked)
    return reduce(add, each)


def page_of(
    pks: list[int], asked: Sequence[Term], language: str, page: int, *, is_partial: bool
) -> list[Any]:
    """The editions of a page, of the first ones or of its own, with what of them matches, marked."""
    query = TextQuery(any_of(query for term in asked for query in [*term.exact, *term.like]))
    text = Concat(
        "abstract",
        *(Value(" "), Func("seek_help_html", function="plain_text")),
        *(Value(" "), Func("html", function="plain_text")),
        output_field=TextField(),
    )
    editions = (
        readable(language)
        .filter(pk__in=pks)
        .for_list()
        .annotate(score=score(asked, "search") + (met(asked) if is_partial else Value(0.0)))
        .annotate(marked_title=marks("title", query, highlight_all=True))
        .annotate(marked_text=marks(text, query, max_fragments=2, min_words=10, max_words=22))
        .order_by("-score", "-published_on", "-id")
    )
    start = PAGE_SIZE * (page - 1)
    found: list[Any] = list(editions[start : start + PAGE_SIZE] if start < MOST_WEIGHED else editions)
    for edition in found:
        edition.marked_title = marked(edition.marked_title)
        edition.excerpt = marked(edition.marked_text) if BEGIN in edition.marked_text else ""
    return found


def marks(text: Any, query: TextQuery, **options: Any) -> SearchHeadline:
    configuration = Func("language", function="search_configuration")
    return SearchHeadline(
        text,
        query,
        config=configuration,
        start_sel=BEGIN,
        stop_sel=END,
        fragment_delimiter=" … ",
        **options,
    )


def marked(text: str) -> SafeString:
    """HTML of a text whose matches are between BEGIN and END."""
    html = MATCH.sub(r"<mark>\1</mark>", escape(text))
    return mark_safe(html.replace(BEGIN, "").replace(END, ""))  # noqa: S308 - escaped


def suggestions(text: str, language: str) -> tuple[list[str], list[Edition]]:
    """Words like those of a query that was in vain, and the articles that are about them."""
    written = [spelling for word in words_of(text) for spelling in spellings(word, language)]
    sql, parameters = readable(language).values("search").query.sql_with_params()
    with connections[router.db_for_read(Edition)].cursor() as cursor:
        cursor.execute(
            SUGGESTIONS.format(readable=sql), [*parameters, written, language, language, MOST_SUGGESTIONS]
        )
        found = cursor.fetchall()
    if not found:
        return [], []
    query = TextQuery(any_of(query for _word, query in found))
    nearest = readable(language).filter(search=query).for_list()
    best = SearchRank(F("search"), query, weights=WEIGHTS)
    return [word for word, _query in found], list(nearest.order_by(best.desc(), "-id")[:MOST_SUGGESTIONS])


def readable(language: str) -> EditionQuerySet:
    return Edition.objects.current().in_language(language).order_by()


def any_of(queries: Iterable[str]) -> str:
    return " | ".join(f"({query})" for query in dict.fromkeys(queries))


def all_of(queries: Iterable[str]) -> str:
    return " & ".join(f"({query})" for query in queries)
