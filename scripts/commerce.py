"""`make test-commerce`: tests against a real Medusa shop, installed from npm into .medusa/.

The first run installs (some two minutes); later ones are up in seconds. Everything that was
started is stopped at the end. `make test-commerce ARGS="-k lost"` runs some of the tests; with
WRITE_RECORDED=1 the shop's answers are kept for the quick tests of `make test`.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from scripts.steps import StepFailed, say
from scripts.test import _interrupt, environment, pytest, throw_away_database, workshop
from tests.services.medusa.server import MedusaServer


def main() -> int:
    """0 when nothing failed, 1 when something did, 130 when interrupted."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    started = time.monotonic()
    try:
        MedusaServer().install()
        with workshop() as folder, throw_away_database(folder) as url:
            seen = {**environment(folder, url), "COMMERCE_LIVE": "1", "PYTHONUNBUFFERED": "1"}
            words = ["tests/live", "-vv", "--durations=5", *sys.argv[1:]]
            tally = pytest("commerce", folder, seen, words)
    except KeyboardInterrupt:
        say("\nInterrupted; everything that was started is stopped.")
        return 130
    except StepFailed as failure:
        say(f"The shop could not be installed. {failure}")
        return 1
    say(f"--- commerce: {time.monotonic() - started:.0f} s")
    say(str(tally))
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    sys.exit(main())
