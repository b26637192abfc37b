"""What is in deploy/: as far as it can be tried without systemd as process 1 and without containers.

No image was ever built by these tests, and no unit started.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from compose_spec import PyCompose
from django.conf import settings as project
from django.core.management import get_commands

DEPLOY = project.BASE_DIR / "deploy"
SYSTEMD = DEPLOY / "systemd"
SERVICES = sorted(SYSTEMD.glob("*.service"))
TIMERS = sorted(SYSTEMD.glob("*.timer"))
HOME = "/srv/clinic-blog"

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is missing")


def lines(unit: Path) -> list[tuple[str, str]]:
    pairs = (line.partition("=") for line in unit.read_text().splitlines() if not line.startswith("#"))
    return [(name, value) for name, _sign, value in pairs if value]


@pytest.fixture(scope="module")
def units(tmp_path_factory):
    """The units, with programs that are on this machine."""
    folder = tmp_path_factory.mktemp("units")
    for unit in SYSTEMD.glob("clinic-blog*"):
        text = re.sub(
            rf"^ExecStart={HOME}/\.venv/bin/\S+", "ExecStart=/bin/true", unit.read_text(), flags=re.MULTILINE
        )
        # Accounts and folders that a server has.
        text = re.sub(r"(?m)^(User|Group|SocketUser|SocketGroup)=.*$", r"\1=root", text)
        (folder / unit.name).write_text(text.replace(f"file:{HOME}", "https://blog.example"))
    return folder


@needs_systemd
def test_systemd_takes_every_unit(units):
    names = [str(path) for path in sorted(units.iterdir()) if "@." not in path.name]
    names.append(str(units / "clinic-blog@.service"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names],
        env=os.environ | {"SYSTEMD_UNIT_PATH": f"{units}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "clinic-blog" in line]
    assert (done.returncode, ours) == (0, [])


@needs_systemd
@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_service_may_do_little(service):
    threshold = ["--offline=true", "--threshold=15"]  # of 100, as systemd counts
    done = subprocess.run(
        ["systemd-analyze", "security", *threshold, "--no-pager", str(service)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-200:]


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_service_is_not_root_and_writes_in_one_folder(service):
    found = dict(lines(service))
    assert (found["User"], found["ProtectSystem"]) == ("clinic-blog", "strict")
    assert found["ReadWritePaths"] == f"{HOME}/var"


def test_timers_start_commands_that_are_there():
    started = {timer.stem.partition("@")[2] for timer in TIMERS if "@" in timer.name}
    assert started == {"check_references", "check_links", "send_worklist", "tidy_sign_ins"}
    assert started <= set(get_commands())


@pytest.mark.parametrize("timer", TIMERS, ids=lambda path: path.name)
def test_timer_makes_up_for_what_was_missed(timer):
    found = dict(lines(timer))
    assert (found["Persistent"], found["WantedBy"]) == ("yes", "timers.target")


@needs_systemd
@pytest.mark.parametrize("timer", TIMERS, ids=lambda path: path.name)
def test_timer_knows_when(timer):
    when = dict(lines(timer))["OnCalendar"]
    done = subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# install.sh; docs/operations.md says where it was run


@pytest.mark.parametrize("script", sorted(DEPLOY.glob("*.sh")), ids=lambda path: path.name)
def test_script_can_be_read(script):
    subprocess.run(["sh", "-n", str(script)], check=True)
    assert os.access(script, os.X_OK)


def test_installing_enables_every_timer():
    text = (DEPLOY / "install.sh").read_text()
    [loop] = re.findall(r"for timer in (.*); do", text)
    enabled = {f"clinic-blog@{name}.timer" for name in loop.split()} | {"clinic-blog-backup.timer"}
    assert enabled == {timer.name for timer in TIMERS}


# Containers


@pytest.fixture(scope="module")
def stages():
    """The steps of the Containerfile by stage, each as word and rest."""
    found = {}
    for line in (DEPLOY / "Containerfile").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        word, _space, rest = line.partition(" ")
        if word == "FROM":
            found[rest.rpartition(" AS ")[2]] = []
        [*found.values()][-1].append((word, rest))
    return found


def test_program_in_the_container_is_not_root(stages):
    assert dict(stages["app"])["USER"] == "10001:10001"
    words = [word for word, _rest in stages["app"]]
    assert "RUN" not in words[words.index("USER") :]


def test_no_secret_is_in_an_image(stages):
    steps = [step for stage in stages.values() for step in stage]
    assert "ARG" not in {word for word, _rest in steps}
    assert not [
        rest for word, rest in steps if word == "ENV" and re.search("KEY|PASSWORD|TOKEN|DSN|URL", rest)
    ]
    copied = {source for word, rest in steps if word == "COPY" for source in rest.split()[:-1]}
    assert not copied & {".", "./", ".env", "deploy", "var"}


def test_what_is_copied_may_be_sent_to_who_makes_the_image(stages):
    sent = {
        line[1:]
        for line in (project.BASE_DIR / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = {
        source
        for stage in stages.values()
        for word, rest in stage
        if word == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    }
    assert copied == sent


def test_static_files_are_collected_from_what_is_copied(stages, tmp_path):
    """The step that the image has, without what takes long in it: compressing."""
    for word, rest in stages["build"]:
        *sources, target = rest.split()
        if word == "COPY" and "requirements" not in rest and (project.BASE_DIR / sources[0]).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(project.BASE_DIR / sources[0], tmp_path / target, ignore=ignored)
    shutil.copy(project.BASE_DIR / "manage.py", tmp_path)
    [step] = [rest for word, rest in stages["build"] if word == "RUN" and "collectstatic" in rest]
    *variables, _python, manage, command, no_input, _verbosity, _zero = shlex.split(step)
    clean = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    subprocess.run(
        [sys.executable, manage, command, no_input, "--no-post-process", "--verbosity=0"],
        cwd=tmp_path,
        env=clean | dict(variable.split("=", 1) for variable in variables),
        check=True,
    )
    assert (tmp_path / "staticfiles" / "css" / "site.css").is_file()


@pytest.fixture(scope="module")
def compose():
    text = (DEPLOY / "compose.yaml").read_text()
    # The package knows no merging of YAML, which every program for compose does.
    found = yaml.safe_load(text)
    del found["x-program"]
    for service in found["services"].values():
        service.pop("<<", None)
    PyCompose.from_yaml(yaml.safe_dump(found))
    return found


def test_compose_file_is_one(compose):
    assert set(compose["services"]) == {"app", "migrate", "web", "db"}


@pytest.mark.parametrize("name", ["app", "migrate"])
def test_program_has_a_root_it_cannot_write_to_and_no_rights(compose, name):
    service = compose["services"][name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_database_is_version_18_and_reached_from_inside_only(compose):
    database = compose["services"]["db"]
    assert database["image"].endswith("postgres:18")
    assert database["networks"] == ["inside"]
    assert compose["networks"]["inside"] == {"internal": True}
    assert "ports" not in database


def test_only_the_web_server_is_reached_from_outside(compose):
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["web"]


def test_example_has_no_secret_and_every_setting_that_is_required():
    example = dict(
        line.split("=", 1) for line in (DEPLOY / "compose.env.example").read_text().splitlines()[1:]
    )
    assert example["SECRET_KEY"] == example["METRICS_TOKEN"] == ""
    assert {"SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"} <= set(example)
    assert "PASSWORD" in example["DATABASE_URL"]
