"""Backups: made, refused, thinned, and brought back into an empty server with everything that was there."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pyrage
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, connections

from articles import images, media, pictures, publishing, revising
from articles.models import Article, Edition, Picture
from clinic.backups import archive, files, making, postgres
from clinic.backups.errors import BackupError, DamagedError
from clinic.backups.files import Keep
from clinic.private_postgres import PrivatePostgres
from tests.factories import (
    make_author,
    make_bilingual_article,
    make_editor,
    make_picture,
    make_preview_link,
    make_treatment,
)
from tests.pictures import photograph

committed = pytest.mark.django_db(transaction=True)

SECRET = pyrage.x25519.Identity.generate()
NOT_KEPT = ("django_session", "signing_in_session", "signing_in_cache")
TABLES = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
)
# What a database is besides its rows.
DEFINITIONS = {
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated"
    " FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT pg_get_functiondef(p.oid) FROM pg_proc p LEFT JOIN pg_depend d"
    " ON d.objid = p.oid AND d.deptype = 'e'"
    " WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' AND d.objid IS NULL",
    "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default,"
    " generation_expression, identity_generation FROM information_schema.columns"
    " WHERE table_schema = 'public'",
    "sequences": "SELECT sequencename, last_value, increment_by, max_value FROM pg_sequences",
    "extensions": "SELECT extname, extversion FROM pg_extension",
}


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def encrypted(settings, tmp_path):
    """To our key. The file with its secret part."""
    settings.BACKUP_PUBLIC_KEYS = [str(SECRET.to_public())]
    file = tmp_path / "key.txt"
    file.write_text(f"# created: today\n{SECRET}\n")
    return file


def make_site():
    editor = make_editor(email="editor@example.dk")
    author = make_author(biography_da="Kirurg på Ærø.")
    pictures.store_portrait(author, images.portrait(photograph(60, 60)))
    article = make_bilingual_article(body_da=f"Et fund [@pmid:11].\n\n{make_picture().markup}", author=author)
    article.treatments.set([make_treatment()])
    revising.record(article, by=editor)
    publishing.publish(article, "da", by=editor)
    publishing.publish(article, "en", by=editor)
    publishing.withdraw(article, "en", by=editor)
    publishing.publish(article, "en", by=editor, at=datetime.now(UTC) + timedelta(days=1))
    make_preview_link(article)
    return article


def query(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def everything():
    """All rows of all tables, and all that is defined."""
    tables = [name for (name,) in query(TABLES) if name not in NOT_KEPT]
    found = {table: sorted(query(f"SELECT t::text FROM {table} t")) for table in tables}
    return found | {kind: sorted(map(defined, query(sql))) for kind, sql in DEFINITIONS.items()}


def defined(row):
    """Without parentheses and casts: PostgreSQL says the same with others when it has read it again."""
    return re.sub(r"[()\s]|::(text|character varying)(\[\])?", "", str(row))


def all_files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def pages(client):
    addresses = [edition.get_absolute_url() for edition in Edition.objects.current()]
    addresses += ["/da/blog/", "/sitemap.xml", "/da/blog/feed/", "/da/blog/search/?q=brok"]
    return {address: client.get(address).getvalue() for address in addresses}


def backup(folder, **options):
    call_command("backup", folder, **options)
    return next(iter(files.backups(folder)))


@pytest.fixture
def elsewhere():
    """Have the site's connection lead to another server or database until the test ends."""
    wrapper = connections["default"]
    before = dict(wrapper.settings_dict)

    def go(**whereabouts):
        wrapper.close()
        wrapper.settings_dict.update(whereabouts)

    yield go
    go(**before)


@pytest.fixture
def empty_server(tmp_path, elsewhere):
    server = PrivatePostgres(
        Path(connection.settings_dict["DIRECTORY"]).with_name(f"postgres-restored-{os.getpid()}"),
        durable=False,
    )
    server.start()
    yield lambda: elsewhere(HOST=str(server.socket_directory), NAME="clinic", DIRECTORY=str(server.directory))
    connection.close()
    server.stop()
    shutil.rmtree(server.directory.resolve())
    server.directory.unlink(missing_ok=True)
    server.directory.with_name(f"{server.directory.name}.lock").unlink(missing_ok=True)


