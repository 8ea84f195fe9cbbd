"""Counts what may come in a flood, without a write per event.

The first is written down at once; those that follow within seconds are kept in memory and written
together. A process that dies in between forgets a few: it is a count for a person's eyes.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime

from helpdesk.lib.clock import now

WRITE_EVERY_SECONDS = 5.0

Write = Callable[[uuid.UUID, int, datetime], None]
"""Adds so many to the row of that id; the moment is that of the last one."""


class SlowCounter:
    """One count per id, written by ``write`` every few seconds at most."""

    def __init__(self, write: Write) -> None:
        self._write_row = write
        self._lock = threading.Lock()
        self._kept: dict[uuid.UUID, int] = {}
        self._last_at: dict[uuid.UUID, datetime] = {}
        self._written: dict[uuid.UUID, float] = {}

    def note(self, row_id: uuid.UUID) -> None:
        """One more."""
        with self._lock:
            self._kept[row_id] = self._kept.get(row_id, 0) + 1
            self._last_at[row_id] = now()
            before = self._written.get(row_id, float("-inf"))
        if time.monotonic() - before >= WRITE_EVERY_SECONDS:
            self._write(row_id)

    def write_down(self) -> None:
        """Write what this process kept: somebody wants to see it."""
        for row_id in list(self._kept):
            self._write(row_id)

    def _write(self, row_id: uuid.UUID) -> None:
        with self._lock:
            count, last_at = self._kept.pop(row_id, 0), self._last_at.pop(row_id, now())
            self._written[row_id] = time.monotonic()
        if count:
            self._write_row(row_id, count, last_at)
