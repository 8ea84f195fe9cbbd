"""`make contracts`: every request that our connectors make, judged by the vendors' own contracts.

Runs tests/contracts (as `make test` does, too), prints connector × operation × verdict, and ends
with one JSON line. Requests that a test makes wrong on purpose are judged there and not listed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from scripts.steps import ROOT, VENV_BIN, say

EXAMPLES = {"parcelbox", "shelf"}
"""Vendors that do not exist, in docs/ADDING_A_CONNECTOR.md: they prove nothing of others."""


@dataclass
class Row:
    """One operation of one connector: how often it was asked, and what was wrong with it."""

    asked: int = 0
    wrong: list[str] = field(default_factory=list)


def main() -> int:
    """Print the table and the line; 0 when requests were judged, none refused, no test failed."""
    with tempfile.TemporaryDirectory(prefix="aftercare-contracts-") as folder:
        out = Path(folder) / "verdicts.jsonl"
        environment = {**os.environ, "AFTERCARE_CONTRACTS_OUT": str(out)}
        done = subprocess.run(_command(), cwd=ROOT, env=environment, check=False, stdout=sys.stderr)
        rows = read(out.read_text().splitlines() if out.exists() else [])
    for line in table(rows):
        say(line)
    figures = summary(rows)
    say(json.dumps(figures))
    is_proof = figures["operations"] and not figures["refused"]
    return 0 if is_proof and not done.returncode else 1


def _command() -> list[str]:
    """Without a database of one's own the tests get a throw-away one from scripts.test."""
    if os.environ.get("DATABASE_URL"):
        return [str(VENV_BIN / "pytest"), "tests/contracts", "-q", *sys.argv[1:]]
    return [sys.executable, "-m", "scripts.test", "tests/contracts", *sys.argv[1:]]


def read(lines: Iterable[str]) -> dict[tuple[str, str], Row]:
    """The verdicts by connector and operation."""
    rows: dict[tuple[str, str], Row] = {}
    for line in lines:
        verdict = json.loads(line)
        if verdict["connector"] in EXAMPLES:
            continue
        row = rows.setdefault((verdict["connector"], verdict["operation"]), Row())
        row.asked += 1
        if verdict["wrong"]:
            row.wrong.append("; ".join(verdict["wrong"]))
    return dict(sorted(rows.items()))


def table(rows: dict[tuple[str, str], Row]) -> list[str]:
    """A line per operation; what was refused says why."""
    wide = max((len(connector) for connector, _ in rows), default=0)
    far = max((len(operation) for _, operation in rows), default=0)
    lines = []
    for (connector, operation), row in rows.items():
        verdict = f"REFUSED {row.wrong[0]}" if row.wrong else f"accepted ×{row.asked}"
        lines.append(f"{connector:{wide}}  {operation:{far}}  {verdict}")
    return lines


def summary(rows: dict[tuple[str, str], Row]) -> dict[str, int]:
    """The figures of the last line: connectors, operations, and requests by verdict."""
    refused = sum(len(row.wrong) for row in rows.values())
    return {
        "connectors": len({connector for connector, _ in rows}),
        "operations": len(rows),
        "accepted": sum(row.asked for row in rows.values()) - refused,
        "refused": refused,
    }


if __name__ == "__main__":
    sys.exit(main())
