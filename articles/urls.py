"""The public pages of one language; clinic/urls.py puts the language before them."""

from django.urls import path

from articles import embeds, views

app_name = "articles"

urlpatterns = [
    path("", views.article_list, name="list"),
    path("category/<slug:slug>/", views.category_detail, name="category"),
    path("author/<slug:slug>/", views.author_detail, name="author"),
    path("treatment/<slug:slug>/", views.treatment_detail, name="treatment"),
    path("treatment/<slug:slug>/embed/", embeds.treatment_embed, name="treatment_embed"),
    path("<slug:slug>/references.<slug:extension>", views.reference_file, name="references"),
    path("<slug:slug>/", views.article_detail, name="detail"),
]
