"""The links to other sites in our texts, and whether they still lead somewhere."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils import timezone

from articles import addresses, markdown, outside, passages
from articles.models import Article, Edition, LinkCheck
from articles.outside import Answer
from references import pacing

PAUSE = 1.0  # seconds between two questions to one host
LONGEST_URL = 1000
MOST_WITNESSES = 3


@dataclass(frozen=True)
class Looked:
    """A look at a link. It is written down, unless nobody could be asked."""

    check: LinkCheck
    answer: Answer
    could_ask: bool = True
    has_begun_to_fail: bool = False


def collect() -> None:
    """Have a row for each link to another site that patients see or a draft holds, and no others."""
    linked: dict[str, set[int]] = defaultdict(set)
    for article, html in texts():
        for url in links_in(html):
            linked[url].add(article)
    LinkCheck.objects.exclude(url__in=linked).delete()
    known = {check.url: check for check in LinkCheck.objects.all()}
    new = [LinkCheck(url=url, articles=sorted(linked[url])) for url in sorted(linked.keys() - known)]
    LinkCheck.objects.bulk_create(new, ignore_conflicts=True)
    for url, check in known.items():
        check.articles = sorted(linked[url])
    LinkCheck.objects.bulk_update(known.values(), ["articles"], batch_size=500)


def texts() -> Iterator[tuple[int, str]]:
    """The article and HTML of what is online or scheduled, and of the drafts that differ from it."""
    published = set()
    for editions in (Edition.objects.current(), Edition.objects.scheduled()):
        stored = editions.only("article", "language", "seek_help", "seek_help_html", "body", "html")
        for edition in stored.iterator():
            published.add((edition.article_id, edition.language, hash((edition.seek_help, edition.body))))
            yield edition.article_id, edition.seek_help_html + edition.html
    for article in Article.objects.iterator():
        for language in article.languages:
            seek_help, body = (article.text(name, language) for name in ("seek_help", "body"))
            is_written = bool(seek_help or body)
            if is_written and (article.pk, language, hash((seek_help, body))) not in published:
                html = markdown.render(body, {}).html
                yield article.pk, markdown.render_short(seek_help) + html


def links_in(html: str) -> Iterator[str]:
    for link in passages.read(html).links:
        url = addresses.outside(link.href)
        if url and len(url) <= LONGEST_URL:
            yield url


def check(checks: Iterable[LinkCheck]) -> Iterator[Looked]:
    """Ask for each link and write down what was answered, one after the other.

    That nobody answers may be our network's doing. It is believed only when another site answers after
    it, or, at the end, when one does that has answered before.
    """
    unheard: list[tuple[LinkCheck, Answer]] = []
    pause = Pause()
    for link in checks:
        pause.before(link.url)
        answer = outside.ask(link.url)
        if answer.status is None:
            unheard.append((link, answer))
            continue
        for silent, silence in unheard:
            yield write_down(silent, silence)
        unheard.clear()
        yield write_down(link, answer)
    is_our_network = bool(unheard) and not is_anybody_there()
    for silent, silence in unheard:
        yield Looked(silent, silence, could_ask=False) if is_our_network else write_down(silent, silence)


class Pause:
    """Keeps questions to one host apart."""

    def __init__(self) -> None:
        self.asked_at: dict[str, float] = {}

    def before(self, url: str) -> None:
        host, now = urlsplit(url).netloc, pacing.clock.now()
        wait = self.asked_at.get(host, now - PAUSE) + PAUSE - now
        if wait > 0:
            pacing.clock.sleep(wait)
        self.asked_at[host] = pacing.clock.now()


def write_down(check: LinkCheck, answer: Answer) -> Looked:
    now = timezone.now()
    has_begun_to_fail = bool(answer.trouble) and check.failing_since is None
    check.status, check.trouble, check.checked_at = answer.status, answer.trouble, now
    check.failing_since = (check.failing_since or now) if answer.trouble else None
    # Somebody else may have forgotten the link meanwhile.
    LinkCheck.objects.filter(pk=check.pk).update(
        status=check.status, trouble=check.trouble, checked_at=now, failing_since=check.failing_since
    )
    return Looked(check, answer, has_begun_to_fail=has_begun_to_fail)


def is_anybody_there() -> bool:
    """Whether one of those answers that did so most recently."""
    witnesses = LinkCheck.objects.filter(status__isnull=False).order_by("-checked_at")[:MOST_WITNESSES]
    return any(outside.ask(witness.url).status is not None for witness in witnesses)
