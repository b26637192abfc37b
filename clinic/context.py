"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from articles.pages import address


def clinic(request: HttpRequest) -> dict[str, object]:
    language = get_language() or settings.LANGUAGE_CODE
    return {
        "clinic": settings.CLINIC,
        "blog_url": address(language, "articles:list"),
        "treatments_url": address(language, "articles:treatments"),
        "search_url": address(language, "articles:search"),
        "privacy_url": address(language, "articles:privacy"),
    }
