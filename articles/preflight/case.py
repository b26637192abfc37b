"""A draft with all that its findings depend on, so that the rules need no database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, Q
from django.urls import reverse
from django.utils import translation

from articles import addresses, passages
from articles.addresses import Target
from articles.drafts import Draft
from articles.models import SHOWN_TEXTS, Article, Category, Edition, LinkCheck, Treatment, originals_ahead
from articles.passages import Content, Link
from references import citations
from references.citations import Key
from references.languages import localized
from references.models import Reference


class Place(TypedDict):
    line: int | None
    url: str


@dataclass(frozen=True)
class Case:
    draft: Draft
    content: Content
    seek_help: Content
    """What stands in the box about when to seek help."""
    targets: list[tuple[Link, Target]]
    """The links to pages of ours."""
    outside: dict[str, Link]
    """The links to others' pages, by address."""
    online: frozenset[Target]
    """The targets that readers find something at."""
    not_yet: frozenset[Target]
    """Those that are written and have never been online."""
    slug_holder: str = ""
    """The title of another article that has the address, now or later."""
    cited_elsewhere: dict[str, set[Key]] = field(default_factory=dict)
    """What the text in each other language cites, each work by its first key."""
    failing: dict[str, LinkCheck] = field(default_factory=dict)
    """What the last check says of others' pages that did not answer."""
    in_force: Edition | None = None
    """What readers see then; with `is_behind`, whether the original has gone on since."""

    def field_url(self, name: str) -> str:
        """Where in the admin a field of the article is changed; a translated one in this language."""
        edition = self.draft.edition
        is_translated = name in SHOWN_TEXTS
        anchor = localized(name, edition.language) if is_translated else name
        return f"{reverse('admin:articles_article_change', args=[edition.article_id])}#id_{anchor}"

    def place_of(self, written: str) -> Place:
        """Where something stands first in a text, as a finding says it; lines are those of the long one."""
        line = self.line_of(written)
        in_box = line is None and written and written.casefold() in self.draft.edition.seek_help.casefold()
        return {"line": line, "url": self.field_url("seek_help" if in_box else "body")}

    @property
    def links(self) -> list[Link]:
        return [*self.content.links, *self.seek_help.links]

    def line_of(self, written: str) -> int | None:
        """The line of the Markdown in which something stands first."""
        if not written:
            return None
        before, found, _after = self.draft.edition.body.casefold().partition(written.casefold())
        return before.count("\n") + 1 if found else None


def case_of(draft: Draft, at: datetime) -> Case:
    """Look up what the rules need: as many queries for a long text as for a short one."""
    edition = draft.edition
    content, seek_help = passages.read(edition.html), passages.read(edition.seek_help_html)
    links = [*content.links, *seek_help.links]
    with translation.override(edition.language):
        page = f"{reverse('articles:list')}{edition.slug}/"
    hrefs = {link.href for link in links if link.href.strip() and not link.href.strip().startswith("#")}
    lead_to = {href: addresses.target(href, page) for href in hrefs}
    targets = [(link, target) for link in links if (target := lead_to.get(link.href))]
    outside = {address: link for link in links if (address := addresses.outside(link.href))}
    own = {
        Target("article", edition.language, edition.slug),
        Target("permalink", edition.language, str(edition.article_id)),
    }
    if edition.author:
        own.add(Target("author", edition.language, edition.author.slug))
    asked = {target for _link, target in targets} - own
    online, not_yet = articles_at(asked, at)
    return Case(
        draft=draft,
        content=content,
        seek_help=seek_help,
        targets=targets,
        outside=outside,
        online=frozenset(own | online | lists_at(asked, at)),
        not_yet=frozenset(not_yet),
        slug_holder=slug_holder(edition, at),
        cited_elsewhere=cited_elsewhere(edition.article, edition.language),
        in_force=edition_in_force(edition, at),
        failing={c.url: c for c in LinkCheck.objects.failing().filter(url__in=outside)} if outside else {},
    )


