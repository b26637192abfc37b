"""Who wrote it: what the desk knows of an author, and what patients see."""

import re
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from articles import images, orcid, pictures
from articles.forms import AuthorForm
from articles.models import Author
from tests.factories import make_author, make_edition, make_editor
from tests.pictures import photograph

pytestmark = pytest.mark.django_db

JOSIAH = "0000-0002-1825-0097"  # ORCID's own example, of a person who does not exist


@pytest.fixture
def desk(client):
    client.force_login(make_editor())
    return client


def save(desk, author, **fields):
    sent = {"name": author.name, "slug": author.slug, "_continue": "Save"} | fields
    response = desk.post(reverse("admin:articles_author_change", args=[author.pk]), sent)
    author.refresh_from_db()
    return response


def upload(content=None, name="face.jpg"):
    return SimpleUploadedFile(name, content if content is not None else photograph(400, 600), "image/jpeg")


def with_photo(**fields):
    author = make_author(**fields)
    pictures.store_portrait(author, images.portrait(photograph(400, 600)))
    return author


# ORCID


@pytest.mark.parametrize("value", [JOSIAH, "0000-0001-5109-3700", "0000-0002-1694-233X"])
def test_orcid_with_its_check_digit_is_right(value):
    orcid.validate_orcid(value)


@pytest.mark.parametrize(
    "value",
    ["0000-0002-1825-0098", "0000-0002-1694-2330", "0000-0002-1825", "0000000218250097", "x", "٠" * 16],
)
def test_anything_else_is_none(value):
    with pytest.raises(ValidationError):
        orcid.validate_orcid(value)


@pytest.mark.parametrize(
    "written", [JOSIAH, f" https://orcid.org/{JOSIAH}/ ", f"orcid.org/{JOSIAH}", "0000 0002 1825 0097"]
)
def test_orcid_is_taken_as_it_was_copied(desk, written):
    author = make_author()
    save(desk, author, orcid=written)
    assert author.orcid == JOSIAH


def test_wrong_orcid_is_said_and_nothing_is_saved(desk):
    author = make_author()
    response = save(desk, author, orcid="0000-0002-1825-0098", authorisation="0ABC1")
    assert "orcid" in response.context["adminform"].form.errors
    assert (author.orcid, author.authorisation) == ("", "")


# The photo


def test_photo_is_a_square_without_what_the_camera_wrote(desk):
    author = make_author()
    save(desk, author, photo=upload())
    sizes = {}
    for name in author.file_names:
        with default_storage.open(name) as file:
            image = Image.open(BytesIO(file.read()))
        sizes[name] = (image.size, dict(image.getexif()))
    assert list(sizes.values()) == [((80, 80), {}), ((320, 320), {})]


def test_what_is_no_photo_is_refused_and_the_old_one_stays(desk):
    author = with_photo()
    before = author.portrait
    response = save(desk, author, photo=upload(b"no picture"))
    assert "photo" in response.context["adminform"].form.errors
    assert author.portrait == before


def test_saving_without_a_photo_keeps_the_one_there_is(desk):
    author = with_photo()
    before = author.portrait
    save(desk, author, authorisation="0ABC1")
    assert author.portrait == before
    assert author.authorisation == "0ABC1"


def test_new_photo_replaces_the_old_ones_files(desk, django_capture_on_commit_callbacks):
    author = with_photo()
    before = author.file_names
    with django_capture_on_commit_callbacks(execute=True):
        save(desk, author, photo=upload(photograph(300, 300)))
    assert not any(map(default_storage.exists, before))
    assert all(map(default_storage.exists, author.file_names))


@pytest.mark.django_db(transaction=True)
def test_new_photo_stays_when_the_old_ones_files_cannot_be_deleted(monkeypatch):
    author = with_photo()

    def refuse(_name):
        raise OSError("no space left")

    monkeypatch.setattr(default_storage, "delete", refuse)
    pictures.store_portrait(author, images.portrait(photograph(300, 300)))
    author.refresh_from_db()
    assert all(default_storage.exists(name) for name in author.file_names)


def test_photo_that_was_exchanged_while_the_form_was_read_stays(desk, monkeypatch):
    author = with_photo()
    exchanged = []
    clean = AuthorForm.clean

    def exchange_and_clean(form):
        if not exchanged:
            exchanged.append(Author.objects.get(pk=author.pk))
            pictures.store_portrait(exchanged[0], images.portrait(photograph(300, 300)))
        return clean(form)

    monkeypatch.setattr(AuthorForm, "clean", exchange_and_clean)
    save(desk, author, biography_da="Ny.")
    assert author.biography_da == "Ny."
    assert author.portrait == exchanged[0].portrait


def test_photo_can_be_removed(desk, django_capture_on_commit_callbacks):
    author = with_photo()
    before = author.file_names
    with django_capture_on_commit_callbacks(execute=True):
        save(desk, author, remove_photo="on")
    assert author.portrait == ""
    assert not any(map(default_storage.exists, before))


def test_photo_goes_with_its_author(desk, django_capture_on_commit_callbacks):
    author = with_photo()
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(reverse("admin:articles_author_delete", args=[author.pk]), {"post": "yes"})
    assert not Author.objects.exists()
    assert not any(map(default_storage.exists, author.file_names))


def test_author_is_added_with_a_photo(desk):
    sent = {"name": "Anna Prøve", "slug": "", "photo": upload(), "_save": "Save"}
    desk.post(reverse("admin:articles_author_add"), sent)
    assert all(map(default_storage.exists, Author.objects.get().file_names))


def test_photo_that_cannot_be_kept_leaves_no_file(monkeypatch):
    author = make_author()
    monkeypatch.setattr(Author, "save", lambda *_args, **_kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pictures.store_portrait(author, images.portrait(photograph(80, 80)))
    assert not any(map(default_storage.exists, author.file_names))


# On the pages


def test_portrait_stands_in_the_byline(client):
    author = with_photo()
    html = client.get(make_edition(author=author).get_absolute_url()).content.decode()
    assert f'<img class="portrait" src="/media/portraits/{author.portrait}-80.webp" alt=""' in html


def test_byline_without_a_photo_has_no_picture(client):
    html = client.get(make_edition(author=make_author()).get_absolute_url()).content.decode()
    assert 'class="portrait"' not in html


def test_page_of_an_author_has_all_that_is_known(client):
    author = with_photo(biography_da="Kirurg i Aarhus.", orcid=JOSIAH, authorisation="0ABC1")
    make_edition(author=author)
    html = client.get(f"/da/blog/author/{author.slug}/").content.decode()
    assert f"{author.portrait}-320.webp" in html
    assert "Kirurg i Aarhus." in html
    assert "0ABC1" in html
    assert f'href="https://orcid.org/{JOSIAH}"' in html


def test_page_of_an_author_says_nothing_it_does_not_know(client):
    author = make_author()
    make_edition(author=author)
    html = client.get(f"/da/blog/author/{author.slug}/").content.decode()
    assert not re.search("orcid|portrait|Autorisations", html, re.IGNORECASE)
