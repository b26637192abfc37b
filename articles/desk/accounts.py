"""Who may do what: accounts and their roles, which are Django's groups.

Whoever changes one confirms first who he is.
"""

from __future__ import annotations  # the admin classes take type arguments for the type checker only

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.admin import display
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import ManyToManyField, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from articles.desk import EditorRequest
from references.forms import VisibleForm
from signing_in import confirming, factors, sessions
from signing_in.adapters import send_link
from signing_in.confirming import confirmed
from signing_in.records import Deed, record, tell

# As the migration has named them. One that the clinic renames or adds is called what it is called.
ROLES = {"Writer": _("Writer"), "Editor": _("Editor"), "Administrator": _("Administrator")}


def role_name(group: Group) -> str:
    return str(ROLES.get(group.name, group.name))


class Confirmed:
    """The views of a model's admin that change something ask first who is there."""

    @confirmed
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]

    @confirmed
    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().delete_view(request, *args, **kwargs)  # type: ignore[misc]

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        first = confirming.answer(request) if request.method == "POST" else None
        return first or super().changelist_view(request, *args, **kwargs)  # type: ignore[misc]


class Named(ModelForm):  # type: ignore[type-arg]
    def clean_username(self) -> str:
        """One that nobody takes for another's: letters of other alphabets look the same, or like nothing."""
        name: str = self.cleaned_data["username"]
        if "username" not in self.changed_data:
            return name
        if not all(letter <= "ÿ" for letter in name):
            raise ValidationError(_("Write the username with the letters a to å, digits and @ . + - _."))
        # Signing in knows no capitals, and with two accounts of a name lets nobody in.
        if User.objects.filter(username__iexact=name).exclude(pk=self.instance.pk).exists():
            raise ValidationError(self.instance.unique_error_message(User, ["username"]))
        return name


class AccountForm(VisibleForm, Named, UserChangeForm):  # type: ignore[type-arg]
    """Not the one with a password, which may hold any character."""


class NewAccountForm(Named, AdminUserCreationForm):  # type: ignore[type-arg]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooses = self.fields["usable_password"]
        chooses.label = _("Who chooses the password")
        chooses.choices = [("false", _("Its owner, by a link in a mail")), ("true", _("I do"))]  # type: ignore[attr-defined]
        chooses.initial = "false"
        chooses.help_text = _("You send the link from the next page, when the e-mail address is there.")


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    usable_password_help_text = _(  # type: ignore[assignment]
        "Disabled: no password opens the account. A passkey does, and a link to choose a new one can be sent."
    )

    def set_password_and_save(self, user: User, *_args: Any, **_kwargs: Any) -> User:
        """As when its owner does it: sessions end, it is recorded, and he is told."""
        is_usable = self.cleaned_data["set_usable_password"]
        get_adapter().set_password(user, self.cleaned_data["password1"] if is_usable else None)
        return user


class AccountAdmin(Confirmed, UserAdmin[User]):
    """Accounts, for administrators. Only a superuser makes or touches another one."""

    form = AccountForm
    add_form = NewAccountForm
    change_password_form = PasswordForm
    list_display = ["username", "roles", "full_name", "email", "is_staff"]
    list_filter = ["is_active", "is_staff"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @display(description=_("name"), ordering="first_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name() or "–"

    @display(description=_("roles"))
    def roles(self, user: User) -> str:
        return ", ".join(role_name(group) for group in user.groups.all()) or "–"

    @confirmed
    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().user_change_password(request, *args, **kwargs)

    def save_model(  # type: ignore[override]
        self, request: EditorRequest, obj: User, form: Any, change: bool
    ) -> None:
        # Before the database ends them, which does not count them.
        if change and not (obj.is_active and obj.is_staff) and sessions.end_all(obj.pk):
            record(Deed.SESSIONS_ENDED, obj, by=request.user)
        before = User.objects.filter(pk=obj.pk).first()
        super().save_model(request, obj, form, change)
        if before and before.email != obj.email:
            record(Deed.EMAIL_CHANGED, obj, by=request.user)
            tell(before, str(_("The e-mail address has been changed.")))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/second-factors/", view(self.second_factors), name="auth_user_second_factors"),
            path("<int:pk>/password/link/", view(self.password_link), name="auth_user_password_link"),
            *super().get_urls(),
        ]

    @confirmed
    def second_factors(self, request: EditorRequest, pk: int) -> HttpResponse:
        """For somebody who has lost them all."""
        account = get_object_or_404(User, pk=pk)
        if not may_take_factors(request, account):
            raise PermissionDenied
        if request.method == "POST":
            factors.reset(account, by=request.user)
            self.log_change(request, account, _("Second factor reset."))
            messages.success(request, _("The second factor has been reset."))
            return redirect("admin:auth_user_change", pk)
        return self.ask(request, account, "second_factors", _("Reset the second factor"))

    @confirmed
    def password_link(self, request: EditorRequest, pk: int) -> HttpResponse:
        """For somebody who has no password yet."""
        account = get_object_or_404(User, pk=pk)
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        if request.method == "POST" and can_choose_password(account):
            try:
                send_link(request, account, by=request.user)
            except OSError:  # SMTPException is one
                messages.error(request, _("The mail could not be sent. Try again in a few minutes."))
            else:
                self.log_change(request, account, _("Link to choose a password sent."))
                told = _("A link has been sent to %(email)s. It is good for a day.") % {
                    "email": account.email
                }
                messages.success(request, told)
            return redirect("admin:auth_user_change", pk)
        return self.ask(request, account, "password_link", _("Send a link to choose a password"))

    def ask(self, request: EditorRequest, account: User, page: str, title: Any) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": title,
            "opts": self.opts,
            "original": account,
            "can_choose_password": can_choose_password(account),
        }
        return render(request, f"admin/auth/user/{page}.html", context)

    def render_change_form(  # noqa: PLR0913, PLR0917 - Django's
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: User | None = None,
    ) -> HttpResponse:
        context["may_take_factors"] = obj is not None and may_take_factors(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field and db_field.name == "groups":
            field.label_from_instance = role_name  # type: ignore[assignment]
        return field

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        own = ["is_superuser", "user_permissions"] if obj and not request.user.is_superuser else []
        # Whoever closes an account is there afterwards, to open it again.
        closing = ["is_active", "is_staff", "is_superuser"] if obj and obj.pk == request.user.pk else []
        return [*super().get_readonly_fields(request, obj), *own, *closing]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return may_touch(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        is_own = obj is not None and obj.pk == request.user.pk
        return may_touch(request, obj) and not is_own and super().has_delete_permission(request, obj)


class RoleAdmin(Confirmed, GroupAdmin):
    list_display = ["role"]

    @display(description=_("role"), ordering="name")
    def role(self, group: Group) -> str:
        return role_name(group)


def may_touch(request: HttpRequest, account: User | None) -> bool:
    """Whoever could change a superuser's password could do what superusers do."""
    return account is None or not account.is_superuser or request.user.is_superuser


def may_take_factors(request: HttpRequest, account: User) -> bool:
    """Of one's own, each is removed under Sign-in and security."""
    return request.user.is_superuser and account.pk != request.user.pk


def can_choose_password(account: User) -> bool:
    """And then sign in with it."""
    return bool(account.email and account.is_active and account.is_staff)
