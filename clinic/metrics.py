"""Numbers for Prometheus at /metrics, to whoever shows METRICS_TOKEN.

No label holds what a visitor wrote: pages are named by their URL pattern, methods are of a short list.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connection
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client import generate_latest as written
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from articles.models import Edition
from clinic import health
from references.models import Check, Reference

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

requests = Counter("clinic_requests", "Requests that were answered.", ["view", "method", "status"])
seconds = Histogram(
    "clinic_request_seconds",
    "How long an answer took to make.",
    ["view"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
mails_failed = Counter("clinic_mails_failed", "Mails that the mail server did not take from this process.")


def counting(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: count the request by the name of its page; answer /metrics to whoever may ask."""

    def middleware(request: HttpRequest) -> HttpResponse:
        # Before the host's name is looked at: each process's numbers may be asked for by its address.
        if request.path_info == "/metrics" and may_ask(request):
            return metrics()
        begun = time.perf_counter()
        response = get_response(request)
        view = (request.resolver_match.view_name if request.resolver_match else "") or "none"
        method = request.method if request.method in METHODS else "other"
        requests.labels(view, method, response.status_code).inc()
        seconds.labels(view).observe(time.perf_counter() - begun)
        return response

    return middleware


def may_ask(request: HttpRequest) -> bool:
    shown, token = request.headers.get("Authorization", ""), settings.METRICS_TOKEN
    return bool(token) and secrets.compare_digest(shown.encode(), f"Bearer {token}".encode())


def metrics() -> HttpResponse:
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    registry.register(Content())
    response = HttpResponse(written(registry), content_type=CONTENT_TYPE_LATEST)
    response["Cache-Control"] = "no-store"
    return response


class Content(Collector):
    """What is in the database, counted when asked: all processes have the same."""

    def collect(self) -> Iterator[Metric]:
        found: list[Metric] = []
        try:
            # Asked first: a server that hangs would be waited for.
            if health.answers(DEFAULT_DB_ALIAS):
                found = list(content())
        except (DatabaseError, InterfaceError):
            connection.close()
        yield GaugeMetricFamily("clinic_database_up", "Whether the database answered.", value=bool(found))
        yield from found

    def describe(self) -> Iterator[Metric]:
        """Nothing: else registering it would ask the database."""
        yield from ()


def content() -> Iterator[Metric]:
    published = CounterMetricFamily("clinic_editions_published", "Editions made.", labels=["language"])
    for language, number in counts(Edition.objects.order_by().values_list("language")):
        published.add_metric([language], number)
    yield published
    standings = GaugeMetricFamily("clinic_references", "References by their standing.", labels=["standing"])
    by_standing = dict(counts(Reference.objects.order_by().values_list("standing")))
    for standing in Reference.Standing.values:
        standings.add_metric([standing], by_standing.get(standing, 0))
    yield standings
    last = Check.objects.order_by("-id").values_list("at", flat=True).first()
    if last is not None:
        age = time.time() - last.timestamp()
        yield GaugeMetricFamily(
            "clinic_last_reference_check_age_seconds", "Since PubMed was last asked.", value=age
        )
    yield GaugeMetricFamily(
        "clinic_references_due",
        "References that are to be checked.",
        Reference.objects.due_for_check().count(),
    )
    yield GaugeMetricFamily(
        "clinic_translations_outdated",
        "Translations online that are behind their original.",
        Edition.objects.outdated().count(),
    )
    yield GaugeMetricFamily(
        "clinic_changes_untold",
        "Changes of a work's standing that editors have not been mailed.",
        Check.objects.untold().count(),
    )


def counts(values: QuerySet[Any, Any]) -> list[tuple[str, int]]:
    return list(values.annotate(number=Count("pk")))
