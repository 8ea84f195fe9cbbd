"""Proving that a webhook is from whom it says: the schemes vendors sign with.

Each function answers whether the signature fits, in constant time, and never raises for nonsense.
The body is always the raw bytes: JSON that was parsed and written again has another signature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from helpdesk.lib.clock import now

MAX_AGE = timedelta(minutes=5)


def fits_hex(secret: str, message: bytes, signature: str, *, prefix: str = "") -> bool:
    """HMAC-SHA256 as hexadecimal text, after a ``prefix`` such as ``sha256=`` or ``v0=``."""
    expected = prefix + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return bool(secret) and _is_same(signature.strip().lower(), expected.lower())


def fits_base64(
    secret: str, message: bytes, signature: str, *, prefix: str = "", algorithm: str = "sha256"
) -> bool:
    """HMAC (SHA-256, or SHA-1 where a vendor still does) as base64 text, after a ``prefix``."""
    digest = hmac.new(secret.encode(), message, algorithm).digest()
    return bool(secret) and _is_same(signature.strip(), prefix + base64.b64encode(digest).decode())


def fits_ed25519(public_key_hex: str, message: bytes, signature_hex: str) -> bool:
    """Ed25519 with key and signature as hexadecimal text (Discord: timestamp + body)."""
    try:
        key = Ed25519PublicKey.from_public_bytes(binascii.unhexlify(public_key_hex))
        key.verify(binascii.unhexlify(signature_hex), message)
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def fits_standard_webhook(
    secret: str, message_id: str, timestamp: str, body: bytes, signatures: str
) -> bool:
    """Standard Webhooks v1: any of the space-separated ``v1,<base64>`` over ``id.timestamp.body``.

    https://www.standardwebhooks.com; the secret is base64 after an optional ``whsec_``.
    """
    try:
        expected = _standard_webhook(secret, message_id, timestamp, body)
    except (ValueError, binascii.Error):
        return False
    given = [each.partition(",") for each in signatures.split()]
    return any(version == "v1" and _is_same(value, expected) for version, _, value in given)


def standard_webhook_headers(secret: str, message_id: str, body: bytes) -> dict[str, str]:
    """The three headers of a call that we sign now; raises ValueError if the secret is none."""
    timestamp = str(int(now().timestamp()))
    signature = _standard_webhook(secret, message_id, timestamp, body)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }


def is_recent(timestamp: str, *, max_age: timedelta = MAX_AGE) -> bool:
    """Whether a signed time in seconds since 1970 is not older, nor further ahead, than that."""
    try:
        seconds = float(timestamp)
    except ValueError:
        return False
    return abs(now().timestamp() - seconds) <= max_age.total_seconds()


def _standard_webhook(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _is_same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
