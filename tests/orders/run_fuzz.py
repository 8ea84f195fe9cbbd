"""``python -m tests.orders.run_fuzz [orders] [seed]``: the fuzz on a database of its own."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import django
from django.core.management import call_command

from tests.services.postgres import ThrowAwayPostgres

AT_ONCE = 50


def main() -> int:
    """Play, and print a line of JSON now and then: all that happened so far."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20_261_122
    with tempfile.TemporaryDirectory() as folder:
        server = ThrowAwayPostgres(Path(folder)).start()
        try:
            os.environ["DATABASE_URL"] = server.url
            os.environ["AFTERCARE_LOG_LEVEL"] = "ERROR"
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
            django.setup()
            call_command("migrate", verbosity=0)
            _play(count, seed)
        finally:
            server.stop()
    return 0


def _play(count: int, seed: int) -> None:
    from helpdesk.accounts.actions import create_organization, create_user
    from tests.orders.fuzz import Play

    shop = create_organization("Fuzz", slug="fuzz")
    people = [
        create_user(shop, email=f"p{number}@fuzz.example", password="-" * 16, name=f"P{number}")
        for number in range(3)
    ]
    began = time.monotonic()
    play = Play(shop, people, seed)
    for first in range(0, count, AT_ONCE):
        told = play.run(min(AT_ONCE, count - first), first=first)
        figures = {"orders": min(first + AT_ONCE, count), **told}
        figures["seconds"] = round(time.monotonic() - began)
        sys.stdout.write(json.dumps(figures) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
