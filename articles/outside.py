"""Pages of other sites: whether they answer. The only module that asks them.

An address in a text is somebody's word, so asking for it must not lead into our own network: only
http and https, only to addresses on the public internet, looked up once and then connected to, at
each of a few redirects anew. Nothing of a page is read.
"""

import socket
import ssl
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urljoin

import httpx2
from django.conf import settings

from articles.models import LinkCheck
from references.deadlines import within

Trouble = LinkCheck.Trouble

LONGEST = 20.0  # seconds for one address, with redirects
LONGEST_STEP = 8.0
MOST_REDIRECTS = 3
# Websites for readers are at these. What else listens at an address, which may be our own public one, is not
# for everybody to ask.
PORTS = frozenset({80, 443, 8080, 8443})
PUBLIC_IPV6 = IPv6Network("2000::/3")  # all that is given out so far
NAT64 = IPv6Network("64:ff9b::/96")
# What ipaddress calls global: where Azure's and Oracle's machines ask who they are, and a former relay.
NOT_PUBLIC = tuple(map(IPv4Network, ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24")))
SENDER = "Mozilla/5.0 (compatible; clinic-blog link check)"

# The page may well be there for readers: it wants a person, a browser or more time between questions.
CANNOT_SAY = frozenset({401, 403, 405, 407, 429, 451, 503, 999})
MOVED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Answer:
    """`status` is None when nobody answered, which may be our own network's doing."""

    status: int | None = None
    trouble: str = ""


class NotAskedError(Exception):
    """The address is not asked: it is none, or not a public one."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


def ask(url: str) -> Answer:
    """Whether there is a page at the address. Takes at most LONGEST seconds and raises nothing."""
    try:
        return within(LONGEST, lambda: follow(url))
    except NotAskedError as refusal:
        return Answer(trouble=refusal.trouble)
    except (TimeoutError, httpx2.TimeoutException):
        return Answer(trouble=Trouble.TIMEOUT)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:  # ValueError: "http://[x"
        return Answer(trouble=Trouble.INSECURE if is_about_tls(error) else Trouble.UNREACHABLE)


def follow(url: str) -> Answer:
    """What the address, or the one it is redirected to, answers."""
    for _step in range(MOST_REDIRECTS + 1):
        status, location = send("HEAD", url)
        # Many servers do not know HEAD, or answer it differently. A busy one is not asked again.
        if status >= HTTPStatus.BAD_REQUEST and status != HTTPStatus.TOO_MANY_REQUESTS:
            status, location = send("GET", url)
        if status not in MOVED or not location:
            return Answer(status, trouble_of(status))
        url = urljoin(url, location)
    return Answer(status, Trouble.REDIRECTS)


def trouble_of(status: int) -> str:
    if status < HTTPStatus.BAD_REQUEST or status in CANNOT_SAY:
        return ""
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return Trouble.GONE
    return Trouble.SERVER_ERROR if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Trouble.REFUSED


def send(method: str, url: str) -> tuple[int, str]:
    """Status and redirect of one request. Raises NotAskedError and httpx's errors."""
    address = httpx2.URL(url)
    if address.scheme not in ("http", "https") or not address.host:
        raise NotAskedError(Trouble.NOT_PUBLIC)
    host = address.raw_host.decode("ascii")
    port = address.port or (443 if address.scheme == "https" else 80)
    # The host's name stays in the headers and in the certificate; the connection goes to what was checked.
    pinned = address.copy_with(host=str(public_address(host, port)), userinfo=b"")
    headers = {"Host": address.netloc.decode("ascii"), "User-Agent": SENDER, "Accept": "*/*"}
    with (
        httpx2.Client(verify=tls(), timeout=LONGEST_STEP, follow_redirects=False, trust_env=False) as client,
        client.stream(method, pinned, headers=headers, extensions={"sni_hostname": host}) as response,
    ):
        return response.status_code, response.headers.get("Location", "")


def public_address(host: str, port: int) -> IPv4Address | IPv6Address:
    """The first address of the host, if all of them are public. Raises NotAskedError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotAskedError(Trouble.NO_SUCH_HOST) from None
    addresses = sorted({ip_address(where[0]) for *_kind, where in found}, key=lambda ip: ip.version)
    is_website = port in PORTS and all(map(is_public, addresses))
    if host not in settings.LINK_CHECK_ALLOWED_HOSTS and not is_website:
        raise NotAskedError(Trouble.NOT_PUBLIC)
    return addresses[0]


def is_public(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast and not any(ip in network for network in NOT_PUBLIC)
    within_it = ip.ipv4_mapped or ip.sixtofour or behind_nat64(ip)
    # IPv6 has more forms that hold an IPv4 address; of what is public, none lies outside PUBLIC_IPV6.
    return is_public(within_it) if within_it else ip in PUBLIC_IPV6 and ip.is_global


def behind_nat64(ip: IPv6Address) -> IPv4Address | None:
    """What a network without IPv4 calls a host that has nothing else (RFC 6052)."""
    return IPv4Address(ip.packed[-4:]) if ip in NAT64 else None


def is_about_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


@cache
def tls() -> ssl.SSLContext:
    """Made once: it takes longer than a request."""
    return httpx2.create_ssl_context()
