"""Senders an admin does not want to hear from: ``blocked_senders`` of the channel's settings.

An entry is an address, or ``@domain`` for everybody there.
"""

from __future__ import annotations

from inbox.filters.finding import Arrival, Finding
from inbox.models import Fate


def check(arrival: Arrival) -> Finding | None:
    """Blocked when the sender's address or domain is listed; the raw mail is kept."""
    blocked = {str(each).lower() for each in arrival.channel.config.get("blocked_senders", [])}
    if not blocked or not arrival.sender:
        return None
    domain = "@" + arrival.sender.rpartition("@")[2]
    if arrival.sender in blocked or domain in blocked:
        return Finding(Fate.BLOCKED, becomes_message=False, reason="The sender is blocked")
    return None
