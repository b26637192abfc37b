"""Each invariant finds what it is for: broken by SQL, as no part of the program could."""

import os
import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from articles import invariants, media, publishing, revising
from articles.models import Picture
from tests.factories import (
    make_article,
    make_author,
    make_bilingual_article,
    make_edition,
    make_picture,
    make_preview_link,
    make_treatment,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def site():
    """A little of everything; numbers of the rows by name."""
    picture = make_picture(alt_da="Tegning af “lysken” & mere", credit="Foto: Anna <Prøve>")
    body = f"Et fund [@pmid:11], to [@pmid:22; @pmid:11].\n\n![Figur]({picture.markup[4:-1]})\n"
    article = make_bilingual_article(body_da=body, author=make_author())
    article.treatments.set([make_treatment(), make_treatment()])
    article.related.set([make_article()])
    with_revision = revising.lock(article.pk)
    first = publishing.publish(with_revision, "da")
    translation = publishing.publish(with_revision, "en")
    other = make_edition()
    link = make_preview_link(article)
    return {
        "article": article.pk,
        "edition": first.pk,
        "translation": translation.pk,
        "other": other.pk,
        "other_article": other.article_id,
        "picture": picture.pk,
        "snapshot": link.snapshot_id,
    }


def execute(sql, **values):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what is still to be checked is in order
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger, no foreign key
        for statement in sql.split(";"):
            cursor.execute(statement, values)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def found():
    return {name for name, _sentence in invariants.broken(invariants.INVARIANTS)}


def test_site_in_order_breaks_none(site):
    make_edition(at=timezone.now() + timedelta(days=1))
    asked = [*invariants.INVARIANTS, invariants.texts_render_as_they_did]
    assert list(invariants.broken(asked)) == []


@pytest.mark.parametrize(
    ("invariant", "sql"),
    [
        ("the database is of this version", "DELETE FROM django_migrations WHERE name LIKE '0017%%'"),
        (
            "the database is of this version",
            "INSERT INTO django_migrations (app, name, applied) VALUES ('articles', '9999_later', now())",
        ),
        ("foreign keys hold", "UPDATE articles_article SET author_id = 999999 WHERE id = %(article)s"),
        ("foreign keys hold", "DELETE FROM references_reference WHERE pmid = 11"),
        (
            "constraints are in force",
            "ALTER TABLE articles_citation DROP CONSTRAINT unique_citation_number",
        ),
        ("triggers are on", "DROP TRIGGER citation_is_immutable ON articles_citation"),
        ("triggers are on", "ALTER TABLE articles_edition DISABLE TRIGGER edition_is_immutable"),
        ("sequences are ahead", "SELECT setval('articles_edition_id_seq', 1, false)"),
        (
            "editions are numbered from one",
            "UPDATE articles_edition SET number = 2 WHERE id = %(edition)s",
        ),
        (
            "one edition is in force",
            """ALTER TABLE articles_edition DROP CONSTRAINT one_current_edition_per_article_and_language;
            UPDATE articles_edition SET article_id = %(article)s, number = 2 WHERE id = %(other)s""",
        ),
        (
            "one article is at an address",
            """ALTER TABLE articles_edition DROP CONSTRAINT one_current_edition_per_slug_and_language;
            UPDATE articles_edition SET slug = (SELECT slug FROM articles_edition WHERE id = %(edition)s)
            WHERE id = %(other)s""",
        ),
        (
            "no page of the blog hides an article",
            "UPDATE articles_edition SET slug = 'privacy' WHERE id = %(edition)s",
        ),
        ("editions have their citations", "DELETE FROM articles_citation WHERE number = 2"),
        ("editions have their citations", "UPDATE articles_citation SET places = places + 1"),
        ("editions have their pictures", "DELETE FROM articles_editionpicture"),
        (
            "editions are what was published",
            "UPDATE articles_edition SET body = body || ' Og mere.' WHERE id = %(edition)s",
        ),
        (
            "editions are what was published",
            "DELETE FROM articles_editiontreatment WHERE position = 1",
        ),
        ("editions are what was published", "DELETE FROM articles_editionrelated"),
        (
            "editions follow texts of their article",
            "UPDATE articles_edition SET translated_from_id = %(other)s WHERE id = %(translation)s",
        ),
        (
            "editions are in the audit list",
            "DELETE FROM articles_auditentry WHERE article_id = %(article)s AND language = 'da'",
        ),
        (
            "editions are in the audit list",
            "UPDATE articles_auditentry SET number = 7 WHERE article_id = %(other_article)s",
        ),
        (
            "editions are in the audit list",
            """INSERT INTO articles_auditentry
                (deed, place, name, subject, language, number, detail, article_id)
            SELECT deed, place, name, subject, language, number, detail, article_id
            FROM articles_auditentry WHERE article_id = %(other_article)s""",
        ),
        (
            "working copies are on record",
            "UPDATE articles_article SET body_da = 'Andet.' WHERE id = %(article)s",
        ),
        ("working copies are on record", "UPDATE articles_article SET version = 9 WHERE id = %(article)s"),
        (
            "snapshots are what was shown",
            """UPDATE articles_snapshot SET content = content || '{"title": "Andet"}'""",
        ),
    ],
)
def test_what_is_broken_is_found(site, invariant, sql):
    execute(sql, **site)
    assert invariant in found()


def test_file_that_is_gone_is_found(site, storage):
    (storage / Picture.objects.get().file_names[0]).unlink()
    assert found() == {"files are there"}


def test_file_that_is_damaged_is_found(site, storage):
    (storage / Picture.objects.get().file_names[-1]).write_bytes(b"")
    assert found() == {"files are whole"}


def test_text_that_renders_otherwise_is_found(site):
    execute("UPDATE articles_edition SET html = html || '<p>Og.</p>' WHERE id = %(edition)s", **site)
    assert list(invariants.texts_render_as_they_did()) == [
        f"Edition {site['edition']} is not its text, rendered."
    ]


def test_description_that_changed_since_breaks_no_edition(site):
    Picture.objects.update(alt_da="Noget andet", credit="Andre")
    assert found() == set()


def test_treatment_that_is_deleted_since_breaks_no_working_copy(site):
    article = make_article()
    treatment = make_treatment()
    article.treatments.set([treatment])
    revising.record(article)
    treatment.delete()
    assert found() == set()


def test_every_trigger_there_is_is_known():
    triggers = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    assert {name for (name,) in invariants.rows(triggers)} == invariants.TRIGGERS


def test_command_says_what_is_wrong_and_fails(site, capsys):
    execute("DELETE FROM articles_editionpicture")
    with pytest.raises(SystemExit, match="1"):
        call_command("check_data")
    assert re.search(r"editions have their pictures: Edition \d+ has not", capsys.readouterr().out)


def test_command_says_that_all_is_well(site, capsys):
    call_command("check_data", rendered=True)
    assert capsys.readouterr().out == "19 invariants checked, nothing found.\n"


def test_every_invariant_is_broken_by_a_test_here():
    (broken,) = test_what_is_broken_is_found.pytestmark
    by_sql = {invariant for invariant, _sql in broken.args[1]}
    by_file = {"files are there", "files are whole"}
    assert by_sql | by_file == {invariants.name_of(each) for each in invariants.INVARIANTS}


# Files that nothing names


def age(storage, name, days):
    then = (timezone.now() - timedelta(days=days)).timestamp()
    os.utime(storage / name, (then, then))


def test_file_that_nothing_names_is_listed_and_stays(site, storage, capsys):
    (storage / "pictures" / "left.jpg").write_bytes(b"x")
    age(storage, "pictures/left.jpg", days=3)
    call_command("check_media")
    assert "Nothing names pictures/left.jpg" in capsys.readouterr().out
    assert (storage / "pictures" / "left.jpg").exists()


def test_only_what_nothing_names_and_is_old_is_deleted(site, storage, capsys):
    for name, days in {"pictures/left.jpg": 3, "pictures/new.jpg": 0, "portraits/left.webp": 2}.items():
        (storage / name).parent.mkdir(exist_ok=True)
        (storage / name).write_bytes(b"x")
        age(storage, name, days)
    call_command("check_media", delete=True)
    assert sorted(media.orphans()) == ["pictures/new.jpg"]
    assert media.missing() == {}
    assert "3 files without a row, 0 missing. 2 older than a day deleted." in capsys.readouterr().out


def test_missing_file_is_said_by_the_exit_code(site, storage):
    (storage / Picture.objects.get().file_names[0]).unlink()
    with pytest.raises(SystemExit, match="1"):
        call_command("check_media")


def test_empty_storage_has_nothing_to_list(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "never-made"
    assert media.orphans() == media.missing() == {}
