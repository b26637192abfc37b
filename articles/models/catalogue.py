"""What articles are sorted by: who wrote them, what they are about, what the clinic offers."""

from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from articles.images import PORTRAIT_WIDTHS
from articles.orcid import validate_orcid
from articles.slugs import MAX_LENGTH, validate_ascii_slug
from references.languages import in_any_language, localized

# Until an article is reviewed again, unless its category says otherwise.
REVIEW_MONTHS = 12


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
    authorisation = models.CharField(
        _("authorisation number"),
        max_length=20,
        blank=True,
        help_text=_("In the register of the Danish Patient Safety Authority, for example 0ABC1."),
    )
    orcid = models.CharField(
        _("ORCID iD"),
        max_length=19,
        blank=True,
        validators=[validate_orcid],
        help_text=_("For example 0000-0002-1825-0097."),
    )
    # The name of the files of a photo; empty without one.
    portrait = models.CharField(_("photo"), max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def file_names(self) -> list[str]:
        """Where the storage has the photo, the smallest first."""
        return [portrait_file(self.portrait, width) for width in PORTRAIT_WIDTHS] if self.portrait else []

    @property
    def portrait_url(self) -> str:
        return portrait_url(self.portrait, PORTRAIT_WIDTHS[-1])


def portrait_file(stem: str, width: int) -> str:
    return f"portraits/{stem}-{width}.webp"


def portrait_url(stem: str, width: int) -> str:
    """The address of a photo; empty without one."""
    return f"{settings.MEDIA_URL}{portrait_file(stem, width)}" if stem else ""


class CategoryQuerySet(models.QuerySet["Category"]):
    def with_current_editions(self, language: str) -> Self:
        """Categories that readers of the language find something in."""
        return self.filter(is_read_in(language, "category"))


def is_read_in(language: str, field: str) -> Exists:
    """For a filter or annotation: whether readers of the language find something listed by this.

    `field` is what names it in an edition.
    """
    from articles.models.edition import Edition  # noqa: PLC0415 - which knows its category

    return Exists(Edition.objects.current().in_language(language).filter(**{field: OuterRef("pk")}))


class Category(models.Model):
    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("slug"), max_length=MAX_LENGTH, validators=[validate_ascii_slug])
    description = models.TextField(_("description"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    review_months = models.PositiveSmallIntegerField(
        _("months between medical reviews"),
        default=REVIEW_MONTHS,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
    )

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ("position", "id")
        constraints = [
            *unique_slug_in_each_language("category"),
            models.CheckConstraint(name="reviews_are_months_apart", condition=Q(review_months__gte=1)),
        ]

    def __str__(self) -> str:
        return in_any_language(self, "name")


class TreatmentQuerySet(models.QuerySet["Treatment"]):
    def offered(self, language: str) -> Self:
        """Treatments with a page in the language that patients can book or read about there."""
        has_page, can_be_booked = (
            Q(**{f"{localized(field, language)}__gt": ""}) for field in ("slug", "booking_url")
        )
        return self.filter(has_page, can_be_booked | Q(is_read_in(language, "treatments")))


class Treatment(models.Model):
    """What the clinic offers and patients can book."""

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=MAX_LENGTH, validators=[validate_ascii_slug])
    summary = models.TextField(_("summary"), blank=True)
    booking_url = models.URLField(_("booking address"), max_length=500, blank=True)

    objects = TreatmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("treatment")
        verbose_name_plural = _("treatments")
        ordering = ("id",)
        constraints = unique_slug_in_each_language("treatment")

    def __str__(self) -> str:
        return in_any_language(self, "name")
