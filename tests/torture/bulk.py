"""What the killed workers of the bulk torture do."""

from __future__ import annotations

from tickets.actions.bulk import run_unfinished


def work_until_done() -> None:
    """Go on with every job until nothing is left."""
    while run_unfinished(seconds=5):
        pass
