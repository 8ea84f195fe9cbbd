"""Signing and encryption. Secrets are encrypted at rest with a key that is not in the database."""

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from helpdesk.lib.errors import Misconfigured


def sign(purpose: str, *parts: str, size_bytes: int = 10) -> str:
    """A short keyed signature over the parts, bound to its purpose; lower-case base32 text."""
    digest = hmac.new(
        settings.SECRET_KEY.encode(), "\x1f".join((purpose, *parts)).encode(), hashlib.sha256
    ).digest()
    return base64.b32encode(digest[:size_bytes]).decode().rstrip("=").lower()


def is_signed(signature: str, purpose: str, *parts: str, size_bytes: int = 10) -> bool:
    """Whether ``signature`` is ours for these parts; constant time."""
    expected = sign(purpose, *parts, size_bytes=size_bytes)
    return bool(signature) and hmac.compare_digest(signature.lower().encode(), expected.encode())


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    derived = [
        base64.urlsafe_b64encode(hashlib.sha256(b"aftercare-secrets:" + key.encode()).digest())
        for key in keys
    ]
    return MultiFernet([Fernet(key) for key in derived])


def encrypt(values: dict[str, Any]) -> str:
    """The values as one opaque token; only this installation's key opens it."""
    return _fernet().encrypt(json.dumps(values, sort_keys=True).encode()).decode()


def decrypt(token: str) -> dict[str, Any]:
    """The values behind a token from :func:`encrypt`; an empty token is no values.

    Raises Misconfigured when the key has changed.
    """
    if not token:
        return {}
    try:
        values: dict[str, Any] = json.loads(_fernet().decrypt(token.encode()))
    except InvalidToken as error:
        raise Misconfigured(
            "Stored credentials cannot be read: AFTERCARE_SECRET_KEY is not the one they were "
            "written with. Put the old key into AFTERCARE_SECRET_KEY_FALLBACKS."
        ) from error
    return values
