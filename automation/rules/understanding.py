"""What a customer's message wants, kept on the message and its ticket."""

from __future__ import annotations

import re

from automation.intents.understanding import understand
from tickets.actions.marks import set_understanding
from tickets.models import Message, MessageKind

_ANSWER_SUBJECT = re.compile(r"^\s*(re|aw|fwd?|wg|sv|odp|tr|rv|antw)\s*:", re.IGNORECASE)


def understand_message(message: Message) -> None:
    """Understand a real customer's message once; automatic mail and bounces are left alone.

    Only what was newly written counts, never a quote or signature. The subject of a first
    message belongs to it; that of an answer is ours.
    """
    is_real = message.kind == MessageKind.CUSTOMER and not message.is_automatic
    if not is_real or message.intent_confidence is not None:
        return
    found = understand(text_to_understand(message))
    set_understanding(
        message.pk,
        language=found.language or "",
        intent=found.intent or "",
        confidence=found.confidence,
        sentiment=found.sentiment or "",
        ticket_id=message.ticket_id,
    )


def text_to_understand(message: Message) -> str:
    """The customer's own words."""
    text = message.body.text
    if message.position == 1 and not _ANSWER_SUBJECT.match(message.subject):
        return f"{message.subject}\n{text}" if message.subject else text
    return text
