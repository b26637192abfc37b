"""What patients read: editions, and what belongs to them."""

from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.aggregates import StringAgg
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.functions import TransactionNow
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Case, Exists, F, Func, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import MD5, Cast, Coalesce
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article
from articles.models.catalogue import Author, Category, Treatment
from articles.models.picture import Picture
from articles.slugs import MAX_LENGTH
from references.languages import localized
from references.models import Reference

# What is translated, and what a translation may fall behind.
TEXTS = ("title", "abstract", "seek_help", "body")
SHOWN_TEXTS = ("title", "slug", "abstract", "seek_help", "body")


def differs(field: str, other: str, empty: str | int) -> Q:
    """Whether two columns differ, where NULL is the same as empty."""
    kind = models.TextField() if isinstance(empty, str) else models.BigIntegerField()
    here, there = (Coalesce(name, Value(empty), output_field=kind) for name in (field, other))
    return ~Q(Exact(here, there))


def has_other_related() -> Q:
    """Whether an edition points to other articles than its draft."""
    mine = EditionRelated.objects.filter(edition=OuterRef("pk"))
    drafts = Article.related.through._default_manager.filter(from_article=OuterRef("article"))
    return finds_others(mine, "article_id", drafts, "to_article_id")


def has_other_treatments(language: str) -> Q:
    """Whether an edition offers other treatments than its draft, of those named in the language."""
    mine = EditionTreatment.objects.filter(edition=OuterRef("pk"))
    named = {f"{localized('name', language)}__gt": ""}
    drafts = Treatment.objects.filter(article=OuterRef("article"), **named)
    return finds_others(mine, "treatment_id", drafts, "pk")


def finds_others(
    mine: models.QuerySet[Any], column: str, drafts: models.QuerySet[Any], drafts_column: str
) -> Q:
    here = ArraySubquery(mine.order_by(column).values(column))
    there = ArraySubquery(drafts.order_by(drafts_column).values(drafts_column))
    return ~Q(Exact(here, there))


class EditionQuerySet(models.QuerySet["Edition"]):
    def current(self, at: datetime | None = None) -> Self:
        """Editions in force now, or at the given moment: what patients read."""
        return self.filter(validity__contains=at or timezone.now())

    def scheduled(self, at: datetime | None = None) -> Self:
        """Editions that come into force after the moment."""
        return self.filter(validity__startswith__gt=at or timezone.now())

    def last_published(self) -> Self:
        """What was published last and not withdrawn: in force, or scheduled to take over."""
        return self.filter(validity__upper_inf=True)

    def current_or_scheduled(self) -> Self:
        return self.filter(validity__overlap=DateTimeTZRange(timezone.now(), None))

    def unlike_their_draft(self) -> Self:
        """Those whose article has been rewritten since, as far as one look in the database tells.

        Pictures are not compared. Texts are read of articles that were saved after the edition was
        made, and of no others.
        """
        unlike = differs("author", "article__author", 0) | differs("category", "article__category", 0)
        unlike |= Q(article__published_on__isnull=False) & ~Q(published_on=F("article__published_on"))
        unlike |= has_other_related()
        for language, _name in settings.LANGUAGES:
            fields = [(field, f"article__{localized(field, language)}") for field in SHOWN_TEXTS]
            texts = reduce(or_, (differs(mine, drafts, "") for mine, drafts in fields))
            unlike |= Q(language=language) & (texts | has_other_treatments(language))
        return self.filter(article__updated_at__gt=F("created_at")).filter(unlike)

    def begun(self, at: datetime | None = None) -> Self:
        """Editions readers see or have seen."""
        return self.filter(validity__startswith__lte=at or timezone.now())

    def elsewhere_at(self, edition: "Edition", time: DateTimeTZRange) -> Self:
        """Editions of other articles that have the edition's address at some moment of the time."""
        others = self.in_language(edition.language).exclude(article=edition.article_id)
        return others.filter(slug=edition.slug, validity__overlap=time)

    def ever_at(self, slug: str, language: str) -> Self:
        """Those that have had the slug, in any language, best match first: this language, newest."""
        here_first = Case(When(language=language, then=0), default=1)
        return self.begun().filter(slug=slug).order_by(here_first, "-id").select_related("article")

    def in_language(self, language: str) -> Self:
        return self.filter(language=language)

    def outdated(self) -> Self:
        """Translations in force that patients are told are behind the original."""
        return self.current().filter(Exists(originals_ahead(timezone.now())))

    def reviews_due(self, on: date | None = None) -> Self:
        """In force, with a medical review that was to be renewed by that day (today); longest ago first."""
        due = self.current().filter(next_review_on__lte=on or timezone.localdate())
        return due.order_by("next_review_on", "pk")

    def digest(self, *also: str) -> str:
        """Another one when there are other editions, or other values in these columns beside them.

        Numbers alone would not do: after a restore they are given once more.
        """
        each = Func(
            *map(F, ("pk", "content_hash", "validity__startswith", *also)),
            function="json_build_array",
            output_field=models.JSONField(),
        )
        all_of_them = MD5(StringAgg(Cast(each, models.TextField()), Value(","), order_by="pk"))
        return self.order_by().aggregate(digest=all_of_them)["digest"] or ""

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
        return self.select_related("author", "category").without_texts()

    def without_texts(self) -> Self:
        return self.defer("seek_help", "seek_help_html", "body", "html", "outline", "search", "about")