@committed
def test_everything_comes_back_in_an_empty_server(  # noqa: PLR0917 - fixtures
    storage, encrypted, tmp_path, settings, client, empty_server, capsys
):
    make_site()
    made = backup(tmp_path / "backups")
    rows, stored, read = everything(), all_files(storage), pages(client)
    assert rows["articles_edition"]
    assert len(stored) == 5

    empty_server()
    settings.MEDIA_ROOT = tmp_path / "restored"
    call_command("restore", made, identity=[encrypted])
    assert everything() == rows
    assert all_files(tmp_path / "restored") == stored
    assert pages(client) == read
    assert "17 invariants checked, nothing found." in capsys.readouterr().out
    with pytest.raises(CommandError, match="is not empty"):
        call_command("restore", made, identity=[encrypted])


@committed
def test_replacing_leaves_nothing_of_what_was_there(storage, tmp_path, monkeypatch):
    make_site()
    made = backup(tmp_path / "backups")
    rows, stored = everything(), all_files(storage)
    Article.objects.update(title_da="Noget andet")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE later (one integer)")
    damaged = storage / Picture.objects.get().file_names[0]
    damaged.write_bytes(b"")
    with pytest.raises(CommandError, match="Nobody is there to confirm"):
        call_command("restore", made, replace=True)
    monkeypatch.setattr(sys, "stdin", Terminal("yes\n"))
    with pytest.raises(CommandError, match="That is not its name"):
        call_command("restore", made, replace=True)
    monkeypatch.setattr(sys, "stdin", Terminal(f"{connection.settings_dict['NAME']}\n"))
    call_command("restore", tmp_path / "backups", replace=True)
    assert everything() == rows
    assert all_files(storage) == stored


class Terminal(StringIO):
    def isatty(self):
        return True


