"""The history of an article, comparing, restoring; what the form asks for while somebody writes."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone
from reversion.models import Revision

from articles import publishing, revising
from articles.models import Article, Presence
from tests.articles.test_admin import address, form, texts
from tests.factories import make_article, make_author, make_bilingual_article, make_editor, make_treatment

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.force_login(make_editor(first_name="Anna", last_name="Prøve"))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def article():
    """With two revisions."""
    article = make_article(title_da="Brok", abstract_da="", body_da="En bule.")
    revising.record(article)
    article.body_da = "En stor bule."
    article.save()
    revising.record(article, by=make_editor(first_name="Bente", last_name="Prøve"), comment="Større.")
    return article


def page(desk, kind, article, query=""):
    return desk.get(address(kind, article) + query).content.decode()


def saved(article):
    article.refresh_from_db()
    return article.text("body", "da")


# History


def test_history_says_who_changed_what(desk, article):
    html = page(desk, "history", article)
    assert html.index("Bente Prøve") < html.index("Større. Danish: Text")


def test_history_of_an_article_never_saved_here_opens(desk):
    assert "No version has been kept yet" in page(desk, "history", make_article())


def test_history_goes_on_with_older_versions(desk, article):
    for n in range(31):
        article.body_da = f"Tekst {n}."
        article.save()
        revising.record(article)
    html = page(desk, "history", article)
    assert "?before=4" in html
    assert "Større." in page(desk, "history", article, "?before=4")


def test_history_costs_the_same_with_any_number_of_versions(desk, article, django_assert_num_queries):
    with django_assert_num_queries(6):
        page(desk, "history", article)
    for n in range(10):
        article.body_da = f"Tekst {n}."
        article.save()
        revising.record(article)
    with django_assert_num_queries(6):
        page(desk, "history", article)


def test_saving_is_in_the_history_under_ones_name(desk, article):
    desk.post(address("change", article), form(title_da="Brok", body_da="Ny.", loaded_version=2))
    revision = revising.find(article, 3)
    assert (revision.who, revision.state["body_da"]) == ("Anna Prøve", "Ny.")


def test_first_save_is_the_first_version(desk):
    desk.post(reverse("admin:articles_article_add"), form(body_da="Ny."))
    article = Article.objects.get()
    assert revising.find(article, 1).who == "Anna Prøve"


def test_log_of_a_save_names_no_hidden_field(desk):
    article = make_article(abstract_da="", body_da="Et.\n\nTo.")
    sent = form(title_da="Nyt navn", slug_da=article.slug_da, body_da="Et.\r\n\r\nTo.", copy="abc")
    desk.post(address("change", article), sent)
    assert "Changed Title." in page(desk, "history", article)


# Comparing


def test_comparing_marks_the_words(desk, article):
    html = page(desk, "compare", article, "?old=1&new=2")
    assert re.search("<ins> ?stor ?</ins>", html)
    assert 'lang="da"' in html


def test_comparing_shows_names_of_what_was_chosen(desk, article):
    article.author = make_author("Carl Prøve")
    article.save()
    article.treatments.add(make_treatment(name_en="Colonoscopy"))
    revising.record(article)
    html = page(desk, "compare", article, "?old=2&new=3")
    assert "<ins>Carl Prøve</ins>" in html
    assert "<ins>Colonoscopy</ins>" in html


def test_order_of_two_versions_does_not_matter(desk, article):
    new_first = page(desk, "compare", article, "?old=2&new=1")
    assert re.search("<ins> ?stor ?</ins>", new_first)


@pytest.mark.parametrize("query", ["", "?old=1", "?old=1&new=9", "?old=x&new=1", "?old=1&new=99999999999999"])
def test_impossible_comparison_is_not_found(desk, article, query):
    assert desk.get(address("compare", article) + query).status_code == 404


def test_texts_are_no_markup(desk, article):
    article.body_da = "<script>alert(1)</script>"
    article.save()
    revising.record(article)
    assert "<script>alert(1)" not in page(desk, "compare", article, "?old=2&new=3")


# Restoring


def restore(desk, article, number, version):
    return desk.post(address("restore", article), {"number": number, "version": version}, follow=True)


def test_restoring_is_a_new_version_and_said(desk, article):
    response = restore(desk, article, 1, 2)
    assert "Version 1 is restored." in texts(response)
    assert saved(article) == "En bule."
    assert article.version == 3
    assert revising.find(article, 3).who == "Anna Prøve"


def test_restoring_over_what_was_saved_since_is_refused(desk, article):
    article.body_da = "Nyt."
    article.save()
    response = restore(desk, article, 1, 2)
    assert texts(response) == ["The article has changed in the meantime. Look at the difference again."]
    assert response.redirect_chain[0][0].endswith("?old=1&new=3")
    assert saved(article) == "Nyt."


def test_restoring_a_taken_slug_is_refused_in_words(desk, article):
    article.slug_da, old = "ny-adresse", article.slug_da
    article.save()
    revising.record(article)
    make_article(slug_da=old)
    response = restore(desk, article, 1, 3)
    assert texts(response)
    assert saved(article) == "En stor bule."


def test_what_could_not_be_restored_is_named(desk, article):
    author = make_author()
    article.author = author
    article.save()
    revising.record(article)
    article.author = None
    article.save()
    author.delete()
    response = restore(desk, article, 3, 4)
    assert any(text.startswith("Author stayed as it is") for text in texts(response))


@pytest.mark.parametrize("number", ["", "x", "9", "99999999999999"])
def test_restoring_what_is_not_there_is_not_found(desk, article, number):
    assert restore(desk, article, number, 2).status_code == 404


def test_restoring_is_not_done_by_a_link(desk, article):
    assert desk.get(address("restore", article)).status_code == 405


# Two editors


def send(desk, article, version, **fields):
    """Save the form as it was filled from a version."""
    sent = form(title_da="Brok", slug_da=article.slug_da, loaded_version=version)
    return desk.post(address("change", article), sent | fields)


def shown(response, name):
    return response.context["adminform"].form[name].value()


def test_form_says_which_version_it_has(desk, article):
    assert 'name="loaded_version" value="2"' in page(desk, "change", article)


def test_form_of_the_newest_version_is_saved(desk, article):
    assert send(desk, article, 2, body_da="Ny.").status_code == 302
    assert saved(article) == "Ny."


def test_form_of_an_older_version_is_shown_joined_and_not_saved(desk, article):
    response = send(desk, article, 1, body_da="En bule.", abstract_da="Kort.")
    assert (shown(response, "body_da"), shown(response, "abstract_da")) == ("En stor bule.", "Kort.")
    assert "Bente Prøve saved this article" in response.content.decode()
    assert shown(response, "loaded_version") == "2"
    assert saved(article) == "En stor bule."


def test_what_the_other_did_not_touch_is_kept_as_it_is(desk, article):
    response = send(desk, article, 1, body_da="En bule.", published_on="14/03/2026")
    assert shown(response, "published_on") == "14/03/2026"


def test_choices_of_the_other_are_taken_over(desk, article):
    author, treatment = make_author(), make_treatment()
    article.author, article.published_on = author, timezone.localdate()
    article.save()
    article.treatments.add(treatment)
    revising.record(article)
    response = send(desk, article, 2, body_da="En stor bule.")
    assert shown(response, "author") == str(author.pk)
    assert shown(response, "treatments") == [str(treatment.pk)]
    again = send(
        desk,
        article,
        3,
        body_da="En stor bule.",
        author=shown(response, "author"),
        treatments=shown(response, "treatments"),
        published_on=shown(response, "published_on"),
    )
    assert again.status_code == 302
    assert revising.revisions(article).count() == 3  # nothing has changed


def test_choice_that_both_made_is_named_with_both(desk, article):
    theirs, mine = make_author("Carl Prøve"), make_author("Ditte Prøve")
    article.author = theirs
    article.save()
    revising.record(article)
    response = send(desk, article, 2, body_da="En stor bule.", author=mine.pk)
    [conflict] = response.context["adminform"].form.meeting.conflicts
    assert conflict.label == "Author"
    assert "Carl" in conflict.differences
    assert "Ditte" in conflict.differences
    assert shown(response, "author") == str(mine.pk)


def test_conflict_shows_the_passages_both_changed_and_no_other(desk):
    article = make_article(abstract_da="", body_da="Et.\n\nTo.")
    revising.record(article)
    article.body_da = "Et er nyt.\n\nTo er nyt."
    article.save()
    revising.record(article)
    response = send(desk, article, 1, body_da="Et.\n\nTo er andet.")
    [conflict] = response.context["adminform"].form.meeting.conflicts
    assert "<del>nyt</del><ins>andet</ins>" in conflict.differences
    assert "Et" not in conflict.differences


def test_marks_are_never_saved(desk, article):
    response = send(desk, article, 2, body_da="⟦1: yours⟧Et.⟦1: Bente⟧To.⟦1: end⟧")
    assert "body_da" in response.context["adminform"].form.errors
    assert saved(article) == "En stor bule."


def test_field_with_an_error_is_joined_as_it_was_sent(desk, article):
    response = send(desk, article, 1, body_da="En bule.", published_on="i går")
    assert shown(response, "published_on") == "i går"


def test_without_the_version_it_was_filled_from_all_is_a_conflict(desk, article):
    Revision.objects.filter(version__in=revising.revisions(article).filter(number=1).values("pk")).delete()
    response = send(desk, article, 1, body_da="En bule.")
    assert shown(response, "body_da").startswith("⟦1: yours⟧En bule.⟦1: Bente Prøve⟧En stor bule.")


@pytest.mark.parametrize("version", ["", "x", "0", "-1", "99", "9" * 20])
def test_form_of_no_version_there_is_replaces_nothing(desk, article, version):
    response = send(desk, article, version, body_da="Ny.")
    assert saved(article) == "En stor bule."
    assert shown(response, "body_da").startswith("⟦1: yours⟧Ny.⟦1: Bente Prøve⟧En stor bule.")
    assert list(response.context["adminform"].form.errors) == ["__all__"]
    assert "The form did not say which version" in response.content.decode()
    assert shown(response, "loaded_version") == "2"


def test_form_without_a_version_replaces_nothing(desk, article):
    sent = form(title_da="Brok", slug_da=article.slug_da, body_da="Ny.")
    del sent["loaded_version"]
    response = desk.post(address("change", article), sent)
    assert "The form did not say which version" in response.content.decode()
    assert saved(article) == "En stor bule."


def test_form_that_did_not_say_its_version_is_saved_when_it_is_sent_again(desk, article):
    send(desk, article, "", body_da="Ny.")
    assert send(desk, article, 2, body_da="Ny.").status_code == 302
    assert saved(article) == "Ny."


# Copies in the browser


def test_browser_is_told_once_which_copies_are_saved(desk, article):
    send(desk, article, 2, body_da="Ny.", copy="abc-123")
    assert 'data-saved="abc-123"' in page(desk, "change", article)
    assert 'data-saved=""' in page(desk, "change", article)


def test_copy_of_a_form_that_was_not_saved_stays(desk, article):
    send(desk, article, 1, body_da="Ny.", copy="abc-123")
    assert 'data-saved=""' in page(desk, "change", article)


def test_name_of_a_copy_that_is_none_is_left_out(desk, article):
    send(desk, article, 2, body_da="Ny.", copy='"><script>')
    assert 'data-saved=""' in page(desk, "change", article)


def test_differences_of_a_copy(desk):
    sent = {"label": ["Danish: Text"], "old": ["En bule."], "new": ["En <b>stor</b> bule."]}
    html = desk.post(reverse("admin:articles_article_differences"), sent).content.decode()
    assert "Danish: Text" in html
    assert "&lt;b&gt;" in html


# Presence


def beat(desk, article, **fields):
    return desk.post(address("presence", article), fields).json()["sentences"]


@pytest.fixture
def other(article):
    """Somebody else who has the article open."""
    now = timezone.now()
    user = make_editor(first_name="Carl", last_name="Prøve")
    return Presence.objects.create(article=article, user=user, opened_at=now, seen_at=now)


def test_one_alone_is_told_nothing(desk, article):
    assert beat(desk, article, wrote="3", version="2") == []
    assert beat(desk, article, version="2") == []


def test_others_are_told_of(desk, article, other):
    [sentence] = beat(desk, article)
    assert sentence.startswith("Carl Prøve has had this article open since")
    assert sentence.endswith("has not written yet.")


@pytest.mark.parametrize(("minutes", "end"), [(0, "is writing."), (5, "last change 5\xa0minutes ago.")])
def test_others_last_change_is_told(desk, article, other, minutes, end):
    other.wrote_at = timezone.now() - timedelta(minutes=minutes)
    other.save()
    [sentence] = beat(desk, article)
    assert sentence.endswith(end)


def test_others_who_left_are_forgotten(desk, article, other):
    Presence.objects.update(seen_at=timezone.now() - timedelta(seconds=61))
    assert beat(desk, article) == []
    assert not Presence.objects.filter(pk=other.pk).exists()


def test_seconds_since_writing_are_kept(desk, article):
    beat(desk, article, wrote="120")
    ago = timezone.now() - Presence.objects.get().wrote_at
    assert timedelta(seconds=119) < ago < timedelta(seconds=130)


@pytest.mark.parametrize(
    "fields", [{"wrote": "x"}, {"wrote": "9" * 30}, {"version": "x"}, {"version": "9" * 30}]
)
def test_nonsense_is_left_out(desk, article, fields):
    assert beat(desk, article, **fields) == []
    assert Presence.objects.get().wrote_at is None


def test_a_newer_version_is_told(desk, article):
    [sentence] = beat(desk, article, version="1")
    assert sentence.startswith("Bente Prøve saved this article at")


def test_asking_only_is_no_presence(desk, article):
    assert desk.get(address("presence", article)).json()["token"]
    assert not Presence.objects.exists()


# Linking


def find(desk, **query):
    return desk.get(reverse("admin:articles_article_find"), query)


def test_articles_online_are_found_by_words_of_their_title(desk):
    online = make_bilingual_article(title_en="Hernia of the groin", slug_en="groin")
    publishing.publish(online, "en")
    make_bilingual_article(title_en="Hernia of the groin, a draft")
    found = find(desk, q="groin hernia", language="en").json()["articles"]
    assert found == [{"title": "Hernia of the groin", "address": "/en/blog/groin/"}]
    assert find(desk, q="groin", language="da").json()["articles"] == []


def test_character_that_no_title_can_have_is_left_out(desk):
    publishing.publish(make_article(title_da="Lyskebrok"), "da")
    [found] = find(desk, q="\0lyske", language="da").json()["articles"]
    assert found["title"] == "Lyskebrok"


def test_language_has_to_be_one(desk):
    assert find(desk, q="x", language="xx").status_code == 400


# The form


def test_toolbar_is_in_the_language_of_the_editor_and_its_table_in_that_of_the_text(desk):
    desk.defaults["HTTP_ACCEPT_LANGUAGE"] = "da"
    html = page(desk, "change", make_article())
    assert ">Fed<" in html
    assert 'data-heading="Overskrift"' in html
    assert 'data-heading="Heading"' in html


def test_form_that_may_only_be_read_keeps_nothing(client, article):
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename="view_article"))
    client.force_login(reader)
    assert 'class="unsaved-work"' not in client.get(address("change", article)).content.decode()


# Who may


@pytest.mark.parametrize("kind", ["history", "compare", "restore", "presence"])
@pytest.mark.parametrize("who", ["stranger", "nobody"])
def test_only_who_may_change_articles(client, article, kind, who):
    if who == "nobody":
        user = User.objects.create_user("nobody", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename="view_author"))
        client.force_login(user)
    expected = 302 if who == "stranger" else 403
    assert client.post(address(kind, article)).status_code == expected


@pytest.mark.parametrize("kind", ["find", "differences", "signed_in"])
def test_only_who_may_change_articles_is_answered(client, kind):
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert client.get(reverse(f"admin:articles_article_{kind}")).status_code == 403
