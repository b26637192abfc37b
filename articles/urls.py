"""The public pages of one language; clinic/urls.py puts the language before them."""

from django.urls import path

from articles import views
from articles.search_page import article_search

app_name = "articles"

urlpatterns = [
    path("", views.article_list, name="list"),
    path("search/", article_search, name="search"),
    path("category/<slug:slug>/", views.category_detail, name="category"),
    path("author/<slug:slug>/", views.author_detail, name="author"),
    path("treatment/<slug:slug>/", views.treatment_detail, name="treatment"),
    path("<slug:slug>/references.<slug:extension>", views.reference_file, name="references"),
    path("<slug:slug>/", views.article_detail, name="detail"),
]
