"""A real Medusa: installed from npm into .medusa/, on a PostgreSQL of its own, without Redis.

What takes long is done once and kept: the packages (until package-lock.json changes) and a
migrated database, of which every start copies a fresh one. Nothing here touches Aftercare's data.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg

from helpdesk.database import THROW_AWAY_SERVER, LocalServer
from scripts.install import find_node_folder
from scripts.steps import ROOT, StepFailed, is_unchanged, remember, run, step
from tests.services.medusa.shop import ADMIN
from tests.services.ports import die_with_parent, free_port

APP = Path(__file__).parent / "app"
FOLDER = ROOT / ".medusa"
SUBSCRIBER = ROOT / "integrations" / "medusa" / "subscriber.js"
TEMPLATE, DATABASE = "migrated", "shop"
READY_WITHIN_SECONDS = 300
LEAVES_WITHIN_SECONDS = 20


class MedusaServer:
    """One Medusa on a free port; ``url`` is where its API answers."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self.app = folder / "app"
        self.log = folder / "medusa.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.postgres = LocalServer(folder / "postgres", THROW_AWAY_SERVER)
        self._process: subprocess.Popen[bytes] | None = None
        self._told: dict[str, str] = {}

    # Installing

    def install(self) -> None:
        """Bring packages and migrated database to what package-lock.json says."""
        self.app.mkdir(parents=True, exist_ok=True)
        lock = hashlib.sha256((APP / "package-lock.json").read_bytes()).hexdigest()
        is_same = is_unchanged(self.folder / "packages", lock)
        for name in ("package.json", "package-lock.json", ".npmrc", "medusa-config.js"):
            shutil.copy(APP / name, self.app / name)
        if not (is_same and (self.app / "node_modules").is_dir()):
            with step("Medusa's packages"):
                run(
                    self._node("npm"), "install", "--no-audit", "--no-fund", "--loglevel=error",
                    cwd=self.app, env=self._environment(), is_quiet=True,
                )  # fmt: skip
            remember(self.folder / "packages", lock)
            (self.folder / "migrated").unlink(missing_ok=True)

    def _migrate(self, lock: str) -> None:
        if is_unchanged(self.folder / "migrated", lock) and self._has(TEMPLATE):
            return
        with step("Medusa's database"):
            self._drop(TEMPLATE)
            self.postgres.url(TEMPLATE)
            self._medusa("db:migrate", database=TEMPLATE)
            email, password = ADMIN
            self._medusa("user", "-e", email, "-p", password, database=TEMPLATE)
        remember(self.folder / "migrated", lock)

    # Running

    def start(self, **environment: str) -> MedusaServer:
        """A shop without products and orders, whose merchant is ``shop.ADMIN``."""
        self.install()
        self.folder.chmod(0o711)
        self.postgres.start()
        self._migrate((self.folder / "packages").read_text())
        self._drop(DATABASE)
        self._sql(f"CREATE DATABASE {DATABASE} TEMPLATE {TEMPLATE}")
        subscriber = self.app / "src" / "subscribers" / "aftercare.js"
        subscriber.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SUBSCRIBER, subscriber)
        self._told = environment
        self._launch()
        return self

    def _launch(self) -> None:
        words = [str(self._program()), "start", "--host", "127.0.0.1", "--port", str(self.port)]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                words, cwd=self.app, env=self._environment(DATABASE), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 (no threads yet)
            )  # fmt: skip
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise StepFailed(f"Medusa did not start. The end of its log:\n{self.last_words()}")
            time.sleep(0.2)

    def _is_ready(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        """End the shop and its PostgreSQL; what was installed stays. Safe to call twice."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(LEAVES_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self.postgres.stop()

    def last_words(self) -> str:
        """The end of Medusa's log."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    # Programs

    def _node(self, name: str) -> Path:
        return find_node_folder() / name

    def _program(self) -> Path:
        return self.app / "node_modules" / ".bin" / "medusa"

    def _medusa(self, *words: str, database: str) -> None:
        run(
            self._program(), *words, cwd=self.app, env=self._environment(database), is_quiet=True
        )  # fmt: skip

    def _environment(self, database: str = "") -> dict[str, str]:
        """Nothing of our own settings; telemetry is off."""
        path = f"{find_node_folder()}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        npm = {k: v for k, v in os.environ.items() if k.lower().startswith("npm_config_")}
        found = {
            **kept, **npm, **self._told, "PATH": path, "NODE_ENV": "production",
            "MEDUSA_DISABLE_TELEMETRY": "true", "LOG_LEVEL": "warn",
        }  # fmt: skip
        return {**found, "DATABASE_URL": self._database_url(database)} if database else found

    def _database_url(self, database: str) -> str:
        """As Node's libraries read it: the socket's folder where a host would stand."""
        folder = parse_qs(urlsplit(self.postgres.url(database)).query)["host"][0]
        return f"postgresql://postgres@{folder.replace('/', '%2F')}:5432/{database}"

    # Database

    def _has(self, database: str) -> bool:
        with psycopg.connect(self.postgres.url("postgres")) as connection:
            words = "SELECT 1 FROM pg_database WHERE datname = %s"
            return connection.execute(words, [database]).fetchone() is not None

    def _drop(self, database: str) -> None:
        self._sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def _sql(self, words: str) -> None:
        with psycopg.connect(self.postgres.url("postgres"), autocommit=True) as connection:
            connection.execute(words)
