"""allauth's forms for passkeys, which stumble over answers that no browser gives."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def understood(clean: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(clean)
    def wrapped(form: Any) -> Any:
        try:
            return clean(form)
        except ValidationError:
            raise
        except Exception as error:
            raise get_adapter().validation_error("incorrect_code") from error

    return wrapped


class ActivateAppForm(ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code")


class AddPasskeyForm(forms.AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the passkey")
        self.fields["name"].max_length = 100
        passwordless = self.fields["passwordless"]
        passwordless.label = _("Sign in with it alone, without a password")
        passwordless.help_text = ""
        passwordless.initial = True

    @understood
    def clean(self) -> Any:
        if "\0" in json.dumps(self.cleaned_data.get("credential"), ensure_ascii=False):
            raise get_adapter().validation_error("incorrect_code")
        return super().clean()


class EditPasskeyForm(forms.EditWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the passkey")


class AuthenticatePasskeyForm(forms.AuthenticateWebAuthnForm):
    clean_credential = understood(forms.AuthenticateWebAuthnForm.clean_credential)


class LoginPasskeyForm(forms.LoginWebAuthnForm):
    clean_credential = understood(forms.LoginWebAuthnForm.clean_credential)


class ReauthenticatePasskeyForm(forms.ReauthenticateWebAuthnForm):
    clean_credential = understood(forms.ReauthenticateWebAuthnForm.clean_credential)
