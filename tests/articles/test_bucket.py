"""Pictures in an S3 bucket: moto plays S3, over HTTP."""

import os
import socket
import subprocess
import sys

import boto3
import pytest
from botocore.config import Config
from django.conf import settings as project
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

from articles import images, media, pictures
from articles.models import Author, Picture
from clinic import bucket as clinic_bucket
from tests.factories import make_article, make_author, make_edition, make_editor, make_picture
from tests.pictures import photograph

pytestmark = pytest.mark.django_db

BUCKET = "clinic-pictures"
ACCESS = {"region_name": "eu-north-1", "access_key": "sample", "secret_key": "sample"}


@pytest.fixture(scope="module")
def s3():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3, settings):
    """The bucket, empty, as the place of uploaded files."""
    client = boto3.client(
        "s3",
        endpoint_url=s3,
        region_name=ACCESS["region_name"],
        aws_access_key_id=ACCESS["access_key"],
        aws_secret_access_key=ACCESS["secret_key"],
    )
    client.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": ACCESS["region_name"]}
    )
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "clinic.bucket.Bucket",
            "OPTIONS": ACCESS | settings.MEDIA_S3_OPTIONS | {"bucket_name": BUCKET, "endpoint_url": s3},
        }
    }
    yield client
    for backends in s3_backends.values():
        backends.reset()


def names(client):
    return {file["Key"] for file in client.list_objects_v2(Bucket=BUCKET).get("Contents", ())}


def test_renditions_are_in_the_bucket_under_the_names_that_editions_know(bucket):
    picture = make_picture()
    assert names(bucket) == set(picture.file_names)
    file = bucket.get_object(Bucket=BUCKET, Key=picture.file_names[0])
    assert file["CacheControl"] == "public, max-age=31536000, immutable"
    assert file["ContentType"] == "image/avif"


def test_address_in_an_edition_stays_ours(bucket):
    picture = make_picture(alt_da="Et brok")
    edition = make_edition(make_article(body_da=f"{picture.markup}\n\nEn bule."))
    assert 'src="/media/pictures/' in edition.html
    assert BUCKET not in edition.html
    # What the web server asks the bucket for is what stands behind /media/.
    assert picture.url(picture.widths[0], "webp").removeprefix("/media/") in names(bucket)


def test_picture_that_is_deleted_leaves_nothing(bucket, django_capture_on_commit_callbacks):
    picture = make_picture()
    with django_capture_on_commit_callbacks(execute=True):
        pictures.delete(picture)
    assert not names(bucket)


def test_picture_that_is_not_stored_leaves_nothing(bucket):
    with pytest.raises(IntegrityError), pictures.atomic():
        pictures.store(Picture(alt_da="Et brok", pk=make_picture().pk), images.renditions(photograph(60, 40)))
    assert not names(bucket)


@pytest.fixture
def listening():
    """An address where connections are taken, and nothing is said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(params=["away", "silent", "not there"])
def broken(request, bucket, settings, listening, monkeypatch):
    """The bucket cannot be used any more."""
    monkeypatch.setattr(clinic_bucket, "PATIENCE", clinic_bucket.PATIENCE.merge(Config(read_timeout=0.2)))
    trouble = {
        "away": {"endpoint_url": "http://127.0.0.1:9"},
        "silent": {"endpoint_url": listening},
        "not there": {"bucket_name": "another"},
    }[request.param]
    options = settings.STORAGES["default"]["OPTIONS"]
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"] | {"OPTIONS": options | trouble}
    }


def photo():
    return SimpleUploadedFile("photo.jpg", photograph(60, 60), "image/jpeg")


@pytest.fixture
def desk():
    client = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
    client.force_login(make_editor())
    return client


def test_bucket_that_fails_is_said_where_a_picture_is_uploaded(broken, desk):
    fields = {"file": photo(), "language": "da", "alt_da": "En bule", "alt_en": "", "credit": ""}
    answer = desk.post(reverse("admin:articles_picture_upload"), fields)
    assert (answer.status_code, "could not be stored" in answer.json()["error"]) == (507, True)
    assert not Picture.objects.exists()


def test_bucket_that_fails_is_said_where_an_author_gets_a_photo(broken, desk):
    author = make_author("Anna Prøve")
    fields = {"name": "Anna Ny", "slug": author.slug, "photo": photo()}
    answer = desk.post(reverse("admin:articles_author_change", args=[author.pk]), fields)
    assert (answer.status_code, "nothing was saved" in answer.content.decode()) == (507, True)
    assert Author.objects.get().name == "Anna Prøve"


def test_deleting_from_a_bucket_that_fails_leaves_files_without_a_row(
    bucket, settings, django_capture_on_commit_callbacks
):
    picture = make_picture()
    working = settings.STORAGES
    options = working["default"]["OPTIONS"] | {"endpoint_url": "http://127.0.0.1:9"}
    settings.STORAGES = working | {"default": working["default"] | {"OPTIONS": options}}
    with django_capture_on_commit_callbacks(execute=True):
        pictures.delete(picture)
    settings.STORAGES = working
    assert not Picture.objects.exists()
    assert sorted(media.orphans()) == sorted(picture.file_names)


def test_bucket_of_more_files_than_one_answer_lists_is_listed(bucket):
    for number in range(1001):
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].put_object(BUCKET, f"pictures/{number}.jpg", b"x")
    assert len(list(media.stored())) == 1001


def test_file_of_a_bucket_that_goes_meanwhile_is_no_orphan(bucket, monkeypatch):
    default_storage.save("pictures/left.jpg", ContentFile(b"x"))
    monkeypatch.setattr(media, "stored", lambda: iter(["pictures/left.jpg", "pictures/gone.jpg"]))
    assert list(media.orphans()) == ["pictures/left.jpg"]


@pytest.mark.django_db(transaction=True)
def test_pictures_come_back_into_the_bucket(bucket, tmp_path):
    first, second = make_picture(), make_picture()
    contents = {name: media.content(name) for name in (*first.file_names, *second.file_names)}
    call_command("backup", tmp_path)
    pictures.delete(first)
    bucket.put_object(Bucket=BUCKET, Key=second.file_names[0], Body=b"damaged")
    call_command("restore", tmp_path, replace=True, yes=True)
    assert {name: media.content(name) for name in media.stored()} == contents
    assert Picture.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_backup_of_a_bucket_that_fails_is_not_made(bucket, settings, tmp_path):
    make_picture()
    options = settings.STORAGES["default"]["OPTIONS"] | {"endpoint_url": "http://127.0.0.1:9"}
    settings.STORAGES = settings.STORAGES | {"default": settings.STORAGES["default"] | {"OPTIONS": options}}
    with pytest.raises(CommandError, match=r"No backup was made\. The bucket does not answer"):
        call_command("backup", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "is_loaded"), [("", "False"), ("pictures", "True")])
def test_libraries_of_s3_are_loaded_for_a_bucket_alone(name, is_loaded):
    environment = os.environ | {
        "DEBUG": "off",
        "SECRET_KEY": "x" * 50,
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere",
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
        "MEDIA_S3_BUCKET": name,
    }
    code = (
        "import sys; import clinic.wsgi; from django.core.files.storage import default_storage;"
        " default_storage.exists; print('boto3' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=project.BASE_DIR, capture_output=True, check=True
    )
    assert done.stdout.decode().strip() == is_loaded
