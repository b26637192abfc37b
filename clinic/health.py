"""What those who keep the site running ask: is the process alive, can it serve?

Answered before everything else, so without the maintenance file, the host's name, a redirect to https or a
session: a load balancer asks a process by its address.
"""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils import timezone

from clinic import replica
from references.models import Check, Reference

MIB = 1024 * 1024
LITTLE_SPACE, TOO_LITTLE_SPACE = 2048 * MIB, 200 * MIB
# What a server that hangs, or a lock, may cost whoever asks: no load balancer waits for long.
PATIENCE = 2  # seconds
# Each reference is due every seven days, and the timer goes every hour.
LONGEST_WITHOUT_CHECK = timedelta(days=8)

Answer = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True)
class Finding:
    """What a check found. What is not `fit` takes the process out of service; a `warning` does not."""

    fit: bool = True
    warning: str = ""
    facts: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        status = "failed" if not self.fit else "warning" if self.warning else "ok"
        return {"status": status, **({"note": self.warning} if self.warning else {}), **(self.facts or {})}


def probes(get_response: Answer) -> Answer:
    """Middleware: /healthz and /readyz."""
    answers = {"/healthz": alive, "/readyz": ready}

    def middleware(request: HttpRequest) -> HttpResponse:
        answer = answers.get(request.path_info)
        if answer is None:
            return get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = answer(request)
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response

    return middleware


def alive(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing is asked: a database that is away is no reason to start it anew."""
    return HttpResponse("ok\n", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:
    """Whether readers can be sent here, with each check by its name; 503 when they cannot."""
    # Asked once: a server that is not there is waited for.
    alias = next((alias for alias in (DEFAULT_DB_ALIAS, replica.ALIAS) if answers(alias)), None)
    findings = {
        "database": database(alias),
        **in_database(alias),
        "disk": disk(),
        "maintenance": maintenance(),
    }
    is_ready = all(finding.fit for finding in findings.values())
    checks = {name: finding.as_json() for name, finding in findings.items()}
    return JsonResponse({"ready": is_ready, "checks": checks}, status=200 if is_ready else 503)


def answers(alias: str) -> bool:
    """Whether the database does; no where there is none of that name.

    Over a new connection: on one that is open a server that hangs is waited for without end.
    """
    if alias not in connections.settings:
        return False
    connection = connections[alias].copy()
    connection.settings_dict["OPTIONS"]["connect_timeout"] = PATIENCE
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT true")
    except (DatabaseError, InterfaceError):
        return False
    finally:
        connection.close()
    return True


def database(alias: str | None) -> Finding:
    """Given the one to read from. Pages go on while only the replica is there."""
    if alias is None:
        return Finding(fit=False, warning="the database does not answer")
    if alias == replica.ALIAS:
        return Finding(warning="the primary does not answer; pages are read from the replica")
    if replica.is_set_up() and not answers(replica.ALIAS):
        return Finding(warning="the replica does not answer; all is read from the primary")
    return Finding()


def in_database(alias: str | None) -> dict[str, Finding]:
    """What is looked up there. References only where there are tables for them."""
    not_known = {
        "migrations": Finding(fit=False, warning="not known"),
        "references": Finding(warning="not known"),
    }
    if alias is None:
        return not_known
    try:
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}s'")
            found = {**not_known, "migrations": migrations(alias)}
            return {**found, "references": references(alias)} if found["migrations"].fit else found
    except (DatabaseError, InterfaceError):
        return not_known


def migrations(alias: str) -> Finding:
    """All of the code's are applied; others, of newer code that was rolled back, only warn."""
    applied = set(MigrationRecorder(connections[alias]).applied_migrations())
    if missing := known_migrations() - applied:
        return Finding(fit=False, warning="not all are applied", facts={"missing": named(missing)})
    apps = {app for app, _name in known_migrations()}
    if newer := {migration for migration in applied - known_migrations() if migration[0] in apps}:
        return Finding(warning="the database is of newer code", facts={"unknown": named(newer)})
    return Finding()


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """Those in the code, less those that a squashed one replaces."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    replaced = {old for migration in loader.disk_migrations.values() for old in migration.replaces}
    return frozenset(set(loader.disk_migrations) - replaced)


def named(found: Iterable[tuple[str, str]]) -> list[str]:
    return sorted(f"{app}.{name}" for app, name in found)


def disk() -> Finding:
    """Space for pictures, where they are files."""
    if not isinstance(default_storage, FileSystemStorage):
        return Finding(facts={"media": "not on this machine"})
    place = Path(settings.MEDIA_ROOT)
    try:
        while not place.exists():
            place = place.parent
        free = shutil.disk_usage(place).free
    except OSError:
        return Finding(fit=False, warning="the folder of pictures cannot be reached")
    facts = {"free_mib": free // MIB}
    if free < TOO_LITTLE_SPACE:
        return Finding(fit=False, warning="the disk is full", facts=facts)
    return Finding(warning="the disk is nearly full" if free < LITTLE_SPACE else "", facts=facts)


def references(alias: str) -> Finding:
    """When PubMed was last asked. Pages are read all the same."""
    last = Check.objects.using(alias).order_by("-id").values_list("at", flat=True).first()
    are_any = Reference.objects.using(alias).checkable().exists()
    facts = {"last_check_hours": None if last is None else (timezone.now() - last) // timedelta(hours=1)}
    is_late = are_any and (last is None or timezone.now() - last > LONGEST_WITHOUT_CHECK)
    return Finding(warning="not checked lately: is the timer running?" if is_late else "", facts=facts)


def maintenance() -> Finding:
    """Closed by the file: this process says so to readers itself, better than a load balancer could."""
    return Finding(warning="the site is closed" if settings.MAINTENANCE_FILE.exists() else "")
