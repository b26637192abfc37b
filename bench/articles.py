"""`python -m bench.articles N`: invented articles, N of them in each language, into the site's database.

Words are as frequent as in a language (Zipf's law): those of the sample texts first, in the order of
how often they occur there, then compounds made of them, as Danish makes them. An article is about
something: a word that stands in its title, in a heading and several times in its text.
"""

import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import accumulate, islice
from typing import Any

import django
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

SEED = 20_26
WORDS = 40_000
WORDS_OF_AN_ARTICLE = 600  # as in the sample
SUBJECTS = 600
BATCH = 250


class Language:
    """Words of a language and how likely each is."""

    def __init__(self, text: str, dice: random.Random) -> None:
        counted = Counter(re.findall(r"[^\W\d_]+", text.lower()))
        known = [word for word, _count in counted.most_common()]
        parts = [word for word in known if 5 <= len(word) <= 9]
        compounds = dict.fromkeys(
            dice.choice(parts) + dice.choice(("", "s")) + dice.choice(parts) for _ in range(WORDS * 2)
        )
        self.words = list(dict.fromkeys([*known, *compounds]))[:WORDS]
        self.sums = list(accumulate(1 / (rank + 2.7) for rank in range(len(self.words))))
        # Neither the commonest words nor the rarest.
        self.subjects = [word for word in self.words[80:] if len(word) > 4][:SUBJECTS]
        self.sums_of_subjects = list(accumulate(1 / (rank + 2.7) for rank in range(SUBJECTS)))

    def subject(self, dice: random.Random) -> str:
        return str(dice.choices(self.subjects, cum_weights=self.sums_of_subjects)[0])

    def sentences(self, subject: str, count: int, dice: random.Random) -> Iterator[str]:
        """Of that many words in all; one in sixty is the subject."""
        words = dice.choices(self.words, cum_weights=self.sums, k=count)
        for place in dice.sample(range(count), count // 60):
            words[place] = subject
        drawn = iter(words)
        while sentence := list(islice(drawn, dice.randint(6, 18))):
            yield " ".join(sentence).capitalize() + "."


def texts(language: Language, number: int, dice: random.Random) -> dict[str, Any]:
    """The texts of an edition, HTML and outline included."""
    subject, other = language.subject(dice), language.subject(dice)
    headings = [f"{subject.capitalize()} {number}", *(language.subject(dice).capitalize() for _ in range(4))]
    html, body = [], []
    for place, heading in enumerate(headings):
        paragraph = " ".join(language.sentences(subject, WORDS_OF_AN_ARTICLE // len(headings), dice))
        html.append(f'<h2 id="h-{place}">{heading}</h2>\n<p>{paragraph}</p>')
        body.append(f"## {heading}\n\n{paragraph}")
    return {
        "title": f"{subject.capitalize()} {other} {number}",
        "slug": f"sample-{number}",
        "abstract": " ".join(language.sentences(subject, 40, dice)),
        "body": "\n\n".join(body),
        "html": "\n".join(html),
        "outline": [
            {"level": 2, "id": f"h-{place}", "title": heading} for place, heading in enumerate(headings)
        ],
    }


def add(count: int) -> None:
    """Published without the desk: 20,000 editions at once, words learnt in the end."""
    from articles.models import (  # noqa: PLC0415 - after django.setup()
        Article,
        Author,
        Category,
        Edition,
        EditionTreatment,
        Treatment,
    )

    dice = random.Random(SEED)  # noqa: S311 - the same articles each time
    sample = list(Edition.objects.all())
    languages = {
        code: Language(" ".join(edition.body for edition in sample if edition.language == code), dice)
        for code in ("da", "en")
    }
    authors, categories, treatments = (
        list(model.objects.values_list("pk", flat=True)) for model in (Author, Category, Treatment)
    )
    always = DateTimeTZRange(timezone.now(), None)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE articles_edition DISABLE TRIGGER words_are_learnt")
    for start in range(0, count, BATCH):
        numbers = range(start + 1, min(start + BATCH, count) + 1)
        with transaction.atomic():  # what belongs to an edition comes in its transaction
            articles = Article.objects.bulk_create(Article(original_language="da") for _ in numbers)
            editions = Edition.objects.bulk_create(
                Edition(
                    article=article,
                    language=code,
                    number=1,
                    author_id=dice.choice(authors),
                    category_id=dice.choice(categories),
                    published_on=date(2026, 1, 1) - timedelta(days=number // 4),
                    validity=always,
                    **texts(language, number, dice),
                )
                for article, number in zip(articles, numbers, strict=True)
                for code, language in languages.items()
            )
            EditionTreatment.objects.bulk_create(
                EditionTreatment(edition=edition, treatment_id=dice.choice(treatments), position=0)
                for edition in editions
            )
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE articles_edition ENABLE TRIGGER words_are_learnt")
        cursor.execute(
            "INSERT INTO articles_searchword (language, word) SELECT DISTINCT language, word"
            " FROM articles_edition, edition_words(title, abstract, seek_help_html, html) AS word"
            " ON CONFLICT DO NOTHING"
        )
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    django.setup()
    add(int(sys.argv[1]))
