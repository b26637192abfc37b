from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.conf.urls.static import static
from django.contrib import admin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import include, path

from articles import caching, crawlers, embeds, guests, sitemaps
from articles.views import permalink
from clinic.design import design

handler400 = "clinic.errors.bad_request"
handler403 = "clinic.errors.forbidden"
handler404 = "clinic.errors.not_found"
handler429 = "clinic.errors.too_many"  # allauth's
handler500 = "clinic.errors.server_error"


def to_blog(request: HttpRequest) -> HttpResponseBase:
    return caching.shared(redirect("articles:list"))


urlpatterns = [
    path("", to_blog),
    path("admin/", include("signing_in.urls")),
    path("admin/", admin.site.urls),
    path("a/<int:pk>/", permalink, name="permalink"),
    path("robots.txt", crawlers.robots, name="robots"),
    path("llms.txt", crawlers.llms, name="llms"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("sitemap-<int:number>.xml", sitemaps.sitemap_file, name="sitemap_file"),
    path("oembed", embeds.oembed, name="oembed"),
    path("preview/<str:token>/", guests.preview, name="preview"),
    path("approval/<str:token>/", guests.approval, name="approval"),
    # With DEBUG only: in production the web server has the uploaded files.
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
    *i18n_patterns(
        path("", to_blog),
        path("blog/design/", design, name="design"),
        path("blog/", include("articles.urls")),
    ),
]
