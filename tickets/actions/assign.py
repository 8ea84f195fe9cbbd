"""Give a ticket to a person, a team, or nobody."""

from __future__ import annotations

import uuid
from typing import Any

from helpdesk.accounts.models import Role, Team, User
from helpdesk.accounts.selectors import may_see_team
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.errors import InvalidInput
from tickets.actions.change import apply_changes, lock_ticket, record_ticket
from tickets.models import Status, Ticket
from tickets.selectors import tickets_visible_to

UNCHANGED = object()


def assign(
    ticket_id: uuid.UUID, *, assignee_id: Any = UNCHANGED, team_id: Any = UNCHANGED
) -> Ticket:
    """Assign to these; None takes it away. Raises InvalidInput naming who cannot be assigned.

    Nobody is left with a ticket they may not see: it goes into a private team without an
    assignee who is not in it, and who is named and not in it is refused.
    """
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        fields: dict[str, Any] = {}
        if team_id is not UNCHANGED:
            fields["team_id"] = _team(ticket, team_id)
        team = _find_team(fields.get("team_id", ticket.team_id))
        if assignee_id is not UNCHANGED:
            fields["assignee_id"] = _assignable(ticket, assignee_id, team)
        elif ticket.assignee_id is not None and team is not None and not _sees(ticket, team):
            fields["assignee_id"] = None
        change = apply_changes(ticket, fields)
        if change:
            record_ticket("ticket.assigned", ticket, change)
    return ticket


def take_next(user: User, *, client_id: str = "") -> Ticket | None:
    """Give the person the ticket that should be answered next: urgent first, then the oldest.

    Of their teams' and of no team's tickets that nobody has; None when none is left. Two people
    who ask at once get two tickets.
    """
    with unit_of_work(actor=Actor.of_user(user), client_id=client_id):
        waiting = (
            tickets_visible_to(user)
            .filter(status=Status.OPEN, assignee=None, merged_into=None)
            .exclude(team__isnull=False, team__in=_others_teams(user))
            .order_by("-queue_rank", "created_at", "pk")
        )
        found = waiting.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
        return None if found is None else assign(found.pk, assignee_id=user.pk)


def _others_teams(user: User) -> Any:
    return Team.objects.filter(organization_id=user.organization_id).exclude(
        pk__in=user.teams.values("pk")
    )


def _assignable(ticket: Ticket, user_id: uuid.UUID | None, team: Team | None) -> uuid.UUID | None:
    if user_id is None:
        return None
    person = (
        User.objects.filter(pk=user_id, organization_id=ticket.organization_id, is_active=True)
        .exclude(role=Role.VIEWER)
        .first()
    )
    if person is None:
        raise InvalidInput.field("assignee_id", "This person cannot be given tickets.")
    if team is not None and not may_see_team(person, team):
        raise InvalidInput.field(
            "assignee_id",
            f"{person.name} is not in “{team.name}”, which is private. "
            "Choose one of its members, or move the ticket to another team first.",
            code="not_in_team",
        )
    return user_id


def _team(ticket: Ticket, team_id: uuid.UUID | None) -> uuid.UUID | None:
    if team_id is None:
        return None
    if not Team.objects.filter(pk=team_id, organization_id=ticket.organization_id).exists():
        raise InvalidInput.field("team_id", "There is no such team.")
    return team_id


def _find_team(team_id: uuid.UUID | None) -> Team | None:
    return None if team_id is None else Team.objects.filter(pk=team_id).first()


def _sees(ticket: Ticket, team: Team) -> bool:
    person = ticket.assignee
    return person is not None and may_see_team(person, team)
