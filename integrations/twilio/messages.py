"""Reading what Twilio says of messages, SMS and WhatsApp alike; writing what we want sent. Pure."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput
from inbox.connector import Arrived, Ignored, Item, Reported, WebhookRequest
from inbox.inbound import InboundAttachment
from integrations.twilio.signed import fields_of
from integrations.twilio.words import in_words

MAX_FILES = 10
MESSAGE_QUERY = "message"
"""Our own message id in the address of a status callback."""
_STATES = {
    "sent": "sent", "delivered": "delivered", "read": "read",
    "undelivered": "failed", "failed": "failed", "canceled": "failed",
}  # fmt: skip
_ENDINGS = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp",
    "audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/amr": "amr", "video/mp4": "mp4",
    "video/3gpp": "3gp", "application/pdf": "pdf", "text/vcard": "vcf", "text/x-vcard": "vcf",
}  # fmt: skip


def items_of(request: WebhookRequest) -> list[Item]:
    """One call is one message, or one report about one of ours."""
    told = fields_of(request)
    sid = told.get("MessageSid") or told.get("SmsSid") or ""
    state = (told.get("MessageStatus") or told.get("SmsStatus") or "").lower()
    if not sid:
        return [Ignored("a call that is not about a message")]
    is_report = "MessageStatus" in told or MESSAGE_QUERY in request.query
    if is_report and state != "received":
        return [report_of(sid, state, told, request.query.get(MESSAGE_QUERY, ""))]
    if not told.get("From"):
        raise InvalidInput("A message without a sender.")
    return [Arrived(key=sid, payload=told)]


def report_of(sid: str, state: str, told: dict[str, str], message_id: str = "") -> Item:
    """How far a message of ours got; states on the way there say nothing to anybody."""
    reached = _STATES.get(state)
    if reached is None:
        return Ignored(f"message is {state[:20] or 'somewhere'}")
    code = told.get("ErrorCode") or ""
    reason = in_words(code, told.get("ErrorMessage", "")) if reached == "failed" else ""
    return Reported(
        reached,  # type: ignore[arg-type]
        external_id=sid,
        message_id=_uuid(message_id),
        reason=reason,
    )


def from_api(found: dict[str, Any]) -> dict[str, str]:
    """A message of Messages.json in the words of a webhook."""
    told = {
        "MessageSid": str(found.get("sid") or ""),
        "AccountSid": str(found.get("account_sid") or ""),
        "From": str(found.get("from") or ""),
        "To": str(found.get("to") or ""),
        "Body": str(found.get("body") or ""),
        "NumMedia": str(found.get("num_media") or "0"),
    }
    if found.get("date_sent") or found.get("date_created"):
        told["DateSent"] = str(found.get("date_sent") or found["date_created"])
    return told


def sent_at(told: dict[str, str]) -> datetime | None:
    """When it was sent, where Twilio said so (in its list, not in webhooks)."""
    try:
        found = parsedate_to_datetime(told["DateSent"])
    except (KeyError, ValueError, TypeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def attachments_of(told: dict[str, str]) -> list[InboundAttachment]:
    """The media of a message; their bytes are fetched afterwards, with our credentials."""
    files = []
    for number in range(_count(told.get("NumMedia", ""))):
        url = told.get(f"MediaUrl{number}", "")
        kind = told.get(f"MediaContentType{number}", "").split(";")[0].strip().lower()
        ending = _ENDINGS.get(kind, kind.rpartition("/")[2].rpartition(".")[2])
        name = f"media-{number + 1}.{ending[:12]}".rstrip(".")
        source = {"url": url} if url else {"message": told["MessageSid"], "number": number}
        files.append(InboundAttachment(name, kind, source=source))
    return files


def key_of(sid: str) -> str:
    """Two deliveries of one message have the same."""
    return hashlib.sha256(f"twilio:{sid}".encode()).hexdigest()


def _count(text: str) -> int:
    return min(int(text), MAX_FILES) if text.isdigit() else 0


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None
