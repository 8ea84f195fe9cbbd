"""The net under every doorbell: finds durable work that is due and does it.

Each app names its own work with ``@sweeps``; the sweep calls all of it every few seconds. What a
ring would have done at once, the sweep does later; nothing depends on a ring.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from celery import shared_task

Work = Callable[[], int]
log = structlog.get_logger()


@dataclass(frozen=True)
class Sweep:
    """A named piece of durable work; returns how much it did."""

    name: str
    work: Work
    every_seconds: float


_sweeps: dict[str, Sweep] = {}
_last_run: dict[str, float] = {}
_last_sweep = time.monotonic()


def sweeps(name: str, *, every_seconds: float = 0) -> Callable[[Work], Work]:
    """Register the function as due work; at most every so many seconds in one process."""

    def register(work: Work) -> Work:
        _sweeps[name] = Sweep(name, work, every_seconds)
        return work

    return register


def seconds_since_sweep() -> float:
    """How long ago this process began its last sweep, or began to live."""
    return time.monotonic() - _last_sweep


def sweep_once(*, force: bool = False) -> int:
    """Do everything that is due; one piece that fails does not stop the others."""
    global _last_sweep  # noqa: PLW0603 (one process, one time)
    _last_sweep = time.monotonic()
    done = 0
    for each in list(_sweeps.values()):
        began = time.monotonic()
        if not force and began - _last_run.get(each.name, float("-inf")) < each.every_seconds:
            continue
        _last_run[each.name] = began
        try:
            done += each.work()
        except Exception:
            log.exception("sweep.failed", sweep=each.name)
    return done


@shared_task(name="helpdesk.sweep", time_limit=120)
def sweep_task() -> None:
    """Celery beat rings this every SWEEP_SECONDS; a second one beside it finds rows taken."""
    sweep_once()
