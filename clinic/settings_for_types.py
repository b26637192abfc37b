"""Settings for the type checker: modeltranslation replaces managers, and so hides their types."""

from clinic.settings import *  # noqa: F403
from clinic.settings import INSTALLED_APPS

REPLACED = {
    # The admin without its autodiscovery: its classes want modeltranslation.
    "clinic.admin_site.DeskConfig": "django.contrib.admin.apps.SimpleAdminConfig",
    # The type checker knows it by this name.
    "clinic.admin_site.AccountsConfig": "django.contrib.auth",
}

INSTALLED_APPS = [REPLACED.get(app, app) for app in INSTALLED_APPS if app != "modeltranslation"]
