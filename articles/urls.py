"""The public pages of one language; clinic/urls.py puts the language before them."""

from django.urls import path

from articles import embeds, feeds, views
from articles.listings import MODELS
from articles.search_page import article_search

app_name = "articles"

urlpatterns = [
    path("", views.article_list, name="list"),
    path("search/", article_search, name="search"),
    path("privacy/", views.privacy, name="privacy"),
    path("category/<slug:slug>/", views.category_detail, name="category"),
    path("author/<slug:slug>/", views.author_detail, name="author"),
    path("treatment/", views.treatment_list, name="treatments"),
    path("treatment/<slug:slug>/", views.treatment_detail, name="treatment"),
    path("feed/", feeds.atom, name="feed"),
    path("feed.json", feeds.json_feed, name="json_feed"),
    *(path(f"{kind}/<slug:slug>/feed/", feeds.atom, {"kind": kind}, name=f"{kind}_feed") for kind in MODELS),
    *(
        path(f"{kind}/<slug:slug>/feed.json", feeds.json_feed, {"kind": kind}, name=f"{kind}_json_feed")
        for kind in MODELS
    ),
    path("treatment/<slug:slug>/embed/", embeds.treatment_embed, name="treatment_embed"),
    path("<slug:slug>/references.<slug:extension>", views.reference_file, name="references"),
    path("<slug:slug>/card-<slug:digest>.png", views.article_card, name="card"),
    path("<slug:slug>.md", views.article_text, name="text"),
    path("<slug:slug>/", views.article_detail, name="detail"),
]
