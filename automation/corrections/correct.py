"""A person says what a message wants: kept, shown at once, and learned from at the next training."""

from __future__ import annotations

from hashlib import sha256

from automation.corrections.models import IntentCorrection
from automation.intents.catalog import find_intent
from automation.rules.understanding import text_to_understand
from helpdesk.accounts.models import User
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from tickets.actions.delivery import lock_message
from tickets.actions.marks import correct_intent
from tickets.models import Direction, Message


def correct(message: Message, intent: str, *, user: User) -> Message:
    """Keep the person's word on it ("" for none of our intents); saying it twice is saying it once.

    The same intent as was understood is a confirmation and counts for it. Raises InvalidInput
    for a name we do not have and for what no customer wrote.
    """
    meant = find_intent(intent) if intent else None
    if intent and meant is None:
        raise InvalidInput.field("intent", f"“{intent}” is not an intent.")
    if message.direction != Direction.IN:
        raise InvalidInput.field("message", "Only what a customer wrote has an intent.")
    with unit_of_work():
        message, _ = lock_message(message.pk)
        _keep(message, intent, user)
        wishes = []
        if meant is not None:
            wishes = [{"name": meant.name, "gorgias": meant.gorgias, "confidence": 1.0}]
        canonical = meant.canonical if meant else ""
        if message.details.get("intents", []) == wishes and message.intent == canonical:
            return message
        return correct_intent(message.pk, intent=canonical, wishes=wishes, user_id=user.pk)


def _keep(message: Message, intent: str, user: User) -> None:
    text_hash = hash_of(text_to_understand(message))
    kept = IntentCorrection.objects.filter(message=message).first()
    if kept is not None:  # what was understood at first stays what it is judged by
        kept.intent, kept.user, kept.corrected_at = intent, user, now()
        kept.text_hash = text_hash
        kept.save(update_fields=["intent", "user", "corrected_at", "text_hash"])
        return
    IntentCorrection.objects.create(
        organization_id=user.organization_id,
        message=message,
        intent=intent,
        was_intent=understood_as(message),
        was_confidence=message.intent_confidence or 0.0,
        weights=str(message.details.get("intent_weights", "")),
        language=message.language[:16],
        text_hash=text_hash,
        user=user,
        said_at=message.created_at,
    )


def understood_as(message: Message) -> str:
    """The finest name that was found for the message's main wish, "" where it was unsure."""
    wishes = message.details.get("intents") or []
    return str(wishes[0]["name"]) if wishes else message.intent


def hash_of(text: str) -> str:
    """What tells whether a message still says what was judged."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()
