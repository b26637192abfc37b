"""Hidden characters: what is typed at the desk is stored without them; what is stored with them breaks nothing."""

import json
import re

import pytest
from defusedxml.ElementTree import fromstring
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Model
from django.urls import reverse

from articles.addresses import absolute
from articles.models import (
    Approval,
    Author,
    Category,
    Edition,
    Picture,
    PreviewLink,
    Synonym,
    Treatment,
)
from references import exports
from references.characters import HIDDEN
from references.models import Reference
from tests import desk as browser
from tests.articles.test_pictures import storage  # noqa: F401 - a fixture
from tests.factories import (
    make_approval,
    make_article,
    make_author,
    make_category,
    make_edition,
    make_editor,
    make_reference,
)
from tests.pictures import photograph

pytestmark = pytest.mark.django_db

# An override, an isolate, an escape, a tag and a byte order mark; the marks and joiners of real scripts stay.
MARKED = "A\u202eb\u2066\x1b\U000e0041\ufeff\u200f\u200d"
SEEN = "Ab\u200f\u200d"


@pytest.fixture
def desk(client):
    client.force_login(make_editor(email="editor@example.dk", is_superuser=True))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def stored(*models: type[Model]) -> list[str]:
    """All text that the rows of the models hold."""
    rows = [row for model in models for row in model._default_manager.all()]
    values = [value for row in rows for value in vars(row).values()]
    return [
        json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value) for value in values
    ]


def assert_seen(*models: type[Model]) -> None:
    texts = stored(*models)
    assert [text for text in texts if SEEN in text]
    assert [text for text in texts if HIDDEN.search(text)] == []


def test_there_are_hidden_characters_to_look_for():
    assert len(HIDDEN.findall(MARKED)) == 5
    assert HIDDEN.sub("", MARKED) == SEEN


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (Author, {"name": MARKED, "title_da": MARKED, "authorisation": MARKED, "biography_da": MARKED}),
        (
            Category,
            {"name_da": MARKED, "slug_da": "a", "description_da": MARKED, "position": 1, "review_months": 12},
        ),
        (Treatment, {"name_da": MARKED, "slug_da": "a", "summary_da": MARKED}),
        (Synonym, {"language": "da", "words": f"{MARKED},{MARKED}b"}),
    ],
)
def test_what_is_typed_is_stored_without(desk, model, fields):
    response = desk.post(reverse(f"admin:articles_{model._meta.model_name}_add"), fields)
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert_seen(model)


def test_reference_described_by_hand_is_stored_without(desk):
    fields = dict.fromkeys(("title", "authors", "journal", "published", "volume", "publisher"), MARKED)
    sent = {**fields, "url": "https://example.dk/\u202ea", "claimed": MARKED, "plain_summary_da": MARKED}
    response = desk.post(reverse("admin:references_reference_describe"), sent)
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert_seen(Reference)
    assert Reference.objects.get().url == "https://example.dk/a"


def test_what_is_written_about_a_picture_is_stored_without(desk, storage):  # noqa: F811
    file = SimpleUploadedFile("a.jpg", photograph(60, 40))
    desk.post(reverse("admin:articles_picture_add"), {"file": file, "alt_da": MARKED, "credit": MARKED})
    assert_seen(Picture)


def test_description_given_while_writing_is_stored_without(desk, storage):  # noqa: F811
    picture = Picture.objects.create(alt_en="Bump", stem="a", widths=[1], width=1, height=1)
    address = reverse("admin:articles_picture_describe", args=[picture.pk])
    assert desk.post(address, {"language": "da", "alt_da": MARKED}).status_code == 200
    assert_seen(Picture)


def test_question_to_a_doctor_and_the_mail_are_without(desk, mailoutbox):
    sent = {"language": "da", "name": MARKED, "email": "bo@example.dk", "message": MARKED, "days": "14"}
    address = reverse("admin:articles_article_share", args=[make_article().pk])
    desk.post(address, {f"ask-{name}": value for name, value in sent.items()} | {"_ask": "Send"})
    assert_seen(Approval)
    assert not HIDDEN.search(mailoutbox[0].body)


