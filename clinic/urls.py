from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from articles.views import permalink

urlpatterns = [
    path("admin/", admin.site.urls),
    path("a/<int:pk>/", permalink, name="permalink"),
    *i18n_patterns(
        path("", RedirectView.as_view(pattern_name="articles:list"), name="home"),
        path("blog/", include("articles.urls")),
    ),
]
