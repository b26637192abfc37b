"""What is always true of the database and its files, whatever crashed, and after a restore.

Each invariant is a function that answers with a sentence for each thing that is not as it should be.
`manage.py check_data` asks them all.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from html import unescape
from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import Count, F, Max, Min, Q
from reversion.models import Version

from articles import drafts, media, revising
from articles.models import (
    Article,
    AuditEntry,
    Citation,
    Edition,
    EditionPicture,
    EditionRelated,
    EditionTreatment,
    Picture,
    Snapshot,
    Treatment,
)
from articles.slugs import RESERVED
from references import citations
from references.languages import localized

Sentences = Iterator[str]

# Each refuses what would rewrite what patients were told, or what was decided; one keeps words for search.
TRIGGERS = {
    "approval_is_answered_once",
    "audit_is_only_added_to",
    "citation_is_immutable",
    "closed_accounts_have_no_sessions",
    "deleted_accounts_have_no_sessions",
    "confirmation_is_of_one_article",
    "confirmation_never_changes",
    "edition_is_immutable",
    "override_is_immutable",
    "picture_files_are_immutable",
    "picture_is_immutable",
    "related_is_immutable",
    "sign_ins_are_only_added_to",
    "snapshot_never_changes",
    "treatment_is_immutable",
    "words_are_learnt",
}

SHOWN_PICTURE = re.compile(r'<img src="[^"]*?/pictures/([0-9a-f]{32}-[0-9a-f]{8})-[0-9]+\.jpg"[^>]*>')
PLACE = re.compile(r"(?P<figure><figure>.*?</figure>)|<img [^>]*>", re.DOTALL)
CREDIT = re.compile(r'<span class="credit">(.*?)</span>', re.DOTALL)

OVERLAPPING = """
    SELECT a.id, b.id FROM articles_edition a JOIN articles_edition b
    ON a.id < b.id AND a.language = b.language AND a.validity && b.validity
"""

FOREIGN_KEYS = """
    SELECT con.conname, con.conrelid::regclass::text, con.confrelid::regclass::text,
        quote_ident(here.attname), quote_ident(there.attname)
    FROM pg_constraint con
    JOIN pg_attribute here ON here.attrelid = con.conrelid AND here.attnum = con.conkey[1]
    JOIN pg_attribute there ON there.attrelid = con.confrelid AND there.attnum = con.confkey[1]
    WHERE con.contype = 'f' AND con.connamespace = current_schema()::regnamespace
    ORDER BY con.conname
"""

SEQUENCES = """
    SELECT tables.relname, columns.attname,
        pg_get_serial_sequence(quote_ident(tables.relname), columns.attname)
    FROM pg_class tables JOIN pg_attribute columns ON columns.attrelid = tables.oid
    WHERE tables.relkind = 'r' AND tables.relnamespace = current_schema()::regnamespace
        AND columns.attnum > 0 AND NOT columns.attisdropped
        AND pg_get_serial_sequence(quote_ident(tables.relname), columns.attname) IS NOT NULL
    ORDER BY tables.relname
