from __future__ import annotations  # the admin class takes a type argument for the type checker only

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from signing_in.models import SignInEntry

# Nobody reads or writes others' secrets; addresses are in the accounts.
admin.site.unregister([Authenticator, EmailAddress])

FACTORS = {
    Authenticator.Type.TOTP: _("app"),
    Authenticator.Type.WEBAUTHN: _("passkey"),
    Authenticator.Type.RECOVERY_CODES: _("recovery code"),
}


@admin.register(SignInEntry)
class SignInEntryAdmin(admin.ModelAdmin[SignInEntry]):
    """Read only, for everybody."""

    list_display = ["at", "deed", "name", "detail_named"]
    list_display_links = None
    list_filter = ["deed"]
    search_fields = ["name"]
    date_hierarchy = "at"

    @admin.display(description=_("detail"))
    def detail_named(self, entry: SignInEntry) -> str:
        return str(FACTORS.get(entry.detail, entry.detail))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: SignInEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SignInEntry | None = None) -> bool:
        return False
