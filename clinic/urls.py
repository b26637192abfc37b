from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from articles import embeds, guests
from articles.views import permalink

to_blog = RedirectView.as_view(pattern_name="articles:list")

urlpatterns = [
    path("", to_blog),
    path("admin/", admin.site.urls),
    path("a/<int:pk>/", permalink, name="permalink"),
    path("oembed", embeds.oembed, name="oembed"),
    path("preview/<str:token>/", guests.preview, name="preview"),
    path("approval/<str:token>/", guests.approval, name="approval"),
    # With DEBUG only: in production the web server has the uploaded files.
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
    *i18n_patterns(
        path("", to_blog),
        path("blog/", include("articles.urls")),
    ),
]
