"""The evidence: one row for each work that articles cite."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from references import citations, vancouver
from references.citations import Key

LARGEST_PMID = 99_999_999

CHECK_EVERY = timedelta(days=7)
# Where there is concern, or where not every source answered the last time.
CHECK_WITH_CARE_EVERY = timedelta(days=1)
# Checked longer ago than this, a reference is stale: something has kept it from being checked.
STALE_AFTER = timedelta(days=9)


class Verdict(NamedTuple):
    """How a work stands, who says so, and where."""

    standing: str
    source: str = ""
    notice: str = ""
    notice_url: str = ""


class ReferenceQuerySet(models.QuerySet["Reference"]):
    def cited_by(self, keys: Iterable[Key]) -> Self:
        """References that any of the keys names."""
        keys = list(keys)
        return self.alias(lower_doi=Lower("doi")).filter(
            Q(pmid__in=[int(key.value) for key in keys if key.kind == "pmid"])
            | Q(lower_doi__in=[key.value for key in keys if key.kind == "doi"])
        )

    def by_key(self, keys: Iterable[Key]) -> dict[Key, "Reference"]:
        """Each key with the reference it names; one that does not exist yet is made, not saved."""
        keys = list(dict.fromkeys(keys))
        known = self.known_by_key(keys)
        return {key: known.get(key) or Reference.from_key(key) for key in keys}

    def known_by_key(self, keys: Iterable[Key]) -> dict[Key, "Reference"]:
        """The references there are for the keys, each under all of its own keys."""
        return {key: reference for reference in self.cited_by(keys) for key in reference.keys}

    def checkable(self) -> Self:
        """Those with a number to ask for: of an address nobody knows anything."""
        return self.exclude(pmid__isnull=True, doi__isnull=True)

    def due_for_check(self) -> Self:
        """Never checked; or not for seven days, a day where care is needed. Longest ago first."""
        now = timezone.now()
        never = Q(checked_at__isnull=True)
        week_ago = Q(checked_at__lt=now - CHECK_EVERY)
        needs_care = Q(standing=Reference.Standing.CONCERN) | ~Q(trouble="")
        day_ago = needs_care & Q(checked_at__lt=now - CHECK_WITH_CARE_EVERY)
        due = self.checkable().filter(never | week_ago | day_ago)
        return due.order_by(F("checked_at").asc(nulls_first=True), "pk")

    def in_trouble(self) -> Self:
        """Not fit to be cited as they are, unless a person has said that it is intended."""
        bad = [Reference.Standing.RETRACTED, Reference.Standing.CONCERN, Reference.Standing.NOT_FOUND]
        is_bad = Q(standing__in=bad) | Q(agreement=Reference.Agreement.ANOTHER_PAPER)
        return self.filter(is_bad).exclude(intended_standing=F("standing"))

    def stale(self) -> Self:
        """Checked, but too long ago."""
        return self.filter(checked_at__lte=timezone.now() - STALE_AFTER)

    def for_naming(self) -> Self:
        """What names a work, finds where it is cited and says how it stands; without the rest."""
        return self.only(
            *(
                "pmid",
                "doi",
                "url",
                "title",
                "claimed",
                "standing",
                "agreement",
                "checked_at",
                "intended_standing",
            )
        )

    def ensure(self, keys: Iterable[Key]) -> None:
        """Create the references that do not exist yet, unchecked. Safe to run twice at once."""
        missing = [reference for reference in self.by_key(keys).values() if reference.pk is None]
        self.bulk_create(missing, ignore_conflicts=True)


class Reference(models.Model):
    """A work that articles cite: PubMed's record of it, and what we know of its standing."""

    class Standing(models.TextChoices):
        UNCHECKED = "unchecked", _("not checked yet")
        GOOD = "good", _("in good standing")
        CORRECTED = "corrected", _("corrected")
        UPDATED = "updated", _("a newer version exists")
        CONCERN = "concern", _("expression of concern")
        RETRACTED = "retracted", _("retracted")
        NOT_FOUND = "not_found", _("not found")

    class Agreement(models.TextChoices):
        """Whether the record is of the work the author meant."""

        NOTHING_CLAIMED = "nothing_claimed", _("nothing to compare")
        AGREES = "agrees", _("agrees with the record")
        DOUBTFUL = "doubtful", _("doubtful")
        ANOTHER_PAPER = "another_paper", _("another paper")

    class Source(models.TextChoices):
        PUBMED = "pubmed", "PubMed"
        CROSSREF = "crossref", "Crossref"

    pmid = models.PositiveIntegerField(
        _("PubMed ID"),
        unique=True,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LARGEST_PMID)],
        help_text=_("The number PubMed gives the work, for example 34256014."),
    )
    doi = models.CharField(  # noqa: DJ001 - NULL, so that many references have none
        _("DOI"),
        max_length=300,
        null=True,
        blank=True,
        help_text=_("For example 10.1016/j.cell.2021.06.019, without https://doi.org/."),
    )
    pmcid = models.CharField(
        _("PubMed Central ID"), max_length=20, blank=True, help_text=_("For example PMC8839125.")
    )
    url = models.URLField(_("address"), max_length=500, blank=True)

    title = models.TextField(_("title"), blank=True)
    vernacular_title = models.TextField(_("title in its own language"), blank=True)
    authors = models.JSONField(
        _("authors"), default=list, blank=True, help_text=_('A list: ["Wastyk HC", "Perelman D"].')
    )
    has_more_authors = models.BooleanField(_("has more authors than listed"), default=False)
    journal = models.CharField(_("journal"), max_length=300, blank=True)
    published = models.CharField(
        _("published"), max_length=100, blank=True, help_text=_("As PubMed writes it: 2021 Aug 5.")
    )
    volume = models.CharField(_("volume"), max_length=100, blank=True)
    issue = models.CharField(_("issue"), max_length=100, blank=True)
    pages = models.CharField(_("pages"), max_length=200, blank=True)

    book = models.TextField(_("book"), blank=True)
    edition = models.CharField(_("edition"), max_length=100, blank=True)
    place = models.CharField(_("place of publication"), max_length=200, blank=True)
    publisher = models.CharField(_("publisher"), max_length=300, blank=True)
    editors = models.JSONField(_("editors of the book"), default=list, blank=True)
    # Pairs of NLM's identifier and name.
    publication_types = models.JSONField(_("kinds of publication"), default=list, blank=True, editable=False)
    languages = models.JSONField(_("languages"), default=list, blank=True, editable=False)

    plain_summary = models.TextField(
        _("plain summary"), blank=True, help_text=_("One or two sentences a patient understands.")
    )
    claimed = models.TextField(
        _("as the author wrote it"),
        blank=True,
        help_text=_("The reference as the author gave it. Compared with PubMed's record."),
    )
    agreement = models.CharField(
        _("agreement"),
        max_length=20,
        choices=Agreement,
        default=Agreement.NOTHING_CLAIMED,
        editable=False,
        help_text=_("Whether PubMed's record is of the work the author meant."),
    )
    # Works the author may have meant, best first: [{"pmid", "title", "journal", "year", "reasons"}, …]
    candidates = models.JSONField(_("candidates"), default=list, blank=True, editable=False)

    standing = models.CharField(_("standing"), max_length=20, choices=Standing, default=Standing.UNCHECKED)
    standing_source = models.CharField(
        _("source of the standing"), max_length=20, choices=Source, blank=True, editable=False
    )
    # The publication that says so: a retraction, an expression of concern, an erratum.
    notice = models.TextField(_("notice"), blank=True, editable=False)
    notice_url = models.URLField(_("address of the notice"), max_length=500, blank=True, editable=False)
    is_notice = models.BooleanField(_("is itself a notice"), default=False, editable=False)

    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True, editable=False)
    tried_at = models.DateTimeField(_("last tried at"), null=True, blank=True, editable=False)
    # Why the last try did not succeed; empty when it did.
    trouble = models.CharField(_("trouble"), max_length=50, blank=True, editable=False)

    # A person has read this standing and cites the work on purpose.
    intended_standing = models.CharField(
        _("read and intended"), max_length=20, choices=Standing, blank=True, editable=False
    )
    intended_reason = models.TextField(_("reason"), blank=True, editable=False)
    intended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("intended by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    intended_at = models.DateTimeField(_("intended at"), null=True, blank=True, editable=False)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("reference")
        verbose_name_plural = _("references")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="reference_has_pmid_doi_or_url",
                condition=Q(pmid__isnull=False) | Q(doi__isnull=False) | ~Q(url=""),
                violation_error_message=_("Give a PubMed ID, a DOI or an address."),
            ),
            models.CheckConstraint(
                name="reference_pmid_has_at_most_eight_digits",
                condition=Q(pmid__isnull=True) | Q(pmid__gte=1, pmid__lte=LARGEST_PMID),
                violation_error_message=_("A PubMed ID is a number of at most eight digits."),
            ),
            models.CheckConstraint(
                name="reference_doi_is_null_rather_than_empty", condition=Q(doi__isnull=True) | ~Q(doi="")
            ),
            # DOIs know no case, but are printed as the journal writes them.
            models.UniqueConstraint(
                Lower("doi"),
                name="unique_reference_doi",
                violation_error_message=_("There is a reference with this DOI already."),
            ),
        ]

    def __str__(self) -> str:
        named = f"PMID {self.pmid}" if self.pmid else self.doi or self.url
        title = vancouver.rendered_title(self.title)[0]
        return f"{named}: {title or self.claimed}".rstrip(": ")

    def clean(self) -> None:
        # Empty is NULL, or the second reference without one would not be unique.
        self.doi = citations.bare_doi(self.doi) if self.doi else None

    @classmethod
    def from_key(cls, key: Key) -> "Reference":
        return cls(pmid=int(key.value)) if key.kind == "pmid" else cls(doi=key.value)

    @property
    def keys(self) -> list[Key]:
        """The keys that cite this reference in a text; the first is the one we write."""
        pmid = [Key("pmid", str(self.pmid))] if self.pmid else []
        return pmid + ([Key("doi", self.doi.lower())] if self.doi else [])

    @property
    def has_record(self) -> bool:
        """Whether PubMed or Crossref describes it: what they say replaces what was written by hand."""
        return bool(self.pmid) or (bool(self.doi) and self.standing != self.Standing.NOT_FOUND)

    @property
    def verdict(self) -> Verdict:
        return Verdict(self.standing, self.standing_source, self.notice, self.notice_url)

    @verdict.setter
    def verdict(self, verdict: Verdict) -> None:
        self.standing, self.standing_source, self.notice, self.notice_url = verdict

    @property
    def is_stale(self) -> bool:
        """Whether something has kept it from being checked as often as it should be."""
        return self.checked_at is not None and self.checked_at <= timezone.now() - STALE_AFTER

    @property
    def last_check(self) -> str:
        """When it was last compared with a source, as a phrase for editors. A try without answer is none."""
        if self.checked_at is None:
            return gettext("Never checked")
        hours = (timezone.now() - self.checked_at) // timedelta(hours=1)
        if hours < 1:
            return gettext("Last checked within the last hour")
        if hours < 24:
            text = ngettext("Last checked %(n)d hour ago", "Last checked %(n)d hours ago", hours)
            return text % {"n": hours}
        text = ngettext("Last checked %(n)d day ago", "Last checked %(n)d days ago", hours // 24)
        return text % {"n": hours // 24}

    @property
    def is_intended(self) -> bool:
        """Whether a person has read exactly this standing and cites the work all the same."""
        return bool(self.intended_standing) and self.intended_standing == self.standing


class CheckQuerySet(models.QuerySet["Check"]):
    def untold(self) -> Self:
        """Those that changed a standing, and of which nobody has been told yet; oldest first."""
        return self.filter(told_at__isnull=True).exclude(standing=F("standing_before")).order_by("at", "id")


class Check(models.Model):
    """One look at PubMed and Crossref. Rows are added, and do not change but for when they were told."""

    class Outcome(models.TextChoices):
        FOUND = "found", _("found")
        NOT_FOUND = "not_found", _("not found")
        COULD_NOT_ASK = "could_not_ask", _("could not ask")

    reference = models.ForeignKey(
        Reference, verbose_name=_("reference"), on_delete=models.CASCADE, related_name="checks"
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome)
    trouble = models.CharField(_("trouble"), max_length=50, blank=True)
    standing_before = models.CharField(_("standing before"), max_length=20, choices=Reference.Standing)
    standing = models.CharField(_("standing"), max_length=20, choices=Reference.Standing)
    # Each changed field with what it was and what it became.
    changes = models.JSONField(_("changes"), default=dict)
    # When those who cite the work were told that its standing changed.
    told_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("check")
        verbose_name_plural = _("checks")
        ordering = ("-at", "-id")
        indexes = [
            models.Index(
                fields=["at", "id"],
                condition=Q(told_at__isnull=True) & ~Q(standing=F("standing_before")),
                name="check_untold",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference_id}: {self.get_outcome_display()}"


class Turn(models.Model):
    """When a service was last asked, or will be: kept by references.pacing, for all processes and hosts."""

    service = models.CharField(primary_key=True, max_length=50)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")

    def __str__(self) -> str:
        return self.service
