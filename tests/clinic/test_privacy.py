"""docs/privacy.md names each table that says something of a person."""

import re

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User

# Of people, though no account is named in them.
OTHERS = {"articles_author", "signing_in_session", "signing_in_cache"}


def test_every_table_that_names_people_is_in_the_document():
    named_by = {
        model._meta.db_table
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if model is User or field.related_model is User
    }
    document = (settings.BASE_DIR / "docs" / "privacy.md").read_text()
    assert named_by | OTHERS <= set(re.findall(r"`([a-z_]+)`", document))
