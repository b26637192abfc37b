"""Who may do what at the desk: every address of the admin, by everybody."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from http import HTTPStatus
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from urllib.parse import urldefrag, urljoin

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver, reverse
from django.utils import timezone, translation

from articles import importing, manuscripts, revising, worklist
from articles.models import Article, AuditEntry, Author, Category, Edition, Picture, Synonym, Treatment
from references.models import Reference
from signing_in.models import SignInEntry
from tests.articles.test_admin import form
from tests.articles.test_evidence import CANDIDATE
from tests.articles.test_pictures import jpeg
from tests.desk import shown, shown_online
from tests.factories import (
    make_approval,
    make_article,
    make_author,
    make_bilingual_article,
    make_category,
    make_colleague,
    make_edition,
    make_editor,
    make_picture,
    make_preview_link,
    make_reference,
    make_treatment,
)
from tests.word_files import letter

pytestmark = pytest.mark.django_db

ANONYMOUS, NO_ROLE, WRITER, EDITOR, ADMINISTRATOR = PEOPLE = (
    "anonymous",
    "no role",
    "Writer",
    "Editor",
    "Administrator",
)
NOBODY: tuple[str, ...] = ()
ADMINISTRATORS = (ADMINISTRATOR,)
EDITORS = (EDITOR, *ADMINISTRATORS)
WRITERS = (WRITER, *EDITORS)
STAFF = (NO_ROLE, *WRITERS)

Rights = dict[str, tuple[str, ...]]
Sent = dict[str, Any]
# The arguments of an address, and what is sent to it.
Call = tuple[list[Any], Sent]


@dataclass(frozen=True)
class Deed:
    """A request for the admin's address of that name, and who may make it."""

    address: str
    who: tuple[str, ...]
    make: Callable[[], Call] = lambda: ([], {})
    method: str = "get"
    is_writing: bool = False
    about: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, [self.method, self.address, self.about]))


def reading(address: str, who: tuple[str, ...], make: Callable[[], Any] | None = None, **sent: Any) -> Deed:
    """GET, about what `make` makes: a row, or the arguments of the address."""
    return Deed(address, who, lambda: (arguments(make), sent))


def doing(
    address: str,
    who: tuple[str, ...],
    make: Callable[[], Any] | None = None,
    about: str = "",
    **sent: Any,
) -> Deed:
    """POST, which changes the database."""
    return Deed(address, who, lambda: (arguments(make), sent), "post", is_writing=True, about=about)


def arguments(make: Callable[[], Any] | None) -> list[Any]:
    made = make() if make else []
    return made if isinstance(made, list) else [made.pk]


def model_admin(
    name: str,
    make: Callable[[], Any],
    who: Rights,
    sent: Sent,
) -> list[Deed]:
    """The pages that Django's admin has for a model."""
    return [
        reading(f"{name}_changelist", who["view"]),
        reading(f"{name}_history", who["view"], make),
        reading(f"{name}_change", who["view"], make),
        doing(f"{name}_change", who["change"], make, **sent),
        reading(f"{name}_add", who["add"]),
        reading(f"{name}_delete", who["delete"], make),
        doing(f"{name}_delete", who["delete"], make, post="yes"),
    ]


def edition():
    """The arguments of an edition's page."""
    made = make_edition(make_article(body_da="Dengang."))
    Article.objects.filter(pk=made.article_id).update(body_da="Nu.")
    return [made.article_id, "da", made.number]


def scheduled() -> list[Any]:
    return [make_edition(at=timezone.now() + timedelta(days=2)).article_id, "da", 1]


def online() -> list[Any]:
    return [make_edition().article_id]


def draft() -> list[Any]:
    return [make_article().pk]


def revised():
    article = make_article(body_da="Først.")
    revising.record(article)
    article.body_da = "Siden."
    article.save()
    revising.record(article)
    return article


def gone() -> list[Any]:
    """The arguments of a deleted article."""
    article = revised()
    pk = article.pk
    article.delete()
    return [pk]


def restoring() -> Call:
    article = revised()
    return [article.pk], {"number": 1, "version": article.version}


def confirming() -> Call:
    article = make_bilingual_article()
    english, danish = make_edition(article, "en"), make_edition(article, "da")
    return [article.pk], {"translation": english.pk, "original": danish.pk}


