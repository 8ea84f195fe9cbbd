"""When a rule may run: what happens, or what does not, or by the clock, or by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

EVENTS: dict[str, str] = {
    "message.received": "A message comes in",
    "message.queued": "A message goes out",
    "message.noted": "A note is added",
    "ticket.created": "A ticket begins",
    "ticket.status_changed": "The status changes",
    "ticket.assigned": "The assignee or team changes",
    "ticket.tagged": "Tags change",
    "ticket.priority_changed": "The priority changes",
    "ticket.snoozed": "A ticket is snoozed or wakes",
    "ticket.updated": "The subject, a field or the order changes",
    "csat.answered": "A customer gives a score",
    "sla.warned": "A target will soon be missed",
    "sla.breached": "A target is missed",
}
"""Triggers that are events of a ticket."""

ORDERS: dict[str, str] = {
    "order.paid": "An order is paid",
    "order.fulfilled": "An order is sent",
    "order.delivered": "An order is delivered",
    "order.cancelled": "An order is cancelled",
    "order.refunded": "An order is refunded",
    "order.trouble": "A parcel has a problem",
}
"""What becomes of an order; rules run on the open tickets that are about it."""

LOYALTY: dict[str, str] = {
    "loyalty.tier_changed": "A customer's loyalty tier changes",
    "loyalty.points_changed": "A customer's points change",
}
"""What becomes of a membership; rules run on the customer's open tickets."""

OTHERS: dict[str, str] = {
    "no_reply": "Nobody replies for a while",
    "schedule": "On chosen days at a time",
    "manual": "Somebody runs it by hand",
}

NO_REPLY, SCHEDULE, MANUAL = "no_reply", "schedule", "manual"

TRIGGERS: dict[str, str] = {**EVENTS, **ORDERS, **LOYALTY, **OTHERS}


RATED = "csat.answered"


def is_news(trigger: str) -> bool:
    """Whether a rule then writes because something happened, not because of a new message."""
    return trigger in (RATED, NO_REPLY, SCHEDULE) or trigger in ORDERS or trigger in LOYALTY


UPDATED = "ticket.updated"
UPDATES = ("subject", "fields", "order_id")
"""What of a ticket's update is meant; timers and clocks shown on it are none."""


def is_meant(event_type: str, payload: Mapping[str, Any]) -> bool:
    """Whether an event of that type is what its trigger speaks of."""
    return event_type != UPDATED or any(each in payload.get("change", {}) for each in UPDATES)


def order_triggers(change: Mapping[str, Sequence[Any]]) -> set[str]:
    """What became of an order, by what ``order.updated`` says has changed."""
    return {
        trigger
        for name, (_, after) in change.items()
        for trigger, field, values in _BECAME
        if field == name and (after in values if values else bool(after))
    }


def loyalty_triggers(change: Mapping[str, Sequence[Any]]) -> set[str]:
    """What became of a membership, by what ``profile.updated`` says has changed."""
    return {trigger for trigger in LOYALTY if _CHANGED[trigger] in change}


_CHANGED = {"loyalty.tier_changed": "tier", "loyalty.points_changed": "points"}

_BECAME: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("order.paid", "financial_status", ("paid",)),
    ("order.refunded", "financial_status", ("refunded", "partially_refunded")),
    ("order.fulfilled", "fulfillment_status", ("fulfilled",)),
    ("order.cancelled", "cancelled_at", ()),
    ("order.delivered", "shipment", ("delivered",)),
    ("order.trouble", "shipment", ("exception", "attempt_failed", "returned")),
)
