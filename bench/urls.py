"""The site's addresses and the bare view's."""

from django.urls import path

from bench.views import bare
from clinic.urls import urlpatterns as site

urlpatterns = [path("bench/bare/", bare), *site]
