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
    rules: dict[str, dict[str, Any]] = {
        URGENT_CANCELLATION: {
            "name": "Urgent cancellation",
            "description": "Asks to cancel an order that can still be stopped: on top of "
            "everyone’s queue.",
            "triggers": ["message.received"],
            "conditions": {
                "all": [
                    *_customer_wants("cancel_order"),
                    _leaf("order.placed_at", "within_last", "2d"),
                    _leaf("order.is_fulfilled", "is", value=False),
                    _leaf("order.is_cancelled", "is", value=False),
                ]
            },
            "actions": [
                _action("add_tags", tags=["cancellation", "urgent"]),
                _action("set_priority", priority="urgent"),
            ],
        },
        CANCELLATION: {
            "name": "Cancellation",
            "description": "Asks to cancel: tagged, whatever the order’s state.",
            "triggers": ["message.received"],
            "conditions": {"all": _customer_wants("cancel_order")},
            "actions": [_action("add_tags", tags=["cancellation"])],
        },
        WISMO: {
            "name": "Where is my order",
            "description": "Asks where the order is: tagged.",
            "triggers": ["message.received"],
            "conditions": {"all": _customer_wants("order_status")},
            "actions": [_action("add_tags", tags=["wismo"])],
        },
        NOT_RECEIVED: {
            "name": "Delivered, but not received",
            "description": "Asks for a parcel that the carrier calls delivered in the last week: "
            "somebody must look, no tracking link helps.",
            "triggers": ["message.received"],
            "conditions": {
                "all": [
                    *_customer_wants("order_status"),
                    _leaf("order.is_delivered", "is", value=True),
                    _leaf("order.days_since_delivery", "less_than", 8),
                ]
            },
            "actions": [
                _action("add_tags", tags=["delivered-not-received"]),
                _action("set_priority", priority="high"),
            ],
        },
        PARCEL_TROUBLE: {
            "name": "Parcel stuck, late or in trouble",
            "description": "Asks for a parcel that does not move, missed its day or has a problem, "
            "or of which the shop and the carrier say different things.",
            "triggers": ["message.received"],
            "conditions": {"all": [*_customer_wants("order_status"), {"any": _trouble()}]},
            "actions": [
                _action("add_tags", tags=["shipment-problem"]),
                _action("set_priority", priority="high"),
            ],
        },
        BAD_REVIEW: {
            "name": "Bad review",
            "description": "One or two stars: on top of everyone’s queue while others read it. "
            "Switch it on where you answer reviews.",
            "is_active": False,
            "triggers": ["message.received"],
            "conditions": {
                "all": [
                    _leaf("ticket.kind", "is", "review"),
                    _leaf("message.direction", "is", "in"),
                    _leaf("message.is_public", "is", value=True),
                    _leaf("message.rating", "less_than", BAD_STARS),
                ]
            },
            "actions": [
                _action("add_tags", tags=["review"]),
                _action("set_priority", priority="urgent"),
            ],
        },
    }
    if tracking is not None:
        rules[WISMO_REPLY] = {
            "name": "Where is my order: send the tracking link",
            "description": "Answers by itself when the parcel can be tracked, all is well with it "
            "and the sender is verified; at most once a day per customer.",
            "triggers": ["message.received"],
            "conditions": {
                "all": [
                    *_customer_wants("order_status"),
                    _leaf("message.is_sender_verified", "is", value=True),
                    _leaf("message.is_public", "is", value=False),
                    _leaf("order.has_tracking", "is", value=True),
                    _leaf("order.is_cancelled", "is", value=False),
                    _leaf("order.is_delivered", "is", value=False),
                    {"none": _trouble()},
                ]
            },
            "actions": [_action("reply_with_macro", macro_id=str(tracking.pk))],
        }
    return rules


def _customer_wants(intent: str) -> list[dict[str, Any]]:
    return [
        _leaf("message.direction", "is", "in"),
        _leaf("message.kind", "is", "customer"),
        _leaf("message.intent", "is", intent),
    ]


def _trouble() -> list[dict[str, Any]]:
    """What makes a tracking link the wrong answer: a person must look at the parcel."""
    return [
        _leaf("order.is_stalled", "is", value=True),
        _leaf("order.is_late", "is", value=True),
        _leaf("order.state", "is", "exception"),
        _leaf("order.conflict", "is_present", None),
    ]


def _leaf(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def _action(kind: str, **params: Any) -> dict[str, Any]:
    return {"type": kind, "params": params}
