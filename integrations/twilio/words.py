"""What Twilio's error codes mean for an agent, and which of them are more than a refusal."""

from __future__ import annotations

from helpdesk.lib.errors import (
    ConnectorFailure,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
)
from helpdesk.lib.vendor_api import VendorAnswer, failure_of, retry_after_seconds

OPTED_OUT = 21610
WINDOW_CLOSED = 63016
TEMPORARY = frozenset({14107, 20429, 21611, 30001, 63018, 63038})
CREDENTIALS = frozenset({20003, 20005})

WORDS = {
    20003: "Twilio does not accept the Auth Token.",
    20005: "The Twilio account is not active.",
    21211: "The number written to is not a phone number.",
    21408: "The Twilio account may not send to this country: allow it under Geo permissions.",
    21606: "Our number cannot send text messages to this country.",
    21608: "A trial account can only write to numbers verified at Twilio.",
    21610: "They asked not to be written to (STOP).",
    21611: "Too many messages wait at Twilio for our number.",
    21612: "Our number cannot reach this number.",
    21614: "This number cannot receive text messages; perhaps it is a landline.",
    21617: "The text is too long.",
    21620: "Twilio cannot fetch the attached file.",
    21655: "Twilio does not know this template.",
    21656: "The template's variables do not fit.",
    21659: "Our number does not belong to the Twilio account.",
    30001: "Too many messages wait at Twilio.",
    30002: "The Twilio account is suspended.",
    30003: "The phone is switched off or out of reach.",
    30004: "The phone or its carrier blocks our messages.",
    30005: "This number does not exist any more.",
    30006: "This is a landline or a number that takes no text messages.",
    30007: "The carrier took the message for spam.",
    30008: "The carrier did not deliver it and did not say why.",
    30010: "The message cost more than the limit that is set at Twilio.",
    30032: "Our toll-free number is not verified yet.",
    30034: "Our number is not registered for business messages in the USA (A2P 10DLC).",
    63003: "This number is not on WhatsApp.",
    63016: "More than 24 hours have passed since they wrote: only a template can be sent.",
    63018: "Too many WhatsApp messages at once.",
    63024: "This number is not on WhatsApp.",
    63032: "WhatsApp does not deliver to this person now.",
    63038: "The daily limit of the Twilio account is reached.",
    63049: "WhatsApp did not deliver it: this person gets many marketing messages.",
}


def in_words(code: int | str | None, message: str = "") -> str:
    """Cause in plain words with Twilio's number, so that one can look it up."""
    number = int(str(code)) if str(code or "").isdigit() else 0
    words = WORDS.get(number) or " ".join(message.split())[:200] or "Twilio gave no reason."
    return f"{words} (Twilio {number})" if number else words


def failure(answer: VendorAnswer) -> ConnectorFailure:
    """Twilio's refusal as our error."""
    told = answer.data if isinstance(answer.data, dict) else {}
    code = told.get("code")
    number = code if isinstance(code, int) else 0
    if number == OPTED_OUT:
        return PermanentFailure(in_words(number), reason_code="opted_out")
    if number == WINDOW_CLOSED:
        return PermanentFailure(in_words(number), reason_code="window_closed")
    if number in CREDENTIALS or answer.status == 401:
        return NeedsReauthorization(in_words(number or 20003))
    if number in TEMPORARY or answer.status == 429:
        return TemporaryFailure(
            in_words(number, str(told.get("message") or "Too many messages.")),
            retry_after_seconds=retry_after_seconds(answer.headers),
        )
    if 400 <= answer.status < 500 and number:
        return PermanentFailure(
            in_words(number, str(told.get("message") or "")), reason_code=f"twilio_{number}"
        )
    return failure_of(answer)
