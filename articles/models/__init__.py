"""What editors write (Article) and what patients read (Edition). docs/architecture.md draws the two."""

from articles.models.article import Article, ArticleQuerySet
from articles.models.catalogue import Author, Category, CategoryQuerySet, Treatment
from articles.models.edition import (
    Citation,
    Edition,
    EditionQuerySet,
    EditionRelated,
    EditionTreatment,
)
from articles.models.presence import Presence

__all__ = [
    "Article",
    "ArticleQuerySet",
    "Author",
    "Category",
    "CategoryQuerySet",
    "Citation",
    "Edition",
    "EditionQuerySet",
    "EditionRelated",
    "EditionTreatment",
    "Presence",
    "Treatment",
]
