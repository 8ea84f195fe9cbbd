"""Delivery reports of mail servers."""

from __future__ import annotations

from inbox.filters.finding import Arrival, Finding
from inbox.models import Fate
from tickets.models import MessageKind


def check(arrival: Arrival) -> Finding | None:
    """A delivery report; whether it is about a mail of ours is found out by the door."""
    if not arrival.message.is_bounce:
        return None
    return Finding(Fate.BOUNCE, kind=MessageKind.BOUNCE, is_automatic=True)
