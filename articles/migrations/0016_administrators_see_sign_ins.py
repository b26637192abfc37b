"""Administrators see the list of sign-ins."""

from importlib import import_module
from typing import Any

from django.db import migrations

roles = import_module("articles.migrations.0012_roles")


def allow(apps: Any, schema_editor: Any) -> None:
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    # A clinic that has renamed or deleted the role gives it as it likes.
    for group in groups.filter(name="Administrator"):
        group.permissions.add(roles.permission(apps, schema_editor, "signing_in.signinentry", "view"))


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0015_search_by_parts_of_words"),
        ("signing_in", "0001_sessions_and_sign_ins"),
    ]

    operations = [migrations.RunPython(allow, migrations.RunPython.noop)]
