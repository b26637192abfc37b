"""What is in deploy/: as far as it can be tried without systemd as process 1 and without containers.

No image is built by these tests, and no unit started: docs/operations.md says how that was tried.
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
from django.core.files.base import ContentFile
from django.core.management import get_commands

from clinic.storage import DurableStorage

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


@pytest.mark.parametrize("script", sorted(DEPLOY.glob("*.sh")), ids=lambda path: path.name)
def test_script_can_be_read(script):
    subprocess.run(["sh", "-n", str(script)], check=True)
    assert os.access(script, os.X_OK)


# install.sh, with programs that do nothing in the place of those that change a machine. docs/operations.md
# says where it was run as it is.

DOES_NOTHING = "#!/bin/sh\n"
PROGRAMS = {
    "id": "#!/bin/sh\necho 0\n",
    "apt-get": DOES_NOTHING,
    "getent": DOES_NOTHING,
    "runuser": "#!/bin/sh\ncase $* in *psql*) echo 1 ;; esac\n",
    "nginx": DOES_NOTHING,
    # Neither accounts nor groups.
    "install": """#!/bin/sh
for word; do
    shift
    case $word in -o | -g) skip=1 ;; *) if [ "$skip" ]; then skip=; else set -- "$@" "$word"; fi ;; esac
done
exec /usr/bin/install "$@"
""",
    "systemctl": '#!/bin/sh\necho "$*" >> "$SAID"\n',
    "python3": """#!/bin/sh
if [ "$2" = venv ]; then
    mkdir -p "$4/bin"
    printf '#!/bin/sh\\ncase $1 in -c) echo a-key ;; esac\\n' > "$4/bin/python"
    chmod +x "$4/bin/python"
fi
""",
}


class Server:
    """A Debian server in a folder."""

    def __init__(self, root: Path) -> None:
        self.root, self.home = root, root / "srv" / "clinic-blog"
        self.site = root / "etc" / "nginx" / "sites-available" / "clinic-blog"
        self.said = root / "systemctl.log"
        for folder in ("etc/systemd/system", "etc/nginx/sites-available", "etc/nginx/sites-enabled", "bin"):
            (root / folder).mkdir(parents=True)
        (root / "run").mkdir()
        shutil.copytree(DEPLOY, self.home / "deploy")
        for name, text in PROGRAMS.items():
            (root / "bin" / name).write_text(text)
            (root / "bin" / name).chmod(0o755)
        script = self.home / "deploy" / "install.sh"
        text = script.read_text()
        for place in ("/srv/clinic-blog", "/etc/", "/run/systemd/system", "/var/www/html"):
            text = re.sub(rf"(?<![\w.]){place}", f"{root}{place}", text)
        script.write_text(text)

    def install(self, *names: str) -> subprocess.CompletedProcess[str]:
        (self.root / "run" / "systemd" / "system").mkdir(parents=True, exist_ok=True)
        self.said.write_text("")
        return subprocess.run(
            [str(self.home / "deploy" / "install.sh"), *names],
            env={"PATH": f"{self.root / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin", "SAID": str(self.said)},
            capture_output=True,
            text=True,
            check=False,
        )

    def give_certificate(self) -> None:
        folder = self.root / "etc" / "letsencrypt" / "live" / "blog.example"
        folder.mkdir(parents=True)
        (folder / "fullchain.pem").touch()


@pytest.fixture
def server(tmp_path):
    return Server(tmp_path)


def test_installing_goes_through_and_may_be_repeated(server):
    done = [server.install("blog.example") for _ in range(2)]
    assert [(run.returncode, run.stderr) for run in done] == [(0, ""), (0, "")]


@pytest.mark.parametrize(
    "names", [[], ["blog.example", "www.blog.example"], ["https://blog.example"], ["blog..example"], ["-x"]]
)
def test_installing_refuses_what_is_no_single_name(server, names):
    assert server.install(*names).returncode == 1
    assert not (server.home / ".env").exists()


def test_installing_takes_a_name_in_capitals(server):
    server.install("Blog.Example")
    assert "ALLOWED_HOSTS=blog.example\n" in (server.home / ".env").read_text()


def test_installing_refuses_a_name_that_the_program_would_not_answer_to(server):
    server.install("blog.example")
    assert "another host" in server.install("other.example").stderr


@pytest.mark.parametrize("hosts", ["blog.example,other.example", '"blog.example, other.example"', ".example"])
def test_installing_takes_any_of_the_names_that_the_program_answers_to(server, hosts):
    (server.home / ".env").write_text(f"ALLOWED_HOSTS={hosts}\n")
    assert server.install("other.example").returncode == 0


def test_installing_makes_a_half_made_environment_anew(server):
    python = server.home / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexit 1\n")  # it has no pip
    python.chmod(0o755)
    assert server.install("blog.example").returncode == 0


def test_installing_keeps_settings(server):
    (server.home / ".env").write_text("SECRET_KEY=mine\nALLOWED_HOSTS=blog.example\n")
    server.install("blog.example")
    assert (server.home / ".env").read_text() == "SECRET_KEY=mine\nALLOWED_HOSTS=blog.example\n"


def test_others_may_read_the_program_whatever_the_umask_was(server):
    (server.home / "requirements.txt").touch(mode=0o600)
    server.install("blog.example")
    assert (server.home / "requirements.txt").stat().st_mode & 0o044 == 0o044


def test_others_may_not_read_what_is_secret(server):
    (server.home / "deploy" / "database_password").touch(mode=0o600)
    server.install("blog.example")
    secrets = [server.home / ".env", server.home / "deploy" / "database_password"]
    assert [path.stat().st_mode & 0o007 for path in secrets] == [0, 0]


def test_installing_starts_every_timer(server):
    server.install("blog.example")
    started = {line.split()[1] for line in server.said.read_text().splitlines() if ".timer" in line}
    assert started - {"--quiet"} == {timer.name for timer in TIMERS}


def test_timer_that_was_switched_off_stays_off(server):
    server.install("blog.example")
    server.install("blog.example")
    assert ".timer" not in server.said.read_text()


def test_nginx_serves_port_80_until_there_is_a_certificate(server):
    server.install("blog.example")
    before = server.site.read_text()
    server.give_certificate()
    server.install("blog.example")
    assert ("443" in before, "listen 443" in server.site.read_text()) == (False, True)


def test_certificate_is_renewed_while_nginx_runs(server):
    """certbot's own server would find port 80 taken."""
    [path] = re.findall(r"acme-challenge/ \{\s*root (.*);", (DEPLOY / "nginx.conf").read_text())
    said = server.install("blog.example").stdout
    assert f"certbot certonly --webroot --webroot-path {server.root}{path} --domain blog.example" in said


