"""The site's addresses and the bare view's."""

from django.urls import path

from bench.views import bare
from clinic.urls import handler400, handler403, handler404, handler429, handler500  # noqa: F401
from clinic.urls import urlpatterns as site

urlpatterns = [path("bench/bare/", bare), *site]
