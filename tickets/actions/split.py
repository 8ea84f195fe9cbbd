"""Part of a conversation becomes a ticket of its own; both point to each other."""

from __future__ import annotations

import uuid

from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, InvalidInput, NotFound
from tickets.actions.change import apply_changes, lock_ticket
from tickets.actions.merge import merge
from tickets.actions.moving import add_link, facts_of, order_of, place, record_both
from tickets.actions.receive import next_number
from tickets.models import Direction, Message, Split, Status, Ticket


def split(
    ticket_id: uuid.UUID,
    message_id: uuid.UUID,
    *,
    user: User,
    split_id: uuid.UUID,
    with_later: bool,
    subject: str = "",
    client_id: str = "",
) -> Split:
    """Move this message, or it and all later ones, to a new ticket; the same ``split_id`` is one.

    Raises NotFound if the message is not on the ticket, InvalidInput if nothing would be left.
    """
    with unit_of_work(actor=Actor.of_user(user), client_id=client_id):
        known = Split.objects.filter(pk=split_id).first()
        if known is not None:
            return _same(known, ticket_id, message_id, user)
        number = next_number(user.organization)  # before any ticket, as whoever begins one does
        origin = lock_ticket(ticket_id)
        if origin.merged_into_id is not None:
            raise Conflict("This ticket was merged into another one.", code="merged")
        order = order_of(origin)
        if message_id not in order:
            raise NotFound("This message is not on this ticket any more.")
        at = order.index(message_id)
        moved = order[at:] if with_later else [message_id]
        if len(moved) == len(order):
            raise InvalidInput.field("message_id", "At least one message must stay behind.")
        ticket = _begin(origin, number, moved, subject.strip())
        place(ticket, moved)
        positions = place(origin, [pk for pk in order if pk not in set(moved)])
        apply_changes(origin, {"links": add_link(origin, ticket, "split_to")})
        apply_changes(origin, facts_of(origin))
        apply_changes(ticket, {"links": add_link(ticket, origin, "split_from")})
        apply_changes(ticket, facts_of(ticket))
        row = Split.objects.create(
            id=split_id,
            organization_id=origin.organization_id,
            origin=origin,
            ticket=ticket,
            user=user,
            moved=[str(pk) for pk in moved],
        )
        record_both("ticket.split", origin, ticket, positions)
    return row


def unsplit(split_id: uuid.UUID, *, user: User, client_id: str = "") -> Split:
    """Take a split back: the new ticket goes into its origin again, with all written since."""
    with unit_of_work(actor=Actor.of_user(user), client_id=client_id):
        row = Split.objects.filter(pk=split_id, organization_id=user.organization_id).first()
        if row is None:
            raise NotFound("There is no such split.")
        if row.undone_at is None:
            merge(row.ticket_id, row.origin_id, user=user, merge_id=row.pk, client_id=client_id)
            row.undone_at = now()
            row.save(update_fields=["undone_at"])
    return row


def _same(known: Split, ticket_id: uuid.UUID, message_id: uuid.UUID, user: User) -> Split:
    """The split of that id, if it is the one that is asked for once more."""
    is_ours = (known.organization_id, known.origin_id) == (user.organization_id, ticket_id)
    if not is_ours or str(message_id) != known.moved[0]:
        raise Conflict("This id belongs to another split.", code="id_taken")
    return known


def _begin(origin: Ticket, number: int, moved: list[uuid.UUID], subject: str) -> Ticket:
    """The new ticket, of whoever wrote the first of the messages that move."""
    messages = list(
        Message.objects.filter(pk__in=moved)
        .select_related("customer", "channel")
        .order_by("position")
    )
    wrote = next((each for each in messages if each.direction == Direction.IN), messages[0])
    customer = wrote.customer or origin.customer
    channel = wrote.channel or origin.channel
    ticket = Ticket.objects.create(
        organization_id=origin.organization_id,
        number=number,
        subject=(subject or wrote.subject or origin.subject)[:998],
        status=Status.OPEN,
        priority=origin.priority,
        assignee_id=origin.assignee_id,
        team_id=origin.team_id,
        customer=customer,
        channel=channel,
        channel_kind=channel.kind,
        language=origin.language,
        created_at=messages[0].created_at,
    )
    return lock_ticket(ticket.pk)