def test_settings_of_nginx_that_somebody_has_changed_are_kept(server):
    server.install("blog.example")
    server.site.write_text("mine")
    done = server.install("blog.example")
    assert (server.site.read_text(), f"diff -u {server.site}" in done.stdout) == ("mine", True)


def test_settings_of_nginx_that_nobody_has_changed_are_brought_up_to_date(server):
    server.install("blog.example")
    newer = (server.home / "deploy" / "nginx.conf").read_text().replace("# With", "# newer\n\n# With")
    (server.home / "deploy" / "nginx.conf").write_text(newer)
    server.install("blog.example")
    assert "# newer" in server.site.read_text()


# nginx


def test_nginx_listens_to_ipv6_wherever_it_listens():
    listens = re.findall(r"listen ([^\s;]+) ?([^;]*);", (DEPLOY / "nginx.conf").read_text())
    ports = [(port, rest) for port, rest in listens if not port.startswith("[")]
    assert sorted(listens) == sorted(ports + [(f"[::]:{port}", rest) for port, rest in ports])


@pytest.mark.parametrize(
    ("address", "visitor"),
    [
        ("2001:db8:1:2::5", "2001:db8:1:2:"),
        ("2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:2:"),
        ("2001:db8::2:0:0:5", "2001:db8::"),
        ("192.0.2.7", None),
        ("::1", None),
    ],
)
def test_addresses_of_one_connection_count_as_one(address, visitor):
    [pattern] = re.findall(r'"(~\S+)"  \$network;', (DEPLOY / "nginx.conf").read_text())
    found = re.match(pattern[1:].replace("?<", "?P<"), address)
    assert (found and found["network"]) == visitor


def test_no_server_of_nginx_writes_addresses_into_an_error_log():
    """As lines below `alert` begin with them."""
    _maps, *servers = re.split(r"(?m)^server \{", (DEPLOY / "nginx.conf").read_text())
    levels = [re.findall(r"error_log \S+ (\w+);", server) for server in servers]
    assert levels == [["alert"]] * len(servers)


def test_nginx_offers_only_suites_with_forward_secrecy_and_authentication():
    [suites] = re.findall(r"ssl_ciphers (\S+);", (DEPLOY / "nginx.conf").read_text())
    assert not [suite for suite in suites.split(":") if not re.match(r"ECDHE-.*(GCM|POLY1305)", suite)]


# The machine


def test_uploaded_pictures_can_be_read_by_nginx(tmp_path):
    """Another account than the program's, whose unit has a narrow umask."""
    narrow = int(dict(lines(SYSTEMD / "clinic-blog.service"))["UMask"], 8)
    before = os.umask(narrow)
    try:
        name = DurableStorage(location=tmp_path / "media").save("pictures/a.webp", ContentFile(b"picture"))
    finally:
        os.umask(before)
    path = tmp_path / "media" / name
    assert (path.parent.stat().st_mode & 0o005, path.stat().st_mode & 0o004) == (0o005, 0o004)


