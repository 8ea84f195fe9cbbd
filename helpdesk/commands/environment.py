"""Makes a process ready: data folder, database address, Django."""

from __future__ import annotations

import os
from pathlib import Path


def prepare(*, needs_database: bool = True) -> None:
    """Set the environment's defaults, find or start PostgreSQL, and set Django up.

    Raises Misconfigured naming the setting that is wrong.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    if needs_database and not os.environ.get("DATABASE_URL"):
        from helpdesk.database import database_url

        os.environ["DATABASE_URL"] = database_url(data_folder())
    import django

    django.setup()


def data_folder() -> Path:
    """Where this installation keeps its data: AFTERCARE_DATA, else ``var`` beside the code."""
    named = os.environ.get("AFTERCARE_DATA", "").strip()
    root = Path(__file__).resolve().parents[2]
    return Path(named).expanduser().resolve() if named else root / "var"


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
