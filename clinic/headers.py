"""Headers of every answer that Django has no setting for. docs/operations.md has the table of all."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from articles.csp import CSP, csp_override

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# Addresses by their beginning, so that redirects and error pages below them are meant, too.
DESK = "/admin"
FOR_ONE_READER = ("/preview/", "/approval/")
# Scripts of our own. What patients read runs none.
DESK_CSP: dict[str, list[str] | bool] = {"script-src": [CSP.SELF]}
# Shown in pages of other sites: the embed's stylesheet by the fragment, the mark by feed readers.
SHOWN_ELSEWHERE = tuple(f"{settings.STATIC_URL}{path}" for path in ("css/embed.", "img/"))

# What browsers offer to scripts and frames, none of which patients' pages have. Chromium says so in its
# console of each name that it does not know.
OFFERED = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read", "clipboard-write"),
    *("compute-pressure", "cross-origin-isolated", "display-capture", "encrypted-media", "fullscreen"),
    *("gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "keyboard-map", "local-fonts"),
    *("magnetometer", "microphone", "midi", "otp-credentials", "payment", "picture-in-picture"),
    *("publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock", "serial"),
    *("storage-access", "sync-xhr", "usb", "window-management", "xr-spatial-tracking"),
)
# Signing in with a passkey, and copying the address of a draft.
OFFERED_TO_DESK = frozenset({"clipboard-write", "publickey-credentials-create", "publickey-credentials-get"})


def permissions(allowed: frozenset[str] = frozenset()) -> str:
    return ", ".join(f"{name}=({'self' if name in allowed else ''})" for name in OFFERED)


PUBLIC_PERMISSIONS, DESK_PERMISSIONS = permissions(), permissions(OFFERED_TO_DESK)


def headers(get_response: GetResponse) -> GetResponse:
    """Middleware: goes over all that may answer, redirects and files included."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        is_desk = is_below(request.path_info, DESK)
        answer = csp_override(settings.SECURE_CSP | DESK_CSP)(get_response) if is_desk else get_response
        response = answer(request)
        response["Permissions-Policy"] = DESK_PERMISSIONS if is_desk else PUBLIC_PERMISSIONS
        is_shown_elsewhere = request.path_info.startswith(SHOWN_ELSEWHERE)
        response.headers.setdefault(
            "Cross-Origin-Resource-Policy", "cross-origin" if is_shown_elsewhere else "same-origin"
        )
        is_for_one_reader = request.path_info.startswith(FOR_ONE_READER)
        if is_desk or is_for_one_reader:
            response["Cache-Control"] = "no-store, private"
            response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        if is_for_one_reader:
            # The address, which is all that is needed to read the page, goes to no other.
            response["Referrer-Policy"] = "no-referrer"
        return response

    return middleware


def is_below(path: str, start: str) -> bool:
    return path == start or path.startswith(f"{start}/")