def revoking_approval() -> Call:
    approval = make_approval()
    return [approval.snapshot.article_id], {"_revoke_approval": approval.pk}


def revoking_link() -> Call:
    link = make_preview_link()
    return [link.snapshot.article_id], {"_revoke_link": link.pk}


def publishing_what_is_shown(make: Callable[[], Article], about: str = "", **said: str) -> Deed:
    """Publish an article as the Publish page shows it to somebody who may see that page."""

    def call() -> Call:
        article, client = make(), Client()
        client.force_login(make_editor())
        return [article.pk], {**shown(client, article), "languages": ["da"], **said}

    return Deed("articles_article_publish", EDITORS, call, "post", is_writing=True, about=about)


def withdrawing() -> Call:
    article, client = make_edition().article, Client()
    client.force_login(make_editor())
    return [article.pk], {**shown_online(client, article), "languages": ["da"]}


def with_file(name: str, content: bytes, **sent: Any) -> Callable[[], Call]:
    return lambda: ([], {"file": SimpleUploadedFile(name, content), **sent})


def uploading() -> Call:
    return [], {"file": jpeg(), "language": "da", "alt_da": "En bule", "alt_en": "", "credit": ""}


def wrong() -> Reference:
    return make_reference(34306126, title="Zinc.", agreement="another_paper", candidates=[CANDIDATE])


def audited() -> AuditEntry:
    make_edition()
    return AuditEntry.objects.get()


def sign_in_entry() -> SignInEntry:
    return SignInEntry.objects.create(deed="failed")


def account() -> User:
    return make_colleague()


def invited() -> User:
    return User.objects.create_user("invited", "invited@example.dk", is_staff=True)


def superuser() -> User:
    return make_editor()


def group() -> Group:
    return Group.objects.create(name="Forår")


def synonym() -> Synonym:
    return Synonym.objects.create(language="da", words=["brok", "hernie"])


def about_edition() -> list[Any]:
    return [ContentType.objects.get_for_model(Edition).pk, make_edition().pk]


CATALOGUE: Rights = {"view": WRITERS, "change": EDITORS, "add": EDITORS, "delete": ADMINISTRATORS}
EVIDENCE: Rights = {"view": WRITERS, "change": EDITORS, "add": EDITORS, "delete": EDITORS}
TEXTS: Rights = {"view": WRITERS, "change": WRITERS, "add": WRITERS, "delete": EDITORS}
ACCOUNTS: Rights = dict.fromkeys(("view", "change", "add", "delete"), ADMINISTRATORS)
SIGN_INS: Rights = {"view": ADMINISTRATORS, "change": NOBODY, "add": NOBODY, "delete": NOBODY}
AUDIT: Rights = {"view": EDITORS, "change": NOBODY, "add": NOBODY, "delete": NOBODY}

PLAIN_TEXT = b"Brok\n\nTekst."
NAMED: Sent = {"name_da": "Maven", "slug_da": "mave", "name_en": "", "slug_en": ""}
CATEGORY: Sent = NAMED | {"position": 1, "review_months": 12}
SYNONYM: Sent = {"language": "da", "words": "koloskopi, tarmspejling"}
ACCOUNT: Sent = {
    "username": "bente",
    "date_joined_0": "2026-01-01",
    "date_joined_1": "12:00:00",
    "is_staff": "on",
    "is_active": "on",
}
PASSWORDS: Sent = {
    "password1": "en lang sætning 7",
    "password2": "en lang sætning 7",
    "usable_password": "true",
}
DIFFERENCES: Sent = {"label": "Tekst", "old": "Et.", "new": "To."}
LINKING: Sent = {"_link": "", "link-language": "da", "link-days": 7}
WHERE: Sent = {"in": "ours"}
ASKING: Sent = {
    "_ask": "",
    "ask-language": "da",
    "ask-name": "Bo Prøve",
    "ask-email": "bo@example.dk",
    "ask-days": 14,
}

