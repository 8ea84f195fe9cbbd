"""``python -m tests.orders.run_fuzz [orders] [seed] [first]``: the fuzz on a database of its own.

As many processes as there are processors play at once; what an order does follows from the seed
and its number alone, so ``1 SEED NUMBER`` plays one again.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.core.management import call_command

from tests.services.postgres import ThrowAwayPostgres

if TYPE_CHECKING:
    from tests.orders.fuzz import Play

AT_ONCE = 50
SEED = 20_261_122
_own: list[Play] = []
"""The play of this process."""


def main() -> int:
    """Play, and print a line of JSON now and then: all that happened so far."""
    given = [int(each) for each in sys.argv[1:]]
    count, seed, first = (*given, *(10_000, SEED, 0)[len(given) :])
    with tempfile.TemporaryDirectory() as folder:
        server = ThrowAwayPostgres(Path(folder)).start()
        try:
            os.environ["DATABASE_URL"] = server.url
            os.environ["AFTERCARE_LOG_LEVEL"] = "ERROR"
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
            django.setup()
            call_command("migrate", verbosity=0)
            _play(count, seed, first)
        finally:
            server.stop()
    return 0


def _play(count: int, seed: int, first: int) -> None:
    parts = [
        (number, min(AT_ONCE, first + count - number))
        for number in range(first, first + count, AT_ONCE)
    ]
    began = time.monotonic()
    told: Counter[str] = Counter()
    fresh = multiprocessing.get_context("spawn")
    with fresh.Pool(min(os.cpu_count() or 1, len(parts)), _begin, [seed]) as players:
        for figures in players.imap_unordered(_play_part, parts):
            told.update(figures)
            line = {**dict(sorted(told.items())), "seconds": round(time.monotonic() - began)}
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()


def _begin(seed: int) -> None:
    """An organization for this process, so that two never wait for each other's numbers."""
    django.setup()
    from helpdesk.accounts.actions import create_organization, create_user
    from tests.orders.fuzz import Play

    name = f"fuzz-{os.getpid()}"
    shop = create_organization("Fuzz", slug=name)
    people = [
        create_user(shop, email=f"p{number}@{name}.example", password="-" * 16, name=f"P{number}")
        for number in range(3)
    ]
    _own.append(Play(shop, people, seed))


def _play_part(part: tuple[int, int]) -> dict[str, int]:
    """Play these orders; what happened in them."""
    first, count = part
    play = _own[0]
    play.told.clear()
    return {"orders": count, **play.run(count, first=first)}


if __name__ == "__main__":
    sys.exit(main())
