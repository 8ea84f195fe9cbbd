"""One database with today's tables, made once per server and set of migrations; others are copies.

Running all migrations takes many seconds of a processor; a copy takes a fraction of one. That the
migrations themselves run on an empty database is proven whenever the template is made, and by
tests/operations where a server starts on nothing.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
OURS = ("helpdesk", "tickets", "inbox", "integrations", "automation")
LOCK = 4_820_131
"""Whoever holds this advisory lock of the server makes the template; the others wait for it."""


def migrated_template(server_url: str) -> str:
    """The name of a database of this server with every table and no rows of ours."""
    name = f"aftercare_template_{_fingerprint()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if found.fetchone() is None:
            _make(connection, server_url, name)
    return name


def _make(connection: psycopg.Connection, server_url: str, name: str) -> None:
    """Migrate under another name, so that a template that exists is a whole one."""
    unfinished = sql.Identifier(f"{name}_unfinished")
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(unfinished))
    connection.execute(sql.SQL("CREATE DATABASE {}").format(unfinished))
    done = subprocess.run(
        [sys.executable, "-m", "helpdesk.cli", "migrate"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": with_database(server_url, f"{name}_unfinished")},
        stdin=subprocess.DEVNULL,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "Migrated.\n", done.stdout
    connection.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(unfinished, sql.Identifier(name))
    )


def with_database(server_url: str, name: str) -> str:
    """The same server's URL, for another database."""
    parts = urlsplit(server_url)
    return urlunsplit((parts.scheme, parts.netloc, f"/{name}", parts.query, ""))


def _fingerprint() -> str:
    """Of all that decides what tables there are: our migrations, and versions of the libraries."""
    seen = hashlib.sha256()
    files = [path for part in OURS for path in (ROOT / part).rglob("migrations/*.py")]
    for path in sorted([*files, *(ROOT / "requirements").glob("*.txt")]):
        seen.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return seen.hexdigest()[:12]
