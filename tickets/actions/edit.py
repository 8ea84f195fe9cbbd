"""Several changes to one ticket at once: an agent's click, in one unit of work."""

from __future__ import annotations

import uuid
from typing import Any

from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.errors import Conflict, InvalidInput
from tickets.actions.assign import UNCHANGED, assign
from tickets.actions.change import lock_ticket
from tickets.actions.custom_fields import set_ticket_fields
from tickets.actions.marks import set_order, set_priority, set_subject, set_unread
from tickets.actions.reply import add_note
from tickets.actions.status import set_status, snooze
from tickets.actions.tags import change_tags, set_tags
from tickets.models import Status, Ticket
from tickets.records import ticket_record


def edit_ticket(
    ticket_id: uuid.UUID,
    changes: dict[str, Any],
    *,
    user: User,
    client_id: str = "",
    seen_version: int | None = None,
) -> Ticket:
    """Make all changes or none; names are those of the API (``tags_add``, ``assignee_id``, …).
    A ``note`` is what the agent says to whoever gets the ticket; one ``note_id`` is one note.

    Raises Conflict (code ``version_conflict``, with the ticket) when ``seen_version`` is given
    and the ticket has changed since, InvalidInput naming the field that cannot be set.
    """
    with unit_of_work(actor=Actor.of_user(user), client_id=client_id):
        ticket = lock_ticket(ticket_id)
        if ticket.merged_into_id is not None:
            raise Conflict("This ticket was merged into another one.", code="merged")
        if seen_version is not None and ticket.version != seen_version:
            raise Conflict(
                "This ticket changed while you were looking.",
                code="version_conflict",
                extra={"ticket": ticket_record(ticket)},
            )
        if changes.get("note"):
            note_id = changes.get("note_id")
            add_note(ticket_id, changes["note"], user=user, message_id=note_id)
        _apply(ticket_id, changes)
        return lock_ticket(ticket_id)


def _apply(ticket_id: uuid.UUID, changes: dict[str, Any]) -> None:
    if "subject" in changes:
        set_subject(ticket_id, changes["subject"])
    if "priority" in changes:
        set_priority(ticket_id, changes["priority"])
    if "assignee_id" in changes or "team_id" in changes:
        assign(
            ticket_id,
            assignee_id=changes.get("assignee_id", UNCHANGED),
            team_id=changes.get("team_id", UNCHANGED),
        )
    if "order_id" in changes:
        set_order(ticket_id, changes["order_id"])
    if "fields" in changes:
        set_ticket_fields(ticket_id, changes["fields"])
    _apply_tags(ticket_id, changes)
    _apply_status(ticket_id, changes)
    if "is_unread" in changes:
        set_unread(ticket_id, is_unread=changes["is_unread"])


def _apply_tags(ticket_id: uuid.UUID, changes: dict[str, Any]) -> None:
    if "tags" in changes:
        set_tags(ticket_id, changes["tags"])
    add, remove = changes.get("tags_add", []), changes.get("tags_remove", [])
    if add or remove:
        change_tags(ticket_id, add=add, remove=remove)


def _apply_status(ticket_id: uuid.UUID, changes: dict[str, Any]) -> None:
    """A time to wake means: snooze. Snoozing needs the time."""
    until, status = changes.get("snoozed_until"), changes.get("status")
    wakes_on = changes.get("wakes_on") or ""
    if until is not None or wakes_on:
        if status not in (None, Status.SNOOZED):
            raise InvalidInput.field("snoozed_until", "Only a snoozed ticket has a time to wake.")
        snooze(ticket_id, until, wakes_on=wakes_on, order_id=changes.get("wakes_order_id"))
    elif status == Status.SNOOZED:
        raise InvalidInput.field("snoozed_until", "Say until when.", code="required")
    elif status is not None:
        set_status(ticket_id, status)
    elif "snoozed_until" in changes:
        set_status(ticket_id, Status.OPEN)