@committed
def test_database_that_does_not_take_a_backup_stays_as_it_was(tmp_path):
    make_site()
    rows = everything()
    made = backup(tmp_path / "backups")
    # Whole by its checksums, and half a dump all the same.
    content = dict(archive.members(BytesIO(made.read_bytes())))
    file = BytesIO()
    writer = archive.Writer(file, archive.read_manifest(content.pop("manifest.json")))
    writer.manifest.members.clear()
    for name, part in content.items():
        writer.add(name, part[: len(part) // 2] if name.startswith("database/") else part)
    writer.close()
    broken = tmp_path / "broken.tar"
    broken.write_bytes(file.getvalue())
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("restore", broken, replace=True, yes=True)
    assert everything() == rows


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """A small backup, plain and encrypted, that no database is needed for."""
    folder = tmp_path_factory.mktemp("samples")
    plain, sealed = folder / "plain.tar", folder / "sealed.tar.age"
    with plain.open("wb") as file:
        writer = archive.Writer(file, archive.Manifest("2026-03-14T12:00:00+00:00", 18, [], []))
        writer.add("media/pictures/a-1.jpg", os.urandom(100_000))
        writer.add_dump(BytesIO(os.urandom(100_000)))
        writer.close()
    sealed.write_bytes(pyrage.encrypt(plain.read_bytes(), [SECRET.to_public()]))
    key = folder / "key.txt"
    key.write_text(str(SECRET))
    return {"plain": plain, "sealed": sealed, "key": key}


def check(path, *keys):
    call_command("restore", path, check=True, identity=list(keys))


@pytest.mark.parametrize("kind", ["plain", "sealed"])
def test_whole_backup_is_whole(samples, kind, capsys):
    check(samples[kind], samples["key"])
    assert "whole, of 2026-03-14T12:00:00+00:00, 1 files." in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["plain", "sealed"])
@pytest.mark.parametrize("part", [0.0, 0.001, 0.1, 0.4, 0.6, 0.9])
def test_backup_with_one_changed_byte_is_refused(samples, tmp_path, kind, part):
    content = bytearray(samples[kind].read_bytes())
    content[int(len(content) * part)] ^= 0x20
    altered = tmp_path / "altered"
    altered.write_bytes(content)
    with pytest.raises(CommandError):
        check(altered, samples["key"])


@pytest.mark.parametrize("kind", ["plain", "sealed"])
@pytest.mark.parametrize("part", [0.0, 0.0005, 0.3, 0.5, 0.6, 0.95])
def test_backup_that_is_cut_off_is_refused(samples, tmp_path, kind, part):
    content = samples[kind].read_bytes()
    cut = tmp_path / "cut"
    cut.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(CommandError):
        check(cut, samples["key"])


def test_wrong_key_is_said(samples, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text(str(pyrage.x25519.Identity.generate()))
    with pytest.raises(CommandError, match="encrypted for another key"):
        check(samples["sealed"], other)


def test_missing_key_is_said(samples):
    with pytest.raises(CommandError, match="--identity"):
        check(samples["sealed"])


def test_what_is_no_key_is_said(samples):
    with pytest.raises(CommandError, match="The key cannot be read"):
        check(samples["sealed"], samples["plain"])


def test_public_key_that_is_none_is_said(settings, tmp_path):
    settings.BACKUP_PUBLIC_KEYS = ["age1nothing"]
    with pytest.raises(CommandError, match="BACKUP_PUBLIC_KEYS"):
        call_command("backup", tmp_path)


def test_something_else_in_the_tar_is_refused():
    file = BytesIO()
    writer = archive.Writer(file, archive.Manifest("", 18, [], []))
    writer.put("media/unknown", b"x")
    writer.close()
    with pytest.raises(DamagedError, match="media/unknown"):
        archive.check(BytesIO(file.getvalue()))


def test_other_format_is_said():
    with pytest.raises(BackupError, match="format 2"):
        archive.read_manifest(json.dumps({"format": 2}).encode())


def test_folder_without_a_backup_is_said(tmp_path):
    with pytest.raises(CommandError, match="There is no backup in"):
        check(tmp_path)


@committed
def test_backup_is_for_its_owner_alone(tmp_path):
    made = backup(tmp_path / "backups")
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700


@committed
def test_sessions_are_not_kept(client, tmp_path):
    client.force_login(make_editor())
    dump = b"".join(
        part for name, part in archive.members(BytesIO(backup(tmp_path).read_bytes())) if "database" in name
    )
    program = postgres.folder(postgres.server_version()) / "pg_restore"
    script = subprocess.run([program, "--file=-"], input=dump, capture_output=True, check=True).stdout
    assert b"COPY public.auth_user " in script
    for table in NOT_KEPT:
        assert f"COPY public.{table} ".encode() not in script


@committed
def test_half_a_backup_has_no_name(tmp_path, monkeypatch):
    options, environment = postgres.whereabouts()
    monkeypatch.setattr(postgres, "whereabouts", lambda: ([*options, "--no-such-option"], environment))
    with pytest.raises(CommandError, match=r"No backup was made\. pg_dump failed"):
        call_command("backup", tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []


@committed
def test_half_of_one_that_was_killed_goes_a_day_later(tmp_path):
    half = tmp_path / ".backup-20260101T000000Z.tar.partial"
    half.write_bytes(b"half")
    backup(tmp_path)
    assert half.exists()
    os.utime(half, (0, 0))
    backup(tmp_path)
    assert not half.exists()


@committed
def test_file_that_is_missing_is_said_and_does_not_stop_it(tmp_path, capsys):
    name = make_picture().file_names[0]
    default_storage.delete(name)
    with pytest.raises(SystemExit, match="2"):
        call_command("backup", tmp_path)
    assert f"not in the backup: {name}" in capsys.readouterr().err
    check(tmp_path)


@committed
def test_picture_that_is_deleted_meanwhile_is_in_the_backup(storage):
    picture = make_picture()
    names = picture.file_names

    def delete():
        pictures.delete(Picture.objects.get())
        connections.close_all()

    with making.one_moment():
        deleting = threading.Thread(target=delete)
        deleting.start()
        deleting.join()
        assert list(media.named()) == names  # as the moment has it
        assert all(default_storage.exists(name) for name in names)
    assert sorted(media.orphans()) == sorted(names)


@committed
def test_backup_of_a_newer_program_is_refused(tmp_path):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('articles', '9999_x', now())"
        )
    made = backup(tmp_path)
    with pytest.raises(CommandError, match=r"newer version of the program, with articles\.9999_x"):
        call_command("restore", made, replace=True, yes=True)


# PostgreSQL's programs


def test_password_is_not_on_the_command_line(monkeypatch):
    for name, value in {"HOST": "db.example", "USER": "blog", "PASSWORD": "hemmelig æ"}.items():
        monkeypatch.setitem(connection.settings_dict, name, value)
    options, environment = postgres.whereabouts()
    assert options[:4] == ["-U", "blog", "-h", "db.example"]
    assert not any("hemmelig" in option for option in options)
    assert environment["PGPASSWORD"] == "hemmelig æ"


def programs(folder, version):
    folder.mkdir()
    for name in ("pg_dump", "pg_restore", "psql"):
        (folder / name).write_text(f"#!{sys.executable}\nprint('{name} (PostgreSQL) {version}.1 (Debian)')\n")
        (folder / name).chmod(0o755)
    return folder


def test_programs_of_the_servers_own_version_are_preferred(tmp_path, monkeypatch):
    there = {version: programs(tmp_path / str(version), version) for version in (15, 18, 17, 16)}
    monkeypatch.setattr(postgres, "places", lambda: iter(there.values()))
    assert postgres.folder(16) == there[16]
    assert postgres.folder(14) == there[15]


def test_programs_that_are_too_old_are_said_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "places", lambda: iter([programs(tmp_path / "old", 15)]))
    with pytest.raises(BackupError, match=r"found: 15 in .*apt-get install postgresql-client-18"):
        postgres.folder(18)


# Thinning


def days_ago(*days):
    return [datetime(2026, 11, 24, 3, tzinfo=UTC) - timedelta(days=day) for day in days]


def test_newest_of_days_weeks_and_months_are_kept():
    daily = days_ago(*range(400))
    stay = files.kept(daily, Keep(7, 5, 12))
    ages = sorted((daily[0] - at).days for at in stay)
    assert ages[:7] == [0, 1, 2, 3, 4, 5, 6]
    assert ages[7:10] == [9, 16, 23]  # Sundays
    assert {(at.year, at.month) for at in stay} == {(2026, n) for n in range(1, 12)} | {(2025, 12)}
    assert len(stay) == 7 + 3 + 11


def test_of_one_day_the_newest_is_kept():
    first, last = datetime(2026, 3, 14, 1, tzinfo=UTC), datetime(2026, 3, 14, 23, tzinfo=UTC)
    assert files.kept([first, last], Keep(7, 0, 0)) == {last}


def test_newest_is_kept_whatever_was_asked_for():
    assert files.kept(days_ago(3, 5), Keep(0, 0, 0)) == set(days_ago(3))


def test_days_without_a_backup_do_not_count():
    assert files.kept(days_ago(0, 100, 200), Keep(3, 0, 0)) == set(days_ago(0, 100, 200))


def test_only_backups_are_thinned(tmp_path):
    old = [tmp_path / files.name(at, encrypted=True) for at in days_ago(0, 1, 2)]
    others = [tmp_path / "backup-notes.txt", tmp_path / ".backup-20250101T000000Z.tar.partial"]
    for path in [*old, *others]:
        path.touch()
    assert files.thin(tmp_path, Keep(1, 0, 0)) == old[1:]
    assert sorted(tmp_path.iterdir()) == sorted([old[0], *others])
