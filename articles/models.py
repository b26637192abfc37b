"""What editors write (Article) and what patients read (Edition). docs/architecture.md draws the two."""

from datetime import date, datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from markdownx.models import MarkdownxField

from articles.slugs import MAX_LENGTH, validate_article_slug, validate_ascii_slug
from references.languages import in_any_language, localized, translated
from references.models import Reference


def unique_slug_in_each_language(model_name: str) -> list[models.BaseConstraint]:
    """One constraint per language column: `unique=True` would stay on the untranslated one."""
    return [
        models.UniqueConstraint(
            name=f"unique_{model_name}_slug_{language}",
            fields=[localized("slug", language)],
            condition=~Q(**{localized("slug", language): ""}),
        )
        for language, _name in settings.LANGUAGES
    ]


class Author(models.Model):
    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=MAX_LENGTH, unique=True, validators=[validate_ascii_slug])
    title = models.CharField(
        _("title"), max_length=200, blank=True, help_text=_("Stands after the name in the byline.")
    )
    biography = models.TextField(_("biography"), blank=True)

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class CategoryQuerySet(models.QuerySet["Category"]):
    def with_current_editions(self, language: str) -> Self:
        """Categories that readers of the language find something in."""
        editions = Edition.objects.current().in_language(language)
        return self.filter(Exists(editions.filter(category=OuterRef("pk"))))


