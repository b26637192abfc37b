"""The list of articles: where each language stands, and what to choose by."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from django.conf import settings
from django.contrib.admin import ModelAdmin, SimpleListFilter, display
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.text import capfirst, format_lazy
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.desk import LANGUAGE_NAMES
from articles.models import Article, ArticleQuerySet, Citation, Edition
from references import finding
from references.models import Reference

STATES = {
    "online": gettext_lazy("Online"),
    "scheduled": gettext_lazy("Scheduled"),
    "changed": gettext_lazy("Changed since it was published"),
    "draft": gettext_lazy("Draft only"),
    "nothing": gettext_lazy("Nothing written"),
}


class ArticleChangeList(ChangeList):
    """A page of the list, without the texts, and with the state of each language."""

    def get_queryset(self, *args: Any, **kwargs: Any) -> ArticleQuerySet:
        return cast("ArticleQuerySet", super().get_queryset(*args, **kwargs)).for_list()

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        states = language_states(article.pk for article in self.result_list)
        for article in self.result_list:
            article.states = states[article.pk]


def language_states(articles: Iterable[int]) -> defaultdict[int, defaultdict[str, list[str]]]:
    """What is published of each language of each article, as phrases for editors."""
    published = Edition.objects.current_or_scheduled().filter(article__in=list(articles))
    changed = set(published.last_published().unlike_their_draft().order_by().values_list("pk", flat=True))
    states: defaultdict[int, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for edition in published.only("article", "language", "validity").order_by("validity"):
        phrases = states[edition.article_id][edition.language]
        phrases.append(edition.state)
        if edition.pk in changed:
            phrases.append(str(STATES["changed"]))
    return states


def language_column(language: str) -> Callable[[Any], str]:
    @display(description=LANGUAGE_NAMES[language])
    def state(article: Any) -> str:
        drafted = [_("Draft")] if getattr(article, f"written_{language}") else []
        phrases = article.states[language] or drafted
        return format_html_join("", "<div>{}</div>", ([phrase] for phrase in phrases)) or "–"

    state.__name__ = f"state_{language}"
    return state


@display(description=gettext_lazy("changed"), ordering="updated_at")
def changed(article: Article) -> str:
    """Short, so that the table fits beside the filters."""
    return date_format(localtime(article.updated_at), "SHORT_DATETIME_FORMAT")


def language_filter(language: str) -> type[SimpleListFilter]:
    class LanguageFilter(SimpleListFilter):
        title = format_lazy(gettext_lazy("state in {language}"), language=dict(settings.LANGUAGES)[language])
        parameter_name = f"state_{language}"

        def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Sequence[tuple[str, Any]]:
            return list(STATES.items())

        def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
            state = self.value()
            return queryset.filter(is_in_state(language, state)) if state in STATES else queryset

    return LanguageFilter


class CitedStandingFilter(SimpleListFilter):
    """Articles that cite a work of a standing, online or in their drafts."""

    title = gettext_lazy("standing of what is cited")
    parameter_name = "cites"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Sequence[tuple[str, str]]:
        another = Reference.Agreement.ANOTHER_PAPER
        choices = [*Reference.Standing.choices, (another.value, another.label)]
        # Nearly everything cites a work in good standing.
        return [(value, str(capfirst(label))) for value, label in choices if value != Reference.Standing.GOOD]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        value = self.value()
        if value not in dict(self.lookup_choices):
            return queryset
        field = "agreement" if value == Reference.Agreement.ANOTHER_PAPER else "standing"
        return queryset.filter(is_citing(Reference.objects.filter(**{field: value})))


FILTERS: Any = [
    *(language_filter(code) for code, _name in settings.LANGUAGES),
    "author",
    "category",
    CitedStandingFilter,
]


def is_in_state(language: str, state: str) -> Q:
    """One language may be in several, such as online and changed since."""
    editions = Edition.objects.in_language(language).filter(article=OuterRef("pk"))
    published = Q(Exists(editions.current_or_scheduled()))
    written = Q(pk__in=Article.objects.written_in(language))
    conditions = {
        "online": Q(Exists(editions.current())),
        "scheduled": Q(Exists(editions.scheduled())),
        "changed": Q(Exists(editions.last_published().unlike_their_draft())),
        "draft": written & ~published,
        "nothing": ~written & ~published,
    }
    return conditions[state]


def is_citing(references: QuerySet[Reference]) -> Q:
    """Online, scheduled or in the draft."""
    published = Citation.objects.filter(
        edition__in=Edition.objects.current_or_scheduled(), reference__in=references
    )
    keys = [key for reference in references.only("pmid", "doi") for key in reference.keys]
    drafts = Article.objects.citing(keys)
    return Q(pk__in=published.values("edition__article")) | Q(pk__in=drafts.values("pk"))


def citing_what_is_named(articles: QuerySet[Article], search: str) -> QuerySet[Article]:
    """Those of the articles that cite the work whose PubMed ID, DOI or address was searched for."""
    key = finding.identifier(search)
    return articles.filter(is_citing(Reference.objects.cited_by([key]))) if key else articles.none()
