"""Two tickets that have to do with each other."""

from __future__ import annotations

import uuid

from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.errors import InvalidInput, NotFound
from tickets.actions.change import apply_changes
from tickets.actions.moving import add_link, lock_pair, record_both, without_link
from tickets.models import Ticket

RELATED = "related"
MAX_LINKS = 100


def link(ticket_id: uuid.UUID, other_id: uuid.UUID, *, user: User, client_id: str = "") -> Ticket:
    """Let both tickets name each other; doing it twice changes nothing. Raises InvalidInput."""
    if ticket_id == other_id:
        raise InvalidInput.field("ticket_id", "A ticket cannot be linked to itself.")
    with unit_of_work(actor=Actor.of_user(user), client_id=client_id):
        ticket, other = lock_pair(ticket_id, other_id)
        if ticket.organization_id != other.organization_id:
            raise NotFound("This ticket doesn't exist, or you can't see it.")
        if max(len(ticket.links), len(other.links)) >= MAX_LINKS:
            raise InvalidInput.field("ticket_id", f"A ticket has at most {MAX_LINKS} links.")
        if not _is_linked(ticket, other):
            apply_changes(ticket, {"links": add_link(ticket, other, RELATED)})
            apply_changes(other, {"links": add_link(other, ticket, RELATED)})
            record_both("ticket.linked", ticket, other)
    return ticket


def unlink(ticket_id: uuid.UUID, other_id: uuid.UUID, *, user: User, client_id: str = "") -> Ticket:
    """Let them forget each other; doing it twice changes nothing."""
    with unit_of_work(actor=Actor.of_user(user), client_id=client_id):
        ticket, other = lock_pair(ticket_id, other_id)
        if _is_linked(ticket, other):
            apply_changes(ticket, {"links": without_link(ticket, other, RELATED)})
            apply_changes(other, {"links": without_link(other, ticket, RELATED)})
            record_both("ticket.unlinked", ticket, other)
    return ticket


def _is_linked(ticket: Ticket, other: Ticket) -> bool:
    return any((each["id"], each["kind"]) == (str(other.pk), RELATED) for each in ticket.links)