class Category(models.Model):
    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("slug"), max_length=MAX_LENGTH, validators=[validate_ascii_slug])
    description = models.TextField(_("description"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ("position", "id")
        constraints = unique_slug_in_each_language("category")

    def __str__(self) -> str:
        return in_any_language(self, "name")


class Treatment(models.Model):
    """What the clinic offers and patients can book."""

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=MAX_LENGTH, validators=[validate_ascii_slug])
    summary = models.TextField(_("summary"), blank=True)
    booking_url = models.URLField(_("booking address"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("treatment")
        verbose_name_plural = _("treatments")
        ordering = ("id",)
        constraints = unique_slug_in_each_language("treatment")

    def __str__(self) -> str:
        return in_any_language(self, "name")


class ArticleQuerySet(models.QuerySet["Article"]):
    def ever_published(self) -> Self:
        """Articles readers have seen, whether or not they do now."""
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


class EditionQuerySet(models.QuerySet["Edition"]):
    def current(self, at: datetime | None = None) -> Self:
        """Editions in force now, or at the given moment: what patients read."""
        return self.filter(validity__contains=at or timezone.now())

    def scheduled(self, at: datetime | None = None) -> Self:
        """Editions that come into force after the moment."""
        return self.filter(validity__startswith__gt=at or timezone.now())

    def begun(self) -> Self:
        """Editions readers see or have seen."""
        return self.filter(validity__startswith__lte=timezone.now())

    def ever_at(self, slug: str, language: str) -> Self:
        """Those that have had the slug, in any language, best match first: this language, newest."""
        here_first = Case(When(language=language, then=0), default=1)
        return self.begun().filter(slug=slug).order_by(here_first, "-id").select_related("article")

    def in_language(self, language: str) -> Self:
        return self.filter(language=language)

    def newest_first(self) -> Self:
        return self.order_by("-published_on", "-id")

    def older_than(self, published_on: date, pk: int) -> Self:
        """Those after this place in newest-first order."""
        return self.filter(Q(published_on__lt=published_on) | Q(published_on=published_on, pk__lt=pk))

    def newer_than(self, published_on: date, pk: int) -> Self:
        """Those before this place in newest-first order."""
        return self.filter(Q(published_on__gt=published_on) | Q(published_on=published_on, pk__gt=pk))

    def for_list(self) -> Self:
        """What a list shows, without the texts."""
        return self.select_related("author", "category").defer("body", "html", "outline")


class Edition(models.Model):
    """One published version of an article in one language. Never changed, only superseded.

    The database refuses every other change: see migration 0002.
    """

    article = models.ForeignKey(
        Article, verbose_name=_("article"), on_delete=models.PROTECT, related_name="editions"
    )
    language = models.CharField(_("language"), max_length=7, choices=settings.LANGUAGES)
    number = models.PositiveIntegerField(_("number"))

    slug = models.SlugField(_("slug"), max_length=MAX_LENGTH, db_index=False)
    title = models.CharField(_("title"), max_length=200)
    abstract = models.TextField(_("abstract"), blank=True)
    body = models.TextField(_("Markdown"))
    html = models.TextField(_("HTML"))
    outline = models.JSONField(_("outline"), default=list)

    author = models.ForeignKey(
        Author,
        verbose_name=_("author"),
        on_delete=models.PROTECT,
        null=True,
        related_name="editions",
    )
    category = models.ForeignKey(
        Category,
        verbose_name=_("category"),
        on_delete=models.PROTECT,
        null=True,
        related_name="editions",
    )
    treatments = models.ManyToManyField(Treatment, through="EditionTreatment", related_name="editions")
    related = models.ManyToManyField(Article, through="EditionRelated", related_name="+")
    references = models.ManyToManyField(Reference, through="Citation", related_name="editions")

    published_on = models.DateField(_("date readers see"))
    validity = DateTimeRangeField(_("in force"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("published by"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    content_hash = models.CharField(_("content hash"), max_length=64)
    # The transaction's time: what belongs to an edition can be added in that transaction only.
    created_at = models.DateTimeField(_("created at"), db_default=TransactionNow(), editable=False)

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        ordering = ("article", "language", "-number")
        constraints = [
            ExclusionConstraint(
                name="one_current_edition_per_article_and_language",
                expressions=[
                    ("article", RangeOperators.EQUAL),
                    ("language", RangeOperators.EQUAL),
                    ("validity", RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="one_current_edition_per_slug_and_language",
                expressions=[
                    ("language", RangeOperators.EQUAL),
                    ("slug", RangeOperators.EQUAL),
                    ("validity", RangeOperators.OVERLAPS),
                ],
            ),
            models.UniqueConstraint(name="unique_edition_number", fields=["article", "language", "number"]),
        ]
        indexes = [
            models.Index(
                F("language"),
                F("published_on").desc(),
                F("id").desc(),
                name="edition_newest_first",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.language} {self.number})"

    def get_absolute_url(self) -> str:
        """The address in the edition's own language, whatever language is active."""
        with translation.override(self.language):
            return reverse("articles:detail", args=[self.slug])

    @property
    def is_scheduled(self) -> bool:
        return not self.validity.isempty and self.validity.lower > timezone.now()

    @property
    def state(self) -> str:
        """When readers see or saw it, as a phrase for editors."""
        if self.validity.isempty:
            return gettext("Cancelled before it came online")
        start, end = (
            moment and formats.date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
            for moment in (self.validity.lower, self.validity.upper)
        )
        if self.is_scheduled:
            return gettext("Comes online %(start)s") % {"start": start}
        if end is None:
            return gettext("Online since %(start)s") % {"start": start}
        return gettext("Online from %(start)s to %(end)s") % {"start": start, "end": end}


class Citation(models.Model):
    """A reference in the list of an edition."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="citations")
    reference = models.ForeignKey(Reference, on_delete=models.PROTECT, related_name="citations")
    number = models.PositiveIntegerField(_("number"))
    places = models.PositiveIntegerField(_("citing places"), help_text=_("How often it is cited."))

    class Meta:
        verbose_name = _("citation")
        verbose_name_plural = _("citations")
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(name="unique_citation_number", fields=["edition", "number"]),
            models.UniqueConstraint(name="reference_has_one_number", fields=["edition", "reference"]),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.reference}"


class EditionTreatment(models.Model):
    """A treatment an edition offers."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="+")
    treatment = models.ForeignKey(Treatment, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="treatment_once_per_edition", fields=["edition", "treatment"]),
        ]


class EditionRelated(models.Model):
    """An article an edition points to; shown while that article has a current edition."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="+")
    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="related_from")
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="related_once_per_edition", fields=["edition", "article"]),
        ]
