"""Pictures in the storage, in editions, and in the admin."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse

from articles import drafts, figures, images, pictures, publishing
from articles.models import EditionPicture, Picture
from tests.factories import make_article, make_bilingual_article, make_editor, make_picture
from tests.pictures import as_file, bomb, make_image, photograph

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    """Of this test alone, to be counted in."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def desk(client):
    client.force_login(make_editor())
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def files(storage: Path) -> list[Path]:
    return [path for path in storage.rglob("*") if path.is_file()]


def address(page: str, *args: object) -> str:
    return reverse(f"admin:articles_picture_{page}", args=args)


def execute(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


# The storage


def test_files_are_where_the_page_looks_for_them(storage):
    picture = make_picture()
    for extension in images.ENCODINGS:
        assert (storage / picture.url(60, extension).removeprefix("/media/")).is_file()
    assert len(files(storage)) == 3


def test_the_same_picture_twice_has_its_files_twice(storage, django_capture_on_commit_callbacks):
    first, second = make_picture(), make_picture()
    with django_capture_on_commit_callbacks(execute=True):
        pictures.delete(first)
    assert {path.name for path in files(storage)} == {Path(name).name for name in second.file_names}


def test_files_go_with_the_picture_and_not_before(storage, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as committed:
        pictures.delete(make_picture())
    assert len(files(storage)) == 3
    for step in committed:
        step()
    assert files(storage) == []


def test_a_picture_that_cannot_be_saved_leaves_no_file(storage):
    with pytest.raises(IntegrityError):
        pictures.store(Picture(uploaded_by_id=-1, credit=None), images.renditions(photograph()))
    assert files(storage) == []


def test_a_full_disk_leaves_no_file(storage, monkeypatch):
    renditions = images.renditions(photograph())
    broken = [*renditions[:-1], images.Rendition(600, 400, "jpg", None)]
    with pytest.raises(TypeError):
        pictures.store(Picture(), broken)
    assert files(storage) == []
    assert not Picture.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_commit_whose_answer_is_lost_keeps_the_files(storage, monkeypatch):
    wrapper = connections["default"]
    commit = wrapper.commit

    def commit_unheard():
        commit()
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(wrapper, "commit", commit_unheard)
    with pytest.raises(OperationalError):
        pictures.store(Picture(alt_da="Tegning"), images.renditions(photograph(60, 40)))
    monkeypatch.undo()
    assert len(files(storage)) == len(Picture.objects.get().file_names) == 3


@pytest.mark.parametrize("change", ["stem = 'x'", "width = 1", "height = 1", "widths = '{1}'"])
def test_files_of_a_picture_never_change(change):
    make_picture()
    with pytest.raises(IntegrityError, match="never change"):
        execute(f"UPDATE articles_picture SET {change}")


# Editions


def test_an_edition_knows_what_it_shows():
    first, second, unseen = make_picture(), make_picture(), make_picture()
    body = f"![](picture:{second.pk})\n\n![](picture:{first.pk})\n\n`![](picture:{unseen.pk})`"
    edition = publishing.publish(make_article(body_da=body), "da")
    assert set(edition.pictures.all()) == {first, second}
    assert first.url(60, "avif") in edition.html


def test_what_an_edition_shows_never_changes():
    picture = make_picture()
    publishing.publish(make_article(body_da=picture.markup), "da")
    with pytest.raises(IntegrityError, match="never changes"):
        execute("DELETE FROM articles_editionpicture")
    with pytest.raises(ProtectedError):
        pictures.delete(picture)


def test_a_picture_of_an_edition_is_protected_from_raw_sql():
    publishing.publish(make_article(body_da=make_picture().markup), "da")
    with pytest.raises(IntegrityError):
        execute("SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM articles_picture")


@pytest.mark.parametrize("change", [{"alt_da": "Noget andet"}, {"credit": "Foto: Anna Prøve"}])
def test_what_is_written_about_a_picture_makes_a_new_edition(change):
    picture = make_picture()
    article = make_article(body_da=picture.markup)
    old = publishing.publish(article, "da")
    Picture.objects.update(**change)
    new = publishing.publish(article, "da")
    assert new.number == 2
    (text,) = change.values()
    assert text in new.html
    old.refresh_from_db()
    assert text not in old.html


def test_a_description_in_the_other_language_makes_no_new_edition():
    article = make_article(body_da=make_picture().markup)
    publishing.publish(article, "da")
    Picture.objects.update(alt_en="Something else")
    assert publishing.publish(article, "da").number == 1


def test_a_draft_says_what_is_wrong_with_its_pictures():
    article = make_bilingual_article(body_en=make_picture().markup, body_da="![](picture:999)")
    codes = [drafts.compile(article, code).problems[0].code for code in ("en", "da")]
    assert codes == ["picture_without_alt", "picture_missing"]


def test_publish_page_says_what_is_wrong_with_a_picture(desk):
    article = make_article(body_da="Et.\n\n![](picture:999)")
    html = desk.get(reverse("admin:articles_article_publish", args=[article.pk])).content.decode()
    assert "There is no picture 999." in html


# Where it is used


def test_drafts_that_mention_a_picture_are_found_in_every_language():
    first, second = make_picture(), make_picture()
    both = f"{first.markup}\n\n{second.markup}\n\n{first.markup}"
    article = make_bilingual_article(body_da=both, body_en=second.markup)
    assert pictures.in_drafts() == {
        first.pk: [(article, "da")],
        second.pk: [(article, "da"), (article, "en")],
    }


def test_a_number_that_only_begins_like_the_pictures_is_another():
    text = "![](picture:1234) ![](picture:123456789012)"
    make_article(body_da=text)
    assert set(pictures.in_drafts()) == figures.mentioned(text) == {1234}


def test_unused_are_those_no_edition_and_no_draft_shows():
    published, drafted, unused = make_picture(), make_picture(), make_picture()
    article = make_article(body_da=published.markup)
    publishing.publish(article, "da")
    article.body_da = drafted.markup
    article.save()
    assert list(pictures.unused(Picture.objects.all())) == [unused]


# The admin


def jpeg(content: bytes | None = None, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, photograph() if content is None else content, "image/jpeg")


def test_a_picture_is_added_with_its_description(desk, storage):
    desk.post(address("add"), {"file": jpeg(), "alt_da": "En bule", "alt_en": "", "credit": "Foto: AP"})
    picture = Picture.objects.get()
    assert (picture.description("da"), picture.credit, picture.width) == ("En bule", "Foto: AP", 600)
    assert picture.uploaded_by == User.objects.get()
    assert len(files(storage)) == 6


def test_a_description_is_required_and_nothing_is_stored_without(desk, storage):
    response = desk.post(address("add"), {"file": jpeg(), "alt_da": " ", "alt_en": "", "credit": ""})
    assert "Say what the picture shows" in response.content.decode()
    assert files(storage) == []


def test_what_is_written_about_a_picture_can_be_changed(desk):
    picture = make_picture()
    desk.post(address("change", picture.pk), {"alt_da": "Ny", "alt_en": "New", "credit": ""})
    picture.refresh_from_db()
    assert [picture.description(code) for code in ("da", "en")] == ["Ny", "New"]


def test_page_of_a_picture_says_where_it_is_used(desk):
    picture = make_picture()
    article = make_article(title_da="Udgivet", body_da=picture.markup)
    publishing.publish(article, "da")
    make_article(title_da="Undervejs", body_da=picture.markup)
    html = desk.get(address("change", picture.pk)).content.decode()
    assert "Udgivet</a> (Danish): Edition 1 – Online since" in html
    assert "Undervejs</a> (Danish): draft" in html


def test_a_picture_of_a_draft_is_not_deleted_and_the_draft_is_named(desk):
    picture = make_picture()
    make_article(title_da="Undervejs", body_da=picture.markup)
    html = desk.post(address("delete", picture.pk), {"post": "yes"}).content.decode()
    assert "This picture is used" in html
    assert "Undervejs" in html
    assert Picture.objects.exists()


def test_a_picture_of_an_edition_is_not_deleted_among_others(desk):
    picture, unused = make_picture(), make_picture()
    article = make_article(body_da=picture.markup)
    publishing.publish(article, "da")
    article.body_da = "Uden."
    article.save()
    chosen = {"action": "delete_selected", "_selected_action": [picture.pk, unused.pk], "post": "yes"}
    desk.post(address("changelist"), chosen)
    assert Picture.objects.count() == 2


def test_unused_pictures_are_deleted_with_their_files(desk, storage, django_capture_on_commit_callbacks):
    chosen = {"_selected_action": [make_picture().pk, make_picture().pk]}
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(address("changelist"), {"action": "delete_selected", "post": "yes"} | chosen)
    assert not Picture.objects.exists()
    assert files(storage) == []


def test_unused_pictures_are_listed(desk):
    used, unused = make_picture(alt_da="I brug"), make_picture(alt_da="Til overs")
    make_article(body_da=used.markup)
    html = desk.get(address("changelist"), {"use": "none"}).content.decode()
    assert unused.alt_da in html
    assert used.alt_da not in html


def test_list_costs_the_same_with_any_number_of_pictures(desk, django_assert_num_queries):
    publishing.publish(make_article(body_da=make_picture().markup), "da")
    with django_assert_num_queries(8):
        desk.get(address("changelist"))
    for _ in range(10):
        publishing.publish(make_article(body_da=make_picture().markup), "da")
    with django_assert_num_queries(8):
        html = desk.get(address("changelist")).content.decode()
    assert html.count('class="thumbnail"') == 11


# The dialog of a text


def upload(client, content=None, **fields):
    data = {"file": jpeg(content), "language": "da", "alt_da": "En bule", "alt_en": "", "credit": ""} | fields
    return client.post(address("upload"), {name: value for name, value in data.items() if value is not None})


def test_upload_answers_with_the_picture(desk):
    answer = upload(desk, alt_en="A lump")
    picture = Picture.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "picture": {
            "id": picture.pk,
            "thumbnail": picture.thumbnail_url,
            "alt": {"da": "En bule", "en": "A lump"},
            "credit": "",
        }
    }
    assert picture.uploaded_by == User.objects.get()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"Text in a file that is named photo.jpg.", "no JPEG, PNG, WebP, AVIF or HEIC picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no JPEG, PNG, WebP, AVIF or HEIC picture"),
        (as_file(make_image(), "GIF"), "no JPEG, PNG, WebP, AVIF or HEIC picture"),
        (photograph()[:-900], "damaged"),
        (bomb(), "more than 50 million pixels"),
        (bytes(images.LARGEST_FILE + 1), "larger than 20 MB"),
        (b"", "empty"),
    ],
)
def test_upload_of_what_cannot_be_used_says_why_and_stores_nothing(desk, storage, content, sentence):
    answer = upload(desk, content)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]
    assert not Picture.objects.exists()
    assert files(storage) == []