def test_program_is_started_again_for_as_long_as_it_takes():
    found = dict(lines(SYSTEMD / "clinic-blog.service"))
    assert (found["Restart"], found["StartLimitIntervalSec"]) == ("always", "0")


def test_journal_drops_a_day_at_a_time():
    """It drops files, by their oldest line."""
    found = dict(lines(SYSTEMD / "journald.conf"))
    assert (found["MaxRetentionSec"], found["MaxFileSec"]) == ("4week", "1day")


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


@pytest.fixture(scope="module")
def image(stages, tmp_path_factory):
    """The folder of the program, of what is copied. Compressing, which takes long, is left out."""
    folder = tmp_path_factory.mktemp("image")
    for word, rest in stages["build"]:
        *sources, target = rest.split()
        for source in sources if word == "COPY" else ():
            if (project.BASE_DIR / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(project.BASE_DIR / source, folder / target, ignore=ignored)
            else:
                (folder / target).mkdir(exist_ok=True)
                shutil.copy(project.BASE_DIR / source, folder / target)
    return folder


def run_in(image, step, *arguments):
    """With the variables of a step of the Containerfile."""
    variables = [word for word in shlex.split(step) if re.match("[A-Z_]+=", word)]
    clean = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    environment = clean | dict(variable.split("=", 1) for variable in variables)
    subprocess.run([sys.executable, *arguments], cwd=image, env=environment, check=True)


@pytest.fixture(scope="module")
def collecting(stages):
    [step] = [rest for word, rest in stages["build"] if word == "RUN" and "collectstatic" in rest]
    return step


def test_static_files_are_collected_from_what_is_copied(image, collecting):
    run_in(
        image, collecting, "manage.py", "collectstatic", "--no-input", "--no-post-process", "--verbosity=0"
    )
    assert (image / "staticfiles" / "css" / "site.css").is_file()


def test_program_knows_its_release_from_what_is_copied(image, collecting):
    """Without it there is no page."""
    ask = "import django; django.setup(); from articles.caching import release; release()"
    run_in(image, f"{collecting} DJANGO_SETTINGS_MODULE=clinic.settings", "-c", ask)


@pytest.fixture
def web(tmp_path):
    """What the container `web` makes of nginx.conf, as a function."""
    script = (DEPLOY / "nginx-in-container.sh").read_text()
    made = tmp_path / "default.conf"
    for there, here in {
        "/etc/nginx/conf.d/default.conf": made,
        "/etc/nginx/clinic-blog.conf": DEPLOY / "nginx.conf",
        "/etc/letsencrypt": tmp_path,
    }.items():
        script = script.replace(there, str(here))

    def make(*, certificate):
        folder = tmp_path / "live" / "klinik.example"
        folder.mkdir(parents=True)
        if certificate:
            (folder / "fullchain.pem").touch()
        variables = os.environ | {"HOST": "klinik.example", "APP": "program:8000"}
        subprocess.run(["sh", "-c", script], env=variables, check=True)
        return made.read_text()

    return make


def test_web_server_in_a_container_has_name_and_program(web):
    text = web(certificate=True)
    assert ("server program:8000;" in text, "blog.example" in text) == (True, False)


def test_web_server_in_a_container_writes_no_log_into_it(web):
    assert "/var/log" not in web(certificate=True)


def test_web_server_in_a_container_starts_without_a_certificate(web):
    text = web(certificate=False)
    assert ("acme-challenge" in text, "ssl_certificate" in text) == (True, False)


@pytest.fixture(scope="module")
def compose():
    text = (DEPLOY / "compose.yaml").read_text()
    # The package knows no merging of YAML, which every program for compose does.
    found = yaml.safe_load(text)
    del found["x-program"], found["x-logging"]
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


def test_logs_are_kept_by_the_journal(compose):
    assert {service["logging"]["driver"] for service in compose["services"].values()} == {"journald"}


def test_certificate_is_renewed_while_the_web_server_runs(compose):
    assert "/var/www/html:/var/www/html:ro" in compose["services"]["web"]["volumes"]


def test_only_the_web_server_is_reached_from_outside(compose):
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["web"]


def test_example_has_no_secret_and_every_setting_that_is_required():
    example = dict(
        line.split("=", 1) for line in (DEPLOY / "compose.env.example").read_text().splitlines()[1:]
    )
    assert example["SECRET_KEY"] == example["METRICS_TOKEN"] == ""
    assert {"SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"} <= set(example)
    assert "PASSWORD" in example["DATABASE_URL"]
