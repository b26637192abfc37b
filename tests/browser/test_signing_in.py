"""Two people sign in: one with an app on the phone, one with a passkey."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.signing_in import totp
from tests.signing_in.people import PASSWORD, make_person

DESK = re.compile(r"/admin/$")


@pytest.fixture(autouse=True)
def as_in_production(settings, live_server):
    settings.SECOND_FACTOR_REQUIRED = True
    settings.SITE_URL = live_server.url


@pytest.fixture
def authenticator(page: Page):
    """A computer that knows its user by fingerprint."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    key = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def credentials():
        return session.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"]

    def know_user(is_known: bool) -> None:
        sent = {"authenticatorId": key, "isUserVerified": is_known}
        session.send("WebAuthn.setUserVerified", sent)

    return credentials, know_user


def check(page: Page) -> None:
    broken = axe.violations(page, widths=[360, 1280])
    assert not broken, "\n".join(broken)


def give_password(page: Page, name: str) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password:").fill(PASSWORD)
    page.keyboard.press("Enter")


def give_code(page: Page, secret: str, button: str) -> None:
    """A code may just have run out when it arrives."""
    here = page.url
    for _ in range(2):
        page.locator("[name=code]").fill(totp.code(secret))
        page.get_by_role("button", name=button).click()
        page.wait_for_load_state()
        if urlsplit(page.url).path != urlsplit(here).path:
            return


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_person_signs_in_with_an_app(page):
    make_person("anna")
    give_password(page, "anna")
    expect(page.get_by_text("your account needs a second factor")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Set up an app").click()
    page.get_by_text("It cannot read pictures").click()
    secret = page.locator("details code").inner_text()
    check(page)
    give_code(page, secret, "Set it up")
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    check(page)
    page.get_by_role("link", name="to the desk").click()
    expect(page).to_have_url(DESK)

    log_out(page)
    give_password(page, "anna")
    expect(page.get_by_role("heading", name="Your second factor")).to_be_visible()
    check(page)
    give_code(page, secret, "Sign in")
    expect(page).to_have_url(DESK)

    # Without the phone
    log_out(page)
    give_password(page, "anna")
    page.get_by_label("Code").fill(codes[0])
    page.keyboard.press("Enter")
    expect(page).to_have_url(DESK)


def test_person_signs_in_with_a_passkey(page, authenticator):
    credentials, know_user = authenticator
    make_person("bo")
    give_password(page, "bo")
    page.get_by_role("link", name="Add a passkey").click()
    expect(page.get_by_label("Sign in with it alone")).to_be_checked()
    check(page)
    page.get_by_label("Name of the passkey").fill("Bo’s computer")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert [found["isResidentCredential"] for found in credentials()] == [True]
    page.get_by_role("link", name="to the desk").click()
    expect(page).to_have_url(DESK)

    log_out(page)
    check(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(DESK)

    log_out(page)
    give_password(page, "bo")
    page.get_by_role("button", name="Use the passkey").click()
    expect(page).to_have_url(DESK)

    # Somebody else at the same computer
    log_out(page)
    know_user(False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("The passkey was not used.")).to_be_visible()
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_passkey_is_renamed_and_removed(page, authenticator):
    make_person("bo")
    give_password(page, "bo")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto("/admin/second-factor/")
    page.get_by_role("link", name="Rename or remove passkeys").click()
    check(page)
    page.get_by_role("link", name="Rename").click()
    page.get_by_label("Name of the passkey").fill("Den gamle")
    page.keyboard.press("Enter")
    page.get_by_role("listitem").filter(has_text="Den gamle").get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("your account needs a second factor")).to_be_visible()


def test_superuser_makes_an_account_and_resets_a_second_factor(page, settings, mailoutbox):
    settings.SECOND_FACTOR_REQUIRED = False
    make_person("chef", is_superuser=True)
    give_password(page, "chef")
    expect(page).to_have_url(DESK)
    page.goto("/admin/auth/")
    check(page)
    page.get_by_role("link", name="Users", exact=True).click()
    page.get_by_role("link", name="Add user").click()
    expect(page.get_by_label("Its owner, by a link in a mail")).to_be_checked()
    expect(page.get_by_label("Password confirmation")).to_be_hidden()
    check(page)
    page.get_by_label("Username").fill("bo")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_label("Email address").fill("bo@example.dk")
    page.get_by_label("Staff status").check()
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_role("link", name="Send a link to choose a password").click()
    check(page)
    page.get_by_role("button", name="Send the mail").click()
    expect(page.get_by_text("A link has been sent to bo@example.dk.")).to_be_visible()
    page.get_by_role("link", name="Reset the second factor").click()
    check(page)
    page.get_by_role("button", name="Reset it").click()
    expect(page.get_by_text("The second factor has been reset.")).to_be_visible()
    assert [message.to for message in mailoutbox] == [["bo@example.dk"]] * 2


def test_password_is_shown_while_somebody_wants_to_see_it(page):
    make_person("anna")
    page.goto("/admin/login/")
    field, button = page.get_by_label("Password:"), page.get_by_role("button", name="Show what I type")
    field.fill(PASSWORD)
    expect(field).to_have_attribute("type", "password")
    button.click()
    expect(field).to_have_attribute("type", "text")
    check(page)
    button.click()
    expect(field).to_have_attribute("type", "password")


def test_person_signs_out_elsewhere_and_leaves_nothing_to_go_back_to(page, settings):
    settings.SECOND_FACTOR_REQUIRED = False
    make_person("anna")
    give_password(page, "anna")
    page.get_by_role("link", name="Sign-in and security").click()
    page.get_by_role("link", name="See it, and sign out elsewhere").click()
    expect(page.get_by_text("in this browser")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Sign out everywhere else").click()
    expect(page.get_by_text("You are signed out everywhere else.")).to_be_visible()
    log_out(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