def edition_in_force(edition: Edition, at: datetime) -> Edition | None:
    editions = Edition.objects.current(at).filter(article=edition.article_id)
    return (
        editions.in_language(edition.language)
        .annotate(is_behind=Exists(originals_ahead(at)))
        .select_related("reviewed_by")
        .without_texts()
        .first()
    )


def slug_holder(edition: Edition, at: datetime) -> str:
    holder = Edition.objects.elsewhere_at(edition, DateTimeTZRange(at, None)).first()
    return holder.title if holder else ""


def articles_at(asked: Iterable[Target], at: datetime) -> tuple[set[Target], set[Target]]:
    """Those of the targets that are articles: the ones online, and the ones never online so far."""
    asked = [target for target in asked if target.kind in ("article", "permalink")]
    if not asked:
        return set(), set()
    slugs = {target.value for target in asked if target.kind == "article"}
    numbers = {int(target.value) for target in asked if target.kind == "permalink"}
    condition = Q(pk__in=numbers)
    for code, _name in settings.LANGUAGES:
        condition |= Q(**{f"{localized('slug', code)}__in": slugs})
    written = {
        Target("article", code, article.text("slug", code)): article.pk
        for article in Article.objects.filter(condition).only("pk", *slug_columns())
        for code, _name in settings.LANGUAGES
    }
    former = Edition.objects.begun(at).filter(slug__in=slugs).order_by("id")
    had = {(language, slug): pk for pk, language, slug in former.values_list("article", "language", "slug")}
    pks = {*written.values(), *had.values(), *numbers}
    current = set(Edition.objects.current(at).filter(article__in=pks).values_list("article", "language"))
    begun = set(Edition.objects.begun(at).filter(article__in=pks).values_list("article", "language"))
    online, not_yet = set(), set()
    for target in asked:
        if target.kind == "permalink":
            pk = int(target.value)
            if any(article == pk for article, _language in current):
                online.add(target)
            elif pk in written.values() and not any(article == pk for article, _language in begun):
                not_yet.add(target)
            continue
        # A former slug leads on to the article, as does one of another language.
        languages = [target.language, *(code for code, _name in settings.LANGUAGES)]
        holder = next((had[code, target.value] for code in languages if (code, target.value) in had), None)
        if (holder, target.language) in current:
            online.add(target)
        elif target in written and (written[target], target.language) not in begun:
            not_yet.add(target)
    return online, not_yet


def slug_columns() -> list[str]:
    return [localized("slug", code) for code, _name in settings.LANGUAGES]


def lists_at(asked: Iterable[Target], at: datetime) -> set[Target]:
    """Those of the targets that are other pages of the blog and exist."""
    found = {target for target in asked if target.kind == "page"}
    for kind, model in (("category", Category), ("treatment", Treatment)):
        wanted = {target for target in asked if target.kind == kind}
        if wanted:
            condition = Q()
            for target in wanted:
                condition |= Q(**{localized("slug", target.language): target.value})
            slugs = model._default_manager.filter(condition).values_list(*slug_columns())
            codes = [code for code, _name in settings.LANGUAGES]
            existing = {(code, slug) for row in slugs for code, slug in zip(codes, row, strict=True)}
            found |= {target for target in wanted if (target.language, target.value) in existing}
    if authors := {target for target in asked if target.kind == "author"}:
        # An author has a page in the languages in which they have an article.
        current = Edition.objects.current(at).filter(author__slug__in={target.value for target in authors})
        existing = set(current.values_list("language", "author__slug").distinct())
        found |= {target for target in authors if (target.language, target.value) in existing}
    return found


def cited_elsewhere(article: Article, language: str) -> dict[str, set[Key]]:
    """What the working copy cites in each other language in which it has a text."""
    keys = {
        code: citations.keys(article.text("body", code))
        for code in article.languages
        if code != language and article.text("body", code).strip()
    }
    known = Reference.objects.by_key(key for some in keys.values() for key in some) if keys else {}
    return {code: {known[key].keys[0] for key in some} for code, some in keys.items()}
