"""Take a change of a ticket back exactly, unless somebody has changed the same thing since."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from tickets.actions.change import apply_changes, record_ticket
from tickets.models import Ticket

Photo = dict[str, Any]
Difference = dict[str, list[Any]]

_TYPE_OF = {
    "status": "ticket.status_changed",
    "snoozed_until": "ticket.snoozed",
    "assignee_id": "ticket.assigned",
    "team_id": "ticket.assigned",
    "tags": "ticket.tagged",
    "priority": "ticket.priority_changed",
    "is_unread": "ticket.read",
    "subject": "ticket.updated",
}
_WITH_STATUS = ("closed_at", "waiting_since", "wakes_on", "wakes_order_id")
_FOLLOW = ("is_unread", "waiting_since", "closed_at")
"""Fields that follow from others: changed meanwhile, they stay, and do not stop the rest."""


def photograph(ticket: Ticket) -> Photo:
    """The fields that can be taken back, as JSON."""
    photo = {name: _plain(getattr(ticket, name)) for name in (*_TYPE_OF, *_WITH_STATUS)}
    return photo | {"merged_into_id": _plain(ticket.merged_into_id)}


def difference(before: Photo, ticket: Ticket) -> Difference:
    """{field: [before, after]} of what is different now."""
    after = photograph(ticket)
    return {name: [before[name], after[name]] for name in before if before[name] != after[name]}


def take_back(ticket: Ticket, change: Difference) -> bool:
    """Put the locked ticket's fields back; False, with nothing done, if they are others by now.

    Tags are added and removed one by one, so tags that came since stay.
    """
    present = photograph(ticket)
    main = set(change) - {"tags", *_FOLLOW}
    alone = set(change) <= {"tags", *_FOLLOW} and "tags" not in change
    if any(present[name] != change[name][1] for name in (set(change) if alone else main)):
        return False
    fields = {
        name: _parsed(name, before)
        for name, (before, after) in change.items()
        if name != "tags" and present[name] == after
    }
    if "tags" in change:
        fields["tags"] = _tags_back(ticket.tags, *change["tags"])
    done = apply_changes(ticket, fields)
    for type_ in dict.fromkeys(_TYPE_OF[name] for name in done if name in _TYPE_OF):
        shown = {name: pair for name, pair in done.items() if _TYPE_OF.get(name) == type_}
        record_ticket(type_, ticket, shown)
    if done and not any(name in _TYPE_OF for name in done):
        record_ticket("ticket.updated", ticket)
    return True


def _tags_back(present: list[str], before: list[str], after: list[str]) -> list[str]:
    added, removed = set(after) - set(before), set(before) - set(after)
    if present == after:
        return before
    kept = [each for each in present if each not in added]
    return kept + [each for each in before if each in removed and each not in kept]


def _plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, list) else value


def _parsed(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name.endswith("_id"):
        return uuid.UUID(value)
    if name in ("snoozed_until", "closed_at", "waiting_since"):
        return datetime.fromisoformat(value)
    return value
