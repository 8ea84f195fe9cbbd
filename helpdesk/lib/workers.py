"""Which workers are alive: each holds an advisory lock that PostgreSQL frees when it dies.

A claim names its worker. Recovery may take a claim over when its lease has run out, or at once
when the worker's lock is free: a killed worker is noticed within a sweep, not after a lease.
"""

from __future__ import annotations

import os
import secrets
import threading
from typing import Any

import psycopg
from django.db import connection
from psycopg.conninfo import make_conninfo

LOCK_SPACE = 0x41465443  # "AFTC": keeps our numbers apart from other users of advisory locks

_lock = threading.Lock()
_presence: _Presence | None = None


class _Presence:
    """This process's number and the connection that holds its lock."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.number = secrets.randbelow(2**31 - 2) + 1
        self.connection = own_connection()
        self.connection.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_SPACE, self.number])

    def is_held(self) -> bool:
        try:
            self.connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True


def worker_number() -> int:
    """This process's number; its lock is held as long as the process lives."""
    global _presence  # noqa: PLW0603 (one presence per process)
    with _lock:
        if _presence is None or _presence.pid != os.getpid() or not _presence.is_held():
            _presence = _Presence()
        return _presence.number


def leave() -> None:
    """Give the number back when the process stops in peace."""
    global _presence  # noqa: PLW0603
    with _lock:
        if _presence is not None and _presence.pid == os.getpid():
            _presence.connection.close()
        _presence = None


def dead_workers(numbers: set[int]) -> set[int]:
    """Those of the numbers whose process is gone."""
    if not numbers:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted "
            "AND classid::bigint = %s AND objid::bigint = ANY(%s) "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [LOCK_SPACE, list(numbers)],
        )
        alive = {int(row[0]) for row in cursor.fetchall()}
    return numbers - alive


def own_connection() -> psycopg.Connection[Any]:
    """A connection outside the pool, for locks that are held as long as it lives."""
    known = connection.get_connection_params()
    said = set(connection.settings_dict["OPTIONS"]) - {"pool"}  # sslmode and the like
    wanted = {"dbname", "user", "password", "host", "port"} | said
    conninfo = make_conninfo(**{name: known[name] for name in wanted if known.get(name)})
    return psycopg.connect(conninfo, autocommit=True)
