"""Backups: made, refused, thinned, and brought back into an empty server with everything that was there."""

import errno
import json
import os
import random
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from urllib.parse import quote

import environ
import psycopg
import pyrage
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from psycopg import sql

from articles import images, media, pictures, publishing, revising
from articles.models import Article, Edition, Picture
from clinic.backups import archive, files, making, postgres, restoring, sealing
from clinic.backups.errors import BackupError, DamagedError
from clinic.backups.files import Keep
from clinic.private_postgres import PrivatePostgres, server
from signing_in.models import SignInEntry
from tests.factories import (
    make_approval,
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
APP = "JBSWY3DPEHPK3PXP"  # what an editor's telephone has
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
    make_approval(article, decided_at=timezone.now(), decision="approved")
    auth.TOTP.activate(editor, APP)
    Authenticator.objects.create(user=editor, type="webauthn", data={"name": "Nøgle", "credential": {}})
    SignInEntry.objects.record(SignInEntry.Deed.SIGNED_IN, editor)
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
    empty = PrivatePostgres(
        Path(connection.settings_dict["DIRECTORY"]).with_name(f"postgres-restored-{os.getpid()}"),
        durable=False,
    )
    empty.start()
    yield lambda: elsewhere(HOST=str(empty.socket_directory), NAME="clinic", DIRECTORY=str(empty.directory))
    connection.close()
    empty.stop()
    shutil.rmtree(empty.directory.resolve())
    empty.directory.unlink(missing_ok=True)
    empty.directory.with_name(f"{empty.directory.name}.lock").unlink(missing_ok=True)


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
    app = auth.TOTP(Authenticator.objects.get(type="totp"))
    assert app.validate_code(
        auth.format_hotp_value(auth.hotp_value(APP, next(auth.yield_hotp_counters_from_time())))
    )
    assert "invariants checked, nothing found." in capsys.readouterr().out
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
    for typed in ("yes\n", ""):
        monkeypatch.setattr(sys, "stdin", Terminal(typed))
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
    with pytest.raises(CommandError, match="The database was not changed"):
        call_command("restore", broken, replace=True, yes=True)
    assert everything() == rows


@committed
def test_file_that_is_exchanged_after_it_was_checked_changes_nothing(storage, tmp_path):
    make_site()
    checked = restoring.check(backup(tmp_path / "one"), [])
    make_picture()
    rows = everything()
    with pytest.raises(BackupError, match=r"media/\S+ is not as it was checked"):
        restoring.restore(backup(tmp_path / "another"), [], checked, replace=True)
    assert everything() == rows


@committed
def test_somebody_who_holds_the_tables_is_not_waited_for_without_end(tmp_path, monkeypatch):
    make_site()
    rows = everything()
    made = backup(tmp_path / "backups")
    monkeypatch.setattr(postgres, "EMPTYING", postgres.EMPTYING.replace(b"'60s'", b"'50ms'"))
    own = connection.settings_dict
    with psycopg.connect(host=own["HOST"], dbname=own["NAME"], user=own["USER"]) as reader:
        reader.execute("SELECT count(*) FROM articles_article")
        with pytest.raises(CommandError, match=r"The database was not changed.*lock timeout"):
            call_command("restore", made, replace=True, yes=True)
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


@pytest.mark.parametrize(
    "name",
    [
        *("media/../x", "/etc/x", "media//etc/x", "media/a/../../x", "media/.hidden", "media/a\\b", "media/"),
        *("database/../1", "database/1", "x", ""),
    ],
)
def test_member_that_would_go_elsewhere_is_refused(name):
    file = BytesIO()
    writer = archive.Writer(file, archive.Manifest("", 18, [], []))
    writer.add(name, b"x")
    writer.close()
    with pytest.raises(DamagedError, match="is no part of a backup"):
        archive.check(BytesIO(file.getvalue()))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_member_that_is_no_file_is_refused(kind):
    file = BytesIO()
    writer = archive.Writer(file, archive.Manifest("", 18, [], []))
    member = tarfile.TarInfo("media/a.jpg")
    member.type, member.linkname = kind, "/etc/passwd"
    writer.stream.write(member.tobuf(tarfile.PAX_FORMAT))
    writer.close()
    with pytest.raises(DamagedError, match="is no part of a backup"):
        archive.check(BytesIO(file.getvalue()))


def test_member_of_any_size_is_refused_before_it_is_read():
    member = tarfile.TarInfo("media/a.jpg")
    member.size = 1 << 40
    with pytest.raises(DamagedError, match="is no part of a backup"):
        archive.check(BytesIO(member.tobuf(tarfile.PAX_FORMAT)))


def test_parts_in_another_order_are_refused(samples):
    content = dict(archive.members(BytesIO(samples["plain"].read_bytes())))
    file = BytesIO()
    writer = archive.Writer(file, archive.read_manifest(content.pop("manifest.json")))
    for name, part in reversed(content.items()):
        writer.put(name, part)
    writer.close()
    with pytest.raises(DamagedError, match="not in their order"):
        archive.check(BytesIO(file.getvalue()))


@pytest.mark.parametrize("kind", ["plain", "sealed"])
def test_two_backups_in_one_file_are_refused(samples, tmp_path, kind):
    both = tmp_path / "both"
    both.write_bytes(samples[kind].read_bytes() * 2)
    with pytest.raises(CommandError):
        check(both, samples["key"])


@pytest.mark.parametrize("kind", ["plain", "sealed"])
def test_whatever_bit_is_another_it_is_said(samples, tmp_path, kind):
    chance = random.Random(7)  # noqa: S311 - to be repeated
    whole = samples[kind].read_bytes()
    altered = tmp_path / "altered"
    for _try in range(200):
        content = bytearray(whole)
        # Mostly in headers and at the end, where there is something to be misread.
        place = chance.choice(
            [chance.randrange(len(whole)), chance.randrange(2048), -chance.randrange(1, 4096)]
        )
        content[place] ^= 1 << chance.randrange(8)
        altered.write_bytes(content)
        try:
            check(altered, samples["key"])
        except CommandError:
            continue
        # What no checksum is of is the padding of the tar: nothing of the backup.
        assert list(archive.members(BytesIO(content))) == list(archive.members(BytesIO(whole)))


def test_either_of_two_keys_opens_it(tmp_path):
    other = pyrage.x25519.Identity.generate()
    sealed = tmp_path / "sealed"
    keys = sealing.recipients([str(SECRET.to_public()), str(other.to_public())])
    with sealed.open("wb") as file, sealing.sealed(file, keys) as stream:
        stream.write(b"content")
    for secret in (SECRET, other):
        with sealing.opened(sealed, [secret]) as stream:
            assert stream.read() == b"content"


def test_manifest_of_before_there_was_a_checksum_of_it_is_read():
    manifest = {"made_at": "", "server": 18, "migrations": [], "missing": [], "members": {}, "format": 1}
    assert archive.read_manifest(json.dumps(manifest).encode()).server == 18


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
def test_database_that_goes_at_the_last_moment_leaves_no_backup(tmp_path, monkeypatch):
    staying = media.staying

    @contextmanager
    def staying_until_it_is_gone():
        with staying():
            yield
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(media, "staying", staying_until_it_is_gone)
    with pytest.raises(CommandError, match=r"No backup was made\. the connection is lost"):
        call_command("backup", tmp_path)
    assert list(tmp_path.iterdir()) == []


@committed
def test_half_of_one_that_was_killed_goes_with_the_next(tmp_path):
    half = tmp_path / ".backup-20260101T000000Z.tar.partial"
    half.write_bytes(b"half")
    made = backup(tmp_path)
    assert list(tmp_path.iterdir()) == [made]


@committed
def test_half_of_one_under_way_stays(tmp_path):
    other = tmp_path / files.name(datetime(2026, 3, 14, tzinfo=UTC), encrypted=False)
    with making.writing(other) as file:
        file.write(b"half")
        backup(tmp_path)
    assert other.read_bytes() == b"half"


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
def test_backup_that_would_fill_the_disk_is_not_begun(tmp_path):
    last = tmp_path / files.name(datetime(2026, 3, 14, tzinfo=UTC), encrypted=False)
    with last.open("wb") as file:
        file.truncate(shutil.disk_usage(tmp_path).free + (1 << 30))  # of nothing
    with pytest.raises(CommandError, match="MB left, and the last backup has"):
        call_command("backup", tmp_path)
    assert list(tmp_path.iterdir()) == [last]


@committed
def test_old_ones_stay_while_a_file_is_missing(tmp_path):
    old = tmp_path / files.name(datetime(2020, 3, 14, tzinfo=UTC), encrypted=False)
    old.touch()
    default_storage.delete(make_picture().file_names[0])
    with pytest.raises(SystemExit, match="2"):
        call_command("backup", tmp_path, daily=1, weekly=0, monthly=0)
    assert old.exists()


@committed
def test_disk_that_is_full_changes_no_database(storage, tmp_path, monkeypatch):
    make_site()
    made = backup(tmp_path / "backups")
    rows = everything()
    shutil.rmtree(storage)

    def save(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", save)
    with pytest.raises(CommandError, match=r"could not be brought back, and the database was not changed"):
        call_command("restore", made, replace=True, yes=True)
    assert everything() == rows


@committed
def test_old_ones_that_cannot_be_deleted_are_said_and_the_new_one_is_there(tmp_path, monkeypatch, capsys):
    old = tmp_path / files.name(datetime(2020, 3, 14, tzinfo=UTC), encrypted=False)
    old.touch()

    def unlink(path, **_options):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with monkeypatch.context() as refusing:
        refusing.setattr(Path, "unlink", unlink)
        with pytest.raises(SystemExit, match="2"):
            call_command("backup", tmp_path, daily=1, weekly=0, monthly=0)
    assert "Old backups could not be deleted" in capsys.readouterr().err
    check(tmp_path)


@committed
def test_backup_of_a_newer_server_is_refused(tmp_path, monkeypatch):
    made = backup(tmp_path)
    monkeypatch.setattr(postgres, "server_version", lambda: 14)
    with pytest.raises(CommandError, match=r"and this server is 14: it goes into \d+ or newer"):
        call_command("restore", made, replace=True, yes=True)


@committed
def test_database_of_another_encoding_is_refused(tmp_path, empty_server, elsewhere):
    made = backup(tmp_path)
    empty_server()
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    elsewhere(NAME="ascii")
    with pytest.raises(CommandError, match="has the encoding SQL_ASCII"):
        call_command("restore", made)


# A role like those of managed servers: no superuser, with a password that has to be quoted everywhere.
ROLE, PASSWORD = "blog æ", "p@ss:/?#[]!$&'()*+,;=% \"\\€"
ADDRESS = "127.83.71.7"  # of this machine, where no other PostgreSQL listens


@pytest.fixture
def listening(monkeypatch):
    monkeypatch.setitem(server.SETTINGS, "listen_addresses", ADDRESS)


@pytest.fixture
def strict_server(listening, empty_server, elsewhere):
    """Goes to a database, as the role, with its password, over TCP."""
    tests_own = dict(connection.settings_dict)
    empty_server()
    with connection.cursor() as cursor:
        cursor.execute("SET password_encryption = 'scram-sha-256'")
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(ROLE), PASSWORD))
        for name in ("first", "second"):
            cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*map(sql.Identifier, (name, ROLE))))
        cursor.execute("SHOW hba_file")
        Path(cursor.fetchone()[0]).write_text("local all all trust\nhost all all all scram-sha-256\n")
        cursor.execute("SELECT pg_reload_conf()")
    there = connection.settings_dict["DIRECTORY"]
    elsewhere(**tests_own)

    def go(name):
        url = f"postgres://{quote(ROLE, '')}:{quote(PASSWORD, '')}@{ADDRESS}:{server.PORT}/{name}"
        read = environ.Env.db_url_config(url)
        elsewhere(DIRECTORY=there, **{key: read[key] for key in ("HOST", "PORT", "NAME", "USER", "PASSWORD")})

    return go


