"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest

from clinic.identity import Clinic


def clinic(request: HttpRequest) -> dict[str, Clinic]:
    return {"clinic": settings.CLINIC}
