"""Those of allauth's pages that the desk needs, in the place of the admin's own where it has one.

Mounted before the admin's, under the same path: so there is one way in.
"""

from allauth.account import views as account
from allauth.core.internal import ratelimit
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import include, path, re_path

from signing_in import confirming, views

# Each question makes a row, so they are counted, too; allauth counts the answers only.
passkey_login = ratelimit.decorator(app="allauth.mfa", action="webauthn_login", limit_get=True)(
    webauthn.login_webauthn
)


one_at_a_time = [
    path("totp/activate/", confirming.one_at_a_time(totp.activate_totp), name="mfa_activate_totp"),
    path("totp/deactivate/", confirming.one_at_a_time(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("webauthn/add/", confirming.one_at_a_time(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path(
        "webauthn/keys/<int:pk>/remove/",
        confirming.one_at_a_time(webauthn.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
]

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("password_change/", account.password_change, name="account_change_password"),
    path("password/set/", views.password_set, name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("sessions/", views.sessions, name="account_sessions"),
    path("confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("second-factor/webauthn/login/", passkey_login, name="mfa_login_webauthn"),
    path("second-factor/", include(one_at_a_time)),
    path("second-factor/", include("allauth.mfa.urls")),
]
