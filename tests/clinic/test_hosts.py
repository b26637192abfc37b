"""Two hosts behind one nginx, with a database and a bucket between them, as docs/operations.md describes."""

import json
import os
import re
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from types import SimpleNamespace

import boto3
import pytest
from django.conf import settings as project
from django.contrib.auth import login
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.http import HttpRequest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from moto.server import ThreadedMotoServer

from articles.models import Picture
from bench import nginx
from clinic.private_postgres.base import DatabaseWrapper
from signing_in.factors import SHOWN
from signing_in.sessions import SessionStore
from tests.factories import make_article, make_editor
from tests.pictures import photograph

pytestmark = pytest.mark.django_db(transaction=True)

# Not test_bucket.py’s: moto’s servers in one process hold the same.
BUCKET = "hosts-pictures"
PASSWORD = "Til prøve alene"
CSRF = f"__Host-csrftoken={'a' * 32}"
PATIENCE = 60.0  # seconds


@pytest.fixture(scope="module")
def s3():
    """Where the bucket is."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    access = {"aws_access_key_id": "sample", "aws_secret_access_key": "sample", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", **access)
    client.create_bucket(Bucket=BUCKET)
    reading = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    reading["Resource"] = f"arn:aws:s3:::{BUCKET}/*"
    policy = {"Version": "2012-10-17", "Statement": [reading]}
    client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def site(s3, django_db_setup, tmp_path_factory):
    """The ports of both hosts, and the nginx before them and one that is away."""
    program = nginx.find_or_install()
    if program is None:
        pytest.skip(nginx.NONE_TO_BE_HAD)
    if not isinstance(connections[DEFAULT_DB_ALIAS], DatabaseWrapper):
        pytest.skip("The tests use another server than their own.")
    folder, own = tmp_path_factory.mktemp("hosts"), connection.settings_dict
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.clinic.with_replica",
        "DEBUG": "off",
        "SECRET_KEY": project.SECRET_KEY,
        "ALLOWED_HOSTS": nginx.HOST,
        "DATABASE_URL": f"postgres://{own['USER']}@/{own['HOST']}/{own['NAME']}",
        "MEDIA_S3_BUCKET": BUCKET,
        "MEDIA_S3_ENDPOINT": f"http://{s3}",
        "MEDIA_S3_REGION": "us-east-1",
        "MEDIA_S3_KEY": "sample",
        "MEDIA_S3_SECRET": "sample",
    }
    *ports, away = nginx.free_ports(3)
    front, plain = nginx.write_configuration(folder, folder, folder / "app", static=folder, media=folder)
    lead_to(folder / "clinic-blog.conf", {f"unix:{folder / 'app'}": [*ports, away]}, s3)
    with ExitStack() as stack:
        for port in ports:
            command = ["-m", "gunicorn", "clinic.wsgi", f"--bind=127.0.0.1:{port}", "--workers=1"]
            stack.enter_context(running([sys.executable, *command], port, environment))
        stack.enter_context(running(nginx.command(program, folder), front, environment))
        yield SimpleNamespace(ports=ports, nginx=nginx.Nginx(front, plain, folder, program))


def lead_to(configuration, upstream, s3):
    """Both hosts in the shipped file, and pictures from where the documents say."""
    documents = (project.BASE_DIR / "docs" / "operations.md").read_text()
    [pictures] = re.findall(r"^location /media/ \{\n.*?^\}$", documents, re.DOTALL | re.MULTILINE)
    pictures = pictures.replace("https://BUCKET.ENDPOINT", f"http://{s3}/{BUCKET}").replace(
        "BUCKET.ENDPOINT", s3
    )
    text = configuration.read_text()
    for server, ports in upstream.items():
        text = text.replace(f"server {server};", "".join(f"server 127.0.0.1:{port}; " for port in ports))
    text, count = re.subn(r"    location /media/ \{.*?\n    \}", lambda _: pictures, text, flags=re.DOTALL)
    assert count == 1
    configuration.write_text(text)


@contextmanager
def running(command, port, environment):
    with subprocess.Popen(
        command, cwd=project.BASE_DIR, env=environment, stderr=subprocess.DEVNULL
    ) as server:
        try:
            assert nginx.is_listening(port, server)
            yield
        finally:
            server.terminate()


def ask(port, method, path, cookies="", fields=None):
    """Status and body, of one of the hosts."""
    host = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    headers = {
        "Host": nginx.HOST,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "192.0.2.1",
        "Origin": f"https://{nginx.HOST}",
        "Cookie": f"{CSRF}; {cookies}",
        "X-CSRFToken": "a" * 32,
        "Content-Type": MULTIPART_CONTENT,
        "Accept-Language": "en",
    }
    body = None if fields is None else encode_multipart(BOUNDARY, fields)
    host.request(method, path, body, headers)
    response = host.getresponse()
    answer = response.status, response.read().decode()
    host.close()
    return answer


def signed_in(**fields):
    """The cookie of somebody who has shown a second factor."""
    request = HttpRequest()
    request.session = SessionStore()
    editor = make_editor(**fields)
    login(request, editor, backend=project.AUTHENTICATION_BACKENDS[0])
    request.session[SHOWN] = editor.pk
    request.session.save()
    return f"__Host-sessionid={request.session.session_key}"


PHOTO = {"language": "da", "alt_da": "En bule", "alt_en": "", "credit": ""}


def photo():
    return SimpleUploadedFile("photo.jpg", photograph(60, 40), "image/jpeg")


def test_picture_that_one_host_stores_is_there_for_readers_and_for_the_other(site):
    editor = signed_in()
    fields = {**PHOTO, "file": photo()}
    assert ask(site.ports[0], "POST", "/admin/articles/picture/upload/", editor, fields)[0] == 201
    picture = Picture.objects.get()
    assert picture.thumbnail_url in ask(site.ports[1], "GET", "/admin/articles/picture/", editor)[1]
    answers = [site.nginx.get(picture.thumbnail_url) for _reader in range(2)]
    assert [(answer.status, answer.cache) for answer in answers] == [(200, "MISS"), (200, "HIT")]
    assert answers[0].headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answers[0].headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_question_of_a_reader_does_not_reach_the_bucket(site):
    """Which would refuse to say who may do what."""
    editor = signed_in()
    ask(site.ports[0], "POST", "/admin/articles/picture/upload/", editor, {**PHOTO, "file": photo()})
    path = f"{Picture.objects.get().thumbnail_url}?acl"
    assert site.nginx.get(path, {"Authorization": "AWS x:y"}).status == 200


def test_tries_to_sign_in_are_counted_by_both(site):
    name = make_editor(password=PASSWORD).get_username()

    def tries(port, password):
        return ask(port, "POST", "/admin/login/", fields={"login": name, "password": password})

    assert [tries(site.ports[n % 2], "forkert")[0] for n in range(5)] == [200] * 5
    assert "There have been too many tries." in tries(site.ports[0], PASSWORD)[1]
    assert "There have been too many tries." in tries(site.ports[1], PASSWORD)[1]


def test_who_has_an_article_open_is_known_on_both(site):
    first, second = signed_in(first_name="Eva", last_name="Berg"), signed_in()
    path = f"/admin/articles/article/{make_article().pk}/presence/"
    ask(site.ports[0], "POST", path, first, {"wrote": "1"})
    assert "Eva Berg" in ask(site.ports[1], "POST", path, second, {"wrote": "1"})[1]


def test_session_that_ends_on_one_host_is_over_on_the_other(site):
    editor = signed_in()
    assert ask(site.ports[1], "GET", "/admin/", editor)[0] == 200
    ask(site.ports[0], "POST", "/admin/logout/", editor, {})
    assert ask(site.ports[1], "GET", "/admin/", editor)[0] == 302


def test_host_that_is_away_is_not_missed(site):
    assert {site.nginx.get(f"/da/blog/?page={n}").status for n in range(6)} == {200}
