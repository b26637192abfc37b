"""The working copy of an article."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from markdownx.models import MarkdownxField

from articles.models.catalogue import Author, Category, Treatment, unique_slug_in_each_language
from articles.slugs import MAX_LENGTH, validate_article_slug, validate_ascii_slug
from references.languages import in_any_language, translated


class ArticleQuerySet(models.QuerySet["Article"]):
    def ever_published(self) -> Self:
        """Articles readers have seen, whether or not they do now."""
        from articles.models.edition import Edition  # noqa: PLC0415 - which knows its article

        return self.filter(Exists(Edition.objects.begun().filter(article=OuterRef("pk"))))


class Article(models.Model):
    """The working copy: changed as often as editors like, read by no patient."""

    original_language = models.CharField(
        _("original language"),
        max_length=7,
        choices=settings.LANGUAGES,
        default=settings.LANGUAGE_CODE,
    )
    title = models.CharField(_("title"), max_length=200, blank=True)
    slug = models.SlugField(
        _("slug"),
        max_length=MAX_LENGTH,
        blank=True,
        validators=[validate_ascii_slug, validate_article_slug],
        help_text=_("The last part of the address. Made from the title when left empty."),
    )
    abstract = models.TextField(_("abstract"), blank=True)
    body = MarkdownxField(
        _("text"),
        blank=True,
        help_text=_("Markdown. Cite PubMed like this: [@pmid:34256014]."),
    )

    author = models.ForeignKey(
        Author, verbose_name=_("author"), on_delete=models.PROTECT, null=True, blank=True
    )
    category = models.ForeignKey(
        Category, verbose_name=_("category"), on_delete=models.PROTECT, null=True, blank=True
    )
    treatments = models.ManyToManyField(Treatment, verbose_name=_("treatments"), blank=True)
    related = models.ManyToManyField(
        "self", verbose_name=_("related articles"), symmetrical=False, blank=True
    )
    published_on = models.DateField(
        _("date readers see"),
        null=True,
        blank=True,
        help_text=_("Left empty, it becomes the day of the first publication."),
    )
    # Counts what articles/revising.py has recorded; a form says which one it was filled from.
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ("-updated_at",)
        constraints = unique_slug_in_each_language("article")
        permissions = [("publish_article", _("Can publish and withdraw articles"))]

    def __str__(self) -> str:
        return in_any_language(self, "title") or gettext("Untitled")

    @property
    def languages(self) -> list[str]:
        """All languages, the original first."""
        codes = [code for code, _name in settings.LANGUAGES]
        return sorted(codes, key=lambda code: code != self.original_language)

    def text(self, field: str, language: str) -> str:
        """One of title, slug, abstract, body in exactly this language."""
        return translated(self, field, language)

    def has_text_in(self, language: str) -> bool:
        return any(self.text(field, language) for field in ("title", "abstract", "body"))
