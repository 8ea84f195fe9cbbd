"""Mail written by a program: kept and shown, never answered."""

from __future__ import annotations

from inbox.filters.finding import Arrival, Finding
from inbox.models import Fate
from tickets.models import MessageKind


def check(arrival: Arrival) -> Finding | None:
    """An automatic reply is quiet. List mail is a person's and is shown, but never answered."""
    if arrival.message.is_auto_reply:
        return Finding(Fate.AUTO_REPLY, kind=MessageKind.AUTO_REPLY, is_automatic=True)
    if arrival.message.is_list_mail:
        return Finding(Fate.MESSAGE, is_automatic=True, flags=("list-mail",))
    return None
