"""Whether a translation still says what its original says: on the page, on the desk, at publishing."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from articles import publishing
from articles.following import changes, counterparts
from articles.models import Article, Edition, TranslationConfirmation
from articles.publishing import Remarks
from articles.worklist import worklist
from tests.desk import publish
from tests.factories import make_article, make_bilingual_article, make_category, make_editor

FOLLOWS = Remarks(follows_original=True)
# Ahead of the database's clock: what was in force before an instant in the past cannot be changed.
NOON = datetime(2190, 6, 3, 12, 0, tzinfo=ZoneInfo("Europe/Copenhagen"))

database = pytest.mark.django_db


def write(article: Article, **texts: object) -> None:
    for field, text in texts.items():
        setattr(article, field, text)
    article.save()


@pytest.fixture
def article(db):
    """Online in both languages, the English text made from the first Danish one."""
    article = make_bilingual_article(slug_da="brok", slug_en="hernia")
    for language in ("da", "en"):
        publishing.publish(article, language)
    return article


@pytest.fixture
def behind(article):
    """The Danish text has changed since."""
    write(article, body_da="## Hvad er et brok?\n\nEn stor bule.")
    publishing.publish(article, "da")
    return article


def edition(article: Article, language: str) -> Edition:
    return article.editions.current().in_language(language).get()


def outdated() -> list[str]:
    return [edition.language for edition in Edition.objects.outdated()]


# What follows what


def test_first_translation_follows_the_original_in_force(article):
    assert edition(article, "en").translated_from == edition(article, "da")


def test_original_is_translated_from_nothing(article):
    assert edition(article, "da").translated_from is None


@database
def test_translation_alone_online_follows_nothing():
    article = make_bilingual_article()
    assert publishing.publish(article, "en").translated_from is None
    publishing.publish(article, "da")
    assert outdated() == []


def test_translation_is_not_outdated_at_first(article):
    assert outdated() == []


@pytest.mark.parametrize("field", ["title_da", "abstract_da", "body_da"])
def test_translation_is_outdated_when_a_text_of_the_original_changes(article, field):
    write(article, **{field: "Nyt."})
    publishing.publish(article, "da")
    assert outdated() == ["en"]


def test_translation_is_not_outdated_by_what_is_not_text(article):
    write(article, category=make_category(), slug_da="lyskebrok")
    assert publishing.publish(article, "da").number == 2
    assert outdated() == []


def test_draft_of_the_original_makes_nothing_outdated(article):
    write(article, body_da="Nyt.")
    assert outdated() == []


def test_scheduled_original_makes_the_translation_outdated_at_its_time(article):
    write(article, body_da="Nyt.")
    publishing.publish(article, "da", at=NOON)
    assert outdated() == []
    with time_machine.travel(NOON):
        assert outdated() == ["en"]


@database
def test_danish_can_be_the_translation():
    article = make_bilingual_article(original_language="en")
    for language in ("en", "da"):
        publishing.publish(article, language)
    write(article, body_en="New.")
    publishing.publish(article, "en")
    assert outdated() == ["da"]


def test_translation_of_a_withdrawn_original_is_not_outdated(behind):
    publishing.withdraw(behind, "da")
    assert outdated() == []


def test_withdrawn_translation_is_not_outdated(behind):
    publishing.withdraw(behind, "en")
    assert outdated() == []


def test_withdrawn_translation_comes_back_as_outdated_as_it_was(behind):
    publishing.withdraw(behind, "en")
    publishing.publish(behind, "en")
    assert outdated() == ["en"]


def test_small_edit_of_a_translation_leaves_it_outdated(behind):
    write(behind, body_en="A small lump.")
    publishing.publish(behind, "en")
    assert outdated() == ["en"]


def test_translation_that_follows_is_up_to_date(behind):
    write(behind, body_en="A lump in the groin.")
    english = publishing.publish(behind, "en", remarks=FOLLOWS)
    assert english.translated_from == edition(behind, "da")
    assert outdated() == []


def test_unchanged_translation_that_follows_is_confirmed_without_an_edition(behind):
    editor = make_editor()
    english = publishing.publish(behind, "en", by=editor, remarks=FOLLOWS)
    assert english.number == 1
    confirmation = TranslationConfirmation.objects.get()
    assert (confirmation.translation, confirmation.original, confirmation.confirmed_by) == (
        english,
        edition(behind, "da"),
        editor,
    )
    assert outdated() == []


def test_saying_again_that_it_follows_writes_nothing(behind):
    for _ in range(2):
        publishing.publish(behind, "en", remarks=FOLLOWS)
    assert TranslationConfirmation.objects.count() == 1


def test_what_was_confirmed_holds_for_the_next_edition(behind):
    publishing.publish(behind, "en", remarks=FOLLOWS)
    write(behind, body_en="A small lump.")
    assert publishing.publish(behind, "en").translated_from == edition(behind, "da")
    assert outdated() == []


def test_going_back_to_the_old_text_settles_it(behind):
    write(behind, body_da=behind.editions.get(language="da", number=1).body)
    publishing.publish(behind, "da")
    assert outdated() == []


def test_many_translations_cost_one_query(behind, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert outdated() == ["en"]


# What the database holds


def insert(translation: int, original: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO articles_translationconfirmation (translation_id, original_id, confirmed_at)"
            " VALUES (%s, %s, now())",
            [translation, original],
        )


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE articles_translationconfirmation SET confirmed_at = now() - interval '1 day'",
        "DELETE FROM articles_translationconfirmation",
    ],
)
def test_confirmation_stays(behind, sql):
    publishing.publish(behind, "en", remarks=FOLLOWS)
    with (
        pytest.raises(IntegrityError, match="only added"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_confirmation_is_of_two_languages(behind):
    first, second = behind.editions.filter(language="da").order_by("number")
    with pytest.raises(IntegrityError, match="two languages"):
        insert(second.pk, first.pk)


def test_confirmation_is_of_one_article(article):
    other = publishing.publish(make_article(), "da")
    with pytest.raises(IntegrityError, match="two languages"):
        insert(edition(article, "en").pk, other.pk)


# On the page


def page(client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


@database
def test_patients_of_an_outdated_translation_are_led_to_the_newer_text(client):
    with time_machine.travel(NOON - timedelta(days=9)):
        article = make_bilingual_article(slug_da="brok", slug_en="hernia")
        for language in ("da", "en"):
            publishing.publish(article, language)
    with time_machine.travel(NOON):
        write(article, body_da="Nyt.")
        publishing.publish(article, "da")
    with time_machine.travel(NOON + timedelta(days=9)):
        write(article, category=make_category())
        publishing.publish(article, "da")
        html = page(client, "/en/blog/hernia/")
    assert (
        "The Danish text was updated on 3 June 2190. This translation has not been yet."
        ' <a href="/da/blog/brok/" hreflang="da">Read the Danish text</a>'
    ) in html


def test_patients_of_the_original_are_told_nothing(client, behind):
    assert 'class="newer-text"' not in page(client, "/da/blog/brok/")


def test_patients_of_a_translation_up_to_date_are_told_nothing(client, article):
    assert 'class="newer-text"' not in page(client, "/en/blog/hernia/")


# On the desk


@pytest.fixture
def desk(db, client):
    client.force_login(make_editor())
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def address(article: Article, page: str = "translation") -> str:
    return reverse(f"admin:articles_article_{page}", args=[article.pk])


def test_desk_shows_what_changed_beside_the_translation(desk, behind):
    html = desk.get(address(behind)).content.decode()
    assert re.search(r"<ins>\s*stor\s*</ins>", html)
    assert "Small." in html


def confirm(client, article: Article, **fields: int):
    pair = {"translation": edition(article, "en").pk, "original": edition(article, "da").pk}
    return client.post(address(article), pair | fields, follow=True)


def test_translation_that_is_right_as_it_is_is_settled(desk, behind):
    response = confirm(desk, behind)
    assert "the translation is right for edition 2" in response.content.decode()
    assert outdated() == []


def test_settling_is_in_the_history(desk, behind):
    confirm(desk, behind)
    history = desk.get(address(behind, "history")).content.decode()
    assert "the translation is right for edition 2" in history


def test_what_was_published_meanwhile_is_not_settled_unread(desk, behind):
    compared = edition(behind, "da").pk
    write(behind, body_da="Helt nyt.")
    publishing.publish(behind, "da")
    response = confirm(desk, behind, original=compared)
    assert "Compare them again." in response.content.decode()
    assert outdated() == ["en"]


@pytest.mark.parametrize("fields", [{}, {"translation": "x"}, {"translation": "", "original": ""}])
def test_nonsense_settles_nothing(desk, behind, fields):
    assert desk.post(address(behind), fields).status_code == 302
    assert outdated() == ["en"]


def test_who_may_not_publish_settles_nothing(client, behind):
    writer = User.objects.create_user("writer", is_staff=True)
    writer.user_permissions.set(Permission.objects.filter(codename__in=["change_article", "view_article"]))
    client.force_login(writer)
    assert "right as it is" not in client.get(address(behind)).content.decode()
    assert confirm(client, behind).status_code == 403
    assert outdated() == ["en"]


def test_translation_nobody_said_anything_of_can_be_settled(desk):
    article = make_bilingual_article()
    for language in ("en", "da"):
        publishing.publish(article, language)
    assert "Nobody has said" in desk.get(address(article)).content.decode()
    confirm(desk, article)
    assert edition(article, "en").followed == edition(article, "da")


@pytest.mark.parametrize("languages", [[], ["da"], ["en"]])
def test_desk_says_when_there_is_nothing_to_compare(desk, languages):
    article = make_bilingual_article()
    for language in languages:
        publishing.publish(article, language)
    assert desk.get(address(article)).status_code == 200


def test_outdated_translation_is_on_the_worklist(behind):
    [section] = [each for each in worklist(make_editor()) if each.name == "outdated_translations"]
    assert [(row.text, row.url) for row in section.rows] == [(behind.title_en, address(behind))]


# On the Publish page


def question(desk, article: Article):
    forms = {state.code: form for state, form in desk.get(address(article, "publish")).context["states"]}
    assert "follows_original" not in forms["da"].fields
    return forms["en"].fields.get("follows_original")


def test_nothing_is_asked_while_the_original_is_as_it_was(desk, article):
    write(article, body_en="A small lump.")
    assert question(desk, article) is None


def test_first_translation_is_not_asked_about(desk):
    article = make_bilingual_article()
    publishing.publish(article, "da")
    assert question(desk, article) is None


def test_changed_translation_of_a_changed_original_is_taken_to_follow(desk, article):
    write(article, body_da="Nyt.", body_en="New.")
    assert question(desk, article).initial is True


def test_unchanged_translation_of_a_changed_original_is_not_taken_to_follow(desk, article):
    write(article, body_da="Nyt.")
    assert question(desk, article).initial is False


def test_outdated_translation_is_asked_about(desk, behind):
    assert question(desk, behind).initial is False


def test_translation_published_with_the_original_follows_the_new_one(desk, article):
    write(article, body_da="Nyt.", body_en="New.")
    publish(desk, article, ["en", "da"], **{"en-follows_original": "on"})
    assert edition(article, "en").translated_from == edition(article, "da")
    assert outdated() == []


def test_translation_that_is_not_said_to_follow_is_outdated_at_once(desk, article):
    write(article, body_da="Nyt.", body_en="New.")
    publish(desk, article, ["da", "en"])
    assert outdated() == ["en"]


# Side by side


def test_translation_with_as_many_paragraphs_is_paired_one_by_one():
    assert counterparts(["a", "b"], ["x", "y"]) == ["x", "y"]


def test_sections_with_as_many_paragraphs_are_paired_others_shown_whole():
    original = ["før", "## Et", "a", "b", "## To", "c"]
    translation = ["before", "## One", "a and b", "## Two", "c"]
    whole = "## One\n\na and b"
    assert counterparts(original, translation) == ["before", whole, whole, whole, "## Two", "c"]


def test_other_sections_are_not_paired():
    assert counterparts(["## Et", "a", "## To"], ["## One", "a"]) == ["", "", ""]


@pytest.mark.parametrize(("original", "translation"), [([], []), (["a"], []), ([], ["x"])])
def test_empty_text_is_paired_with_nothing(original, translation):
    assert len(counterparts(original, translation)) == len(original)


def rows(before: str, now: str, translation: str) -> list[tuple[str, str, str, str]]:
    found = changes(Edition(body=before), Edition(body=now), Edition(body=translation))
    return [
        (change.label, str(change.old_html), str(change.new_html), change.translation) for change in found
    ]


def test_changed_paragraph_stands_beside_its_translation():
    assert rows("Før.\n\nEn uge.\n\nEfter.", "Før.\n\nTo uger her.\n\nEfter.", "B.\n\nA week.\n\nA.")[0][
        3
    ] == ("A week.")


def test_new_paragraph_has_no_translation_yet():
    [(_label, old, new, translation)] = rows("Før.\n\nEfter.", "Før.\n\nNyt.\n\nEfter.", "Before.\n\nAfter.")
    assert (old, new, translation) == ("", "<ins>Nyt.</ins>", "")


def test_texts_are_escaped():
    assert "<b>" not in "".join(rows("<b>a</b>", "<b>b</b>", "x")[0][:3])


def test_title_and_abstract_stand_beside_theirs():
    before = Edition(title="Brok", abstract="Om brok.", body="")
    now = Edition(title="Lyskebrok", abstract="Alt om lyskebrok her.", body="")
    translation = Edition(title="Hernia", abstract="About hernia.", body="")
    assert {change.translation for change in changes(before, now, translation)} == {"Hernia", "About hernia."}
