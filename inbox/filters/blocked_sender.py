"""Senders nobody wants to hear from: blocked by agents, or ``blocked_senders`` of the channel.

An entry is an address, or ``@domain`` for everybody there.
"""

from __future__ import annotations

from inbox.filters.finding import Arrival, Finding
from inbox.models import Fate
from tickets.actions.block import find_block


def check(arrival: Arrival) -> Finding | None:
    """Listed by an admin: only the raw mail is kept. Blocked by an agent: filed as spam."""
    finding = _by_agents(arrival)
    if finding is not None:
        return finding
    blocked = {str(each).lower() for each in arrival.channel.config.get("blocked_senders", [])}
    if not blocked or not arrival.sender:
        return None
    domain = "@" + arrival.sender.rpartition("@")[2]
    if arrival.sender in blocked or domain in blocked:
        return Finding(Fate.BLOCKED, becomes_message=False, reason="The sender is blocked")
    return None


def _by_agents(arrival: Arrival) -> Finding | None:
    """Their mail becomes a message on a ticket in Spam: out of the way, and never lost."""
    block = find_block(arrival.channel.organization_id, arrival.sender)
    if block is None:
        return None
    return Finding(
        Fate.BLOCKED,
        is_automatic=True,
        flags=("blocked-sender",),
        reason=f"The sender is blocked ({block.value})",
    )