DEEDS = [
    # Everybody who has signed in
    *(reading(name, STAFF) for name in ("index", "password_change", "password_change_done", "jsi18n")),
    doing("worklist_mail", STAFF, wants="yes"),
    reading("view_on_site", STAFF, about_edition),
    reading("app_list", WRITERS, lambda: ["articles"]),
    reading("app_list", ADMINISTRATORS, lambda: ["auth"]),
    reading("autocomplete", WRITERS, app_label="articles", model_name="article", field_name="author"),
    # Writing
    *model_admin("articles_article", make_article, TEXTS, form()),
    doing("articles_article_add", WRITERS, **form()),
    reading("articles_article_import", WRITERS),
    Deed(
        "articles_article_import",
        WRITERS,
        with_file("brok.txt", PLAIN_TEXT, language="da"),
        "post",
        is_writing=True,
    ),
    Deed("articles_article_render", WRITERS, lambda: ([], {"text": "Et.", "language": "da"}), "post"),
    reading("articles_article_find", WRITERS, language="da"),
    Deed("articles_article_differences", WRITERS, lambda: ([], DIFFERENCES), "post"),
    reading("articles_article_signed_in", WRITERS),
    reading("articles_article_presence", WRITERS, draft),
    doing("articles_article_presence", WRITERS, draft, wrote=1),
    reading("articles_article_compare", WRITERS, revised, old=1, new=2),
    Deed("articles_article_restore", WRITERS, restoring, "post", is_writing=True),
    reading("articles_article_deleted", WRITERS),
    doing("articles_article_recover", WRITERS, gone),
    reading("articles_article_preview", WRITERS, lambda: [*draft(), "da"]),
    reading("articles_article_translation", WRITERS, draft),
    reading("articles_article_editions", WRITERS, online),
    reading("articles_article_edition", WRITERS, edition),
    reading("articles_article_compare_edition", WRITERS, edition),
    reading("articles_article_share", WRITERS, draft),
    doing(
        "articles_article_share",
        WRITERS,
        draft,
        "make a link",
        **LINKING,
    ),
    Deed("articles_article_share", WRITERS, revoking_link, "post", is_writing=True, about="close a link"),
    # Publishing
    doing("articles_article_share", EDITORS, draft, "ask a doctor", **ASKING),
    Deed("articles_article_share", EDITORS, revoking_approval, "post", is_writing=True, about="stop asking"),
    Deed("articles_article_translation", EDITORS, confirming, "post", is_writing=True),
    doing("articles_article_restore_edition", EDITORS, edition),
    doing("articles_article_unschedule", EDITORS, scheduled),
    reading("articles_article_publish", EDITORS, draft),
    publishing_what_is_shown(make_article),
    publishing_what_is_shown(
        lambda: make_article(abstract_da="", body_da="Et [@pmid:1] ![](picture:9)."),
        "in spite of errors",
        _override="",
        reason="Det haster.",
    ),
    reading("articles_article_withdraw", EDITORS, online),
    Deed("articles_article_withdraw", EDITORS, withdrawing, "post", is_writing=True),
    # Pictures
    *model_admin("articles_picture", make_picture, EVIDENCE, {"alt_da": "En bule", "alt_en": ""}),
    Deed("articles_picture_add", EDITORS, uploading, "post", is_writing=True),
    Deed("articles_picture_upload", EDITORS, uploading, "post", is_writing=True),
    reading("articles_picture_find", WRITERS),
    Deed(
        "articles_picture_describe",
        WRITERS,
        lambda: ([make_picture().pk], {"language": "da"}),
        "post",
        about="which is described",
    ),
    doing("articles_picture_describe", EDITORS, make_picture, "in English", language="en", alt_en="A lump"),
    # References
    *model_admin("references_reference", make_reference, EVIDENCE, {"pmid": 9, "claimed": "Hansen."}),
    doing("references_reference_add", EDITORS, written="34256014", add="pmid:34256014"),
    reading("references_reference_describe", EDITORS),
    doing("references_reference_describe", EDITORS, title="Kost", authors="", url="https://example.dk/kost"),
    reading("references_reference_import", EDITORS),
    Deed(
        "references_reference_import",
        EDITORS,
        with_file("fund.nbib", b"PMID- 7\nTI  - Diets.\n"),
        "post",
        is_writing=True,
    ),
    reading("references_reference_find", WRITERS, q="diets", **WHERE),
    doing("articles_reference_look_up", EDITORS, make_reference),
    doing("articles_reference_take", EDITORS, wrong, instead=CANDIDATE["pmid"]),
    doing(
        "articles_reference_intend", EDITORS, wrong, reason="Som eksempel.", seen="unchecked another_paper"
    ),
    # The catalogue
    *model_admin("articles_author", make_author, CATALOGUE, {"name": "Bo Prøve", "slug": "bo"}),
    doing("articles_author_add", EDITORS, name="Bo Prøve", slug="bo"),
    *model_admin("articles_category", make_category, CATALOGUE, CATEGORY),
    doing("articles_category_add", EDITORS, **CATEGORY),
    *model_admin("articles_treatment", make_treatment, CATALOGUE, NAMED),
    doing("articles_treatment_add", EDITORS, **NAMED),
    *model_admin("articles_synonym", synonym, EVIDENCE, SYNONYM),
    doing("articles_synonym_add", EDITORS, **SYNONYM),
    # The audit list
    *(
        deed
        for deed in model_admin("articles_auditentry", audited, AUDIT, {})
        if not (deed.is_writing and deed.address.endswith("_change"))
    ),
    Deed("articles_auditentry_change", NOBODY, lambda: ([audited().pk], {"detail": "Nej."}), "post"),
    # The list of sign-ins
    *(
        deed
        for deed in model_admin("signing_in_signinentry", sign_in_entry, SIGN_INS, {})
        if not (deed.is_writing and deed.address.endswith("_change"))
    ),
    # Accounts
    *model_admin("auth_user", account, ACCOUNTS, ACCOUNT),
    doing("auth_user_add", ADMINISTRATORS, **ACCOUNT, **PASSWORDS),
    reading("auth_user_password_change", ADMINISTRATORS, account),
    doing("auth_user_password_change", ADMINISTRATORS, account, **PASSWORDS),
    doing("auth_user_change", NOBODY, superuser, "a superuser", **ACCOUNT),
    doing("auth_user_delete", NOBODY, superuser, "a superuser", post="yes"),
    doing("auth_user_password_change", NOBODY, superuser, "a superuser's", **PASSWORDS),
    reading("auth_user_password_link", ADMINISTRATORS, account),
    doing("auth_user_password_link", ADMINISTRATORS, invited),
    doing("auth_user_password_link", NOBODY, superuser, "to a superuser"),
    # For superusers
    reading("auth_user_second_factors", NOBODY, account),
    doing("auth_user_second_factors", NOBODY, account),
    *model_admin("auth_group", group, ACCOUNTS, {"name": "Efterår"}),
    doing("auth_group_add", ADMINISTRATORS, name="Efterår"),
]

