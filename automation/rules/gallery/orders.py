"""Templates about orders and parcels."""

from __future__ import annotations

from typing import Any

from automation.rules import shipped
from automation.rules.gallery.parts import (
    NOT_SENT,
    PRIVATE,
    PROVEN,
    Macros,
    Template,
    answer,
    priority,
    tagged,
    wants,
)
from automation.rules.shipped import action, leaf, trouble


def _urgent_cancellation(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *wants("cancel_order"),
                {"any": [NOT_SENT[0], leaf("order.placed_at", "within_last", "2h")]},
                NOT_SENT[1],
                leaf("ticket.tags", "contains_none_of", ["no-auto"]),
            ]
        },
        "actions": [
            tagged("cancellation", "urgent"),
            priority("urgent"),
            action("order_action", kind="cancel", params={}, mode="propose", caps={}),
        ],
        "once_per_ticket_hours": 24,
    }


def _wismo(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *wants("order_status"),
                PROVEN,
                PRIVATE,
                leaf("order.has_tracking", "is", value=True),
                leaf("order.is_cancelled", "is", value=False),
                leaf("order.is_delivered", "is", value=False),
                {"none": trouble()},
            ]
        },
        "actions": [tagged("wismo"), answer(macros, "tracking")],
        "else_actions": [],
        "once_per_ticket_hours": 24,
        "limits": {"per_customer_day": 1, "per_minute": 60},
    }


def _being_prepared(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *wants("order_status"),
                PROVEN,
                PRIVATE,
                *NOT_SENT,
                leaf("order.placed_at", "within_last", "5d"),
            ]
        },
        "actions": [tagged("wismo"), answer(macros, "being-prepared")],
        "once_per_ticket_hours": 24,
        "limits": {"per_customer_day": 1, "per_minute": 60},
    }


def _not_shipped(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *wants("order_status"),
                *NOT_SENT,
                leaf("order.placed_at", "longer_ago_than", "5d"),
            ]
        },
        "actions": [tagged("wismo", "not-shipped"), priority("urgent")],
    }


def _address_change(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {"all": [*wants("change_address"), *NOT_SENT]},
        "actions": [
            tagged("address-change"),
            priority("urgent"),
            action("order_action", kind="hold", params={}, mode="propose", caps={}),
        ],
        "once_per_ticket_hours": 24,
    }


def _damaged(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *wants("damaged_item", "wrong_item"),
                PROVEN,
                PRIVATE,
                leaf("message.has_attachments", "is", value=False),
            ]
        },
        "actions": [tagged("damaged"), priority("high"), answer(macros, "damaged-photo")],
        "once_per_ticket_hours": 72,
        "limits": {"per_customer_day": 1, "per_minute": 30},
    }


def _return_request(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *wants("return_exchange"),
                PROVEN,
                PRIVATE,
                leaf("order.is_delivered", "is", value=True),
                leaf("order.days_since_delivery", "less_than", 31),
            ]
        },
        "actions": [tagged("return"), answer(macros, "return-start")],
        "once_per_ticket_hours": 72,
        "limits": {"per_customer_day": 1, "per_minute": 30},
    }


def _refund_status(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *wants("refund_status"),
                PROVEN,
                PRIVATE,
                leaf("order.refunded_minor", "more_than", 0),
            ]
        },
        "actions": [tagged("refund-status"), answer(macros, "refund-status")],
        "once_per_ticket_hours": 72,
        "limits": {"per_customer_day": 1, "per_minute": 30},
    }


def _refund_waiting(macros: Macros) -> dict[str, Any]:
    """Also where no order is known: somebody must look."""
    nothing_yet = {**leaf("order.refunded_minor", "is", 0), "if_missing": True}
    return {
        "conditions": {"all": [*wants("refund_status"), nothing_yet]},
        "actions": [tagged("refund-status"), priority("high")],
    }


def _delayed(macros: Macros) -> dict[str, Any]:
    return {
        "triggers": ["schedule", "order.trouble"],
        "schedule": {"days": ["mon", "tue", "wed", "thu", "fri"], "at": "10:00"},
        "conditions": {
            "all": [
                leaf("ticket.status", "is_any_of", ["open", "snoozed"]),
                leaf("order.is_cancelled", "is", value=False),
                leaf("order.is_delivered", "is", value=False),
                {
                    "any": [
                        leaf("order.is_late", "is", value=True),
                        leaf("order.is_stalled", "is", value=True),
                        leaf("order.state", "is", "exception"),
                    ]
                },
            ]
        },
        "actions": [tagged("shipment-problem"), answer(macros, "delayed-shipment")],
        "once_per_ticket_hours": 168,
        "limits": {"per_customer_day": 1, "per_minute": 30},
    }


def _parcel_trouble(macros: Macros) -> dict[str, Any]:
    return {
        "triggers": ["order.trouble"],
        "conditions": {"all": [leaf("ticket.status", "is_any_of", ["open", "snoozed"])]},
        "actions": [
            tagged("shipment-problem"),
            priority("high"),
            action("set_status", status="open"),
        ],
        "once_per_ticket_hours": 24,
    }


TEMPLATES = (
    Template(
        "urgent-cancellation",
        "Urgent cancellation",
        "Asks to cancel an order that can still be stopped: urgent, and cancelling is proposed.",
        _urgent_cancellation,
        has_orders=True,
        shipped=shipped.URGENT_CANCELLATION,
    ),
    Template(
        "wismo-tracking",
        "Where is my order: send the tracking link",
        "The parcel can be tracked and all is well with it: the customer gets the link at once.",
        _wismo,
        macros=("tracking",),
        has_orders=True,
        shipped=shipped.WISMO_REPLY,
    ),
    Template(
        "wismo-prepared",
        "Where is my order: being prepared",
        "Ordered within five days and not sent yet: the customer is told so.",
        _being_prepared,
        macros=("being-prepared",),
        has_orders=True,
    ),
    Template(
        "wismo-not-shipped",
        "Where is my order: overdue",
        "Not sent after five days: urgent for a person, no automatic answer.",
        _not_shipped,
        has_orders=True,
    ),
    Template(
        "address-change",
        "Address change before picking",
        "Another address for an order that has not left: urgent, and holding it is proposed.",
        _address_change,
        has_orders=True,
    ),
    Template(
        "damaged",
        "Damaged or wrong on arrival",
        "Something came broken or wrong, without a picture: asks for one.",
        _damaged,
        macros=("damaged-photo",),
    ),
    Template(
        "return-request",
        "Return request",
        "Wants to send back what came within 30 days: explains how.",
        _return_request,
        macros=("return-start",),
        has_orders=True,
    ),
    Template(
        "refund-status",
        "Where is my refund: refunded",
        "Asks for money that has left you already: the customer hears how much, from the live order.",
        _refund_status,
        macros=("refund-status",),
        has_orders=True,
    ),
    Template(
        "refund-waiting",
        "Where is my refund: nothing refunded yet",
        "Asks for money that has not left you: tagged and lifted, no automatic answer.",
        _refund_waiting,
        has_orders=True,
    ),
    Template(
        "delayed-shipment",
        "Delayed shipment: tell the customer",
        "The parcel of an open ticket is late, does not move or has a problem: the customer hears it "
        "from you, once a week at most.",
        _delayed,
        macros=("delayed-shipment",),
        has_orders=True,
    ),
    Template(
        "parcel-trouble",
        "A parcel has a problem",
        "The carrier reports a problem with a parcel that an open ticket is about: lifted.",
        _parcel_trouble,
        has_orders=True,
    ),
)
