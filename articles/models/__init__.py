"""What editors write (Article) and what patients read (Edition). docs/architecture.md draws the two."""

from articles.models.article import Article, ArticleQuerySet
from articles.models.catalogue import Author, Category, CategoryQuerySet, Treatment
from articles.models.edition import (
    Citation,
    Edition,
    EditionQuerySet,
    EditionRelated,
    EditionTreatment,
    Override,
)
from articles.models.link_check import LinkCheck, LinkCheckQuerySet

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
    "LinkCheck",
    "LinkCheckQuerySet",
    "Override",
    "Treatment",
]
