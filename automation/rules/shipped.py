"""The rules that every organization begins with."""

from __future__ import annotations

from typing import Any

from automation.macros.defaults import TRACKING, ensure_default_macros
from automation.macros.models import Macro
from automation.rules.edit import create_rule
from automation.rules.models import Rule
from helpdesk.accounts.models import Organization

URGENT_CANCELLATION = "urgent-cancellation"
CANCELLATION = "cancellation"
WISMO = "wismo"
WISMO_REPLY = "wismo-reply"
NOT_RECEIVED = "delivered-not-received"
PARCEL_TROUBLE = "parcel-trouble"
BAD_REVIEW = "bad-review"
BAD_STARS = 3


def ensure_shipped_rules(organization: Organization) -> None:
    """Create the shipped rules that are not there yet; changed ones stay as they are.

    *Urgent cancellation* and *Where is my order* are two rules each: the tag always, the urgent
    priority or the automatic answer only where the order allows it. *Bad review* is an example
    that is switched off.
    """
    ensure_default_macros(organization)
    known = set(
        Rule.objects.filter(organization=organization).exclude(key="").values_list("key", flat=True)
    )
    tracking = Macro.objects.filter(organization=organization, key=TRACKING).first()
    for key, fields in _shipped(tracking).items():
        if key not in known:
            create_rule(organization, fields, key=key)


def _shipped(tracking: Macro | None) -> dict[str, dict[str, Any]]:
    """The fields of each rule by its key; those that need the macro only where there is one."""
    rules = {
        URGENT_CANCELLATION: _urgent_cancellation(),
        CANCELLATION: _cancellation(),
        WISMO: _wismo(),
        NOT_RECEIVED: _not_received(),
        PARCEL_TROUBLE: _parcel_trouble(),
        BAD_REVIEW: _bad_review(),
    }
    if tracking is not None:
        rules[WISMO_REPLY] = _wismo_reply(tracking)
    return rules


def _urgent_cancellation() -> dict[str, Any]:
    return {
        "name": "Urgent cancellation",
        "description": "Asks to cancel an order that can still be stopped: on top of "
        "everyone’s queue.",
        "triggers": ["message.received"],
        "conditions": {
            "all": [
                *customer_wants("cancel_order"),
                leaf("order.placed_at", "within_last", "2d"),
                leaf("order.is_fulfilled", "is", value=False),
                leaf("order.is_cancelled", "is", value=False),
            ]
        },
        "actions": [
            action("add_tags", tags=["cancellation", "urgent"]),
            action("set_priority", priority="urgent"),
        ],
    }


def _cancellation() -> dict[str, Any]:
    return {
        "name": "Cancellation",
        "description": "Asks to cancel: tagged, whatever the order’s state.",
        "triggers": ["message.received"],
        "conditions": {"all": customer_wants("cancel_order")},
        "actions": [action("add_tags", tags=["cancellation"])],
    }


def _wismo() -> dict[str, Any]:
    return {
        "name": "Where is my order",
        "description": "Asks where the order is: tagged.",
        "triggers": ["message.received"],
        "conditions": {"all": customer_wants("order_status")},
        "actions": [action("add_tags", tags=["wismo"])],
    }


def _not_received() -> dict[str, Any]:
    return {
        "name": "Delivered, but not received",
        "description": "Asks for a parcel that the carrier calls delivered in the last week: "
        "somebody must look, no tracking link helps.",
        "triggers": ["message.received"],
        "conditions": {
            "all": [
                *customer_wants("order_status"),
                leaf("order.is_delivered", "is", value=True),
                leaf("order.days_since_delivery", "less_than", 8),
            ]
        },
        "actions": [
            action("add_tags", tags=["delivered-not-received"]),
            action("set_priority", priority="high"),
        ],
    }


def _parcel_trouble() -> dict[str, Any]:
    return {
        "name": "Parcel stuck, late or in trouble",
        "description": "Asks for a parcel that does not move, missed its day or has a problem, "
        "or of which the shop and the carrier say different things.",
        "triggers": ["message.received"],
        "conditions": {"all": [*customer_wants("order_status"), {"any": trouble()}]},
        "actions": [
            action("add_tags", tags=["shipment-problem"]),
            action("set_priority", priority="high"),
        ],
    }


def _bad_review() -> dict[str, Any]:
    return {
        "name": "Bad review",
        "description": "One or two stars: on top of everyone’s queue while others read it. "
        "Switch it on where you answer reviews.",
        "is_active": False,
        "triggers": ["message.received"],
        "conditions": {
            "all": [
                leaf("ticket.kind", "is", "review"),
                leaf("message.direction", "is", "in"),
                leaf("message.is_public", "is", value=True),
                leaf("message.rating", "less_than", BAD_STARS),
            ]
        },
        "actions": [
            action("add_tags", tags=["review"]),
            action("set_priority", priority="urgent"),
        ],
    }


def _wismo_reply(tracking: Macro) -> dict[str, Any]:
    return {
        "name": "Where is my order: send the tracking link",
        "description": "Answers by itself when the parcel can be tracked, all is well with it "
        "and the sender is verified; at most once a day per customer.",
        "triggers": ["message.received"],
        "conditions": {
            "all": [
                *customer_wants("order_status"),
                leaf("message.is_sender_verified", "is", value=True),
                leaf("message.is_public", "is", value=False),
                leaf("order.has_tracking", "is", value=True),
                leaf("order.is_cancelled", "is", value=False),
                leaf("order.is_delivered", "is", value=False),
                {"none": trouble()},
            ]
        },
        "actions": [action("reply_with_macro", macro_id=str(tracking.pk))],
    }


def customer_wants(intent: str) -> list[dict[str, Any]]:
    """Conditions: a customer's own message with this intent."""
    return [
        leaf("message.direction", "is", "in"),
        leaf("message.kind", "is", "customer"),
        leaf("message.intent", "is", intent),
    ]


def trouble() -> list[dict[str, Any]]:
    """What makes a tracking link the wrong answer: a person must look at the parcel."""
    return [
        leaf("order.is_stalled", "is", value=True),
        leaf("order.is_late", "is", value=True),
        leaf("order.state", "is", "exception"),
        leaf("order.conflict", "is_present", None),
    ]


def leaf(field: str, operator: str, value: Any) -> dict[str, Any]:
    """One condition."""
    return {"field": field, "operator": operator, "value": value}


def action(type_: str, /, **params: Any) -> dict[str, Any]:
    """One action."""
    return {"type": type_, "params": params}