# For everybody, or about the own account.
OPEN_TO_ALL = {"login", "logout"}


def sign_in(client: Client, person: str) -> None:
    if person != ANONYMOUS:
        client.force_login(make_person(person))


def make_person(role: str, **fields: Any) -> User:
    user = User.objects.create_user(f"who-{role}", "who@example.dk", is_staff=True, **fields)
    user.groups.set(Group.objects.filter(name=role))
    return user


def request(client: Client, deed: Deed) -> Any:
    args, sent = deed.make()
    with CaptureQueriesContext(connection) as queries:
        response = getattr(client, deed.method)(reverse(f"admin:{deed.address}", args=args), sent)
    response.written = [
        sql for sql in (query["sql"] for query in queries) if sql.startswith(("INSERT", "UPDATE", "DELETE"))
    ]
    return response


def is_sent_to_sign_in(response):
    return response.status_code == HTTPStatus.FOUND and response["Location"].startswith(
        reverse("admin:login")
    )


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("deed", DEEDS, ids=str)
def test_everybody_may_do_what_their_role_says(client, deed, person):
    sign_in(client, person)
    response = request(client, deed)
    if person in deed.who:
        assert response.status_code in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.FOUND}
        assert not is_sent_to_sign_in(response)
        assert bool(response.written) == deed.is_writing
        # A page in answer to a deed is the form again, with what was wrong.
        is_page = response.status_code == HTTPStatus.OK and "html" in response["Content-Type"]
        assert not (deed.is_writing and is_page and deed.address != "references_reference_import")
    elif person == ANONYMOUS:
        assert is_sent_to_sign_in(response)
        assert response.written == []
    else:
        # Of an app where somebody may see nothing, Django says that there is none.
        refused = HTTPStatus.NOT_FOUND if deed.address == "app_list" else HTTPStatus.FORBIDDEN
        assert response.status_code == refused
        assert response.written == []


