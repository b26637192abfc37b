"""The working copy of an article."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, Func, OuterRef, Q, Value
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from markdownx.models import MarkdownxField

from articles.converting import LONGEST_BOX, box_too_long, validate_text
from articles.models.catalogue import Author, Category, Treatment, unique_slug_in_each_language
from articles.slugs import MAX_LENGTH, validate_article_slug, validate_ascii_slug
from references.citations import Key
from references.languages import in_any_language, localized, translated

WRITTEN = ("title", "abstract", "body")
# Articles with each entry of `cites` that is asked for, by a look into the index for each. `cites && …`
# compares every entry of every article with all of them: twenty times slower for a hundred.
NAMING = (
    "SELECT articles_article.*, named FROM unnest(%s::text[]) AS named"
    " JOIN articles_article ON cites @> ARRAY[named]"
)


class ArticleQuerySet(models.QuerySet["Article"]):
    def citing(self, keys: Iterable[Key]) -> Self:
        """Articles whose drafts name a key in any language."""
        codes = [code for code, _name in settings.LANGUAGES]
        asked = [cited_as(code, key) for key in keys for code in codes]
        return self.filter(pk__in=RawSQL(f"SELECT id FROM ({NAMING}) AS naming", [asked]))  # noqa: S608, S611 - a constant

    def written_in(self, language: str) -> Self:
        return self.filter(has_text(language))

    def for_list(self) -> Self:
        """What a list shows, without the texts: `written_da` says whether there is one."""
        codes = [code for code, _name in settings.LANGUAGES]
        texts = [localized(field, code) for field in ("abstract", "seek_help", "body") for code in codes]
        written = {
            f"written_{code}": ExpressionWrapper(has_text(code), models.BooleanField()) for code in codes
        }
        return self.defer("abstract", "seek_help", "body", "cites", *texts).annotate(**written)

    def ever_published(self) -> Self:
        """Articles readers have seen, whether or not they do now."""
        from articles.models.edition import Edition  # noqa: PLC0415 - which knows its article

        return self.filter(Exists(Edition.objects.begun().filter(article=OuterRef("pk"))))


def has_text(language: str) -> Q:
    return reduce(or_, (Q(**{f"{localized(field, language)}__gt": ""}) for field in WRITTEN))


def cited_as(language: str, key: Key) -> str:
    """How a key stands in Article.cites."""
    return f"{language}:{key}"


def cited_keys() -> Any:
    """The keys that the texts of all languages name, by the SQL function of migration 0003."""
    texts = ((code, localized("body", code)) for code, _name in settings.LANGUAGES)
    keys = [Func(Value(code), F(body), function="cited_keys") for code, body in texts]
    return Func(*keys, template="%(expressions)s", arg_joiner=" || ")


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
    seek_help = MarkdownxField(
        _("when to seek help"),
        blank=True,
        validators=[validate_text],
        help_text=_(
            "Signs of danger, and whom to ring. A box before and after the text, with the emergency numbers."
        ),
    )
    body = MarkdownxField(
        _("text"),
        blank=True,
        validators=[validate_text],
        help_text=_("Markdown. Cite PubMed like this: [@pmid:34256014]."),
    )

    author = models.ForeignKey(
        Author, verbose_name=_("author"), on_delete=models.PROTECT, null=True, blank=True
    )
    reviewer = models.ForeignKey(
        Author,
        verbose_name=_("medical reviewer"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="articles_to_review",
        help_text=_("The doctor who answers for the text."),
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

    # What the drafts cite, such as "da:pmid:34256014". PostgreSQL keeps it: with thousands of articles
    # nobody reads their texts to find who cites a work. It may name a key too many (in an escaped
    # group, or one that holds a malformed key), never one too few.
    cites = models.GeneratedField(
        expression=cited_keys(),
        output_field=ArrayField(models.TextField()),
        db_persist=True,
        serialize=False,
    )

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ("-updated_at",)
        constraints = unique_slug_in_each_language("article")
        indexes = [GinIndex(fields=["cites"], name="article_cites")]
        permissions = [("publish_article", _("Can publish and withdraw articles"))]

    def __str__(self) -> str:
        return in_any_language(self, "title") or gettext("Untitled")

    def clean(self) -> None:
        refused = {
            localized("seek_help", code): box_too_long()
            for code in self.languages
            if len(self.text("seek_help", code)) > LONGEST_BOX
        }
        if refused:
            raise ValidationError(refused)

    @property
    def languages(self) -> list[str]:
        """All languages, the original first."""
        codes = [code for code, _name in settings.LANGUAGES]
        return sorted(codes, key=lambda code: code != self.original_language)

    def text(self, field: str, language: str) -> str:
        """One of title, slug, abstract, seek_help, body in exactly this language."""
        return translated(self, field, language)

    def has_text_in(self, language: str) -> bool:
        return any(self.text(field, language) for field in WRITTEN)
