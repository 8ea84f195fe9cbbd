"""How much the agent app loads before the inbox can be used, gzipped."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from helpdesk.bench.figure import Figure
from helpdesk.lib.errors import Misconfigured

BUDGETS_KB = {
    "app_js_gz_kb": 120.0,
    "app_css_gz_kb": 18.0,
    "widget_loader_gz_kb": 3.0,
    "widget_cold_gz_kb": 36.0,
}
FRONTEND = Path(__file__).resolve().parents[2] / "frontend"


def main() -> None:
    """Print what the build's manifest tells of scripts and styles (frontend/scripts/size.mjs)."""
    beside_python = Path(sys.executable).with_name("node")
    node = shutil.which("node") or (str(beside_python) if beside_python.exists() else "")
    if not node:
        raise Misconfigured("Node is not here: run “make setup” first.")
    told = subprocess.run(  # noqa: S603 (our own script)
        [node, str(FRONTEND / "scripts" / "size.mjs")],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    for line in told.splitlines():
        name, size_kb = line.split()
        budget_kb = BUDGETS_KB[name]
        Figure(name, float(size_kb), "kB", budget_kb, round(float(size_kb) / budget_kb, 2)).print()


if __name__ == "__main__":
    main()
