"""Finding and starting PostgreSQL: what is promised to `make demo` and to tests."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from helpdesk import database
from helpdesk.database import LocalServer
from helpdesk.lib.errors import Misconfigured


@pytest.fixture
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("pg")
    for path in (found, *found.parents):
        if os.geteuid() == 0 and not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode & 0o7777 | 0o001)
    return found


@pytest.fixture
def server(folder):
    server = LocalServer(folder / "postgres")
    server.start()
    yield server
    server.stop()


def test_database_url_wins_over_everything(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgresql://bo:secret@db.example:5433/helpdesk")

    assert database.database_url(tmp_path) == "postgresql://bo:secret@db.example:5433/helpdesk"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["sqlite:///x.db", "mysql://a/b", "postgresql://host", "aftercare"])
def test_a_wrong_database_url_stops_the_start_with_its_name_and_the_fix(monkeypatch, tmp_path, url):
    monkeypatch.setenv("DATABASE_URL", url)

    with pytest.raises(Misconfigured, match=r"DATABASE_URL .* looks like postgresql://"):
        database.database_url(tmp_path)


def test_a_url_becomes_django_settings_with_its_options():
    settings = database.django_settings_of("postgresql://bo:s%40c@db:5433/shop?sslmode=require")

    assert settings == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop",
        "USER": "bo",
        "PASSWORD": "s@c",
        "HOST": "db",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_the_first_start_makes_the_data_and_the_last_stop_ends_the_process(monkeypatch, folder):
    monkeypatch.delenv("DATABASE_URL", raising=False)

    url = database.database_url(folder)
    assert database.database_url(folder) == url
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT current_database(), current_setting('server_encoding')"
        ).fetchone()
        process_id = connection.info.backend_pid
    database.stop()

    assert row == ("aftercare", "UTF8")
    assert not is_alive(process_id)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_it_listens_to_nobody_over_the_network_and_hides_its_socket(server):
    with psycopg.connect(server.url("aftercare")) as connection:
        addresses = connection.execute("SHOW listen_addresses").fetchone()
    socket_folder = Path(str(conninfo_to_dict(server.url("aftercare"))["host"]))

    assert addresses == ("",)
    assert socket_folder.stat().st_mode & 0o077 == 0


def test_data_survives_a_server_that_was_killed(server, folder):
    """G18: a power cut loses nothing that was committed."""
    with psycopg.connect(server.url("aftercare")) as connection:
        connection.execute("CREATE TABLE ticket AS SELECT 48213 AS number")
    kill_hard(server)

    again = LocalServer(folder / "postgres")
    again.start()
    with psycopg.connect(again.url("aftercare")) as connection:
        rows = connection.execute("SELECT number FROM ticket").fetchall()
    again.stop()

    assert rows == [(48213,)]


def test_a_pid_file_that_now_names_somebody_else_is_no_obstacle(server):
    kill_hard(server)
    pid_file = server.data / "postmaster.pid"
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")

    again = LocalServer(server.folder)
    again.start()

    assert again.process_id() not in {None, stranger.pid}
    assert stranger.poll() is None
    again.stop()
    stranger.communicate(b"\n")


def test_a_server_left_running_by_a_killed_process_is_used_again(folder):
    """The kernel drops the lock of a killed process; its server is joined and stopped by the next."""
    code = (
        "import sys, pathlib, time; from helpdesk.database import LocalServer; "
        "s = LocalServer(pathlib.Path(sys.argv[1])); s.start(); "
        "print(s.process_id(), flush=True); time.sleep(60)"
    )
    words = [sys.executable, "-c", code, str(folder / "postgres")]
    other = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    first_id = int(other.stdout.readline())
    other.kill()
    other.communicate()

    server = LocalServer(folder / "postgres")
    server.start()
    joined_id = server.process_id()
    server.stop()

    assert joined_id == first_id
    assert not is_alive(first_id)


def test_the_server_stays_while_anybody_uses_it(server, folder):
    """Another process (`aftercare import-mail` beside a running demo) comes and goes."""
    code = (
        "import sys, pathlib; from helpdesk.database import LocalServer; "
        "s = LocalServer(pathlib.Path(sys.argv[1])); s.start(); print(s.process_id()); s.stop()"
    )
    words = [sys.executable, "-c", code, str(folder / "postgres")]
    seen = subprocess.run(words, capture_output=True, text=True, check=True).stdout

    assert int(seen) == server.process_id()
    with psycopg.connect(server.url("aftercare")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_folder_with_a_very_long_name_works_too(folder):
    server = LocalServer(folder / ("linen-and-loom-" * 8) / "postgres")
    server.folder.parent.mkdir()
    server.start()
    with psycopg.connect(server.url("aftercare")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.stop()


def test_data_of_another_major_version_is_left_alone_and_named(folder):
    data = folder / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")

    with pytest.raises(Misconfigured, match="written by PostgreSQL 9, which is not installed"):
        LocalServer(folder / "postgres").start()

    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_a_half_made_data_folder_does_not_count(folder):
    unfinished = folder / "postgres" / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")

    server = LocalServer(folder / "postgres")
    server.start()
    assert server.is_running()
    assert not unfinished.exists()
    server.stop()


def kill_hard(server):
    """SIGKILL to the postmaster, and wait until its children have noticed."""
    process_id = server.process_id()
    os.kill(process_id, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while server.is_running() or children_of(server):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def children_of(server):
    """Processes that still have the data folder as their working directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == server.data:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def is_alive(process_id):
    try:
        return b"postgres" in Path(f"/proc/{process_id}/cmdline").read_bytes()
    except OSError:
        return False
