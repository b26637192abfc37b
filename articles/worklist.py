"""What waits for the editors: the admin's first page, and the weekly mail.

To add something, write a function that answers with a Section and name it in SECTIONS.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Exists, F, OuterRef, QuerySet
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles import citing
from articles.addresses import absolute
from articles.alerts import NO_NEWS
from articles.citing import Place
from articles.models import Approval, Article, ArticleQuerySet, Edition, LinkCheck
from references.languages import localized
from references.models import STALE_AFTER, Check, Reference

DRAFTS_WAIT = timedelta(days=30)
UNCHECKED_WAIT = timedelta(days=1)
NEWS_LASTS = timedelta(days=30)
MOST_PLACES = 3
MEND_REFERENCES, PUBLISH = "references.change_reference", "articles.publish_article"
MOST_MAILED = 10
MOST_STALE = 50

# The worst first.
GRAVITY = [Reference.Standing.RETRACTED, Reference.Standing.CONCERN, Reference.Standing.NOT_FOUND]


@dataclass(frozen=True)
class Row:
    text: str
    detail: str
    url: str
    """Where it is mended."""
    articles: frozenset[int] = frozenset()
    """Ids of the articles it concerns."""
    is_mine: bool = False
    """Whether it concerns an article that the person has published or changed."""


@dataclass(frozen=True)
class Section:
    name: str
    """The same in every language and version."""
    title: str
    rows: list[Row]
    permission: str = "articles.change_article"
    """What its remedies need: for those who have it not, nothing waits there."""


def worklist(user: User) -> list[Section]:
    """What waits and the person may see, in the active language: theirs first. No empty sections."""
    sections = [section for make in SECTIONS if user.has_perm((section := make()).permission)]
    mine = citing.edited_by(user)
    return [replace(section, rows=mine_first(section.rows, mine)) for section in sections if section.rows]


def total(sections: Iterable[Section]) -> int:
    return sum(len(section.rows) for section in sections)


def mine_first(rows: list[Row], mine: set[int]) -> list[Row]:
    marked = [replace(row, is_mine=True) if not mine.isdisjoint(row.articles) else row for row in rows]
    return sorted(marked, key=lambda row: not row.is_mine)


def mail(sections: list[Section]) -> tuple[str, str]:
    """Subject and body, in the active language."""
    count = total(sections)
    subject = ngettext("%(count)d thing waits", "%(count)d things wait", count) % {"count": count}
    lines = []
    for section in sections:
        lines += [f"{section.title} ({len(section.rows)})", ""]
        for row in section.rows[:MOST_MAILED]:
            text = f"{row.text} – {_('yours')}" if row.is_mine else row.text
            lines += [f"- {text}", f"  {row.detail}", f"  {absolute(row.url)}"]
        if more := len(section.rows[MOST_MAILED:]):
            lines.append(_("- and %(count)d more") % {"count": more})
        lines.append("")
    address = absolute(reverse("admin:index"))
    lines.append(_("All of it, and an end to this mail: %(address)s") % {"address": address})
    return subject, "\n".join(lines)


# Sections


def references_in_trouble() -> Section:
    """Cited works that are retracted, doubted, unknown to PubMed, or not the ones that were meant."""
    trouble = list(Reference.objects.in_trouble().for_naming())
    trouble.sort(key=gravity)
    places = citing.places(trouble)
    changes = {check.reference_id: check for check in latest(Check.objects.filter(reference__in=trouble))}
    rows = []
    for reference in trouble:
        check = changes.get(reference.pk)
        said = troubles(reference) + (standing_until(check) if check else [])
        rows += reference_rows(reference, said, places[reference.pk])
    return Section("references_in_trouble", _("References with trouble"), rows, MEND_REFERENCES)


def changed_references() -> Section:
    """Cited works that have been corrected, say, a short while ago. Trouble has a section of its own."""
    news = (
        Check.objects.filter(at__gte=timezone.now() - NEWS_LASTS, standing=F("reference__standing"))
        .exclude(standing_before=NO_NEWS[0], standing=NO_NEWS[1])
        .exclude(reference__intended_standing=F("standing"))
        .exclude(reference__in=Reference.objects.in_trouble())
    )
    checks = sorted(latest(news), key=lambda check: check.at, reverse=True)
    references = Reference.objects.for_naming().in_bulk([check.reference_id for check in checks])
    places = citing.places(references.values())
    rows = []
    for check in checks:
        reference = references[check.reference_id]
        said = [capfirst(reference.get_standing_display()), *standing_until(check)]
        rows += reference_rows(reference, said, places[reference.pk])
    return Section("changed_references", _("References whose standing has changed"), rows, MEND_REFERENCES)


def unchecked_references() -> Section:
    """Cited works that should have been compared with PubMed and were not."""
    waits_since = timezone.now() - UNCHECKED_WAIT
    never = Reference.objects.filter(checked_at__isnull=True).for_naming()
    tries = Check.objects.filter(reference__in=never, at__lt=waits_since)
    tried = set(tries.order_by().values_list("reference", flat=True))
    stale = list(Reference.objects.stale().for_naming().order_by("checked_at"))
    rows = []
    if len(stale) > MOST_STALE:
        rows, stale = [many_stale(len(stale))], []
    places = citing.places([*never, *stale])
    for reference in never:
        cited = places[reference.pk]
        if reference.pk in tried or any(place.since < waits_since for place in cited):
            rows += reference_rows(reference, [reference.last_check], cited)
    for reference in stale:
        rows += reference_rows(reference, [reference.last_check], places[reference.pk])
    return Section("unchecked_references", _("References not checked for a while"), rows, MEND_REFERENCES)


def many_stale(count: int) -> Row:
    """When so many are stale, it is not for each of them to be looked at."""
    text = _("%(count)d references have not been checked for more than %(days)d days")
    detail = _("check_references does not run, or PubMed does not answer. Ask who runs the site")
    return Row(
        text % {"count": count, "days": STALE_AFTER.days},
        detail,
        reverse("admin:references_reference_changelist"),
    )


def scheduled_editions() -> Section:
    scheduled = Edition.objects.scheduled().order_by("validity__startswith").for_list()
    rows = [
        Row(
            edition.title,
            f"{language_name(edition.language)}: {edition.state}",
            reverse("admin:articles_article_editions", args=[edition.article_id]),
            frozenset([edition.article_id]),
        )
        for edition in scheduled
    ]
    return Section("scheduled_editions", _("Coming online"), rows, PUBLISH)


def old_drafts() -> Section:
    """Articles that were begun, not published, and left."""
    ever = Edition.objects.filter(article=OuterRef("pk"), validity__isempty=False)
    left = Article.objects.filter(~Exists(ever), updated_at__lt=timezone.now() - DRAFTS_WAIT)
    rows = [
        article_row(draft, _("Never published. Last saved %(ago)s ago") % {"ago": ago(draft.updated_at)})
        for draft in named(left).order_by("updated_at")
    ]
    return Section("old_drafts", _("Drafts left for more than a month"), rows)


def unpublished_changes() -> Section:
    """Articles that were changed after they had been published, and left."""
    left = (
        Edition.objects.last_published()
        .filter(article__updated_at__lt=timezone.now() - DRAFTS_WAIT)
        .unlike_their_draft()
        .order_by("article__updated_at", "language")
        .values_list("article", "title", "language", "article__updated_at")
    )
    rows = [
        Row(
            title,
            _("%(language)s: changed %(ago)s ago and not published since")
            % {"language": language_name(language), "ago": ago(updated_at)},
            article_url(article),
            frozenset([article]),
        )
        for article, title, language, updated_at in left
    ]
    return Section("unpublished_changes", _("Changes left for more than a month"), rows)


def originals_not_online() -> Section:
    """Articles that readers have in another language than the one they were written in, and only there."""
    online = Edition.objects.current().filter(article=OuterRef("pk"))
    in_original = Edition.objects.current_or_scheduled().filter(
        article=OuterRef("pk"), language=OuterRef("original_language")
    )
    missing = Article.objects.filter(Exists(online), ~Exists(in_original))
    rows = [
        article_row(
            article,
            _("Online, but not in %(language)s, its original language")
            % {"language": dict(settings.LANGUAGES)[article.original_language]},
        )
        for article in named(missing).order_by("pk")
    ]
    return Section("originals_not_online", _("Originals that are not online"), rows)


def reviews_due() -> Section:
    """Texts that patients are promised a medical review of by now."""
    due = (
        Edition.objects.reviews_due()
        .select_related("reviewed_by")
        .only("article", "language", "title", "next_review_on", "reviewed_by__name")
    )
    rows = [
        Row(
            edition.title,
            _("%(language)s: reviewed by %(name)s, to be reviewed again by %(day)s")
            % {
                "language": language_name(edition.language),
                "name": edition.reviewed_by,
                "day": formats.date_format(edition.next_review_on),
            },
            reverse("admin:articles_article_publish", args=[edition.article_id]),
            frozenset([edition.article_id]),
        )
        for edition in due
        if edition.next_review_on
    ]
    return Section("reviews_due", _("Medical reviews that are due"), rows, PUBLISH)


def outdated_translations() -> Section:
    """Translations that patients are told are behind the original."""
    behind = Edition.objects.outdated().only("article", "language", "title").order_by("pk")
    rows = [
        Row(
            edition.title,
            _("%(language)s: the original has been changed since")
            % {"language": language_name(edition.language)},
            reverse("admin:articles_article_translation", args=[edition.article_id]),
            frozenset([edition.article_id]),
        )
        for edition in behind
    ]
    return Section("outdated_translations", _("Translations that are behind"), rows)


def approvals_waiting() -> Section:
    """Doctors who were asked to approve a text and have not answered."""
    rows = [
        Row(
            approval.snapshot.title,
            _("%(language)s: %(name)s was asked %(ago)s ago")
            % {
                "language": language_name(approval.snapshot.language),
                "name": approval.name,
                "ago": ago(approval.asked_at),
            },
            reverse("admin:articles_article_share", args=[approval.snapshot.article_id]),
            frozenset([approval.snapshot.article_id]),
        )
        for approval in Approval.objects.waiting().select_related("snapshot")
    ]
    return Section("approvals_waiting", _("Approvals that wait for an answer"), rows, PUBLISH)


def broken_links() -> Section:
    """Pages of other sites that did not answer when last asked, and which articles link to them."""
    failing = list(LinkCheck.objects.failing().order_by("failing_since"))
    linking = named(Article.objects.filter(pk__in={pk for link in failing for pk in link.articles}))
    articles = linking.in_bulk()
    rows = [
        Row(
            link.url,
            _("%(why)s, since %(day)s. In: %(title)s")
            % {
                "why": capfirst(link.reason),
                "day": formats.date_format(timezone.localtime(link.failing_since)),
                "title": articles[pk],
            },
            article_url(pk),
            frozenset([pk]),
        )
        for link in failing
        for pk in link.articles
        if pk in articles
    ]
    return Section("broken_links", _("Links to other sites that do not answer"), rows)


SECTIONS: tuple[Callable[[], Section], ...] = (
    references_in_trouble,
    changed_references,
    unchecked_references,
    reviews_due,
    outdated_translations,
    approvals_waiting,
    broken_links,
    scheduled_editions,
    unpublished_changes,
    old_drafts,
    originals_not_online,
)


# Rows


def named(articles: ArticleQuerySet) -> ArticleQuerySet:
    """With what names them and no more."""
    titles = [localized("title", code) for code, _name in settings.LANGUAGES]
    return articles.only("original_language", "updated_at", *titles)


def article_row(article: Article, detail: str) -> Row:
    return Row(str(article), detail, article_url(article.pk), frozenset([article.pk]))


def article_url(pk: int) -> str:
    return reverse("admin:articles_article_change", args=[pk])


def reference_rows(reference: Reference, said: list[str], places: list[Place]) -> list[Row]:
    """The row of a reference; none when nobody cites it any more."""
    if not places:
        return []
    published = [place for place in places if not place.is_draft]
    drafts = [place for place in places if place.is_draft]
    url = reverse("admin:references_reference_change", args=[reference.pk])
    if published:
        said = [*said, _("Online: %(titles)s") % {"titles": titles(published)}]
    if not drafts:
        said = [*said, _("The draft does not cite it any more: publish it")]
        url = reverse("admin:articles_article_publish", args=[published[0].article])
    elif not published:
        said = [*said, _("In drafts: %(titles)s") % {"titles": titles(drafts)}]
    return [Row(str(reference), ". ".join(said), url, frozenset(place.article for place in places))]


def gravity(reference: Reference) -> int:
    """For sorting, the worst first."""
    worst_first = [standing.value for standing in GRAVITY]
    return worst_first.index(reference.standing) if reference.standing in worst_first else len(worst_first)


def troubles(reference: Reference) -> list[str]:
    found = []
    if reference.standing in GRAVITY and not reference.is_intended:
        found.append(capfirst(reference.get_standing_display()))
    if reference.agreement == Reference.Agreement.ANOTHER_PAPER:
        found.append(_("Another paper than the one described"))
    return found


def standing_until(check: Check) -> list[str]:
    """What a work was before its standing changed; nothing when that was unknown."""
    if check.standing_before == Reference.Standing.UNCHECKED:
        return []
    day = formats.date_format(timezone.localdate(check.at))
    before = capfirst(check.get_standing_before_display())
    return [_("%(standing)s until %(day)s") % {"standing": before, "day": day}]


def latest(checks: QuerySet[Check]) -> QuerySet[Check]:
    """Of those that changed a standing, each reference's latest."""
    changes = checks.exclude(standing_before=F("standing"))
    return changes.order_by("reference_id", "-at", "-id").distinct("reference_id")


def titles(places: list[Place]) -> str:
    """Each article once with its languages: “Lyskebrok” (Danish, English)."""
    names: dict[int, str] = {}
    languages: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for place in places:
        names.setdefault(place.article, place.title)
        languages[place.article].setdefault(place.language)  # once, though named by PubMed ID and DOI
    words = dict(settings.LANGUAGES)
    shown = ", ".join(
        _("“%(title)s” (%(languages)s)")
        % {"title": names[pk], "languages": ", ".join(str(words[code]) for code in languages[pk])}
        for pk in list(names)[:MOST_PLACES]
    )
    more = len(names) - MOST_PLACES
    return _("%(titles)s and %(count)d more") % {"titles": shown, "count": more} if more > 0 else shown


def ago(moment: datetime) -> str:
    """Since then, in the largest unit: “3 weeks”."""
    return timesince(moment, depth=1)


def language_name(language: str) -> str:
    return str(capfirst(dict(settings.LANGUAGES)[language]))
