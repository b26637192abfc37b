"""Errors to a Sentry, when SENTRY_DSN names one: where in the code, and nothing of who asked for what."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from clinic import logs, request_ids

# What of an event is about the code. Requests, people, machines and variables are left out.
KEPT = {"event_id", "timestamp", "level", "logger", "platform", "release", "environment", "exception", "sdk"}


def start(dsn: str) -> None:
    try:
        import sentry_sdk  # noqa: PLC0415 - an extra, which not everyone installs
        from sentry_sdk.integrations.logging import ignore_logger  # noqa: PLC0415
    except ImportError:
        raise ImproperlyConfigured(
            "SENTRY_DSN needs sentry-sdk: install requirements-extras.txt, or leave it unset."
        ) from None
    ignore_logger("django.security.*")  # as settings.LOGGING has it
    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        send_client_reports=False,
        auto_session_tracking=False,
        server_name="",
        before_send=scrubbed,
    )


def scrubbed(event: Any, _hint: dict[str, Any]) -> Any:
    """The event with what KEPT names, its sentences as the logs would have them, and the request's number."""
    kept = {name: value for name, value in event.items() if name in KEPT}
    for one in (kept.get("exception") or {}).get("values", ()):
        one["value"] = logs.scrubbed(str(one.get("value") or "").partition("\n")[0])
        for frame in (one.get("stacktrace") or {}).get("frames", ()):
            frame.pop("vars", None)
    if sentence := (event.get("logentry") or {}).get("formatted") or (event.get("logentry") or {}).get(
        "message"
    ):
        kept["message"] = logs.scrubbed(str(sentence))
    if (request := request_ids.current.get()) is not None:
        kept["tags"] = {"request": request_ids.number_of(request)}
    return kept
