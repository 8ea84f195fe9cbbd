"""Named instants at which a test may kill the process. Costs one dictionary look-up otherwise.

``AFTERCARE_FAILPOINT=name:3`` kills the process with SIGKILL the third time it gets there.
"""

from __future__ import annotations

import os
import signal

_wanted: dict[str, int] = {}


def arm(name: str, count: int = 1) -> None:
    """Die at the ``count``-th passage of ``name`` from now on in this process."""
    _wanted[name] = count


def failpoint(name: str) -> None:
    """Pass, or die if this instant was armed."""
    if not _wanted or name not in _wanted:
        return
    _wanted[name] -= 1
    if _wanted[name] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)


def _arm_from_environment() -> None:
    name, _, count = os.environ.get("AFTERCARE_FAILPOINT", "").partition(":")
    if name:
        arm(name, int(count or 1))


_arm_from_environment()
