"""Wrong settings stop the start with the setting's name and the fix."""

from __future__ import annotations

import pytest

from helpdesk.settings import _database
from tests.operations.install import Installation

UNREACHABLE = "postgresql://postgres@127.0.0.1:1/aftercare"


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        (
            "DATABASE_URL",
            "mysql://shop/aftercare",
            "postgresql://user:password@host:5432/aftercare",
        ),
        ("AFTERCARE_SECRET_KEY", "too-short", "secrets.token_urlsafe(50)"),
        ("AFTERCARE_PUBLIC_URL", "help.example.com", "like https://help.example.com"),
        ("DATABASE_POOL_SIZE", "many", "write a whole number from 2 to 500"),
        ("AFTERCARE_SWEEP_SECONDS", "60", "write a whole number from 1 to 15"),
        ("AFTERCARE_BEHIND_PROXY", "maybe", "write yes or no"),
        ("AFTERCARE_SMTP_LISTEN", "everywhere", "like 127.0.0.1:2525"),
        ("AFTERCARE_LOG_LEVEL", "CHATTY", "DEBUG, INFO, WARNING, ERROR"),
        ("REDIS_URL", "localhost:6379", "redis://host:6379/0"),
    ],
)
def test_a_wrong_setting_is_named_with_its_fix(tmp_path, name, value, fix):
    ended = Installation(tmp_path).run("connectors", **{name: value})

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"aftercare: {name} ")
    assert fix in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""


def test_a_database_that_does_not_answer_stops_the_start(tmp_path):
    ended = Installation(tmp_path, UNREACHABLE).run("serve", "--port", "8799")

    assert ended.returncode == 2
    assert ended.stderr.startswith("aftercare: The database named by DATABASE_URL cannot be")
    assert "correct DATABASE_URL" in ended.stderr


@pytest.mark.parametrize("part", ["worker", "beat"])
def test_parts_of_their_own_need_redis(shop, part):
    ended = shop.run(part)

    assert ended.returncode == 2
    assert "REDIS_URL is not set" in ended.stderr
    assert "aftercare serve" in ended.stderr


def test_a_wrong_port_is_named(tmp_path):
    ended = Installation(tmp_path).run("serve", PORT="eighty")

    assert ended.returncode == 2
    assert "“eighty” is no port. Write a number from 1 to 65535 (PORT" in ended.stderr


def test_what_the_database_url_says_after_the_question_mark_is_kept():
    url = "postgresql://bo:s%40c@db:5433/shop?sslmode=verify-full&sslrootcert=/ca.pem"

    settings = _database(f"{url}&options=-c%20work_mem%3D8MB")

    assert settings["OPTIONS"]["sslmode"] == "verify-full"
    assert settings["OPTIONS"]["sslrootcert"] == "/ca.pem"
    assert settings["OPTIONS"]["options"].endswith(" -c work_mem=8MB")
    assert settings["OPTIONS"]["options"].startswith("-c idle_in_transaction_session_timeout=")
    assert (settings["HOST"], settings["PORT"], settings["PASSWORD"]) == ("db", "5433", "s@c")
    assert settings["CONN_MAX_AGE"] == 0
