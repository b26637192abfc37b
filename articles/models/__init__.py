"""What editors write (Article) and what patients read (Edition). docs/architecture.md draws the two."""

from articles.models.approval import Approval, ApprovalQuerySet
from articles.models.article import Article, ArticleQuerySet
from articles.models.audit import AuditEntry
from articles.models.catalogue import REVIEW_MONTHS, Author, Category, CategoryQuerySet, Treatment
from articles.models.confirmation import TranslationConfirmation
from articles.models.edition import (
    SHOWN_TEXTS,
    TEXTS,
    Citation,
    Edition,
    EditionPicture,
    EditionQuerySet,
    EditionRelated,
    EditionTreatment,
    Override,
    first_online,
    originals_ahead,
)
from articles.models.editor import EditorSettings, EditorSettingsQuerySet
from articles.models.link_check import LinkCheck, LinkCheckQuerySet
from articles.models.picture import Picture
from articles.models.presence import Presence
from articles.models.preview_link import PreviewLink
from articles.models.search import SearchWord, Synonym
from articles.models.snapshot import Snapshot

__all__ = [
    "REVIEW_MONTHS",
    "SHOWN_TEXTS",
    "TEXTS",
    "Approval",
    "ApprovalQuerySet",
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
    "Presence",
    "PreviewLink",
    "SearchWord",
    "Snapshot",
    "Synonym",
    "TranslationConfirmation",
    "Treatment",
    "first_online",
    "originals_ahead",
]
