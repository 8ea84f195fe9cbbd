"""Which parts of Aftercare run, wherever they do: each holds a connection that bears its name.

PostgreSQL forgets the name the moment the process dies, so nobody has to clean up after one.
"""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import structlog
from django.db import connection

from helpdesk.lib.workers import own_connection

PARTS = ("worker", "beat")
LOOK_SECONDS = 5

log = structlog.get_logger()


class Presence:
    """Lets everybody see that these parts run, between ``start`` and ``stop``."""

    def __init__(self, *parts: str) -> None:
        self._parts = parts
        self._held: dict[str, psycopg.Connection[Any]] = {}
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._stay, name="aftercare-presence", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_stopping.set()
        self._thread.join(LOOK_SECONDS)

    def _stay(self) -> None:
        """Hold the connections, again after the database was away."""
        while True:
            for part in self._parts:
                try:
                    self._hold(part)
                except psycopg.Error as error:
                    log.warning("presence.database_away", part=part, error=type(error).__name__)
                    self._held.pop(part, None)
            if self._is_stopping.wait(LOOK_SECONDS):
                break
        for each in self._held.values():
            each.close()

    def _hold(self, part: str) -> None:
        if part in self._held:
            self._held[part].execute("SELECT 1")
            return
        self._held[part] = own_connection()
        self._held[part].execute("SELECT set_config('application_name', %s, false)", [_name(part)])


def running_parts() -> dict[str, int]:
    """How many of each part use this database right now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT application_name, count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() GROUP BY application_name"
        )
        counts = dict(cursor.fetchall())
    return {part: int(counts.get(_name(part), 0)) for part in PARTS}


def _name(part: str) -> str:
    return f"aftercare {part}"