"""


def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


# The database as such


def the_database_is_of_this_version() -> Sentences:
    loader = MigrationLoader(connection)
    # Not what migrate would do: it does not look behind the last one that is applied.
    for app, name in sorted(loader.graph.nodes.keys() - loader.applied_migrations.keys()):
        yield f"The migration {app}.{name} is not applied: run migrate."
    for app, name in sorted(loader.applied_migrations.keys() - loader.disk_migrations.keys()):
        if app in loader.migrated_apps:
            yield f"The migration {app}.{name} is of a newer version of the program."


def foreign_keys_hold() -> Sentences:
    for name, table, other, column, key in rows(FOREIGN_KEYS):
        ((dangling,),) = rows(
            f"SELECT count(*) FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608 - the catalogue's names
            f" AND NOT EXISTS (SELECT 1 FROM {other} AS other WHERE other.{key} = {table}.{column})"
        )
        if dangling:
            yield f"{dangling} rows of {table} name rows of {other} that are not there ({name})."


def constraints_are_in_force() -> Sentences:
    unproved = "SELECT conname FROM pg_constraint WHERE NOT convalidated ORDER BY 1"
    for (name,) in rows(unproved):
        yield f"The constraint {name} is not validated."
    broken = (
        "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT (indisvalid AND indisready) ORDER BY 1"
    )
    for (name,) in rows(broken):
        yield f"The index {name} is not valid."
    with connection.cursor() as cursor:
        tables = connection.introspection.get_table_list(cursor)
        for model in connection.introspection.installed_models([table.name for table in tables]):
            named = {constraint.name for constraint in model._meta.constraints}
            there = connection.introspection.get_constraints(cursor, model._meta.db_table)
            for name in sorted(named - there.keys()):
                yield f"The constraint {name} of {model._meta.db_table} is not there."


def triggers_are_on() -> Sentences:
    on = {name for (name,) in rows("SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')")}
    for name in sorted(TRIGGERS - on):
        yield f"The trigger {name} is missing or switched off."


def sequences_are_ahead() -> Sentences:
    for table, column, sequence in rows(SEQUENCES):
        ((last, is_called, largest),) = rows(
            f"SELECT last_value, is_called, (SELECT max({column}) FROM {table}) FROM {sequence}"  # noqa: S608
        )
        if largest is not None and largest > (last if is_called else last - 1):
            yield f"The next row of {table} would be given a {column} that is taken."


# Editions


def editions_are_numbered_from_one() -> Sentences:
    numbered = Edition.objects.order_by("article_id", "language").values("article_id", "language")
    counted = numbered.annotate(rows=Count("pk"), first=Min("number"), last=Max("number"))
    for group in counted.exclude(first=1, last=F("rows")):
        yield f"Editions of article {group['article_id']} ({group['language']}) have a hole in their numbers."


def one_edition_is_in_force() -> Sentences:
    for first, second in rows(f"{OVERLAPPING} AND a.article_id = b.article_id"):
        yield f"Editions {first} and {second} are in force at once."


def one_article_is_at_an_address() -> Sentences:
    for first, second in rows(f"{OVERLAPPING} AND a.slug = b.slug AND a.article_id <> b.article_id"):
        yield f"Editions {first} and {second} have one address at once."


def no_page_of_the_blog_hides_an_article() -> Sentences:
    """A slug may have become the name of a page of ours after it was published."""
    hidden = Edition.objects.current_or_scheduled().filter(slug__in=RESERVED)
    for pk, slug in hidden.order_by("pk").values_list("pk", "slug"):
        yield f"Edition {pk} is not found: “{slug}” is a page of the blog itself. Publish another slug."


def editions_have_their_citations() -> Sentences:
    """Those their text cites, under those numbers, as often as it does."""
    kept: dict[int, dict[int, int]] = {}
    for edition, number, places in Citation.objects.values_list("edition", "number", "places"):
        kept.setdefault(edition, {})[number] = places
    for pk, html in Edition.objects.order_by("pk").values_list("pk", "html").iterator():
        cited = Counter(int(marker["number"]) for marker in citations.MARKER.finditer(html))
        if kept.get(pk, {}) != cited or sorted(cited) != list(range(1, len(cited) + 1)):
            yield f"Edition {pk} has not the references that its text cites."


def editions_have_their_pictures() -> Sentences:
    kept: dict[int, set[str]] = {}
    for edition, stem in EditionPicture.objects.values_list("edition", "picture__stem"):
        kept.setdefault(edition, set()).add(stem)
    for pk, html in Edition.objects.order_by("pk").values_list("pk", "html").iterator():
        if kept.get(pk, set()) != set(SHOWN_PICTURE.findall(html)):
            yield f"Edition {pk} has not the pictures that its text shows."


def editions_are_what_was_published() -> Sentences:
    """The hash of their content is that of their sources, treatments, related articles and pictures."""
    treatments, related = parts(EditionTreatment, "treatment_id"), parts(EditionRelated, "article_id")
    pictures = Picture.objects.in_bulk(field_name="stem")
    for edition in Edition.objects.order_by("pk").defer("search", "about").iterator():
        draft = drafts.Draft(
            edition=edition,
            citations=[],
            treatments=[Treatment(pk=pk) for pk in treatments[edition.pk]],
            related=[Article(pk=pk) for pk in related[edition.pk]],
            pictures=pictures_then(edition, pictures),
            problems=(),
        )
        if drafts.content_hash(drafts.content(draft)) != edition.content_hash:
            yield f"Edition {edition.pk} is not what its content hash says."


def parts(model: Any, column: str) -> defaultdict[int, list[int]]:
    """What belongs to each edition, in order."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for edition, pk in model.objects.order_by("edition", "position").values_list("edition_id", column):
        found[edition].append(pk)
    return found


def pictures_then(edition: Edition, by_stem: Mapping[str, Picture]) -> list[Picture]:
    """What the edition shows, in order, described as it was when it was published: the HTML still says it."""
    shown: dict[str, Picture] = {}
    for place in PLACE.finditer(edition.html):
        for image in SHOWN_PICTURE.finditer(place[0]):
            stem = image[1]
            if stem not in by_stem or stem in shown:
                continue
            picture = shown[stem] = copy(by_stem[stem])
            alt = re.search(r' alt="([^"]*)"', image[0])
            setattr(picture, localized("alt", edition.language), unescape(alt[1]) if alt else "")
            if place["figure"]:  # in a line of text nobody says whose it is
                credit = CREDIT.search(place[0])
                picture.credit = unescape(credit[1]) if credit else ""
    return list(shown.values())