@committed
def test_password_is_used_and_shown_nowhere(storage, tmp_path, strict_server, monkeypatch, capfd):
    make_site()
    made = backup(tmp_path / "of the tests")
    rows = everything()
    lines = []
    start = subprocess.Popen.__init__

    def starting(self, command, *args, **options):
        lines.append(" ".join(map(str, command)))
        start(self, command, *args, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", starting)
    strict_server("first")
    call_command("restore", made)
    again = backup(tmp_path / "of the role")
    strict_server("second")
    call_command("restore", again)
    call_command("restore", again, replace=True, yes=True)
    assert everything() == rows
    said = "\n".join([*lines, *capfd.readouterr()])
    assert "pg_dump" in said
    assert PASSWORD[:6] not in said


@pytest.fixture
def newer_program(db):
    migrations = MigrationRecorder(connection)
    migrations.record_applied("articles", "9999_x")
    yield
    migrations.record_unapplied("articles", "9999_x")


@committed
def test_backup_of_a_newer_program_is_refused(tmp_path, newer_program):
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


@committed
def test_without_programs_nothing_is_begun(storage, tmp_path, monkeypatch):
    make_picture()
    made = backup(tmp_path / "backups")
    shutil.rmtree(storage)
    monkeypatch.setattr(postgres, "places", lambda: iter([]))
    monkeypatch.setattr(making, "write", None)
    with pytest.raises(CommandError, match="found: none"):
        call_command("backup", tmp_path / "backups")
    with pytest.raises(CommandError, match="found: none"):
        call_command("restore", made, replace=True, yes=True)
    assert not storage.exists()


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
    newest, last, first = days_ago(0, 5, 5.1)
    assert files.kept([newest, first, last], Keep(7, 0, 0)) == {newest, last}


def test_all_of_two_days_are_kept_whatever_was_asked_for():
    """One made before an update, and one made when it has gone wrong."""
    assert files.kept(days_ago(3, 3.1, 4.9, 5), Keep(0, 0, 0)) == set(days_ago(3, 3.1, 4.9))


def test_days_without_a_backup_do_not_count():
    assert files.kept(days_ago(0, 100, 200), Keep(3, 0, 0)) == set(days_ago(0, 100, 200))


def test_the_one_just_made_is_kept_whatever_the_clock_says(tmp_path):
    ahead = [tmp_path / files.name(at, encrypted=False) for at in days_ago(*range(-30, 0))]
    made = tmp_path / files.name(days_ago(0)[0], encrypted=False)
    for path in [*ahead, made]:
        path.touch()
    files.thin(tmp_path, Keep(2, 0, 0), made=made)
    assert files.backups(tmp_path).keys() == {*ahead[:2], made}


def test_what_is_no_backup_is_none(tmp_path):
    (tmp_path / "backup-20261399T000000Z.tar").touch()
    (tmp_path / "backup-20261124T000000Z.tar").mkdir()
    assert files.backups(tmp_path) == {}


def test_only_backups_are_thinned(tmp_path):
    old = [tmp_path / files.name(at, encrypted=True) for at in days_ago(0, 2, 3)]
    others = [tmp_path / "backup-notes.txt", tmp_path / ".backup-20250101T000000Z.tar.partial"]
    for path in [*old, *others]:
        path.touch()
    assert files.thin(tmp_path, Keep(1, 0, 0), made=old[0]) == old[1:]
    assert sorted(tmp_path.iterdir()) == sorted([old[0], *others])
