"""Who may do what: accounts and their roles, which are Django's groups.

Whoever changes one confirms first who he is.
"""

from __future__ import annotations  # the admin classes take type arguments for the type checker only

from typing import Any

from django.contrib.admin import display
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, User
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from references.forms import VisibleForm
from signing_in import confirming, sessions
from signing_in.confirming import confirmed
from signing_in.records import Deed, record

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


class AccountForm(VisibleForm, UserChangeForm):  # type: ignore[type-arg]
    """Not the one with a password, which may hold any character."""


class AccountAdmin(Confirmed, UserAdmin[User]):
    """Accounts, for administrators. Only a superuser makes or touches another one."""

    form = AccountForm
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

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        # Before the database ends them, which does not count them.
        if change and not (obj.is_active and obj.is_staff) and sessions.end_all(obj.pk):
            record(Deed.SESSIONS_ENDED, obj)
        super().save_model(request, obj, form, change)

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
        closing = ["is_active", "is_staff"] if obj and obj.pk == request.user.pk else []
        return [*super().get_readonly_fields(request, obj), *own, *closing]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return may_touch(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return may_touch(request, obj) and super().has_delete_permission(request, obj)


class RoleAdmin(Confirmed, GroupAdmin):
    list_display = ["role"]

    @display(description=_("role"), ordering="name")
    def role(self, group: Group) -> str:
        return role_name(group)


def may_touch(request: HttpRequest, account: User | None) -> bool:
    """Whoever could change a superuser's password could do what superusers do."""
    return account is None or not account.is_superuser or request.user.is_superuser
