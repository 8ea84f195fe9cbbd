"""The one client for outgoing HTTP. It reaches public addresses and nothing of our own network.

The name is resolved once, the address is judged, and the connection goes to that very address
(TLS still checks the name), so a name that changes its mind in between gains nothing. Redirects
are followed here, each judged anew. Time and size are limited.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests  # noqa: TID251 (this is helpdesk.lib.http)
import structlog
from django.conf import settings
from requests_hardened import HTTPSession
from requests_hardened.config import Config
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.exceptions import NameResolutionError, NewConnectionError, SSLError

from helpdesk.lib.errors import PermanentFailure, TemporaryFailure

CONNECT_TIMEOUT_SECONDS = 2.0
TOTAL_TIMEOUT_SECONDS = 20.0
MAX_BYTES = 10 * 1024 * 1024
MAX_REDIRECTS = 3
PORTS = {"http": 80, "https": 443}
REDIRECTS = (301, 302, 303, 307, 308)
CHUNK_BYTES = 64 * 1024
NOT_CONNECTED = "not_connected"
"""The ``code`` of a TemporaryFailure before which not one byte left."""

log = structlog.get_logger()
_end: ContextVar[float] = ContextVar("end of all requests", default=math.inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All requests made in here end within so many seconds together: somebody is waiting."""
    token = _end.set(min(_end.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _end.reset(token)


@dataclass(frozen=True)
class Answer:
    """What the other side said, read to its end."""

    status: int
    headers: dict[str, str]
    content: bytes
    url: str

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";", 1)[0].strip().lower()


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    content: bytes | None = None,
    max_bytes: int = MAX_BYTES,
    timeout_seconds: float = TOTAL_TIMEOUT_SECONDS,
) -> Answer:
    """Ask a public address and return the whole answer, whatever its status.

    Raises PermanentFailure for an address that may not be asked (reason ``forbidden_address``)
    or an answer that is too large (``too_large``), TemporaryFailure when nobody answers in time
    (``code`` NOT_CONNECTED where the request certainly never left).
    """
    deadline = min(time.monotonic() + timeout_seconds, _end.get())
    for _ in range(MAX_REDIRECTS + 1):
        check_address(url)
        answer = _ask(url, method, headers or {}, content, max_bytes, deadline)
        target = answer.headers.get("location")
        if answer.status not in REDIRECTS or not target:
            return answer
        url = urljoin(url, target)
        headers = _without_secrets(headers or {})
        if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
            method, content = "GET", None
    raise PermanentFailure("Too many redirects.", reason_code="too_many_redirects")


def check_address(url: str) -> None:
    """Raises PermanentFailure unless the URL is plain http(s) to a usual port, without a login."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _forbidden("This is not a web address.") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise _forbidden("Only http and https addresses can be fetched.")
    if parts.username is not None or parts.password is not None:
        raise _forbidden("Addresses with a user name cannot be fetched.")
    if any(each <= " " or each in "\\\x7f" for each in url):
        raise _forbidden("This is not a web address.")
    is_allowed = url.startswith(tuple(settings.HTTP_ALLOWED_PREFIXES))
    if port not in (None, *PORTS.values()) and not is_allowed:
        raise _forbidden("Only the ports 80 and 443 can be reached.")


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether the address belongs to the internet at large, not to us or to a special purpose."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
        if address.teredo or address.is_site_local or int(address) >> 32 == 0:
            return False
        if address in ipaddress.ip_network("64:ff9b::/32"):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class _PublicOnly(IPFilterAdapter):
    """Judges the address that the connection is about to be made to."""

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
        address = ipaddress.ip_address(str(host["host"]).strip("[]").split("%")[0])
        if not is_public(address):
            raise InvalidIPAddress(address)
        return host, pool


def _session() -> requests.Session:
    config = Config(
        ip_filter_enable=True,
        ip_filter_allow_loopback_ips=False,
        never_redirect=True,
        default_timeout=(CONNECT_TIMEOUT_SECONDS, TOTAL_TIMEOUT_SECONDS),
        user_agent_override="Aftercare",
    )
    session: requests.Session = HTTPSession(config)
    session.trust_env = False
    for scheme in PORTS:
        session.mount(f"{scheme}://", _PublicOnly(is_https_proto=scheme == "https"))
    for prefix in settings.HTTP_ALLOWED_PREFIXES:
        session.mount(prefix, requests.adapters.HTTPAdapter())
    return session


def _ask(
    url: str,
    method: str,
    headers: dict[str, str],
    content: bytes | None,
    max_bytes: int,
    deadline: float,
) -> Answer:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TemporaryFailure("The other side took too long.")
    try:
        with (
            _session() as session,
            session.request(
                method,
                url,
                headers=headers,
                data=content,
                stream=True,
                timeout=(min(CONNECT_TIMEOUT_SECONDS, left), left),
            ) as response,
        ):
            body = _read(response, max_bytes, deadline)
            received = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, received, body, url)
    except (InvalidIPAddress, requests.exceptions.InvalidURL, UnicodeError) as error:
        log.warning("http.forbidden_address")
        raise _forbidden("This address cannot be fetched.") from error
    except requests.ConnectTimeout as error:
        raise _not_connected() from error
    except requests.ConnectionError as error:
        if _is_refused(error):
            raise _not_connected() from error
        raise TemporaryFailure("The other side did not answer.") from error
    except requests.RequestException as error:
        raise TemporaryFailure("The other side did not answer.") from error


def _is_refused(error: requests.ConnectionError) -> bool:
    """Whether not one byte of the request left: no address, no connection, no TLS."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError | NameResolutionError | SSLError)


def _not_connected() -> TemporaryFailure:
    return TemporaryFailure("The other side cannot be reached.", code=NOT_CONNECTED)


def _read(response: requests.Response, max_bytes: int, deadline: float) -> bytes:
    parts: list[bytes] = []
    size_bytes = 0
    for part in response.iter_content(CHUNK_BYTES):
        size_bytes += len(part)
        if size_bytes > max_bytes:
            raise PermanentFailure("The answer is too large.", reason_code="too_large")
        if time.monotonic() > deadline:
            raise TemporaryFailure("The other side took too long.")
        parts.append(part)
    return b"".join(parts)


def _without_secrets(headers: dict[str, str]) -> dict[str, str]:
    """A redirect may lead to somebody else: credentials stay here."""
    secret = ("authorization", "cookie", "x-api-key")
    return {name: value for name, value in headers.items() if name.lower() not in secret}


def _forbidden(message: str) -> PermanentFailure:
    return PermanentFailure(message, reason_code="forbidden_address")
