"""Which events a rule may listen to."""

from __future__ import annotations

TRIGGERS: dict[str, str] = {
    "message.received": "A message comes in",
    "message.queued": "A message goes out",
    "message.noted": "A note is added",
    "ticket.created": "A ticket begins",
    "ticket.status_changed": "The status changes",
    "ticket.assigned": "The assignee or team changes",
    "ticket.tagged": "Tags change",
    "ticket.priority_changed": "The priority changes",
    "ticket.snoozed": "A ticket is snoozed or wakes",
    "csat.answered": "A customer gives a score",
}
