"""Loaded by pytest before Django's settings: gives every run its own data folder and database.

With DATABASE_URL set (as `make test` does) that server is used; without it a throw-away one is
started, so that `pytest tests/x` works alone. The workers of xdist share the server of their
controller, each with a database of its own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.services.postgres import ThrowAwayPostgres

_folder: Path | None = None
_postgres: ThrowAwayPostgres | None = None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None]:
    """Set the environment that settings are read from. A wrapper, to come before pytest-django."""
    global _folder, _postgres  # noqa: PLW0603 (one run, one folder)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _folder = Path(tempfile.mkdtemp(prefix="aftercare-tests-"))
        _folder.chmod(0o711)
        os.environ["AFTERCARE_DATA"] = str(_folder / "var")
        if not os.environ.get("DATABASE_URL"):
            _postgres = ThrowAwayPostgres(_folder).start()
            os.environ["DATABASE_URL"] = _postgres.url
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop what we started and leave nothing behind. Twice does no harm."""
    if _postgres is not None:
        _postgres.stop()
    if _folder is not None:
        shutil.rmtree(_folder, ignore_errors=True)


atexit.register(pytest_unconfigure)  # pytest does not call it when the settings cannot be loaded
