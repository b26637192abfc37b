"""allauth's forms in our words, and strict where they are not."""

import json
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.mfa.base import forms as factors
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as passkeys
from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import Error
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

LONGEST_NAME = 100  # of a passkey

# allauth's Begin Every Word like that.
LABELS = {
    "oldpassword": _("Present password"),
    "password1": _("New password"),
    "password2": _("New password again"),
    "code": _("Code"),
    "name": _("Name of the passkey"),
    "passwordless": _("Sign in with it alone, without a password"),
}


class Labelled(forms.BaseForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)


def worded(clean: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A new password, which the sentence for passwords advises, gives no new tries of a second factor."""

    @wraps(clean)
    def wrapped(form: Any) -> Any:
        try:
            return clean(form)
        except ValidationError as error:
            if error.code == "too_many_login_attempts":
                raise get_adapter().validation_error("rate_limited") from error
            raise

    return wrapped


def understood(clean: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """allauth stumbles over answers that no browser gives."""

    @wraps(clean)
    def wrapped(form: Any) -> Any:
        try:
            return worded(clean)(form)
        except (ValidationError, Error):  # the latter: the database has gone away
            raise
        except Exception as error:
            raise get_adapter().validation_error("incorrect_code") from error

    return wrapped


class ChangePasswordForm(Labelled, account.ChangePasswordForm):
    def clean_oldpassword(self) -> str:
        """Tried, counted and recorded like one that is given to sign in."""
        password: str = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password


class SetPasswordForm(Labelled, account.SetPasswordForm):
    pass


class ChoosePasswordForm(Labelled, account.ResetPasswordKeyForm):
    """By the link in a mail."""


class ForgottenPasswordForm(account.ResetPasswordForm):
    def clean_email(self) -> str:
        """Whose it is now, in whatever letters. allauth keeps former addresses, and compares capitals."""
        email: str = self.cleaned_data["email"]
        self.users = list(User.objects.filter(email__iexact=email, is_active=True))
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """After the answer: signing_in.views."""
        request.send_mail = partial(super().save, request, **kwargs)  # type: ignore[attr-defined]
        return str(self.cleaned_data["email"])


class AuthenticateForm(factors.AuthenticateForm):
    clean_code = worded(factors.AuthenticateForm.clean_code)


class ReauthenticateForm(factors.ReauthenticateForm):
    clean_code = worded(factors.ReauthenticateForm.clean_code)


class ActivateAppForm(Labelled, ActivateTOTPForm):
    pass


class Named(Labelled):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].validators.append(MaxLengthValidator(LONGEST_NAME))
        self.fields["name"].widget.attrs["maxlength"] = LONGEST_NAME


class AddPasskeyForm(Named, passkeys.AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        passwordless = self.fields["passwordless"]
        passwordless.help_text = ""
        passwordless.initial = True

    @understood
    def clean(self) -> Any:
        if "\0" in json.dumps(self.cleaned_data.get("credential"), ensure_ascii=False):
            raise get_adapter().validation_error("incorrect_code")
        return super().clean()


class EditPasskeyForm(Named, passkeys.EditWebAuthnForm):
    pass


class AuthenticatePasskeyForm(passkeys.AuthenticateWebAuthnForm):
    clean_credential = understood(passkeys.AuthenticateWebAuthnForm.clean_credential)


class LoginPasskeyForm(passkeys.LoginWebAuthnForm):
    clean_credential = understood(passkeys.LoginWebAuthnForm.clean_credential)


class ReauthenticatePasskeyForm(passkeys.ReauthenticateWebAuthnForm):
    clean_credential = understood(passkeys.ReauthenticateWebAuthnForm.clean_credential)