def editions_follow_texts_of_their_article() -> Sentences:
    same_language = Q(translated_from__language=F("language"))
    elsewhere = ~Q(translated_from__article=F("article"))
    followers = Edition.objects.filter(translated_from__isnull=False).filter(same_language | elsewhere)
    for pk in followers.order_by("pk").values_list("pk", flat=True):
        yield f"Edition {pk} is said to follow what is no original of it."


def editions_are_in_the_audit_list() -> Sentences:
    made = Q(deed__in=[AuditEntry.Deed.PUBLISHED, AuditEntry.Deed.SCHEDULED])
    entries = Counter(AuditEntry.objects.filter(made).values_list("article", "language", "number"))
    editions = set(Edition.objects.values_list("article", "language", "number"))
    for article, language, unrecorded in sorted(editions - entries.keys()):
        yield f"Nobody is on record for publishing edition {unrecorded} of article {article} ({language})."
    for (article, language, number), count in sorted(entries.items()):
        if (article, language, number) not in editions:
            yield f"Edition {number} of article {article} ({language}) is on record, but not there."
        elif count > 1:
            yield f"Edition {number} of article {article} ({language}) is on record {count} times."


def texts_render_as_they_did() -> Sentences:
    """Only where the program that published them is the same still: so not asked by default."""
    by_stem = Picture.objects.in_bulk(field_name="stem")
    for edition in Edition.objects.order_by("pk").defer("search", "about").iterator():
        pictures = {picture.pk: picture for picture in pictures_then(edition, by_stem)}
        rendered, _cited = drafts.render_text(edition.body, edition.language, pictures)
        if (rendered.html, rendered.outline) != (edition.html, edition.outline):
            yield f"Edition {edition.pk} is not its text, rendered."


# Working copies


def working_copies_are_on_record() -> Sentences:
    """The last revision of each is how it stands. What has none was never changed by the program."""
    last = Version.objects.get_for_model(Article).order_by("object_id", "-pk").distinct("object_id")
    recorded = {int(version.object_id): revising.of(version) for version in last.select_related("revision")}
    for article in Article.objects.order_by("pk").iterator():
        revision = recorded.get(article.pk)
        if revision is None:
            continue
        if revision.number != article.version:
            yield f"Article {article.pk} is version {article.version}, its last revision {revision.number}."
        elif differing := revising.changed(still_there(revision.state), revising.state(article)):
            yield f"Article {article.pk} is not as its last revision has it: {', '.join(differing)}."


def still_there(state: revising.State) -> revising.State:
    """The state without treatments and related articles that have been deleted since."""
    there = dict(state)
    for name, value in state.items():
        field = revising.FIELDS[name]
        if field.many_to_many and value:
            there[name] = sorted(
                field.related_model.objects.filter(pk__in=value).values_list("pk", flat=True)
            )
    return there


def snapshots_are_what_was_shown() -> Sentences:
    for pk, content, kept in Snapshot.objects.values_list("pk", "content", "content_hash").order_by("pk"):
        if drafts.content_hash(content) != kept:
            yield f"Snapshot {pk} is not what its content hash says."


# Files


def files_are_there() -> Sentences:
    for name, row in media.missing().items():
        yield f"{name}, of {row}, is not in the storage."


def files_are_whole() -> Sentences:
    for row in media.damaged():
        yield f"The files of {row} are not those that were stored: damaged, or exchanged."


Invariant = Callable[[], Sentences]

# The first comes first: where it does not hold, the others cannot be asked.
INVARIANTS: list[Invariant] = [
    the_database_is_of_this_version,
    foreign_keys_hold,
    constraints_are_in_force,
    triggers_are_on,
    sequences_are_ahead,
    editions_are_numbered_from_one,
    one_edition_is_in_force,
    one_article_is_at_an_address,
    no_page_of_the_blog_hides_an_article,
    editions_have_their_citations,
    editions_have_their_pictures,
    editions_are_what_was_published,
    editions_follow_texts_of_their_article,
    editions_are_in_the_audit_list,
    working_copies_are_on_record,
    snapshots_are_what_was_shown,
    files_are_there,
    files_are_whole,
]


def broken(invariants: Iterable[Invariant]) -> Iterator[tuple[str, str]]:
    """Each thing that is wrong, after the name of the invariant."""
    for invariant in invariants:
        found = False
        for sentence in invariant():
            found = True
            yield name_of(invariant), sentence
        if found and invariant is the_database_is_of_this_version:
            return


def name_of(invariant: Invariant) -> str:
    """As people read it: “editions have their citations”."""
    return invariant.__name__.replace("_", " ")
