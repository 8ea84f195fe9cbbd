"""A real `aftercare serve` for browser tests: one process, its own database, ports of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from helpdesk.lib.ids import new_id
from tests.services.ports import die_with_parent, free_port, wait_for_port
from tests.services.template import migrated_template, with_database

ROOT = Path(__file__).resolve().parents[2]


class AftercareServer:
    """Serves ``database_url``, whose database it makes; mail for it is taken on ``smtp_port``."""

    def __init__(self, folder: Path, server_url: str) -> None:
        self.database_url = with_database(server_url, f"e2e_{new_id().hex[-12:]}")
        self.port = free_port()
        self.smtp_port = free_port()
        self.vendor_port = free_port()
        """Where a test may let a vendor be: the server may ask it, and nothing else on loopback."""
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "serve.log"
        self._process: subprocess.Popen[bytes] | None = None
        _make_database(server_url, self.database_url)

    def start(self) -> None:
        """Start it, also after ``stop`` or ``kill``, on the same ports; returns when it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, "serve", "--port", str(self.port)],
                cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent,  # noqa: PLW1509
            )  # fmt: skip
        wait_for_port(self.port, self._is_running, timeout_seconds=60)

    def stop(self) -> None:
        """End it as an operator would."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def run(self, *words: str) -> str:
        """Run an `aftercare` command on the same database; its output. Raises when it fails."""
        done = subprocess.run(
            [*self._command, *words],
            cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False, timeout=90,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"aftercare {words[0]}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def log_lines(self) -> list[str]:
        """What it wrote so far."""
        return self._log.read_text(errors="replace").splitlines() if self._log.exists() else []

    @property
    def _command(self) -> list[str]:
        return [sys.executable, "-m", "helpdesk.cli"]

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
            "AFTERCARE_PUBLIC_URL": self.url,
            "AFTERCARE_HTTP_ALLOWED_PREFIXES": f"http://127.0.0.1:{self.vendor_port}/",
            "AFTERCARE_SMTP_LISTEN": f"127.0.0.1:{self.smtp_port}",
            "AFTERCARE_LOG_LEVEL": "WARNING",
            "AFTERCARE_SWEEP_SECONDS": "1",
        }

    def _is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None


def _make_database(server_url: str, database_url: str) -> None:
    name = urlsplit(database_url).path.strip("/")
    template = migrated_template(server_url)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def drop_database(server_url: str, database_url: str) -> None:
    """Remove the database again, whoever is still connected."""
    name = urlsplit(database_url).path.strip("/")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
