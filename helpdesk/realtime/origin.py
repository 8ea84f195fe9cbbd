"""Which pages may open a socket: ours. A browser names the page's origin and no page can lie."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host


def is_own_origin(scope: dict[str, Any]) -> bool:
    """Whether the handshake comes from our own page; without an Origin it does not.

    Ours are AFTERCARE_PUBLIC_URL and, under an allowed host name, the very address the socket
    was asked for.
    """
    headers = dict(scope.get("headers", []))
    origin = headers.get(b"origin", b"").decode("latin-1")
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return False
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    host = headers.get(b"host", b"").decode("latin-1")
    name, _ = split_domain_port(host)
    is_allowed_host = bool(name) and validate_host(name, settings.ALLOWED_HOSTS)
    has_right_scheme = parts.scheme == "https" or not settings.IS_HTTPS
    return is_allowed_host and has_right_scheme and parts.netloc == host
