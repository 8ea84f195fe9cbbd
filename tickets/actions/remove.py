"""Delete a ticket for good: only out of the trash, only by an admin, and everybody is told."""

from __future__ import annotations

import uuid

from django.db.models import Q

from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.errors import Conflict
from tickets.actions.change import apply_changes, lock_ticket, record_ticket
from tickets.models import Status, Ticket


def remove_ticket(ticket_id: uuid.UUID, *, user: User, client_id: str = "") -> None:
    """Delete the ticket with its messages and the tombstones that lead to it.

    Raises Conflict (code ``not_in_trash``) unless it lies in the trash.
    """
    with unit_of_work(actor=Actor.of_user(user), client_id=client_id):
        ticket = lock_ticket(ticket_id)
        if ticket.status != Status.TRASH:
            raise Conflict("Only tickets in the trash can be deleted.", code="not_in_trash")
        tombstones = list(Ticket.objects.filter(merged_into=ticket).order_by("pk"))
        for each in [*tombstones, ticket]:
            _forget_links(each)
            _record_removed(each)
            each.delete()


def _forget_links(ticket: Ticket) -> None:
    """Tickets that name this one name it no more."""
    named = [each["id"] for each in ticket.links]
    for other in Ticket.objects.filter(Q(pk__in=named)).exclude(pk=ticket.pk).order_by("pk"):
        other = lock_ticket(other.pk)
        links = [each for each in other.links if each["id"] != str(ticket.pk)]
        if apply_changes(other, {"links": links}) and other.status != Status.TRASH:
            record_ticket("ticket.updated", other)


def _record_removed(ticket: Ticket) -> None:
    said = {"ticket_id": str(ticket.pk), "number": ticket.number}
    record(
        "ticket.removed",
        organization_id=ticket.organization_id,
        object_type="ticket",
        object_id=ticket.pk,
        ticket_id=ticket.pk,
        payload=lambda: said,
    )
