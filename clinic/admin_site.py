from django.contrib.admin.apps import AdminConfig


class DeskConfig(AdminConfig):
    """Django's admin, with the worklist as its first page."""

    default_site = "articles.desk.front.DeskSite"
