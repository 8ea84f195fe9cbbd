"""A fork server for torture: sets Django up once, then forks workers and kills them.

Reads one JSON command a line: ``{"work": "module:function", "kill_after": seconds | null,
"failpoint": "name:count" | null, "mutant": "module:function" | null}``. For each it forks a child
that runs the function; the child is killed with SIGKILL after that time, or dies at the
failpoint, or ends. Answers a line ``{"killed": true|false, "code": n}``. The zygote itself opens no
connection and starts no thread, so that each child is as fresh as a new process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


class Zygote:
    """The parent's end of a fork server on the test database."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": test_database_url(), "AFTERCARE_LOG_LEVEL": "ERROR"},
            text=True,
        )

    def run(
        self,
        work: str,
        *,
        kill_after: float | None = None,
        failpoint: str | None = None,
        mutant: str | None = None,
    ) -> bool:
        """Run ``module:function`` in a fresh child; returns whether it was killed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        command = {
            "work": work, "kill_after": kill_after, "failpoint": failpoint, "mutant": mutant,
        }  # fmt: skip
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the zygote died")
        result: dict[str, Any] = json.loads(answer)
        if not result["killed"] and result["code"] != 0:
            raise RuntimeError(f"{work} failed in the child; its traceback is on stderr")
        return bool(result["killed"])

    def stop(self) -> None:
        """End the server."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)  # a machine under load takes its time
        if self._process.stdout is not None:
            self._process.stdout.close()


def test_database_url() -> str:
    """The address of the database that this test run uses."""
    values = connection.settings_dict
    host = values["HOST"]
    place = f"?host={host}&port={values['PORT']}" if host.startswith("/") else ""
    netloc = "" if place else f"{host}:{values['PORT']}"
    login = values["USER"] + (f":{values['PASSWORD']}" if values["PASSWORD"] else "")
    return f"postgresql://{login}@{netloc}/{values['NAME']}{place}"


test_database_url.__test__ = False  # type: ignore[attr-defined]  # a helper, not a test


def _serve() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    import django

    django.setup()
    for line in sys.stdin:
        command = json.loads(line)
        child = os.fork()
        if child == 0:
            _be_worker(command)
        sys.stdout.write(json.dumps(_watch(child, command["kill_after"])) + "\n")
        sys.stdout.flush()


def _be_worker(command: dict[str, Any]) -> None:
    from helpdesk.lib.failpoints import arm

    code = 1
    try:
        if command["failpoint"]:
            name, _, count = command["failpoint"].partition(":")
            arm(name, int(count or 1))
        if command["mutant"]:
            _function(command["mutant"])()
        _function(command["work"])()
        code = 0
    except Exception:  # noqa: BLE001 (the parent is told by the exit code)
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _function(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def _watch(child: int, kill_after: float | None) -> dict[str, Any]:
    deadline = None if kill_after is None else time.monotonic() + kill_after
    while True:
        done, status = os.waitpid(child, 0 if deadline is None else os.WNOHANG)
        if done:
            was_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
            return {"killed": was_killed, "code": os.waitstatus_to_exitcode(status)}
        if deadline is not None and time.monotonic() >= deadline:
            os.kill(child, signal.SIGKILL)
            deadline = None
        time.sleep(0.0005)


if __name__ == "__main__":
    _serve()
