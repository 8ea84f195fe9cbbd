"""What a customer's message wants, kept on the message and its ticket."""

from __future__ import annotations

import re
from typing import Any

from automation.intents.dates import find_dates
from automation.intents.model import get_heads
from automation.intents.understanding import Understanding, Wish, understand, understand_many
from automation.numbers import numbers_in
from automation.orders import ReadOrders, products_named
from helpdesk.events.outbox import current_unit
from tickets.actions.marks import set_understanding
from tickets.models import Message, MessageKind

_ANSWER_SUBJECT = re.compile(r"^\s*(re|aw|fwd?|wg|sv|odp|tr|rv|antw)\s*:", re.IGNORECASE)


def understand_message(message: Message, orders: ReadOrders | None = None) -> None:
    """Understand a real customer's message once; automatic mail and bounces are left alone.

    Only what was newly written counts, never a quote or signature. The subject of a first
    message belongs to it; that of an answer is ours. ``orders`` are those at hand.
    """
    if not is_to_understand(message):
        return
    unit = current_unit()
    found = unit.kept.get((Understanding, message.pk)) if unit else None
    text = text_to_understand(message)
    found = found or understand(text)
    set_understanding(
        message.pk,
        language=found.language or "",
        intent=found.intent or "",
        confidence=found.confidence,
        sentiment=found.sentiment or "",
        numbers=numbers_in(text, message.organization_id),
        details=details_of(found) | named_record(message, text, found.language, orders),
        ticket_id=message.ticket_id,
    )


def details_of(found: Understanding) -> dict[str, Any]:
    """What is kept on the message beside its main intent: every wish, the hurry, which weights."""
    kept: dict[str, Any] = {"intent_weights": get_heads().version}
    if found.wishes:
        kept["intents"] = [wish_record(each) for each in found.wishes]
    if found.is_urgent:
        kept["is_urgent"] = True
    return kept


def named_record(
    message: Message, text: str, language: str | None, orders: ReadOrders | None
) -> dict[str, Any]:
    """The days a message names, and the products of the customer's own orders, as they are kept."""
    days = find_dates(text, message.created_at.date(), language or "und")
    dates = [{"text": each.text, "day": each.day.isoformat()} for each in days]
    products = products_named(text, message.ticket.customer, orders)
    return {name: kept for name, kept in (("dates", dates), ("products", products)) if kept}


def wish_record(wish: Wish) -> dict[str, Any]:
    """A wish as it is kept and shown."""
    return {"name": wish.name, "gorgias": wish.gorgias, "confidence": wish.confidence}


def understand_ahead(messages: list[Message]) -> None:
    """Understand many messages in one go and keep it for :func:`understand_message`."""
    unit = current_unit()
    waiting = [message for message in messages if is_to_understand(message)]
    if unit is None or not waiting:
        return
    found = understand_many([text_to_understand(message) for message in waiting])
    for message, understanding in zip(waiting, found, strict=True):
        unit.kept[Understanding, message.pk] = understanding


def is_to_understand(message: Message) -> bool:
    """Whether a person wrote it and nobody has understood it yet."""
    is_real = message.kind == MessageKind.CUSTOMER and not message.is_automatic
    return is_real and message.intent_confidence is None


def text_to_understand(message: Message) -> str:
    """The customer's own words."""
    text = message.body.text
    if message.position == 1 and not _ANSWER_SUBJECT.match(message.subject):
        return f"{message.subject}\n{text}" if message.subject else text
    return text
