"""`aftercare serve`: everything in one process, with a database of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.operations.conftest import ADMIN, PASSWORD
from tests.operations.install import STOP_SECONDS, Api, Installation, Running, put_away
from tests.services.ports import free_port
from tests.services.postgres import ThrowAwayPostgres


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that PostgreSQL's own user may pass through."""
    found = tmp_path_factory.mktemp("alone")
    for each in (found, *found.parents):
        if os.geteuid() == 0 and not each.stat().st_mode & 0o001:
            each.chmod(each.stat().st_mode & 0o7777 | 0o001)
    return found


@pytest.fixture
def started() -> Iterator[list[Running]]:
    """What a test started, put away afterwards."""
    running: list[Running] = []
    yield running
    put_away(*running)


def test_data_stays_between_ctrl_c_and_the_next_start(folder, started):
    port = free_port()
    alone = Installation(folder, PORT=str(port))
    first = alone.start("serve")
    started.append(first)

    first.wait_for(f"Aftercare is ready on http://127.0.0.1:{port}")
    alone.done("create-admin", "--email", ADMIN, "--password", PASSWORD)
    token = alone.done("create-token", "--email", ADMIN).strip()
    assert Api(port, token).get("/api/v1/me")["email"] == ADMIN
    code, seconds = first.ends_on(signal.SIGINT)
    assert code == 0
    assert seconds < STOP_SECONDS
    assert "Traceback" not in first.printed()
    assert not (folder / "data" / "postgres" / "data" / "postmaster.pid").exists()

    second = alone.start("serve")
    started.append(second)
    second.wait_for("Aftercare is ready")
    assert Api(port, token).get("/api/v1/me")["email"] == ADMIN
    assert Api(port).sign_in(ADMIN, PASSWORD) == 200
    assert Api(port).call("GET", "/healthz") == (200, {"status": "alive"})
    # Somebody who has not signed in yet is nothing to warn about.
    assert Api(port).call("GET", "/_allauth/browser/v1/auth/session")[0] == 401
    assert Api(port).call("GET", "/api/v1/me")[0] == 401
    assert '"warning"' not in second.printed()
    assert "hostname" not in second.printed()


def test_a_database_that_is_away_is_told_by_readyz_and_doctor_and_comes_back(folder, started):
    postgres = ThrowAwayPostgres(folder).start()
    port = free_port()
    shop = Installation(folder, postgres.url, AFTERCARE_LOG_LEVEL="WARNING")
    shop.done("migrate")
    web = shop.start("web", "--port", str(port))
    started.append(web)
    web.wait_for("Aftercare is ready")
    assert Api(port).call("GET", "/readyz") == (200, {"status": "ready"})

    postgres.stop()
    status, answer = Api(port).call("GET", "/readyz")
    assert (status, answer["status"]) == (503, "not_ready")
    assert Api(port).call("GET", "/healthz") == (200, {"status": "alive"})
    doctor = shop.run("doctor")
    assert doctor.returncode == 1
    assert "BAD  database     cannot be reached" in doctor.stdout
    assert "→ Start PostgreSQL, or correct DATABASE_URL" in doctor.stdout
    assert "Traceback" not in doctor.stderr

    postgres.server.start()
    assert Api(port).call("GET", "/readyz") == (200, {"status": "ready"})
    postgres.stop()


def test_readyz_is_not_ready_before_the_migrations(folder, started):
    postgres = ThrowAwayPostgres(folder).start()
    port = free_port()
    web = Installation(folder, postgres.url).start("web", "--port", str(port))
    started.append(web)
    web.wait_for("Aftercare is ready")

    status, answer = Api(port).call("GET", "/readyz")

    assert status == 503
    assert "Run “aftercare migrate”." in answer["reason"]
    with psycopg.connect(postgres.url) as connection:
        tables = connection.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchone()
    assert tables == (0,)
    put_away(web)
    postgres.stop()


def test_a_port_that_is_taken_stops_the_start_before_anything_is_made(folder, smtp_sink):
    port = smtp_sink.port

    ended = Installation(folder).run("serve", "--port", str(port))

    assert ended.returncode == 2
    assert f"PORT {port} on 127.0.0.1 cannot be used" in ended.stderr
    assert f"PORT={port + 1}" in ended.stderr
    assert not (folder / "data").exists()