def test_a_refusal_is_in_the_editors_language(desk):
    desk.defaults["HTTP_ACCEPT_LANGUAGE"] = "da"
    assert "JPEG-, PNG-" in upload(desk, b"tekst").json()["error"]


def test_upload_wants_a_description_in_the_language_of_the_text(desk):
    answer = upload(desk, language="en")
    assert answer.json() == {"error": "Say what the picture shows, for those who cannot see it."}
    assert not Picture.objects.exists()


def test_upload_without_a_file_says_so(desk):
    assert upload(desk, file=None).json() == {"error": "This field is required."}


@pytest.mark.parametrize("fields", [{"language": "xx"}, {"language": None}])
def test_upload_for_no_language_is_refused(desk, fields):
    assert upload(desk, **fields).status_code == 403


def test_upload_is_for_those_who_have_signed_in(client, storage):
    assert upload(client).status_code == 302
    assert files(storage) == []


def test_upload_is_for_those_who_may(client, storage):
    writer = User.objects.create_user("writer", is_staff=True)
    client.force_login(writer)
    assert upload(client).status_code == 403
    assert files(storage) == []
    writer.user_permissions.add(Permission.objects.get(codename="add_picture"))
    assert upload(client).status_code == 201


def test_upload_wants_its_token(storage):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_editor())
    assert upload(client).status_code == 403
    assert files(storage) == []


