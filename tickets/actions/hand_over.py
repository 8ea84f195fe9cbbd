"""Somebody left: their tickets go to whoever was named, or wait for their team again."""

from __future__ import annotations

import uuid

from helpdesk.accounts.models import User
from helpdesk.events.models import Event
from helpdesk.events.outbox import unit_of_work
from helpdesk.events.subscribers import subscribes
from helpdesk.lib.errors import InvalidInput
from tickets.actions.assign import assign
from tickets.actions.change import lock_ticket
from tickets.models import Status, Ticket

AT_ONCE = 100


@subscribes("user.updated", name="tickets.hand_over")
def hand_over_after(event: Event) -> None:
    """Begin at once with what somebody who left leaves behind; the sweep does the rest."""
    hand_over(event.object_id)


def hand_over_due() -> int:
    """Go on for everybody who left; returns how many tickets moved. Part of the sweep."""
    left = User.objects.filter(is_active=False, handover__isnull=False)
    return sum(hand_over(each) for each in list(left.values_list("pk", flat=True)))


def hand_over(person_id: uuid.UUID) -> int:
    """Move some of the tickets of a person who left; marks it done when none is left."""
    person = User.objects.filter(pk=person_id, is_active=False, handover__isnull=False).first()
    if person is None:
        return 0
    theirs = Ticket.objects.filter(
        assignee=person, status__in=[Status.OPEN, Status.SNOOZED]
    ).order_by("pk")
    some = list(theirs.values_list("pk", flat=True)[:AT_ONCE])
    for ticket_id in some:
        _give(ticket_id, person, (person.handover or {}).get("to"))
    if len(some) < AT_ONCE:
        User.objects.filter(pk=person.pk, is_active=False).update(handover=None)
    return len(some)


def _give(ticket_id: uuid.UUID, person: User, to: str | None) -> None:
    with unit_of_work():
        if lock_ticket(ticket_id).assignee_id != person.pk:
            return
        try:
            assign(ticket_id, assignee_id=uuid.UUID(to) if to else None)
        except InvalidInput:
            assign(ticket_id, assignee_id=None)  # left too, or not in the ticket's private team
