"""``bench``: runs the benchmarks of helpdesk/bench on throw-away data and prints their figures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from helpdesk.bench.figure import Figure
from helpdesk.lib.errors import InvalidInput

BENCHES = (
    "front_end",
    "inbound",
    "webhooks",
    "ticket_list",
    "live",
    "chat",
    "macros",
    "rules",
    "dry_runs",
    "intents",
    "reports",
    "stores",
    "demo",
)


def run_benches(names: Sequence[str], *, as_json: bool, tickets: int = 0) -> int:
    """Run the named benches (all by default), each in a process and database of its own.

    ``tickets`` is how large the shop of ``ticket_list`` is.
    """
    unknown = sorted(set(names) - set(BENCHES))
    if unknown:
        raise InvalidInput.field("name", f"There is no bench “{unknown[0]}”: {', '.join(BENCHES)}.")
    failed = 0
    for name in names or BENCHES:
        for figure in _run_alone(name, tickets):
            print(json.dumps(figure.as_json()) if as_json else figure.as_text(), flush=True)
            failed += figure.value is None
    return 1 if failed else 0


def _run_alone(name: str, tickets: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="aftercare-bench-") as folder:
        Path(folder).chmod(0o711)
        environment = {
            **os.environ,
            "AFTERCARE_DATA": folder,
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "AFTERCARE_LOG_LEVEL": "ERROR",
            "AFTERCARE_BENCH_TICKETS": str(tickets or ""),
            "AFTERCARE_PUBLIC_URL": "http://127.0.0.1:8000",
        }
        result = subprocess.run(  # noqa: S603 (our own module)
            [sys.executable, "-m", f"helpdesk.bench.{name}"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    lines = [line for line in result.stdout.splitlines() if line.startswith("{")]
    if result.returncode != 0 or not lines:
        yield Figure(name, None, "failed, see stderr")
    for line in lines:
        yield Figure(**json.loads(line))