def originals_ahead(at: datetime) -> EditionQuerySet:
    """For a subquery on editions: the original in force, if the edition is a translation that is behind it.

    A translation is behind when nobody has said of it that it follows a text like the original's (by
    publishing it as a translation of that, or by confirming that it is still right), but somebody has of
    another text. Where nobody has said anything, nothing is known, and readers are told nothing.

    `text_since` is when readers got that text, after the one that the translation was made from.
    """
    said = Q(pk=OuterRef(OuterRef("translated_from")))
    confirmed = Q(confirmed__translation=OuterRef(OuterRef("pk")))
    # All of one article: found by its index, however many editions there are.
    followed = Edition.objects.filter(said | confirmed, article=OuterRef(OuterRef("article")))
    same_text = {field: OuterRef(field) for field in TEXTS}
    made_from = Coalesce(OuterRef(OuterRef("translated_from__number")), 0)
    newer = Edition.objects.filter(
        article=OuterRef("article"), language=OuterRef("language"), number__gt=made_from, **same_text
    ).exclude(validity__isempty=True)
    return (
        Edition.objects.current(at)
        .filter(article=OuterRef("article"), language=F("article__original_language"))
        .exclude(language=OuterRef("language"))
        .filter(Exists(followed), ~Exists(followed.filter(**same_text)))
        .annotate(text_since=Subquery(newer.order_by("number").values("validity__startswith")[:1]))
    )


def first_online() -> Subquery:
    """For an annotation of editions: since when their article has been in their language."""
    shown = Edition.objects.filter(article=OuterRef("article"), language=OuterRef("language"))
    began = shown.exclude(validity__isempty=True).order_by("number").values("validity__startswith")
    return Subquery(began[:1])


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
    seek_help = models.TextField(_("when to seek help"), blank=True, default="")
    seek_help_html = models.TextField(_("when to seek help, as HTML"), blank=True, default="")
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
    pictures = models.ManyToManyField(Picture, through="EditionPicture", related_name="editions")

    translated_from = models.ForeignKey(
        "self",
        verbose_name=_("translated from"),
        on_delete=models.PROTECT,
        null=True,
        related_name="translations",
        help_text=_("The edition of the original language whose text this one follows."),
    )
    reviewed_by = models.ForeignKey(
        Author,
        verbose_name=_("medically reviewed by"),
        on_delete=models.PROTECT,
        null=True,
        related_name="reviewed_editions",
    )
    reviewed_on = models.DateField(_("medically reviewed on"), null=True)
    next_review_on = models.DateField(_("next medical review"), null=True)
    change_note = models.TextField(
        _("what changed"), blank=True, default="", help_text=_("Patients read it, with the date.")
    )

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
    # Its words by weight, made by PostgreSQL: see migration 0014. `about` has those of the title, the
    # headings and the abstract, `search` those of the text too.
    search = models.GeneratedField(
        expression=Func(
            "language", "title", "outline", "abstract", "seek_help_html", "html", function="edition_search"
        ),
        output_field=SearchVectorField(),
        db_persist=True,
        serialize=False,
    )
    about = models.GeneratedField(
        expression=Func("language", "title", "outline", "abstract", function="edition_about"),
        output_field=SearchVectorField(),
        db_persist=True,
        serialize=False,
    )

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
            models.CheckConstraint(
                name="review_says_who_when_and_until_when",
                condition=Q(reviewed_by=None, reviewed_on=None, next_review_on=None)
                | Q(reviewed_by__isnull=False, reviewed_on__isnull=False, next_review_on__isnull=False)
                & Q(next_review_on__gt=F("reviewed_on")),
            ),
        ]
        indexes = [
            models.Index(
                F("language"),
                F("published_on").desc(),
                F("id").desc(),
                name="edition_newest_first",
            ),
            models.Index(
                F("language"),
                F("category"),
                F("published_on").desc(),
                F("id").desc(),
                name="edition_newest_of_category",
            ),
            GinIndex(fields=["search"], name="edition_search"),
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
    def followed(self) -> "Edition | None":
        """The edition of the original that this translation was last said to follow."""
        confirmed = self.confirmations.order_by("-pk").select_related("original").first()
        return confirmed.original if confirmed else self.translated_from

    def has_text_of(self, other: "Edition") -> bool:
        return all(getattr(self, field) == getattr(other, field) for field in TEXTS)

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


class EditionPicture(models.Model):
    """A picture an edition shows. Its files stay for as long as there is a record of the edition."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="+")
    picture = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="picture_once_per_edition", fields=["edition", "picture"]),
        ]


class Override(models.Model):
    """Errors that somebody published an edition in spite of, and why. Never changed."""

    edition = models.OneToOneField(
        Edition, verbose_name=_("edition"), on_delete=models.PROTECT, related_name="override"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text=_("Empty when a command did it."),
    )
    at = models.DateTimeField(_("at"), db_default=TransactionNow(), editable=False)
    reason = models.TextField(_("reason"))
    findings = models.JSONField(_("findings"), help_text=_("Each with its name and its sentence."))

    class Meta:
        verbose_name = _("override")
        verbose_name_plural = _("overrides")
        permissions = [("override_findings", _("Can publish in spite of errors"))]
        constraints = [
            models.CheckConstraint(name="override_has_a_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.edition}: {self.reason}"
