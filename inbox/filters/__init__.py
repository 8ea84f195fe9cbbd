"""What an arrival is, before anybody is troubled with it: ordered, the first that answers wins.

Each module has one ``check``. Nothing is dropped here: a filter only names the fate.
"""

from __future__ import annotations

from collections.abc import Callable

from inbox.filters import auto_reply, blocked_sender, bounce, own_loop
from inbox.filters.finding import ORDINARY, Arrival, Finding

Check = Callable[[Arrival], Finding | None]

IN_ORDER: tuple[Check, ...] = (
    own_loop.check,
    blocked_sender.check,
    bounce.check,
    auto_reply.check,
)


def judge(arrival: Arrival) -> Finding:
    """The first filter's finding, or an ordinary customer message; flags of size are added."""
    for check in IN_ORDER:
        finding = check(arrival)
        if finding is not None:
            return finding
    return ORDINARY


__all__ = ["Arrival", "Finding", "judge"]
