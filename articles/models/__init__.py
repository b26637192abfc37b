"""What editors write (Article) and what patients read (Edition). docs/architecture.md draws the two."""

from articles.models.article import Article, ArticleQuerySet
from articles.models.audit import AuditEntry
from articles.models.catalogue import Author, Category, CategoryQuerySet, Treatment
from articles.models.edition import (
    Citation,
    Edition,
    EditionPicture,
    EditionQuerySet,
    EditionRelated,
    EditionTreatment,
    Override,
)
from articles.models.editor import EditorSettings, EditorSettingsQuerySet
from articles.models.link_check import LinkCheck, LinkCheckQuerySet
from articles.models.picture import Picture

__all__ = [
    "Article",
    "ArticleQuerySet",
    "AuditEntry",
    "Author",
    "Category",
    "CategoryQuerySet",
    "Citation",
    "Edition",
    "EditionPicture",
    "EditionQuerySet",
    "EditionRelated",
    "EditionTreatment",
    "EditorSettings",
    "EditorSettingsQuerySet",
    "LinkCheck",
    "LinkCheckQuerySet",
    "Override",
    "Picture",
    "Treatment",
]
