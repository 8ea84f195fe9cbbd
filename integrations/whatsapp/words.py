"""What the error codes of WhatsApp's Cloud API mean for an agent."""

from __future__ import annotations

from typing import Any

from helpdesk.lib.errors import (
    ConnectorFailure,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
)
from helpdesk.lib.vendor_api import VendorAnswer, failure_of, retry_after_seconds

WINDOW = frozenset({131047})
CREDENTIALS = frozenset({0, 3, 10, 190, *range(200, 220), 131005, 131031})
TEMPORARY = frozenset({1, 2, 4, 80007, 130429, 131000, 131016, 131048, 131056, 131057, 133004})
WORDS = {
    4: "Too many requests at once.",
    100: "WhatsApp does not understand this message.",
    190: "The access token has ended or was taken back.",
    80007: "The account sends too much at once.",
    130429: "Too many messages at once.",
    130472: "WhatsApp does not deliver it: this number is part of an experiment.",
    131000: "Something went wrong at WhatsApp.",
    131005: "The access token lacks a permission.",
    131008: "Something that WhatsApp needs is missing in the message.",
    131009: "A value in the message is not valid.",
    131016: "WhatsApp is out of order for the moment.",
    131021: "Our own number cannot be written to.",
    131026: "This number is not on WhatsApp, or its app is too old.",
    131031: "WhatsApp has locked our account.",
    131037: "Our number has no approved display name yet.",
    131042: "WhatsApp cannot charge for it: check the payment method.",
    131045: "Our number is not registered completely.",
    131047: "More than 24 hours have passed since they wrote: only a template can be sent.",
    131048: "WhatsApp slows us down: too many people blocked or reported us.",
    131049: "WhatsApp did not deliver it, to spare this person marketing messages.",
    131050: "They do not want marketing messages from us.",
    131051: "WhatsApp does not take messages of this type.",
    131052: "Their file could not be downloaded.",
    131053: "Our file could not be taken: its type or size is not allowed.",
    131056: "Too many messages to this person at once.",
    132000: "The template needs another number of values.",
    132001: "There is no approved template of this name in this language.",
    132005: "With these values the template is too long.",
    132007: "The template breaks WhatsApp's rules.",
    132012: "A value of the template has the wrong form.",
    132015: "The template is paused because people disliked it.",
    132016: "The template is disabled.",
    133010: "Our number is not registered at WhatsApp.",
    368: "WhatsApp has blocked our account for breaking its rules.",
}


def in_words(error: dict[str, Any]) -> str:
    """Cause in plain words with WhatsApp's number, so that one can look it up."""
    code = error.get("code")
    data = error.get("error_data")
    detail = data.get("details") if isinstance(data, dict) else ""
    told = detail or error.get("message") or error.get("title") or "WhatsApp gave no reason."
    words = WORDS.get(code) if isinstance(code, int) else None
    words = words or " ".join(str(told).split())[:200]
    return f"{words} (WhatsApp {code})" if isinstance(code, int) and code else words


def failure(answer: VendorAnswer) -> ConnectorFailure:
    """The API's refusal as our error."""
    told = answer.data.get("error") if isinstance(answer.data, dict) else None
    code = told.get("code") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(code, int):
        return failure_of(answer)
    if code in WINDOW:
        return PermanentFailure(in_words(told), reason_code="window_closed")
    if code in CREDENTIALS or answer.status == 401:
        return NeedsReauthorization(in_words(told))
    if code in TEMPORARY or answer.status == 429:
        return TemporaryFailure(
            in_words(told), retry_after_seconds=retry_after_seconds(answer.headers)
        )
    if answer.status >= 500:
        return failure_of(answer)
    return PermanentFailure(in_words(told), reason_code=f"whatsapp_{code}")
