"""What changed between two editions, or between an edition and the draft, for an editor to read."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from articles import differences
from articles.differences import Block
from articles.drafts import Draft
from articles.models import Article, Edition, EditionRelated, EditionTreatment, Treatment
from references.languages import translated


@dataclass(frozen=True)
class Content:
    """All that patients read of an edition, published or not."""

    edition: Edition
    treatments: list[Treatment]
    related: list[Article]

    @classmethod
    def of(cls, edition: Edition) -> "Content":
        offered = EditionTreatment.objects.filter(edition=edition).select_related("treatment")
        related = EditionRelated.objects.filter(edition=edition).select_related("article")
        return cls(
            edition,
            [row.treatment for row in offered.order_by("position")],
            [row.article for row in related.order_by("position")],
        )

    @classmethod
    def of_draft(cls, draft: Draft) -> "Content":
        return cls(draft.edition, draft.treatments, draft.related)

    def parts(self) -> dict[str, str]:
        """Each part by what editors call it."""
        edition = self.edition
        return {
            _("Title"): edition.title,
            _("Address"): edition.slug,
            _("Abstract"): edition.abstract,
            _("When to seek help"): edition.seek_help,
            _("Text"): edition.body,
            _("Author"): str(edition.author or ""),
            _("Category"): str(edition.category or ""),
            _("Treatments"): listed(translated(t, "name", edition.language) for t in self.treatments),
            _("Related articles"): listed(map(str, self.related)),
            _("Date readers see"): formats.date_format(edition.published_on),
        }


def listed(names: Iterable[str]) -> str:
    return "\n\n".join(names)


@dataclass(frozen=True)
class Change:
    """A part that is not the same in both. `html` shows the differences."""

    label: str
    blocks: list[Block]

    @property
    def html(self) -> SafeString:
        return differences.html(self.blocks)

    @property
    def places(self) -> int:
        """In how many paragraphs it is not the same; one that was moved counts where it is now."""
        return sum(block.kind not in ("same", "moved_away") for block in self.blocks)


def changes(old: Content, new: Content) -> list[Change]:
    before, after = old.parts(), new.parts()
    return [
        Change(label, differences.compare(before[label], text))
        for label, text in after.items()
        if differences.paragraphs(before[label]) != differences.paragraphs(text)
    ]
