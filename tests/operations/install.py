"""An installation as an operator has it: settings in the environment, commands and processes."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from tests.services.ports import die_with_parent
from tests.services.template import with_database

ROOT = Path(__file__).resolve().parents[2]
COMMAND = str(Path(sys.executable).with_name("aftercare"))
PATIENCE_SECONDS = 90
STOP_SECONDS = 10
SECRET_KEY = "only-for-tests-0123456789-0123456789-0123456789-0123456789"
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")

Found = TypeVar("Found")


class Installation:
    """One data folder and its settings; nobody else's settings are seen."""

    def __init__(self, folder: Path, database_url: str = "", **settings: str) -> None:
        self.folder = folder
        self.settings = {
            "AFTERCARE_DATA": str(folder / "data"),
            "AFTERCARE_SECRET_KEY": SECRET_KEY,
            "AFTERCARE_LOG_LEVEL": "DEBUG",
            "DATABASE_POOL_SIZE": "6",
            **({"DATABASE_URL": database_url} if database_url else {}),
            **settings,
        }

    def run(
        self,
        *words: str | Path,
        stdin: str = "",
        **settings: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, with these settings on top of the installation's."""
        return subprocess.run(
            [COMMAND, *map(str, words)], cwd=self.folder, env=self._environment(settings),
            input=stdin, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS,
        )  # fmt: skip

    def done(self, *words: str | Path, stdin: str = "", **settings: str) -> str:
        """What a command that must succeed prints."""
        ended = self.run(*words, stdin=stdin, **settings)
        assert ended.returncode == 0, f"{words}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def start(self, *words: str, **settings: str) -> Running:
        """Start a process that stays."""
        return Running(words, self.folder, self._environment(settings))

    def _environment(self, settings: dict[str, str]) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return {**inherited, "PYTHONDONTWRITEBYTECODE": "1", **self.settings, **settings}


class Running:
    """A process that stays; what it prints goes to a file."""

    def __init__(self, words: tuple[str, ...], folder: Path, environment: dict[str, str]) -> None:
        self.name = words[0]
        self._log = folder / f"{words[0]}-{time.monotonic_ns()}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [COMMAND, *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 (no threads of ours hold locks here)
            )  # fmt: skip

    def wait_for(self, words: str) -> str:
        """All it printed, once that holds these words; raises AssertionError when it ends first."""

        def look() -> str:
            printed = self.printed()
            if words not in printed and self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}: {printed}")
            return printed if words in printed else ""

        return wait_until(look, f"“{words}” of {self.name}")

    def printed(self) -> str:
        return self._log.read_text(errors="replace")

    def ends_on(self, number: signal.Signals) -> tuple[int, float]:
        """Send the signal; exit code, and how many seconds it took to end."""
        began = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_SECONDS)
        return code, time.monotonic() - began


def put_away(*running: Running) -> None:
    """End them in any case."""
    for each in running:
        if each.process.poll() is None:
            each.process.terminate()
    for each in running:
        try:
            each.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            each.process.kill()
            each.process.wait(STOP_SECONDS)


class Api:
    """Calls over HTTP: with a token, or with the cookies of somebody who signed in."""

    def __init__(self, port: int, token: str = "") -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self._token = token

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and the JSON that was answered (text where it is none)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, json.dumps(body) if body else None, self._headers())
            answer = connection.getresponse()
            text = answer.read().decode()
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    key, _, rest = value.partition("=")
                    self.cookies[key] = rest.partition(";")[0]
        finally:
            connection.close()
        is_json = "json" in (answer.getheader("Content-Type") or "")
        return answer.status, json.loads(text) if is_json and text else text

    def get(self, path: str) -> Any:
        """The JSON of an answer that must be 200."""
        status, found = self.call("GET", path)
        assert status == 200, f"GET {path}: {status} {found}"
        return found

    def sign_in(self, email: str, password: str) -> int:
        """Sign in as the app does; the status of the answer."""
        self.call("GET", "/_allauth/browser/v1/config")
        login = {"email": email, "password": password}
        return self.call("POST", "/_allauth/browser/v1/auth/login", login)[0]

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if self.cookies:
            headers["Cookie"] = self.cookie_header
            headers["X-CSRFToken"] = self.cookies.get("csrftoken", "")
        return headers


def wait_until(
    ask: Callable[[], Found], what: str, *, timeout_seconds: float = PATIENCE_SECONDS
) -> Found:
    """The first true answer; raises TimeoutError naming what did not come."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        found = ask()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {timeout_seconds:.0f} s")
        time.sleep(0.05)


def make_database(server_url: str, name: str, *, like: str = "template1") -> str:
    """A new database beside the one of the URL, as a copy of ``like``; returns its URL."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(like)
            )
        )
    return with_database(server_url, name)


def drop_database(server_url: str, name: str) -> None:
    """Remove a database, whoever is still connected."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )
