"""Pictures in an S3 bucket: moto plays S3, over HTTP."""

import boto3
import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from moto.server import ThreadedMotoServer

from articles import images, pictures
from articles.models import Picture
from tests.factories import make_article, make_edition, make_picture
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
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": ACCESS | settings.MEDIA_S3_OPTIONS | {"bucket_name": BUCKET, "endpoint_url": s3},
        }
    }
    yield client
    for name in names(client):
        client.delete_object(Bucket=BUCKET, Key=name)
    client.delete_bucket(Bucket=BUCKET)


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


def test_bucket_that_is_away_is_an_error_and_no_picture(bucket, settings, s3):
    options = settings.STORAGES["default"]["OPTIONS"]
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"] | {"OPTIONS": options | {"bucket_name": "another"}}
    }
    with transaction.atomic(), pytest.raises(Exception, match="NoSuchBucket"):
        pictures.store(Picture(alt_da="Et brok"), images.renditions(photograph(60, 40)))
    assert not Picture.objects.exists()
    assert not default_storage.exists("pictures/x")