def test_answer_of_a_doctor_is_stored_without(client):
    make_approval(token="secret")
    client.post("/approval/secret/", {"decision": "changes", "comment": MARKED})
    assert_seen(Approval)


def test_comment_of_hidden_characters_alone_says_nothing(client):
    make_approval(token="secret")
    response = client.post("/approval/secret/", {"decision": "changes", "comment": "\u202e\u200b"})
    assert response.context["form"].errors["comment"]


def test_name_of_who_gets_a_link_is_stored_without(desk):
    sent = {"link-language": "da", "link-reader": MARKED, "link-days": "7", "_link": "Make"}
    desk.post(reverse("admin:articles_article_share", args=[make_article().pk]), sent)
    assert_seen(PreviewLink)


def test_what_is_said_when_publishing_is_stored_without(desk):
    article = make_edition().article
    article.title_da = "Nyt"
    article.save()
    browser.publish(desk, article, ["da"], **{"da-change_note": MARKED})
    assert_seen(Edition)


def test_name_of_an_account_is_stored_without(desk):
    account = make_editor()
    address = reverse("admin:auth_user_change", args=[account.pk])
    response = desk.get(address, follow=True)
    form = response.context["adminform"].form
    sent = {
        name: value for name in form.fields if (value := form[name].value()) and not isinstance(value, list)
    }
    response = desk.post(
        address,
        {**sent, "first_name": MARKED, "date_joined_0": "2026-01-01", "date_joined_1": "10:00"},
    )
    account.refresh_from_db()
    assert account.first_name == SEEN


# What is online from before: editions never change.


@pytest.fixture
def marked():
    """An edition whose texts, author and category have what XML does not have, put there past every form."""
    edition = make_edition(
        author=make_author("Anna Prøve"), category=make_category(name_da="Brok"), body_da="Et."
    )
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no trigger says no
        for table, columns in {
            "articles_edition": ("title", "abstract", "body", "seek_help"),
            "articles_author": ("name", "biography_da"),
            "articles_category": ("name_da", "description_da"),
        }.items():
            changes = ", ".join(f"{column} = %s" for column in columns)
            cursor.execute(f"UPDATE {table} SET {changes}", [MARKED] * len(columns))
        cursor.execute("SET session_replication_role = DEFAULT")
    return edition


def test_atom_feed_of_marked_texts_is_read(client, marked):
    feed = "".join(fromstring(client.get("/da/blog/feed/").content).itertext())
    assert SEEN in feed
    assert not HIDDEN.search(feed)


@pytest.mark.parametrize("path", ["/da/blog/feed.json", "/oembed?url={page}"])
def test_json_of_marked_texts_has_no_hidden_character(client, marked, path):
    page = absolute(marked.get_absolute_url())
    said = str(json.loads(client.get(path.format(page=page)).content))
    assert "Ab" in said
    assert not [escape for escape in ("\\x1b", "\\u202e", "\\u2066", "\\ufeff") if escape in said]


def test_what_pages_say_to_machines_has_no_hidden_character(client, marked):
    for path in (marked.get_absolute_url(), "/da/blog/"):
        html = client.get(path).content.decode()
        (data,) = re.findall('<script type="application/ld[+]json">(.*?)</script>', html)
        assert SEEN in data
        assert not HIDDEN.search(data)
        assert "\\u001b" not in data


def test_markdown_of_marked_texts_has_no_hidden_character(client, marked):
    text = client.get(f"{marked.get_absolute_url().rstrip('/')}.md").content.decode()
    assert SEEN in text
    assert not HIDDEN.search(text)


@pytest.mark.parametrize("write", [exports.ris, exports.nbib, exports.bibtex])
def test_list_of_marked_works_has_no_hidden_character(write):
    fields = dict.fromkeys(("title", "journal", "published", "volume", "publisher", "url"), MARKED)
    written = write([make_reference(authors=[MARKED], **fields)])
    assert "\u200f" in written
    assert not HIDDEN.search(written)