def test_upload_is_not_read_by_get(desk):
    assert desk.get(address("upload")).status_code == 405


def test_earlier_pictures_are_found_by_words_newest_first(desk):
    old = make_picture(alt_da="En stor bule", credit="Foto: Dahl")
    new = make_picture(alt_da="En lille bule")
    make_picture(alt_da="Et rum")

    def found(query):
        return [picture["id"] for picture in desk.get(address("find"), {"q": query}).json()["pictures"]]

    assert found("bule") == [new.pk, old.pk]
    assert found("BULE dahl") == [old.pk]
    assert found("brok") == []
    assert len(found("")) == 3


def test_pictures_are_found_by_those_who_write(client):
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert client.get(address("find")).status_code == 403


def describe(client, picture, **fields):
    return client.post(address("describe", picture.pk), {"language": "en"} | fields)


def test_a_missing_description_is_filled_in_and_the_others_stay(desk):
    picture = make_picture(alt_da="En bule", credit="Foto: AP")
    assert describe(desk, picture, alt_en="A lump", alt_da="Noget andet").status_code == 200
    picture.refresh_from_db()
    assert [picture.description(code) for code in ("da", "en")] == ["En bule", "A lump"]
    assert picture.credit == "Foto: AP"


def test_a_picture_is_not_inserted_without_a_description(desk):
    assert describe(desk, make_picture()).json()["error"].startswith("Say what the picture shows")


def test_a_description_is_written_by_those_who_may(client):
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert describe(client, make_picture(), alt_en="A lump").status_code == 403


def test_edition_pictures_are_recorded_once_each():
    picture = make_picture()
    publishing.publish(make_article(body_da=f"{picture.markup}\n\n{picture.markup}"), "da")
    assert EditionPicture.objects.count() == 1
