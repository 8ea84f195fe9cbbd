"""Reading what Twilio says of calls. Everything about one call becomes one message. Pure."""

from __future__ import annotations

from typing import Any

from helpdesk.lib.errors import InvalidInput
from inbox.connector import Amended, Arrived, Ignored, Item, WebhookRequest
from inbox.inbound import Details, InboundAttachment, InboundMessage, SenderHandle
from integrations.twilio.messages import key_of, sent_at
from integrations.twilio.signed import fields_of
from tickets.models import HandleKind, TicketKind

STEP = "step"
DIALED, RECORDED, RECORDING, TRANSCRIBED, ENDED = (
    "dialed", "recorded", "recording", "transcribed", "ended",
)  # fmt: skip
FINAL = frozenset({"completed", "no-answer", "busy", "failed", "canceled"})
PICKED_UP = frozenset({"completed", "answered"})
_NOBODY = frozenset({"", "anonymous", "restricted", "unknown", "+266696687", "+86282452253"})
_PLACES = {"from_city": "FromCity", "from_state": "FromState", "from_country": "FromCountry"}


def items_of(request: WebhookRequest) -> list[Item]:
    """The call as it is known by now, and what this step adds to it."""
    told = fields_of(request)
    sid = told.get("CallSid", "")
    step = request.query.get(STEP, "")
    if not sid:
        return [Ignored("a call of Twilio that is not about a phone call")]
    if not step and told.get("CallStatus") in FINAL:
        step = ENDED
    if not step:
        return [Ignored("a call begins")]
    told = {**told, STEP: step}
    return [
        Arrived(sid, told, account=told.get("To", ""), external_id=sid),
        Amended(sid, details={"call": known_of(told)}, files=tuple(files_of(told))),
    ]


def known_of(told: dict[str, str]) -> dict[str, Any]:
    """What this step knows of the call."""
    call: dict[str, Any] = {"direction": "inbound"}
    for name, field in _PLACES.items():
        if told.get(field):
            call[name] = told[field].title() if name == "from_city" else told[field]
    step = told.get(STEP)
    if step == DIALED:
        call["is_answered"] = told.get("DialCallStatus") in PICKED_UP
        call["talk_seconds"] = _number(told.get("DialCallDuration"))
    if step in (RECORDED, RECORDING) and told.get("RecordingUrl"):
        call["recording_seconds"] = _number(told.get("RecordingDuration"))
    if step == TRANSCRIBED and told.get("TranscriptionStatus") == "completed":
        call["transcript"] = told.get("TranscriptionText", "").strip()
    if step == ENDED:
        call["duration_seconds"] = _number(told.get("CallDuration"))
        call["status"] = told.get("CallStatus", "")
    return call


def files_of(told: dict[str, str]) -> list[InboundAttachment]:
    """The recording, which lies at Twilio."""
    url, sid = told.get("RecordingUrl", ""), told.get("RecordingSid", "")
    if not url or told.get(STEP) not in (RECORDED, RECORDING):
        return []
    name = f"voicemail-{sid[-6:] or 'new'}.mp3"
    return [InboundAttachment(name, "audio/mpeg", source={"url": f"{url}.mp3"})]


def inbound_of(told: dict[str, str]) -> InboundMessage:
    """The call in normal form, from whichever step told of it first."""
    sid = told.get("CallSid", "")
    if not sid:
        raise InvalidInput("A call without an id.")
    number = told.get("From", "")
    is_hidden = number.lower() in _NOBODY
    is_proven = told.get("StirVerstat", "").startswith("TN-Validation-Passed")
    details = Details(call=known_of(told))
    name = told.get("CallerName", "")
    sender = (
        SenderHandle("", "", "Anonymous caller")
        if is_hidden
        else SenderHandle(HandleKind.PHONE, number, name, is_verified=is_proven)
    )
    return InboundMessage(
        sender=sender,
        external_id=sid,
        subject=f"Call from {'an anonymous number' if is_hidden else number}",
        text=tell(dict(details)),
        to=[{"name": "", "address": told.get("To", "")}],
        attachments=files_of(told),
        sent_at=sent_at(told),
        is_sender_verified=True if is_proven else None,
        content_key=key_of(sid),
        thread_key=f"{told.get('To', '')}:{sid if is_hidden else number}",
        details=details,
        ticket_kind=TicketKind.CALL,
    )


def tell(details: dict[str, Any]) -> str:
    """What happened, in words; the transcript of a voicemail is what they said."""
    call = details.get("call") or {}
    if call.get("is_answered"):
        return f"Call, answered ({clock(call.get('talk_seconds') or 0)})"
    if call.get("recording_seconds") is None:
        return "Missed call"
    words = f"Voicemail ({clock(call['recording_seconds'])})"
    return f"{words}\n\n{call['transcript']}" if call.get("transcript") else words


def clock(seconds: int) -> str:
    """3:07"""
    return f"{seconds // 60}:{seconds % 60:02d}"


def call_from_api(found: dict[str, Any]) -> dict[str, str]:
    """A call of Calls.json in the words of a webhook."""
    told = {
        "CallSid": str(found.get("sid") or ""),
        "From": str(found.get("from") or ""),
        "To": str(found.get("to") or ""),
        "CallStatus": str(found.get("status") or ""),
        "CallDuration": str(found.get("duration") or "0"),
        "CallerName": str(found.get("caller_name") or ""),
        STEP: ENDED,
    }
    if found.get("start_time"):
        told["DateSent"] = str(found["start_time"])
    return told


def _number(text: Any) -> int:
    return int(text) if str(text or "").isdigit() else 0
