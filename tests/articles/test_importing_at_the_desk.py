import re
from collections import Counter

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from articles import manuscripts
from articles.models import Article, Author, Picture
from references.models import Reference
from tests.factories import make_article, make_editor
from tests.word_files import letter, of_paragraphs, part

pytestmark = pytest.mark.django_db

MARKDOWN = b"---\ntitle: Hernia\nlanguage: en\ncategory: Stomach\n---\nA claim [@pmid:34256014].\n"


@pytest.fixture
def desk(client):
    client.force_login(make_editor())
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def send(desk, content, name="letter.docx", **fields):
    file = SimpleUploadedFile(name, content)
    return desk.post(reverse("admin:articles_article_import"), {"file": file, **fields}, follow=True)


def texts(response):
    return [str(message) for message in response.context["messages"]]


def errors(response):
    assert response.status_code == 200
    return {name: list(reasons) for name, reasons in response.context["form"].errors.items()}


def test_word_file_becomes_a_draft_that_opens(desk):
    response = send(desk, letter())
    article = Article.objects.get()
    assert response.redirect_chain == [(reverse("admin:articles_article_change", args=[article.pk]), 302)]
    assert article.text("title", "da") == "Lyskebrok på Ærø"
    assert not article.editions.exists()


def words(text):
    return Counter(re.findall(r"[^\W\d_]+", text))


def test_draft_of_a_word_file_has_every_word_of_it(desk):
    data = letter()
    send(desk, data)
    article = Article.objects.get()
    author = article.author
    texts = [article.text(field, "da") for field in ("title", "abstract", "body")]
    texts += [author.name, author.title_da, *Reference.objects.values_list("claimed", flat=True)]
    written = words(" ".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)", part(data, "word/document.xml"))))
    # What only says what something is: the byline, the date, the headings of abstract and list, the keys.
    labels = words("Af Dato juni Resumé Referenceliste PubMed ID DOI")
    assert written - words(" ".join(texts)) == labels


def test_what_was_created_and_not_understood_is_said(desk):
    said = texts(send(desk, letter()))
    assert said[0].startswith("Imported from letter.docx, in Danish.")
    assert any("New author: Dr. Anna Prøve" in text for text in said)


def test_picture_leaves_a_line_where_it_was(desk):
    send(desk, letter())
    assert f"![](picture:{Picture.objects.get().pk})" in Article.objects.get().text("body", "da")


def test_import_is_in_the_articles_history(desk):
    send(desk, letter())
    response = desk.get(reverse("admin:articles_article_history", args=[Article.objects.get().pk]))
    assert "Imported from letter.docx" in response.content.decode()


def test_text_and_markdown_are_imported_too(desk):
    send(desk, MARKDOWN, "hernia.md")
    send(desk, b"Brok\n\nTekst.", "brok.txt", language="da", slug="et-brok")
    assert {article.text("title", article.original_language) for article in Article.objects.all()} == {
        "Hernia",
        "Brok",
    }
    assert Article.objects.filter(slug_da="et-brok").exists()


def test_references_are_created_and_looked_up(desk):
    response = send(desk, MARKDOWN, "hernia.md")
    assert Reference.objects.get().pmid == 34256014
    assert any("could not be checked now" in text for text in texts(response))


def test_language_of_the_form_goes_before_the_files(desk):
    send(desk, letter(), language="en")
    assert Article.objects.get().text("title", "en") == "Lyskebrok på Ærø"


@pytest.mark.parametrize(
    ("content", "fields", "field", "reason"),
    [
        (b"", {}, "file", "empty"),
        (b"%PDF-1.7\0", {}, "file", "neither Word nor text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", {}, "file", "old kind of Word"),
        (b"---\ntitle: x\n", {}, "file", "not closed"),
        (
            b"---\ntitle: x\ncategory: " + b"y" * 150 + b"\n---\n",
            {"language": "da"},
            "file",
            "cannot be the name",
        ),
        (b"Brok\n\nTekst.", {}, "language", "Say which language"),
        (b"Brok\n\nTekst.", {"language": "xx"}, "language", "Select a valid choice"),
        (b"Brok\n\nTekst.", {"language": "da", "slug": "search"}, "slug", "used by the blog itself"),
        (b"Brok\n\nTekst.", {"language": "da", "slug": "Æ"}, "slug", "small letters"),
        (b"---\ntitle: '?'\n---\n", {"language": "da"}, "slug", "give a slug"),
    ],
)
def test_what_cannot_be_imported_is_said_at_its_field(desk, content, fields, field, reason):
    found = errors(send(desk, content, "brok.txt", **fields))
    assert list(found) == [field]
    assert reason in " ".join(found[field])
    assert not Article.objects.exists()


def test_nothing_is_stored_when_something_is_wrong(desk):
    send(desk, letter(), slug="search")
    assert not Article.objects.exists()
    assert not Author.objects.exists()
    assert not Reference.objects.exists()


def test_too_large_file_is_not_read(desk, monkeypatch):
    monkeypatch.setattr(manuscripts, "MAX_SIZE", 100)
    assert "larger than 20 MB" in errors(send(desk, letter()))["file"][0]


def test_text_that_is_there_is_not_replaced(desk):
    article = make_article(title_da="Lyskebrok på Ærø", slug_da="lyskebrok-paa-aeroe", body_da="Min tekst.")
    found = errors(send(desk, letter()))
    assert "Lyskebrok på Ærø" in found["slug"][0]
    article.refresh_from_db()
    assert article.text("body", "da") == "Min tekst."


def test_translation_joins_its_article(desk):
    article = make_article(slug_da="brok")
    send(desk, b"---\ntitle: Hernia\nlanguage: en\ntranslation_of: brok\n---\nA lump.\n", "hernia.md")
    article.refresh_from_db()
    assert article.text("title", "en") == "Hernia"


def as_writer(client, *permissions):
    user = User.objects.create_user("writer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)


def test_translation_needs_the_right_to_change(desk):
    article = make_article(slug_da="brok")
    as_writer(desk, "add_article")
    content = b"---\ntitle: Hernia\nlanguage: en\ntranslation_of: brok\n---\nA lump.\n"
    assert send(desk, content, "hernia.md").status_code == 403
    article.refresh_from_db()
    assert not article.has_text_in("en")


@pytest.mark.parametrize(("permission", "status"), [("add_article", 200), ("change_article", 403)])
def test_importing_needs_the_right_to_add(desk, permission, status):
    as_writer(desk, permission)
    assert desk.get(reverse("admin:articles_article_import")).status_code == status


def test_importing_needs_somebody_who_has_signed_in(client):
    response = client.get(reverse("admin:articles_article_import"))
    assert response.status_code == 302
    assert "login" in response["Location"]


def test_list_of_articles_has_the_button_for_those_who_may(desk):
    address = reverse("admin:articles_article_import")
    page = reverse("admin:articles_article_changelist")
    assert f'href="{address}"' in desk.get(page).content.decode()
    as_writer(desk, "change_article")
    assert f'href="{address}"' not in desk.get(page).content.decode()


def test_file_with_very_much_to_say_says_how_much(desk):
    paragraphs = [f"Og det er en påstand [{number}], som ikke er der." for number in range(1, 130)]
    said = texts(send(desk, of_paragraphs(*paragraphs)))
    assert len(said) == 102
    assert "(29)" in said[-1]


def test_language_is_told_from_the_text_when_nobody_says_it(desk):
    send(
        desk,
        b"Hernia\n\nThe lump is not dangerous, and you can often wait if it does not hurt.",
    )
    article = Article.objects.get()
    assert (article.original_language, article.text("title", "en")) == ("en", "Hernia")
