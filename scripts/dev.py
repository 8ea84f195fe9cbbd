"""`make dev`: the demo, started again when Python code changes, and the front end by Vite."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from scripts.install import find_node_folder
from scripts.steps import FRONTEND, ROOT, VENV_BIN, say

PACKAGES = ("helpdesk", "tickets", "inbox", "automation", "integrations")
LOOK_EVERY_SECONDS = 0.7
PATIENCE_SECONDS = 15


def main() -> int:
    """Run until Ctrl-C; both processes are stopped then."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    vite = start_vite()
    server = start_server()
    try:
        seen = newest_change()
        while True:
            time.sleep(LOOK_EVERY_SECONDS)
            if (now := newest_change()) != seen:
                say("code changed, starting again")
                seen = now
                stop(server)
                server = start_server()
    except KeyboardInterrupt:
        return 0
    finally:
        stop(server)
        stop(vite)


def newest_change() -> tuple[float, int]:
    """When a Python file or template was last written, and how many there are."""
    times = [
        path.stat().st_mtime
        for package in PACKAGES
        for suffix in ("py", "html", "toml")
        for path in (ROOT / package).rglob(f"*.{suffix}")
    ]
    return max(times), len(times)


def start_server() -> subprocess.Popen[bytes]:
    """The demo in a process of its own, out of reach of the terminal's Ctrl-C: we pass it on."""
    return subprocess.Popen([str(VENV_BIN / "aftercare"), "demo"], cwd=ROOT, start_new_session=True)


def start_vite() -> subprocess.Popen[bytes]:
    """Vite's development server; its configuration sends /api and /ws to the demo."""
    node: Path = find_node_folder()
    env = {**os.environ, "PATH": f"{node}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(node / "npm"), "--prefix", str(FRONTEND), "run", "--silent", "dev"]
    return subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a process and what it started to end, and make it after some patience."""
    for number in (signal.SIGINT, signal.SIGKILL):
        if process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
