"""No word on a page is hard-coded: with a catalogue that marks what it is asked for, the rest is bare.

What editors wrote and names that are the same in every language are allowed to be.
"""

import re
from pathlib import Path

import html5lib
import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import CharField, TextField
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation.trans_real import CONTEXT_SEPARATOR, DjangoTranslation

from articles import alerts, worklist
from articles.models import Article
from references.models import Check, Reference
from tests.browser.site import BODY, make_site
from tests.factories import (
    make_approval,
    make_bilingual_article,
    make_editor,
    make_picture,
    make_preview_link,
)

pytestmark = pytest.mark.django_db

OPEN, CLOSE = "⟨⟩"
APPS = ("articles", "references", "auth")
WORD = re.compile(r"[^\W\d_]{2,}")
ADDRESS = re.compile(rf"https?://[^\s{CLOSE}]+")
XHTML = "{http://www.w3.org/1999/xhtml}"
READ_ALOUD = (
    "alt",
    "title",
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "placeholder",
    "label",
)
META = {"description", "og:title", "og:description", "og:site_name", "og:image:alt", "twitter:title"}
# The same in every language; of languages, what they call themselves.
NAMES = {
    *("PubMed", "Crossref", "PMID", "PMCID", "PMC", "DOI", "ORCID", "RIS", "nbib", "BibTeX", "BibTex", "XML"),
    *("Alt", "Ctrl", "Shift", "testserver", "al"),  # et al.
    *("Markdown", "Word", "Dansk", "English", "Django", "http", "https", "www", "mailto", "ris", "bib"),
}


@pytest.fixture(autouse=True)
def marked(monkeypatch):
    """Every sentence that is looked up in a catalogue stands between marks."""

    def gettext(_self, message):
        return f"{OPEN}{message.rpartition(CONTEXT_SEPARATOR)[2]}{CLOSE}"

    def ngettext(self, one, many, number):
        return gettext(self, one if number == 1 else many)

    monkeypatch.setattr(DjangoTranslation, "gettext", gettext)
    monkeypatch.setattr(DjangoTranslation, "ngettext", ngettext)


def bare(text):
    """What is not between marks, which may stand in each other. One without the other is an error."""
    depth, rest = 0, []
    for char in text:
        if char == OPEN:
            depth += 1
        elif char == CLOSE:
            depth -= 1
            rest.append(" ")
        elif depth == 0:
            rest.append(char)
        assert depth >= 0, f"a mark too much: {text[-200:]}"
    assert depth == 0, f"a mark too few: {text[:200]}"
    return "".join(rest)


def texts_of(html):
    """What is read or read aloud: the text as one, then each attribute."""
    tree = html5lib.parse(html)
    hidden = {f"{XHTML}{name}" for name in ("script", "style", "template", "textarea", "code", "pre")}
    text = []

    def walk(element):
        if element.tag not in hidden and isinstance(element.tag, str):
            text.append(element.text or "")
            for child in element:
                walk(child)
                text.append(child.tail or "")

    walk(tree)
    yield " ".join(text)
    for element in tree.iter():
        attributes = element.attrib
        yield from (attributes[name] for name in READ_ALOUD if name in attributes)
        if element.tag == f"{XHTML}meta" and {attributes.get("name"), attributes.get("property")} & META:
            yield attributes.get("content", "")
        if element.tag == f"{XHTML}input" and attributes.get("type") in {"submit", "button", "reset"}:
            yield attributes.get("value", "")
        # Sentences for our scripts.
        yield from (
            value
            for name, value in attributes.items()
            if name.startswith("data-") and " " in value and not value.lstrip().startswith(("{", "["))
        )


def hard_coded(html, allowed):
    words = {word for text in texts_of(html) for word in WORD.findall(bare(text))}
    return sorted(words - allowed)


def written_by_people():
    """Every word that the database holds, except what the program itself put there."""
    words = set(NAMES)
    ours = {"html", "content_hash", "language", "original_language", "token_hash", "password"}
    for model in (model for app in APPS for model in apps.get_app_config(app).get_models()):
        if model.__name__ == "Permission":
            continue
        fields = [
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, (CharField, TextField)) and not field.choices and field.name not in ours
        ]
        for row in model._default_manager.values_list(*fields) if fields else ():
            words.update(word for text in row if text for word in WORD.findall(str(text)))
        if model is Reference:
            for authors in Reference.objects.values_list("authors", flat=True):
                words.update(word for name in authors for word in WORD.findall(name))
    clinic = settings.CLINIC
    known = [clinic.name, *clinic.address, clinic.email, *(number.number for number in clinic.emergency)]
    known += [text for number in clinic.emergency for text in number.words.values()]
    return words | {word for text in known for word in WORD.findall(text)}


def report(pages):
    allowed = written_by_people()
    return {name: words for name, html in pages.items() if (words := hard_coded(html, allowed))}


@pytest.mark.parametrize("language", ["da", "en"])
def test_no_public_page_has_a_hard_coded_word(client, language):
    paths = make_site(language)
    paths["preview"] = make_preview_link(make_bilingual_article(), language).get_absolute_url()
    for token, fields in {
        "waiting": {"message": "Vil du læse den?"},
        "late": {"expires_at": timezone.now()},
        "answered": {"decision": "approved", "decided_at": timezone.now(), "comment": "Fint."},
    }.items():
        make_approval(make_bilingual_article(), language, token=token, **fields)
        paths[token] = reverse("approval", args=[token])
    paths["unknown"] = reverse("approval", args=["unknown"])
    pages = {kind: client.get(path).content.decode() for kind, path in paths.items()}
    pages["nothing found"] = pages["nothing found"].replace("xyzzy", "")  # what was looked for
    pages["no answer"] = client.post(paths["waiting"], {"decision": "changes"}).content.decode()
    assert report(pages) == {}


