"""Makes a process ready: data folder, database address, Django."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from helpdesk.lib.errors import Misconfigured


def prepare(*, needs_database: bool = True, may_be_away: bool = False) -> None:
    """Set the environment's defaults, find or start PostgreSQL, and set Django up.

    Raises Misconfigured naming the setting that is wrong, also when the database of DATABASE_URL
    does not answer and that matters.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    if needs_database:
        _find_database(may_be_away=may_be_away)
    import django

    django.setup()


def _find_database(*, may_be_away: bool) -> None:
    from helpdesk.database import database_url, why_away

    is_named = bool(os.environ.get("DATABASE_URL", "").strip())
    url = os.environ["DATABASE_URL"] = database_url(data_folder())
    reason = why_away(url) if is_named and not may_be_away else ""
    if reason:
        raise Misconfigured(
            f"The database named by DATABASE_URL cannot be reached: {reason} "
            "Start it, correct DATABASE_URL, or leave it unset to use the embedded server."
        )


def data_folder() -> Path:
    """Where this installation keeps its data: AFTERCARE_DATA, else ``var`` beside the code."""
    named = os.environ.get("AFTERCARE_DATA", "").strip()
    root = Path(__file__).resolve().parents[2]
    return Path(named).expanduser().resolve() if named else root / "var"


def need_port(host: str, port: int, *, setting: str = "PORT") -> None:
    """Raise Misconfigured when nobody can listen there, before anything is started."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise Misconfigured(
            f"{setting} {port} on {host} cannot be used ({error.strerror}). Choose another one, "
            f"for instance {setting}={port + 1}, or stop what listens there."
        ) from error


def migrate_if_needed() -> bool:
    """Bring the database up to date; returns whether there was anything to do."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", interactive=False, verbosity=0)
    return True
