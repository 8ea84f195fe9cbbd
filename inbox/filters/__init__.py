"""What an arrival is, before anybody is troubled with it: ordered, the first that answers wins.

Each module has one ``check``. Nothing is dropped here: a filter only names the fate.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from helpdesk.lib.clock import now
from inbox.filters import auto_reply, blocked_sender, bounce, own_loop
from inbox.filters.finding import OLD, ORDINARY, Arrival, Finding

OLD_AFTER = timedelta(hours=24)

Check = Callable[[Arrival], Finding | None]

IN_ORDER: tuple[Check, ...] = (
    own_loop.check,
    blocked_sender.check,
    bounce.check,
    auto_reply.check,
)


def judge(arrival: Arrival) -> Finding:
    """The first filter's finding, or an ordinary customer message.

    One that was written long ago (an import, a mailbox read for the first time) is flagged: it is
    sorted like any other, but no machine answers it.
    """
    for check in IN_ORDER:
        finding = check(arrival)
        if finding is not None:
            return finding
    sent_at = arrival.message.sent_at
    return OLD if sent_at is not None and now() - sent_at > OLD_AFTER else ORDINARY


__all__ = ["Arrival", "Finding", "judge"]
