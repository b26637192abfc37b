"""Which fields editors write once per language."""

from modeltranslation.translator import TranslationOptions, register

from articles.models import Article, Author, Category, Picture, Treatment


@register(Author)
class AuthorTranslation(TranslationOptions):
    fields = ("title", "biography")


@register(Category)
class CategoryTranslation(TranslationOptions):
    fields = ("name", "slug", "description")
    empty_values = {"slug": None}


@register(Treatment)
class TreatmentTranslation(TranslationOptions):
    fields = ("name", "slug", "summary", "booking_url")
    empty_values = {"slug": None}


@register(Picture)
class PictureTranslation(TranslationOptions):
    fields = ("alt",)


@register(Article)
class ArticleTranslation(TranslationOptions):
    fields = ("title", "slug", "abstract", "seek_help", "body")
    empty_values = {"slug": None}
