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
from tickets.actions.marks import set_unread
from tickets.actions.reply import add_note
from tickets.actions.status import reopen
from tickets.models import Attachment, Message, Status, Ticket

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


def hand_on(message: Message, ticket: Ticket, person: User) -> None:
    """What a person who left had scheduled: a note with its words and files, for a colleague.

    The ticket is open and unread, with whoever has it since, or with nobody.
    """
    text = f"{person} has left, so this scheduled reply was not sent:\n\n{message.body.text}"
    with unit_of_work():
        if ticket.status in (Status.SPAM, Status.TRASH):
            return
        note = add_note(ticket.pk, text)
        files = list(message.attachments.filter(is_inline=False))
        for file in files:
            file.message = note
        Attachment.objects.bulk_update(files, ["message"])
        note._prefetched_objects_cache = {"attachments": files}  # type: ignore[attr-defined]
        if ticket.assignee_id == person.pk:
            assign(ticket.pk, assignee_id=None)
        reopen(ticket.pk)
        set_unread(ticket.pk, is_unread=True)


def _give(ticket_id: uuid.UUID, person: User, to: str | None) -> None:
    with unit_of_work():
        if lock_ticket(ticket_id).assignee_id != person.pk:
            return
        try:
            assign(ticket_id, assignee_id=uuid.UUID(to) if to else None)
        except InvalidInput:
            assign(ticket_id, assignee_id=None)  # left too, or not in the ticket's private team