def names(patterns):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns)
        elif pattern.name:
            yield pattern.name


def test_no_address_of_the_admin_is_missing_in_the_table():
    assert set(names(admin.site.get_urls())) == {deed.address for deed in DEEDS} | OPEN_TO_ALL


@pytest.mark.parametrize("role", [NO_ROLE, WRITER, EDITOR])
@pytest.mark.parametrize("make", [make_article, make_author, make_picture, make_reference])
def test_lists_delete_nothing_for_those_who_may_not(client, make, role):
    sign_in(client, role)
    row = make()
    options = row._meta
    may = (role, make) in {(EDITOR, make_article), (EDITOR, make_picture), (EDITOR, make_reference)}
    sent = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    client.post(reverse(f"admin:{options.app_label}_{options.model_name}_changelist"), sent)
    assert type(row)._default_manager.filter(pk=row.pk).exists() != may


# What is offered


class Offered(HTMLParser):
    """The admin's addresses a page leads to, and what its buttons send where."""

    def __init__(self, address: str, html: str) -> None:
        super().__init__()
        self.address = address
        self.links: set[str] = set()
        self.buttons: set[tuple[str, str, str]] = set()
        self.action: str | None = None
        self.actions: dict[str, str | None] = {}
        self.of_other_forms: list[tuple[str, str, str]] = []
        self.feed(html)
        for id_of_form, name, value in self.of_other_forms:
            if to := self.actions[id_of_form]:
                self.buttons.add((to, name, value))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.add(urldefrag(urljoin(self.address, given["href"])).url)
        elif tag == "form":
            is_post = given.get("method", "").lower() == "post"
            self.action = urljoin(self.address, given.get("action", "")) if is_post else None
            self.actions[given.get("id", "")] = self.action
        elif tag in {"button", "input"} and given.get("type") == "submit":
            name, value = given.get("name", ""), given.get("value", "")
            if "form" in given:
                self.of_other_forms.append((given["form"], name, value))
            elif self.action:
                to = urljoin(self.address, given["formaction"]) if "formaction" in given else self.action
                self.buttons.add((to, name, value))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.action = None


@pytest.fixture
def desk_with_everything(client):
    """Something of every kind, in the states that have buttons."""
    wrong()
    make_reference(1, standing="retracted")
    article = make_bilingual_article(
        author=make_author(), category=make_category(), body_da="Et [@pmid:34306126] [@pmid:1]."
    )
    article.treatments.add(make_treatment())
    revising.record(article)
    for language in ("en", "da"):
        make_edition(article, language, accepted="Som eksempel.")
    article.body_da = "Nu [@pmid:34306126] [@pmid:1]."
    article.save()
    revising.record(article)
    make_edition(article, "da", accepted="Som eksempel.", at=timezone.now() + timedelta(days=2))
    article.body_da += " Og mere."
    article.save()
    make_approval(article)
    make_preview_link(article)
    make_picture()
    make_article()
    gone()
    return client


def open_all(client: Client) -> tuple[dict[str, int], set[tuple[str, str, str]]]:
    """Follow every link of the admin from its first page: answers by address, and the buttons met."""
    start = reverse("admin:index")
    waiting, answers, buttons = [start], {}, set()
    while waiting:
        address = waiting.pop()
        response = client.get(address, follow=True)
        answers[address] = response.status_code
        if "html" not in response["Content-Type"]:
            continue
        page = Offered(address, response.content.decode())
        buttons |= page.buttons
        # Other queries are filters and orders of what has been opened.
        new = {
            link for link in page.links if link.startswith(start) and ("?" not in link or "_popup=1" in link)
        }
        waiting += sorted(new - set(answers) - set(waiting))
    return answers, buttons


