from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.apps import AuthConfig
from django.utils.translation import gettext_lazy as _


class DeskConfig(AdminConfig):
    """Django's admin, with the worklist as its first page."""

    default_site = "articles.desk.front.DeskSite"


class AccountsConfig(AuthConfig):
    """Django's, by a name that people at a clinic know."""

    verbose_name = _("Accounts and roles")
