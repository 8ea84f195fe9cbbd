"""Installations with a database that is ready, each a copy of one that was set up by commands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from helpdesk.lib.ids import new_id
from tests.operations.install import Installation, drop_database, make_database
from tests.services.template import migrated_template

ADMIN = "ana@shop.example"
PASSWORD = "every linen thread 48213"
ADDRESS = "help@shop.example"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Processes start slowly on a machine that is busy."""
    for item in items:
        if "tests/operations" in item.path.as_posix():
            item.add_marker(pytest.mark.timeout(300))


@dataclass(frozen=True)
class SetUp:
    """A database with an admin, her token and a channel that listens; made once per run."""

    name: str
    token: str
    said: dict[str, str]
    """What each command printed while it was set up."""


@pytest.fixture(scope="session")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SetUp]:
    """The database that the others are copies of."""
    server_url = os.environ["DATABASE_URL"]
    name = f"ops_{new_id().hex[-12:]}"
    url = make_database(server_url, name, like=migrated_template(server_url))
    first = Installation(tmp_path_factory.mktemp("first"), url)
    said = {
        "migrate": first.done("migrate"),
        "create-admin": first.done("create-admin", "--email", ADMIN, "--password", PASSWORD),
        "create-token": first.done("create-token", "--email", ADMIN),
        "channels add": first.done(
            "channels", "add", "email", "--name", "Help", "--address", ADDRESS, "--listen"
        ),
    }
    yield SetUp(name, said["create-token"].strip(), said)
    drop_database(server_url, name)


@pytest.fixture(scope="module")
def shop(set_up: SetUp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with a database of its own, for the tests of one file."""
    server_url = os.environ["DATABASE_URL"]
    name = f"ops_{new_id().hex[-12:]}"
    yield Installation(
        tmp_path_factory.mktemp("shop"), make_database(server_url, name, like=set_up.name)
    )
    drop_database(server_url, name)


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    """A folder for mail files."""
    folder = tmp_path / "mails"
    folder.mkdir()
    return folder