@pytest.mark.parametrize("role", [NO_ROLE, WRITER, EDITOR, ADMINISTRATOR])
def test_nothing_is_offered_that_is_refused(desk_with_everything, role):
    client = desk_with_everything
    sign_in(client, role)
    answers, buttons = open_all(client)
    refused = {address for address, status in answers.items() if status >= HTTPStatus.BAD_REQUEST}
    for address, name, value in sorted(buttons):
        if address == reverse("admin:logout"):
            continue
        with transaction.atomic():
            status = client.post(address, {name: value} if name else {}).status_code
            transaction.set_rollback(True)
        if status == HTTPStatus.FORBIDDEN:
            refused.add(f"{address} {name}")
    assert refused == set()
    # It has seen the desk: what is open to all, or more.
    assert (reverse("admin:articles_article_add") in answers) == (role != NO_ROLE)
    assert any("/take/" in address for address, _, _ in buttons) == (role in EDITORS)


def test_writer_chooses_pictures_and_adds_none(client):
    article = make_article()
    for role, is_offered in [(WRITER, False), (EDITOR, True)]:
        sign_in(client, role)
        page = client.get(reverse("admin:articles_article_change", args=[article.pk])).content.decode()
        assert ('type="file"' in page) == is_offered


def test_picture_that_is_not_described_is_not_for_writers(client):
    sign_in(client, WRITER)
    address = reverse("admin:articles_picture_describe", args=[make_picture().pk])
    response = client.post(address, {"language": "en", "alt_en": "A lump"})
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert Picture.objects.get().description("en") == ""


def test_what_only_editors_settle_does_not_wait_for_a_writer(desk_with_everything):
    waiting = {
        role: {section.name for section in worklist.worklist(make_person(role))} for role in (WRITER, EDITOR)
    }
    settled_by_editors = {"references_in_trouble", "approvals_waiting", "scheduled_editions"}
    assert settled_by_editors <= waiting[EDITOR]
    assert waiting[WRITER].isdisjoint(settled_by_editors)


# Importing


def imported(role: str, content: bytes, language: str = "") -> importing.Imported:
    with translation.override("en"):
        manuscript = manuscripts.parse_file(content, language)
        return importing.store(manuscript, language=language, by=make_person(role))


FRONT = b"""---
title: Brok
language: da
author: Bo Pr\xc3\xb8ve
category: Maven
treatments: [Koloskopi]
---
Tekst.
"""


def test_import_of_a_writer_adds_nothing_to_the_catalogue_and_says_so():
    done = imported(WRITER, FRONT)
    assert [model.objects.exists() for model in (Author, Category, Treatment)] == [False] * 3
    assert (done.article.author, done.article.category) == (None, None)
    why = "There is none of that name, and your account may not add one."
    assert done.notes == [
        f"Left out (author): Bo Prøve. {why}",
        f"Left out (category): Maven. {why}",
        f"Left out (treatment): Koloskopi. {why}",
    ]


def test_import_of_a_writer_finds_what_is_there():
    author, category = make_author("Bo Prøve"), make_category(name_da="Maven")
    treatment = make_treatment(name_da="Koloskopi")
    done = imported(WRITER, FRONT)
    assert (done.article.author, done.article.category) == (author, category)
    assert list(done.article.treatments.all()) == [treatment]
    assert done.notes == []


TITLED = FRONT.replace(b"author:", b"author_title: overl\xc3\xa6ge\nauthor:")


@pytest.mark.parametrize(("role", "title", "is_said"), [(WRITER, "", True), (EDITOR, "overlæge", False)])
def test_import_gives_a_known_author_a_title_or_says_that_it_may_not(role, title, is_said):
    author = make_author("Bo Prøve", title_da="")
    done = imported(role, TITLED)
    author.refresh_from_db()
    assert author.title_da == title
    text = "Bo Prøve stays without the title “overlæge”: your account may not change authors."
    assert (text in done.notes) == is_said


def test_import_leaves_a_title_that_an_author_has_and_says_nothing():
    author = make_author("Bo Prøve", title_da="kirurg")
    done = imported(WRITER, TITLED)
    author.refresh_from_db()
    assert (author.title_da, done.article.author) == ("kirurg", author)
    assert not [note for note in done.notes if "title" in note]


def test_import_of_an_editor_adds_what_is_new():
    imported(EDITOR, FRONT)
    assert [model.objects.count() for model in (Author, Category, Treatment)] == [1] * 3


