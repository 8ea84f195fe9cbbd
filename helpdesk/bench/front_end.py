"""How much JavaScript the agent app loads before the inbox can be used, gzipped."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from helpdesk.bench.figure import Figure
from helpdesk.lib.errors import Misconfigured

BUDGET_KB = 130
FRONTEND = Path(__file__).resolve().parents[2] / "frontend"


def main() -> None:
    """Print ``app_js_gz_kb``, as the build's own manifest tells it (frontend/scripts/size.mjs)."""
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
    size_kb = float(told.split()[-1])
    Figure("app_js_gz_kb", size_kb, "kB", BUDGET_KB, round(size_kb / BUDGET_KB, 2)).print()


if __name__ == "__main__":
    main()
