"""Templates about when nobody is there, or too many write at once."""

from __future__ import annotations

from typing import Any

from automation.rules.gallery.parts import (
    INBOUND,
    PRIVATE,
    PROVEN,
    Macros,
    Template,
    answer,
    tagged,
)
from automation.rules.shipped import leaf

MESSENGERS = [
    "chat", "whatsapp", "sms", "messenger", "instagram", "telegram", "line", "viber", "tiktok",
]  # fmt: skip
MANY_WAIT = 40
_CLOSED = leaf("hours.is_open", "is", value=False)
_WORKDAY = leaf("hours.is_holiday", "is", value=False)
_ONCE = {"once_per_ticket_hours": 24, "limits": {"per_customer_day": 1, "per_minute": 60}}


def _out_of_hours_mail(macros: Macros) -> dict[str, Any]:
    where = leaf("message.channel_kind", "is", "email")
    return {
        "conditions": {"all": [*INBOUND, PROVEN, where, _CLOSED, _WORKDAY]},
        "actions": [tagged("out-of-hours"), answer(macros, "out-of-hours")],
        **_ONCE,
    }


def _out_of_hours_messages(macros: Macros) -> dict[str, Any]:
    where = leaf("message.channel_kind", "is_any_of", MESSENGERS)
    return {
        "conditions": {"all": [*INBOUND, PROVEN, PRIVATE, where, _CLOSED, _WORKDAY]},
        "actions": [tagged("out-of-hours"), answer(macros, "out-of-hours-short")],
        **_ONCE,
    }


def _holiday(macros: Macros) -> dict[str, Any]:
    on_holiday = leaf("hours.is_holiday", "is", value=True)
    return {
        "conditions": {"all": [*INBOUND, PROVEN, PRIVATE, on_holiday]},
        "actions": [tagged("out-of-hours"), answer(macros, "holiday")],
        **_ONCE,
    }


def _peak(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *INBOUND,
                PROVEN,
                PRIVATE,
                leaf("message.is_first", "is", value=True),
                leaf("hours.is_open", "is", value=True),
                leaf("queue.waiting", "more_than", MANY_WAIT),
            ]
        },
        "actions": [tagged("peak"), answer(macros, "peak-hours")],
        **_ONCE,
    }


TEMPLATES = (
    Template(
        "out-of-hours-mail",
        "Closed: tell who writes a mail",
        "Outside business hours a mail is answered once: read, and answered when you open again.",
        _out_of_hours_mail,
        macros=("out-of-hours",),
    ),
    Template(
        "out-of-hours-messages",
        "Closed: tell who writes in a chat or messenger",
        "The same in few words, to people whose address is proven.",
        _out_of_hours_messages,
        macros=("out-of-hours-short",),
    ),
    Template(
        "holiday",
        "Holiday",
        "On holidays of your business hours every customer hears once that you are away.",
        _holiday,
        macros=("holiday",),
    ),
    Template(
        "peak-hours",
        "Peak hours",
        f"While more than {MANY_WAIT} tickets wait, new customers hear that it takes longer.",
        _peak,
        macros=("peak-hours",),
    ),
)