@pytest.mark.parametrize("language", ["da", "en"])
def test_no_error_page_has_a_hard_coded_word(rf, language):
    request = rf.get("/")
    request.LANGUAGE_CODE = language
    names = [path.name for path in Path(settings.BASE_DIR, "templates").glob("[45]??.html")]
    with translation.override(language):
        pages = {name: render_to_string(name, request=request) for name in names}
    assert report(pages) == {}
    assert "404.html" in pages


def test_hard_coded_word_is_found():
    marked = f"{OPEN}A {OPEN}b{CLOSE} c{CLOSE}"
    html = f"<title>x</title><p>{marked} Sorry<img alt='Nothing'><input type=submit value=Go>"
    assert hard_coded(html, {"Sorry"}) == ["Go", "Nothing"]


@pytest.fixture
def desk(client):
    """An editor at the desk, with something on every page of it."""
    client.force_login(make_editor(first_name="Anna", last_name="Prøve"))
    make_site("da")
    Reference.objects.filter(pmid=22).update(claimed="Hansen 1999", agreement="another_paper")
    make_picture(alt_en="A drawing")
    return client


@pytest.fixture
def article(desk):
    article = Article.objects.get(title_da="Speciallægepraksisplanlægningsstabiliseringsperioden")
    article.body_da, article.body_en = f"{BODY}\n\nEn til.", "A claim [@pmid:PMC123]."
    article.save()
    make_approval(article, decision="changes", comment="Mere om kost.", decided_at=timezone.now())
    make_approval(article)
    make_preview_link(article)
    return article


OF_AN_ARTICLE = ["change", "translation", "share", "publish", "withdraw", "editions", "history", "delete"]
CATALOGUE = ["author", "category", "treatment", "picture"]
DESK = [
    *("", "login/", "password_change/"),
    *("articles/article/", "articles/article/add/", "articles/article/import/"),
    *(f"articles/article/{{}}/{page}/" for page in OF_AN_ARTICLE),
    *(f"articles/{model}/{page}" for model in CATALOGUE for page in ("", "add/")),
    *("references/reference/", "references/reference/add/", "references/reference/import/"),
    *("auth/user/add/", "auth/group/"),  # Django names the pictures in its list of accounts True and False
]


def test_no_page_of_the_desk_has_a_hard_coded_word(desk, article):
    pages = {}
    for path in DESK:
        response = desk.get(f"/admin/{path.format(article.pk)}", follow=True)
        assert response.status_code == 200, path
        pages[path] = response.content.decode()
    for reference in Reference.objects.all():
        path = reverse("admin:references_reference_change", args=[reference.pk])
        pages[path] = desk.get(path).content.decode()
    assert report(pages) == {}


def test_no_refusal_at_the_desk_has_a_hard_coded_word(desk, article):
    path = reverse("admin:articles_article_change", args=[article.pk])
    refused = {
        "article": (reverse("admin:articles_article_add"), {"slug_da": "Æ ø", "body_da": "x"}),
        "import": (reverse("admin:articles_article_import"), {}),
        "reference": (reverse("admin:references_reference_add"), {"work": "hvad som helst"}),
        "reference file": (reverse("admin:references_reference_import"), {}),
        "publish": (path.replace("change", "publish"), {"language": "da"}),
        "translation": (path.replace("change", "translation"), {}),
        "share": (path.replace("change", "share"), {}),
        "withdraw": (path.replace("change", "withdraw"), {}),
        "search": ("/admin/articles/article/?q=hvad+som+helst", None),
        "author": (reverse("admin:articles_author_add"), {}),
        "picture": (reverse("admin:articles_picture_add"), {}),
    }
    pages = {}
    for name, (address, data) in refused.items():
        response = desk.get(address) if data is None else desk.post(address, data, follow=True)
        assert response.status_code < 500, name
        pages[name] = response.content.decode()
    people = {"hvad", "som", "helst"}
    assert {name: rest for name, words in report(pages).items() if (rest := set(words) - people)} == {}


@pytest.mark.parametrize("language", ["da", "en"])
def test_no_mail_has_a_hard_coded_word(desk, article, language):
    editor = make_editor()
    reference = Reference.objects.get(pmid=11)
    check = Check.objects.create(
        reference=reference, outcome="found", standing_before="good", standing="retracted"
    )
    with translation.override(language):
        mails = {
            "worklist": "\n".join(worklist.mail(worklist.worklist(editor))),
            "alert": "\n".join(alerts.mail(check)),
        }
    allowed = written_by_people()
    texts = {name: bare(ADDRESS.sub("", text)) for name, text in mails.items()}
    words = {name: {*WORD.findall(text)} - allowed for name, text in texts.items()}
    assert {name: rest for name, rest in words.items() if rest} == {}


def test_no_script_says_a_sentence():
    """Scripts take what they say from the page."""
    sentence = re.compile(r"[\"'`][A-ZÆØÅ][a-zæøå]+ [a-zæøå]+[^\"'`]*[\"'`]")
    scripts = Path(settings.BASE_DIR, "static", "js").glob("*.js")
    assert [(path.name, found[0]) for path in scripts if (found := sentence.search(path.read_text()))] == []
    assert sentence.search('show("Something went wrong")')
