"""Give a ticket to a person, a team, or nobody."""

from __future__ import annotations

import uuid
from typing import Any

from helpdesk.accounts.models import Role, Team, User
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.errors import InvalidInput
from tickets.actions.change import apply_changes, lock_ticket, record_ticket
from tickets.models import Ticket

UNCHANGED = object()


def assign(
    ticket_id: uuid.UUID, *, assignee_id: Any = UNCHANGED, team_id: Any = UNCHANGED
) -> Ticket:
    """Assign to these; None takes it away. Raises InvalidInput naming who cannot be assigned."""
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        fields: dict[str, Any] = {}
        if assignee_id is not UNCHANGED:
            fields["assignee_id"] = _assignable(ticket, assignee_id)
        if team_id is not UNCHANGED:
            fields["team_id"] = _team(ticket, team_id)
        change = apply_changes(ticket, fields)
        if change:
            record_ticket("ticket.assigned", ticket, change)
    return ticket


def _assignable(ticket: Ticket, user_id: uuid.UUID | None) -> uuid.UUID | None:
    if user_id is None:
        return None
    found = User.objects.filter(
        pk=user_id, organization_id=ticket.organization_id, is_active=True
    ).exclude(role=Role.VIEWER)
    if not found.exists():
        raise InvalidInput.field("assignee_id", "This person cannot be given tickets.")
    return user_id


def _team(ticket: Ticket, team_id: uuid.UUID | None) -> uuid.UUID | None:
    if team_id is None:
        return None
    if not Team.objects.filter(pk=team_id, organization_id=ticket.organization_id).exists():
        raise InvalidInput.field("team_id", "There is no such team.")
    return team_id