@pytest.mark.parametrize(("role", "count"), [(WRITER, 0), (EDITOR, 1)])
def test_pictures_of_a_word_file_are_added_by_those_who_may(role, count):
    done = imported(role, letter())
    assert Picture.objects.count() == count
    is_said = any("Your account may not add pictures" in note for note in done.notes)
    assert is_said == (role == WRITER)


LISTED = "Brok\n\nEt fund [1].\n\nReferenceliste\n- PMID: 34256014: {}\n"


@pytest.mark.parametrize(("role", "claimed"), [(WRITER, "Først. Cell."), (EDITOR, "Siden. Cell.")])
def test_import_describes_known_works_anew_for_those_who_may(role, claimed):
    make_reference(34256014, claimed="Først. Cell.")
    imported(role, LISTED.format("Siden. Cell.").encode(), "da")
    assert Reference.objects.get().claimed.startswith(claimed)


def test_import_of_a_writer_describes_works_that_are_new():
    imported(WRITER, LISTED.format("Siden. Cell.").encode(), "da")
    assert Reference.objects.get().claimed.startswith("Siden. Cell.")


# Accounts


def test_administrators_make_nobody_a_superuser(client):
    sign_in(client, ADMINISTRATOR)
    colleague = make_colleague()
    grant = Permission.objects.get(codename="delete_session")
    sent = ACCOUNT | {"is_superuser": "on", "user_permissions": grant.pk}
    client.post(reverse("admin:auth_user_change", args=[colleague.pk]), sent)
    colleague.refresh_from_db()
    assert (colleague.username, colleague.is_superuser) == ("bente", False)
    assert not colleague.user_permissions.exists()


def test_administrators_give_roles(client):
    sign_in(client, ADMINISTRATOR)
    colleague = make_colleague()
    sent = ACCOUNT | {"groups": Group.objects.get(name="Writer").pk}
    client.post(reverse("admin:auth_user_change", args=[colleague.pk]), sent)
    assert User.objects.get(pk=colleague.pk).has_perm("articles.change_article")


@pytest.mark.parametrize(("language", "name"), [("da", "Skribent"), ("en", "Writer")])
def test_roles_are_named_in_the_readers_language(client, language, name):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    sign_in(client, ADMINISTRATOR)
    make_person(WRITER)
    pages = [
        reverse("admin:auth_user_change", args=[User.objects.last().pk]),
        reverse("admin:auth_user_changelist"),
        reverse("admin:auth_group_changelist"),
    ]
    assert all(f">{name}<" in client.get(page).content.decode() for page in pages)


# The groups

roles = import_module("articles.migrations.0012_roles")
schema = SimpleNamespace(connection=connection)


def granted(name: str) -> set[str]:
    return set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))


def test_each_role_may_do_what_the_one_before_may():
    assert granted("Writer") < granted("Editor") < granted("Administrator")


def test_permissions_that_the_migration_makes_are_those_django_makes():
    made = {(p.content_type_id, p.codename): p.name for p in Permission.objects.all()}
    Permission.objects.all().delete()
    with translation.override(None):  # as migrate does
        roles.make_roles(apps, schema)
    own = {(p.content_type_id, p.codename): p.name for p in Permission.objects.all()}
    assert own.items() <= made.items()
    create_permissions(apps.get_app_config("articles"), verbosity=0)
    assert Permission.objects.filter(codename="publish_article").count() == 1


def test_roles_are_taken_back_and_made_again():
    before = granted("Editor")
    roles.delete_roles(apps, schema)
    assert not Group.objects.filter(name__in=roles.ROLES).exists()
    roles.make_roles(apps, schema)
    import_module("articles.migrations.0014_search").allow_synonyms(apps, schema)
    assert granted("Editor") == before


def test_group_that_was_there_keeps_its_members_and_permissions():
    roles.delete_roles(apps, schema)
    existing = Group.objects.create(name="Editor")
    existing.permissions.add(Permission.objects.get(codename="delete_session"))
    colleague = make_colleague()
    colleague.groups.add(existing)
    roles.make_roles(apps, schema)
    assert {"delete_session", "publish_article"} <= granted("Editor")
    assert colleague.has_perm("articles.publish_article")
