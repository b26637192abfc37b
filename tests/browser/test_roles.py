"""What somebody who only writes meets in the browser."""

import re

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.conftest import sign_in
from tests.browser.test_accessibility import SELECT2
from tests.browser.test_insert_picture import hand_over, photo
from tests.browser.test_publishing_by_hand import change_url, field
from tests.factories import make_bilingual_article, make_picture


@pytest.fixture
def desk(page, live_server):
    writer = User.objects.create_user("writer", is_staff=True)
    writer.groups.add(Group.objects.get(name="Writer"))
    sign_in(page.context, writer, live_server.url)
    return page


@pytest.fixture
def text(desk):
    desk.goto(change_url(make_bilingual_article(body_en="A lump.")))
    text = field(desk, "English", "Text")
    text.evaluate("textarea => textarea.setSelectionRange(7, 7)")
    return text


@pytest.fixture
def dialog(desk):
    return desk.get_by_role("dialog", name="Insert picture")


def test_writer_inserts_pictures_that_are_described(desk, text, dialog):
    pictures = [make_picture(alt_en="A lump"), make_picture(alt_en="A room")]
    button = desk.locator("fieldset.language", has_text="English").get_by_role(
        "button", name="Insert picture"
    )
    for picture in pictures:
        button.click()
        expect(dialog.get_by_role("radio")).to_have_count(2)
        dialog.get_by_role("radio", name=picture.alt_en).check()
        dialog.get_by_role("button", name="Insert").click()
        expect(text).to_have_value(re.compile(re.escape(picture.markup)))


def test_writer_is_told_of_a_picture_that_is_not_described(desk, text, dialog):
    make_picture(alt_da="En bule")
    desk.locator("fieldset.language", has_text="English").get_by_role("button", name="Insert picture").click()
    dialog.get_by_role("radio").check()
    dialog.get_by_role("button", name="Insert").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Ask an editor")
    expect(text).to_have_value("A lump.")


def test_writer_who_pastes_a_picture_is_told_and_sees_what_there_is(desk, text, dialog):
    make_picture(alt_en="A lump")
    assert not hand_over(text, "paste", photo())
    expect(dialog).to_contain_text("Your account may not add pictures.")
    expect(dialog.get_by_role("radio")).to_have_count(1)
    broken = axe.violations(desk, widths=[360, 1280], excluded=SELECT2)
    assert not broken, "\n".join(broken)
