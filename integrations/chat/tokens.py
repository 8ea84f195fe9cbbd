"""Who is calling: visitor tokens of ours, and short-lived identities signed by the shop."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from helpdesk.lib.clock import now
from helpdesk.lib.secrets import is_signed, sign
from integrations.chat.models import Visitor
from integrations.chat.problems import NotIdentified

ANONYMOUS_FOR = timedelta(days=400)
VERIFIED_FOR = timedelta(hours=24)
IDENTITY_SECONDS = 15 * 60
LEEWAY_SECONDS = 30
MAX_IDENTITY_CHARS = 4096
_PURPOSE = "chat-visitor"
_SIGNATURE_BYTES = 16
_TOKEN = re.compile(r"v1\.([0-9a-f]{32})\.(\d{1,9})\.(\d{9,12})\.([a-z2-7]{26})")
_HINT = re.compile(r"([0-9a-f]{32})([a-z2-7]{16})")


@dataclass(frozen=True)
class Pass:
    """What a genuine visitor token says; whether it still holds is asked of the visitor."""

    visitor_id: uuid.UUID
    generation: int


@dataclass(frozen=True)
class Identity:
    """Who the shop says the shopper is."""

    subject: str
    email: str = ""
    name: str = ""


def token_of(visitor: Visitor) -> str:
    """A token for the widget's own storage; a signed-in shopper's lasts a day."""
    ends = now() + (VERIFIED_FOR if visitor.is_verified else ANONYMOUS_FOR)
    parts = (visitor.pk.hex, str(visitor.generation), str(int(ends.timestamp())))
    return ".".join(("v1", *parts, sign(_PURPOSE, *parts, size_bytes=_SIGNATURE_BYTES)))


def read_token(token: str) -> Pass:
    """Raises NotIdentified (``session_invalid``, ``session_expired``)."""
    found = _TOKEN.fullmatch(token)
    if found is None or not is_signed(
        found[4], _PURPOSE, found[1], found[2], found[3], size_bytes=_SIGNATURE_BYTES
    ):
        raise NotIdentified("This chat session is not one of ours.")
    if int(found[3]) < now().timestamp():
        raise NotIdentified("This chat session is over.", code="session_expired")
    return Pass(uuid.UUID(hex=found[1]), int(found[2]))


def hint_of(visitor: Visitor) -> str:
    """A public name by which a page may ask how much is unread, and nothing else."""
    return visitor.pk.hex + sign("chat-hint", visitor.pk.hex)


def find_hinted(hint: str) -> uuid.UUID | None:
    """The visitor of a genuine hint, or None."""
    found = _HINT.fullmatch(hint)
    if found is None or not is_signed(found[2], "chat-hint", found[1]):
        return None
    return uuid.UUID(hex=found[1])


def read_identity(token: str, *, secrets: list[str], audience: str) -> Identity:
    """The shop's word for who this is: a JWT by HS256 and nothing else, at most 15 minutes long.

    Raises NotIdentified: ``identity_expired`` for a genuine one that is over, otherwise
    ``identity_invalid``.
    """
    if len(token) > MAX_IDENTITY_CHARS:
        raise _invalid("It is too long.")
    claims = _claims(token, secrets, audience)
    if float(claims["exp"]) > now().timestamp() + IDENTITY_SECONDS + LEEWAY_SECONDS:
        raise _invalid("It may hold for 15 minutes at most (exp).")
    return Identity(_subject(claims), _email(claims), str(claims.get("name") or "")[:200].strip())


def _claims(token: str, secrets: list[str], audience: str) -> dict[str, Any]:
    """What a genuine token says, by the first secret that fits; PyJWT is the judge of that."""
    for secret in secrets:
        try:
            return jwt.decode(
                token, secret, algorithms=["HS256"], audience=audience, leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "aud", "sub"], "verify_sub": False},
            )  # fmt: skip
        except jwt.InvalidSignatureError:
            continue
        except jwt.ExpiredSignatureError as error:
            raise NotIdentified(
                "This identity is over; sign a new one.", code="identity_expired"
            ) from error
        except jwt.InvalidAudienceError as error:
            raise _invalid("It is for another site (aud).") from error
        except jwt.MissingRequiredClaimError as error:
            raise _invalid(f"It does not say {error.claim}.") from error
        except jwt.InvalidAlgorithmError as error:
            raise _invalid("It must be signed by HS256.") from error
        except (jwt.PyJWTError, ValueError, OverflowError, RecursionError) as error:
            raise _invalid("It cannot be read, or its times are wrong.") from error
    raise _invalid("Its signature is not by this site's secret.")


def _invalid(reason: str) -> NotIdentified:
    return NotIdentified(f"This identity was refused. {reason}", code="identity_invalid")


def _subject(claims: dict[str, Any]) -> str:
    subject = claims.get("sub")
    text = str(subject).strip() if isinstance(subject, str | int) else ""
    if not text or isinstance(subject, bool) or len(text) > 200 or "\x00" in text:
        raise _invalid("It does not say who (sub).")
    return text


def _email(claims: dict[str, Any]) -> str:
    email = str(claims.get("email") or "").strip().lower()
    if not email:
        return ""
    try:
        validate_email(email)
    except ValidationError as error:
        raise _invalid("Its e-mail address is none.") from error
    return email if claims.get("email_verified", True) is True else ""
