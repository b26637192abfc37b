"""The three roles, as groups. A clinic may rename, change or delete them: no code asks for a group.

Django makes permissions after the last migration, so those that are given here are made here,
with the names it would give them; it leaves alone what is there.
"""

from typing import Any

from django.db import migrations

READ, WRITE = ["view"], ["view", "add", "change"]

WRITER = {
    "articles.article": WRITE,
    "articles.author": READ,
    "articles.category": READ,
    "articles.treatment": READ,
    "articles.picture": READ,
    "references.reference": READ,
}
EDITOR = {
    **WRITER,
    "articles.article": [*WRITE, "delete", "publish_article"],
    "articles.override": ["override_findings"],
    "articles.author": WRITE,
    "articles.category": WRITE,
    "articles.treatment": WRITE,
    "articles.picture": [*WRITE, "delete"],
    "articles.auditentry": READ,
    "references.reference": [*WRITE, "delete"],
}
ADMINISTRATOR = {
    **EDITOR,
    "articles.author": [*WRITE, "delete"],
    "articles.category": [*WRITE, "delete"],
    "articles.treatment": [*WRITE, "delete"],
    "auth.user": [*WRITE, "delete"],
    "auth.group": [*WRITE, "delete"],
}
ROLES = {"Writer": WRITER, "Editor": EDITOR, "Administrator": ADMINISTRATOR}


def make_roles(apps: Any, schema_editor: Any) -> None:
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    for name, granted in ROLES.items():
        group, _ = groups.get_or_create(name=name)
        group.permissions.add(
            *(
                permission(apps, schema_editor, label, deed)
                for label, deeds in granted.items()
                for deed in deeds
            )
        )


def permission(apps: Any, schema_editor: Any, label: str, deed: str) -> Any:
    alias = schema_editor.connection.alias
    options = apps.get_model(label)._meta
    content_type, _ = (
        apps.get_model("contenttypes", "ContentType")
        .objects.using(alias)
        .get_or_create(app_label=options.app_label, model=options.model_name)
    )
    if deed in options.default_permissions:
        codename, name = f"{deed}_{options.model_name}", f"Can {deed} {options.verbose_name_raw}"
    else:
        codename, name = deed, dict(options.permissions)[deed]
    made, _ = (
        apps.get_model("auth", "Permission")
        .objects.using(alias)
        .get_or_create(content_type=content_type, codename=codename, defaults={"name": name})
    )
    return made


def delete_roles(apps: Any, schema_editor: Any) -> None:
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    groups.filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0011_where_links_are"),
        ("references", "0005_told"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_roles, delete_roles)]
