"""Teams that hand out: their waiting tickets go to members who are free, each to exactly one.

Runs whenever a ticket or a person changed (subscriber) and in the sweep. One hand-out at a time
per organization, so that nobody gets more than their capacity from two teams at once; whoever
works on a ticket at that moment keeps it, it is handed out next time if it still waits.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, QuerySet

from helpdesk.accounts.models import Role, Strategy, Team, User
from helpdesk.events.actor import Actor
from helpdesk.events.models import Event
from helpdesk.events.outbox import current_unit, unit_of_work
from helpdesk.events.subscribers import subscribes
from tickets.actions.assign import assign
from tickets.models import Status, Ticket

AT_ONCE = 100
LOCK_SPACE = 0x48414E44  # "HAND": keeps our numbers apart from other users of advisory locks
TRIGGERS = (
    "ticket.created",
    "ticket.assigned",
    "ticket.status_changed",
    "ticket.snoozed",
    "user.updated",
    "team.updated",
)


@dataclass
class Ring:
    """The members of a team who are there, in a fixed order, with the open tickets of each."""

    team: Team
    members: list[uuid.UUID]
    open_tickets: dict[uuid.UUID, int]

    def next_member(self) -> uuid.UUID | None:
        """Whose turn it is by the team's strategy; None when nobody is free."""
        free = [each for each in self._in_turn() if self._has_room(each)]
        if not free:
            return None
        if self.team.strategy == Strategy.LEAST_BUSY:
            return min(free, key=lambda each: self.open_tickets.get(each, 0))
        return free[0]

    def is_free(self, member: uuid.UUID | None) -> bool:
        """Whether this person is of the team, there, and has room."""
        return member is not None and member in self.members and self._has_room(member)

    def give(self, member: uuid.UUID) -> None:
        """Note that the member got one."""
        self.open_tickets[member] = self.open_tickets.get(member, 0) + 1
        self.team.last_given_to = member

    def _in_turn(self) -> list[uuid.UUID]:
        """From whoever comes after the last one, also if that one is not in the team any more."""
        last = self.team.last_given_to
        if last is None:
            return self.members
        later = [each for each in self.members if each > last]
        return later + [each for each in self.members if each <= last]

    def _has_room(self, member: uuid.UUID) -> bool:
        capacity = self.team.capacity
        return capacity is None or self.open_tickets.get(member, 0) < capacity


@subscribes(*TRIGGERS, name="tickets.hand_out")
def hand_out_after(event: Event) -> None:
    """Somebody may have become free, or a ticket may have begun to wait; once for a whole batch."""
    unit = current_unit()
    if unit is not None and unit.kept.get((hand_out, event.organization_id)):
        return
    if unit is not None:
        unit.kept[hand_out, event.organization_id] = True
    hand_out(event.organization_id)


def assign_within(
    ticket_id: uuid.UUID, team_id: uuid.UUID, *, strategy: str, wanted: uuid.UUID | None = None
) -> uuid.UUID | None:
    """Give the ticket to the team and to the member whose turn it is; None when nobody is free.

    Whoever of the team has it already keeps it; ``wanted`` gets it if they are free. Raises InvalidInput for a team that is gone.
    """
    with unit_of_work():
        ticket = assign(ticket_id, team_id=team_id)
        _one_at_a_time(ticket.organization_id)
        team = Team.objects.get(pk=team_id)
        ring = _ring_of(team)
        if ticket.assignee_id in ring.members:
            return ticket.assignee_id
        given, team.strategy = team.strategy, strategy
        member = wanted if ring.is_free(wanted) else ring.next_member()
        team.strategy = given
        if member is not None:
            assign(ticket_id, assignee_id=member)
            ring.give(member)
            Team.objects.filter(pk=team_id).update(last_given_to=member)
        return member


def hand_out_due() -> int:
    """Hand out in every organization where tickets wait; returns how many. Part of the sweep."""
    organizations = _waiting().order_by().values_list("organization_id", flat=True).distinct()
    return sum(hand_out(each) for each in list(organizations))


def hand_out(organization_id: uuid.UUID) -> int:
    """Give waiting tickets to free members; returns how many. Idempotent, at any number at once."""
    if not _waiting().filter(organization_id=organization_id).exists():
        return 0
    with unit_of_work():
        _one_at_a_time(organization_id)
        teams = Team.objects.filter(
            organization_id=organization_id,
            pk__in=_waiting().filter(organization_id=organization_id).values("team"),
        ).order_by("pk")
        return sum(_hand_out_of(team) for team in teams)


def _hand_out_of(team: Team) -> int:
    ring = _ring_of(team)
    given = 0
    if ring.next_member() is None:
        return 0
    waiting = (
        _waiting()
        .filter(team=team)
        .order_by("-queue_rank", "created_at", "pk")
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
    )
    for ticket in waiting[:AT_ONCE]:
        member = ring.next_member()
        if member is None:
            break
        with unit_of_work(actor=Actor("system", str(team.pk), team.name)):
            assign(ticket.pk, assignee_id=member)
        ring.give(member)
        given += 1
    Team.objects.filter(pk=team.pk).update(last_given_to=team.last_given_to)
    return given


def _waiting() -> QuerySet[Ticket]:
    return Ticket.objects.filter(
        status=Status.OPEN, assignee=None, merged_into=None, team__isnull=False
    ).exclude(team__strategy=Strategy.MANUAL)


def _ring_of(team: Team) -> Ring:
    members = list(
        User.objects.filter(teams=team, is_active=True, is_available=True)
        .exclude(role=Role.VIEWER)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    return Ring(team, members, open_tickets_of(members))


def open_tickets_of(user_ids: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many open tickets each of these people has; who has none is not named."""
    rows = (
        Ticket.objects.filter(assignee__in=user_ids, status=Status.OPEN)
        .values_list("assignee")
        .annotate(Count("pk"))
        .order_by()
    )
    return {user_id: number for user_id, number in rows if user_id is not None}


def _one_at_a_time(organization_id: uuid.UUID) -> None:
    with connection.cursor() as cursor:
        key = int.from_bytes(organization_id.bytes[-4:], "big", signed=True)
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_SPACE, key])
