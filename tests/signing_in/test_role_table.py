"""Every address under /admin/, and what each kind of visitor is answered who asks for it.

tests/articles/test_roles.py has what the roles may do there, with what is sent.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import URLResolver, reverse

from signing_in import urls
from tests.articles.test_roles import DEEDS
from tests.factories import make_approval
from tests.signing_in.people import give_app, give_codes

pytestmark = pytest.mark.django_db

VISITORS = (
    "anonymous",
    "approver",  # a doctor with a link, and no account
    "outsider",  # an account that is none of the desk
    "beginner",  # an editor without a second factor, where one is required
    "Writer",
    "Editor",
    "Administrator",
    "superuser",
)
# Statuses of a GET. "in": to signing in; "factor": to getting a second factor.
TABLE = """
admin:app_list                                in     in     403    factor 200    200    200    200
admin:articles_article_add                    in     in     403    factor 200    200    200    200
admin:articles_article_change                 in     in     403    factor 200    200    200    200
admin:articles_article_changelist             in     in     403    factor 200    200    200    200
admin:articles_article_compare                in     in     403    factor 404    404    404    404
admin:articles_article_compare_edition        in     in     403    factor 200    200    200    200
admin:articles_article_delete                 in     in     403    factor 403    200    200    200
admin:articles_article_deleted                in     in     403    factor 200    200    200    200
admin:articles_article_differences            in     in     403    factor 405    405    405    405
admin:articles_article_edition                in     in     403    factor 200    200    200    200
admin:articles_article_editions               in     in     403    factor 200    200    200    200
admin:articles_article_find                   in     in     403    factor 400    400    400    400
admin:articles_article_history                in     in     403    factor 200    200    200    200
admin:articles_article_import                 in     in     403    factor 200    200    200    200
admin:articles_article_presence               in     in     403    factor 200    200    200    200
admin:articles_article_preview                in     in     403    factor 200    200    200    200
admin:articles_article_publish                in     in     403    factor 403    200    200    200
admin:articles_article_recover                in     in     403    factor 405    405    405    405
admin:articles_article_render                 in     in     403    factor 405    405    405    405
admin:articles_article_restore                in     in     403    factor 405    405    405    405
admin:articles_article_restore_edition        405    405    403    factor 405    405    405    405
admin:articles_article_share                  in     in     403    factor 200    200    200    200
admin:articles_article_signed_in              in     in     403    factor 200    200    200    200
admin:articles_article_translation            in     in     403    factor 200    200    200    200
admin:articles_article_unschedule             405    405    403    factor 405    405    405    405
admin:articles_article_withdraw               in     in     403    factor 403    200    200    200
admin:articles_auditentry_add                 in     in     403    factor 403    403    403    403
admin:articles_auditentry_change              in     in     403    factor 403    200    200    200
admin:articles_auditentry_changelist          in     in     403    factor 403    200    200    200
admin:articles_auditentry_delete              in     in     403    factor 403    403    403    403
admin:articles_auditentry_history             in     in     403    factor 403    200    200    200
admin:articles_author_add                     in     in     403    factor 403    200    200    200
admin:articles_author_change                  in     in     403    factor 200    200    200    200
admin:articles_author_changelist              in     in     403    factor 200    200    200    200
admin:articles_author_delete                  in     in     403    factor 403    403    200    200
admin:articles_author_history                 in     in     403    factor 200    200    200    200
admin:articles_category_add                   in     in     403    factor 403    200    200    200
admin:articles_category_change                in     in     403    factor 200    200    200    200
admin:articles_category_changelist            in     in     403    factor 200    200    200    200
admin:articles_category_delete                in     in     403    factor 403    403    200    200
admin:articles_category_history               in     in     403    factor 200    200    200    200
admin:articles_picture_add                    in     in     403    factor 403    200    200    200
admin:articles_picture_change                 in     in     403    factor 200    200    200    200
admin:articles_picture_changelist             in     in     403    factor 200    200    200    200
admin:articles_picture_delete                 in     in     403    factor 403    200    200    200
admin:articles_picture_describe               in     in     403    factor 405    405    405    405
admin:articles_picture_find                   in     in     403    factor 200    200    200    200
admin:articles_picture_history                in     in     403    factor 200    200    200    200
admin:articles_picture_upload                 in     in     403    factor 405    405    405    405
admin:articles_reference_intend               in     in     403    factor 405    405    405    405
admin:articles_reference_look_up              in     in     403    factor 405    405    405    405
admin:articles_reference_take                 in     in     403    factor 405    405    405    405
admin:articles_synonym_add                    in     in     403    factor 403    200    200    200
admin:articles_synonym_change                 in     in     403    factor 200    200    200    200
admin:articles_synonym_changelist             in     in     403    factor 200    200    200    200
admin:articles_synonym_delete                 in     in     403    factor 403    200    200    200
admin:articles_synonym_history                in     in     403    factor 200    200    200    200
admin:articles_treatment_add                  in     in     403    factor 403    200    200    200
admin:articles_treatment_change               in     in     403    factor 200    200    200    200
admin:articles_treatment_changelist           in     in     403    factor 200    200    200    200
admin:articles_treatment_delete               in     in     403    factor 403    403    200    200
admin:articles_treatment_history              in     in     403    factor 200    200    200    200
admin:auth_group_add                          in     in     403    factor 403    403    200    200
admin:auth_group_change                       in     in     403    factor 403    403    200    200
admin:auth_group_changelist                   in     in     403    factor 403    403    200    200
admin:auth_group_delete                       in     in     403    factor 403    403    200    200
admin:auth_group_history                      in     in     403    factor 403    403    200    200
admin:auth_user_add                           in     in     403    factor 403    403    200    200
admin:auth_user_change                        in     in     403    factor 403    403    200    200
admin:auth_user_changelist                    in     in     403    factor 403    403    200    200
admin:auth_user_delete                        in     in     403    factor 403    403    200    200
admin:auth_user_history                       in     in     403    factor 403    403    200    200
admin:auth_user_password_change               in     in     403    factor 403    403    200    200
admin:auth_user_password_link                 in     in     403    factor 403    403    200    200
admin:auth_user_second_factors                in     in     403    factor 403    403    403    200
admin:autocomplete                            in     in     403    factor 403    403    403    403
admin:index                                   in     in     403    factor 200    200    200    200
admin:jsi18n                                  in     in     403    factor 200    200    200    200
admin:password_change_done                    in     in     403    factor 200    200    200    200
admin:references_reference_add                in     in     403    factor 403    200    200    200
admin:references_reference_change             in     in     403    factor 200    200    200    200
admin:references_reference_changelist         in     in     403    factor 200    200    200    200
admin:references_reference_delete             in     in     403    factor 403    200    200    200
admin:references_reference_describe           in     in     403    factor 403    200    200    200
admin:references_reference_find               in     in     403    factor 200    200    200    200
admin:references_reference_history            in     in     403    factor 200    200    200    200
admin:references_reference_import             in     in     403    factor 403    200    200    200
admin:signing_in_signinentry_add              in     in     403    factor 403    403    403    403
admin:signing_in_signinentry_change           in     in     403    factor 403    403    200    200
admin:signing_in_signinentry_changelist       in     in     403    factor 403    403    200    200
admin:signing_in_signinentry_delete           in     in     403    factor 403    403    403    403
admin:signing_in_signinentry_history          in     in     403    factor 403    403    200    200
admin:view_on_site                            in     in     403    factor 302    302    302    302
admin:worklist_mail                           in     in     403    factor 405    405    405    405
account_change_password                       in     in     403    factor 302    302    302    302
account_login                                 200    200    302    302    302    302    302    302
account_logout                                in     in     200    200    200    200    200    200
account_reauthenticate                        in     in     403    403    302    302    302    302
account_reset_password                        200    200    403    factor 200    200    200    200
account_reset_password_done                   200    200    403    factor 200    200    200    200
account_reset_password_from_key               200    200    403    factor 200    200    200    200
account_reset_password_from_key_done          200    200    403    factor 200    200    200    200
account_sessions                              in     in     403    factor 200    200    200    200
account_set_password                          in     in     403    factor 200    200    200    200
mfa_activate_totp                             in     in     403    200    302    302    302    302
mfa_add_webauthn                              in     in     403    200    200    200    200    200
mfa_authenticate                              in     in     302    302    302    302    302    302
mfa_deactivate_totp                           in     in     403    factor 200    200    200    200
mfa_download_recovery_codes                   in     in     403    factor 200    200    200    200
mfa_edit_webauthn                             in     in     403    factor 404    404    404    404
mfa_generate_recovery_codes                   in     in     403    factor 200    200    200    200
mfa_index                                     in     in     403    200    200    200    200    200
mfa_list_webauthn                             in     in     403    factor 200    200    200    200
mfa_login_webauthn                            in     in     302    302    302    302    302    302
mfa_reauthenticate                            in     in     403    factor 200    200    200    200
mfa_reauthenticate_webauthn                   in     in     403    factor 302    302    302    302
mfa_remove_webauthn                           in     in     403    factor 404    404    404    404
mfa_view_recovery_codes                       in     in     403    factor 200    200    200    200
"""


def names(patterns: Any, namespace: str) -> Any:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns, namespace)
        elif pattern.name:
            yield f"{namespace}{pattern.name}"


def addresses() -> list[str]:
    """Each once: where two lead to one place, the first one is met."""
    of_admin = set(names(admin.site.get_urls(), "admin:")) - {"admin:login", "admin:logout"}
    return sorted(of_admin - {"admin:password_change"}) + sorted(set(names(urls.urlpatterns, "")))


ARGUMENTS = {f"admin:{deed.address}": lambda deed=deed: deed.make()[0] for deed in reversed(DEEDS)}


def arguments(address: str) -> list[Any]:
    if address in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        return [1]  # somebody else's, if anybody's
    if address == "account_reset_password_from_key":
        return ["1", "none"]
    return ARGUMENTS[address]() if address in ARGUMENTS else []


@contextmanager
def made_for(address: str) -> Iterator[str]:
    """The path, with what it is about in the database for as long."""
    with transaction.atomic():
        yield reverse(address, args=arguments(address))
        transaction.set_rollback(True)


def visitor(kind: str) -> Client:
    client = Client()
    if kind == "anonymous":
        return client
    if kind == "approver":
        make_approval(token="of-the-doctor")
        assert client.get(reverse("approval", args=["of-the-doctor"])).status_code == 200
        return client
    user = User.objects.create_user(kind, is_staff=kind != "outsider", is_superuser=kind == "superuser")
    user.groups.set(Group.objects.filter(name="Editor" if kind == "beginner" else kind))
    client.force_login(user)
    if kind != "beginner":
        give_app(user)
        give_codes(user)
        session = client.session
        session["second_factor_of"] = user.pk
        session.save()
    return client


def answer(response: Any) -> str:
    """The status; of a redirect to the door, which one."""
    doors = {
        reverse("account_login"): "in",
        reverse("account_reauthenticate"): "in",
        reverse("mfa_index"): "factor",
    }
    if response.status_code == 302:
        return doors.get(response["Location"].partition("?")[0], "302")
    return str(response.status_code)


def ask(client: Client, kind: str, path: str) -> str:
    """Pages are rendered for one of those who may see them: what is asked is who may."""
    with pytest.MonkeyPatch.context() as patch:
        if kind != "superuser":
            patch.setattr(SimpleTemplateResponse, "rendered_content", "")
        return answer(client.get(path))


def expected() -> dict[str, list[str]]:
    return {name: answers for name, *answers in (line.split() for line in TABLE.split("\n") if line)}


@pytest.fixture
def visitors(settings):
    settings.SECOND_FACTOR_REQUIRED = True
    return {kind: visitor(kind) for kind in VISITORS}


def test_every_visitor_is_answered_as_the_table_says(visitors):
    found = {}
    for address in addresses():
        with made_for(address) as path:
            found[address] = [ask(client, kind, path) for kind, client in visitors.items()]
    assert found == expected()


def test_nothing_that_is_sent_is_taken_without_the_forms_token(visitors):
    """Another site has the browser send it."""
    browsers = [Client(enforce_csrf_checks=True) for _ in range(2)]
    browsers[1].cookies = visitors["superuser"].cookies
    for address in addresses():
        with made_for(address) as path:
            assert [browser.post(path).status_code for browser in browsers] == [403, 403], path


def test_nothing_that_is_sent_is_taken_from_whom_the_door_keeps_out(visitors):
    """Whatever is sent, and whatever it is about."""
    doors = {"anonymous": "in", "approver": "in", "outsider": "403", "beginner": "factor"}
    for address in addresses():
        if address.startswith("admin:"):
            with made_for(address) as path:
                found = {kind: answer(visitors[kind].post(path)) for kind in doors}
            assert found == doors, path
