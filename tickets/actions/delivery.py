"""How far an outgoing message got. States only move forward; withdrawing is a race that is fair."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from helpdesk.events.outbox import current_unit, unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, NotFound
from tickets.actions.change import lock_ticket, record_message
from tickets.models import DeliveryState, Message, Ticket

MAX_MOVES = 5
_RANK = {
    "": 0,
    DeliveryState.HELD: 1,
    DeliveryState.QUEUED: 2,
    DeliveryState.SENDING: 3,
    DeliveryState.DELAYED: 3,
    DeliveryState.UNCERTAIN: 4,
    DeliveryState.FAILED: 5,
    DeliveryState.SENT: 6,
    DeliveryState.BOUNCED: 7,
    DeliveryState.DELIVERED: 8,
    DeliveryState.READ: 9,
    DeliveryState.WITHDRAWN: 10,
}


def set_delivery_state(
    message_id: uuid.UUID,
    state: str,
    *,
    reason: str = "",
    external_id: str = "",
    at: datetime | None = None,
    is_retry: bool = False,
) -> Message | None:
    """Move the message's delivery forward; returns None when it is already further.

    ``is_retry`` lets a person put a failed or uncertain message back into the queue.
    """
    with unit_of_work():
        message, ticket = lock_message(message_id)
        before = message.delivery_state
        if not is_retry and _RANK[state] < _RANK[before]:
            _note_id(message, ticket, external_id)
            return None
        if before == state and message.delivery_reason == reason:
            return message
        message.delivery_state = state
        message.delivery_reason = reason[:300]
        fields = ["delivery_state", "delivery_reason"]
        if state == DeliveryState.SENT and message.sent_at is None:
            message.sent_at = at or now()
            fields.append("sent_at")
        if external_id and not message.external_id:
            message.external_id = external_id[:998]
            fields.append("external_id")
        elif external_id and external_id != message.external_id:
            message.flags = [*message.flags, f"provider-id:{external_id}"]
            fields.append("flags")
        save_message(message, *fields)
        record_message(
            "message.delivery_changed", message, ticket, {"delivery_state": (before, state)}
        )
    return message


def _note_id(message: Message, ticket: Ticket, external_id: str) -> None:
    """A report was faster than our own note: the vendor's id is still news."""
    if external_id and not message.external_id:
        message.external_id = external_id[:998]
        message.sent_at = message.sent_at or now()
        save_message(message, "external_id", "sent_at")
        record_message("message.delivery_changed", message, ticket)


def set_external_id(message: Message, external_id: str) -> None:
    """Fix the Message-ID before the first try; the same id is used for every try."""
    message.external_id = external_id
    Message.objects.filter(pk=message.pk).update(external_id=external_id)


def withdraw(message_id: uuid.UUID, *, reason: str = "") -> Message:
    """Undo sending while the message is still held; raises Conflict when it is too late.

    The caller has already won the race for the Delivery row (``inbox.delivery.withdraw``).
    """
    with unit_of_work():
        message, ticket = lock_message(message_id)
        if message.delivery_state not in (DeliveryState.HELD, DeliveryState.QUEUED):
            raise Conflict("This message has already left.", code="already_sent")
        before = message.delivery_state
        message.delivery_state = DeliveryState.WITHDRAWN
        message.delivery_reason = reason[:300]
        save_message(message, "delivery_state", "delivery_reason")
        record_message(
            "message.withdrawn", message, ticket, {"delivery_state": (before, "withdrawn")}
        )
    return message


def send_now(message_id: uuid.UUID) -> Message:
    """A scheduled message shall leave at once; raises Conflict when it has left or was no such one.

    The caller has already made its Delivery due (``inbox.delivery.send_now``).
    """
    with unit_of_work():
        message, ticket = lock_message(message_id)
        if message.delivery_state != DeliveryState.HELD or not message.is_scheduled:
            raise Conflict("This message is not waiting for its time.", code="not_scheduled")
        message.delivery_state = DeliveryState.QUEUED
        message.is_scheduled = message.stops_on_reply = False
        message.send_after = now()
        save_message(message, "delivery_state", "is_scheduled", "stops_on_reply", "send_after")
        record_message(
            "message.delivery_changed", message, ticket, {"delivery_state": ("held", "queued")}
        )
    return message


def lock_message(
    message_id: uuid.UUID, *, ticket_id: uuid.UUID | None = None
) -> tuple[Message, Ticket]:
    """The message and its ticket, the ticket's row locked first; raises NotFound.

    ``ticket_id`` saves a query where it is known. Like tickets, a message is one instance per
    unit of work.
    """
    unit = current_unit()
    kept = unit.kept if unit else {}
    message: Message | None = kept.get((Message, message_id))
    if message is not None:
        return message, lock_ticket(message.ticket_id)
    message, ticket = _read_locked(message_id, ticket_id)
    message.ticket = ticket
    kept[Message, message_id] = message
    return message, ticket


def _read_locked(message_id: uuid.UUID, ticket_id: uuid.UUID | None) -> tuple[Message, Ticket]:
    """Read the message under its ticket's lock; it may move to another ticket until we have that."""
    found = (
        Message.objects.select_related("body", "channel")
        .prefetch_related("attachments")
        .filter(pk=message_id)
    )
    for _ in range(MAX_MOVES):
        if ticket_id is None:
            ticket_id = found.values_list("ticket_id", flat=True).first()
        if ticket_id is None:
            break
        ticket = lock_ticket(ticket_id)
        message = found.filter(ticket_id=ticket_id).first()
        if message is not None:
            return message, ticket
        ticket_id = None
    raise NotFound("This message does not exist any more.")


def lock_many(ticket_ids: Iterable[uuid.UUID], message_ids: Iterable[uuid.UUID]) -> None:
    """Lock these tickets, in the order of their ids, and read these messages for this unit of work.

    Whoever asks for one of them afterwards gets it without a query. Unknown ids are passed over.
    """
    unit = current_unit()
    if unit is None:
        raise RuntimeError("tickets were locked outside a unit of work")
    wanted = sorted({each for each in ticket_ids if (Ticket, each) not in unit.kept})
    tickets = (
        Ticket.objects.select_for_update(no_key=True, of=("self",))
        .select_related("customer")
        .prefetch_related("customer__handles")
        .filter(pk__in=wanted)
        .order_by("pk")
    )
    for ticket in tickets:
        unit.kept[Ticket, ticket.pk] = ticket
    messages = (
        Message.objects.select_related("body", "channel")
        .prefetch_related("attachments")
        .filter(pk__in=[each for each in message_ids if (Message, each) not in unit.kept])
    )
    for message in messages:
        kept = unit.kept.get((Ticket, message.ticket_id))
        if kept is not None:
            message.ticket = kept
            unit.kept[Message, message.pk] = message


def save_message(message: Message, *fields: str) -> None:
    """Save the named fields with a new version."""
    message.version += 1
    message.save(update_fields=[*fields, "version"])
