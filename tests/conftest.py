"""Fixtures for everybody: real servers, started once per run, and the folder of shared corpora."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.services.dovecot import Dovecot, Mailbox
from tests.services.smtp_sink import SmtpSink
from tests.services.template import migrated_template
from tests.services.valkey import Valkey

pytest_plugins = ["tests.cast", "tests.contracts.vendor"]

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The database of the tests is a copy of one whose migrations ran already (pytest-django)."""
    from django.conf import settings

    settings.DATABASES["default"]["TEST"]["TEMPLATE"] = migrated_template(
        os.environ["DATABASE_URL"]
    )


@pytest.fixture(scope="session", autouse=True)
def emptied_quickly() -> Iterator[None]:
    """Tests that commit leave an empty database behind (`TransactionTestCase`, pytest-django)."""
    from django.test import TransactionTestCase

    from tests.services.emptying import empty

    def emptied(case: TransactionTestCase) -> None:
        empty("default")

    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", emptied)
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def files_looked_up_when_asked_for() -> None:
    """Whitenoise does not list the built app's files anew for each client a test makes."""
    from django.conf import settings

    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(scope="session")
def corpora() -> Path:
    """../shared/corpora beside the project; the test is skipped where it is not there."""
    folder = ROOT.parent / "shared" / "corpora"
    if not folder.is_dir():
        pytest.skip("../shared/corpora is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Redis-compatible server: $TEST_REDIS_URL, else a Valkey of our own."""
    named = os.environ.get("TEST_REDIS_URL")
    if named:
        yield named
        return
    valkey = Valkey(tmp_path_factory.mktemp("valkey")).start()
    yield valkey.url
    valkey.stop()


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey for this test alone, which it may stop, kill and start again."""
    valkey = Valkey(tmp_path).start()
    yield valkey
    valkey.stop()


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A Dovecot shared by the run: ask it for a ``new_mailbox()``, and leave it running."""
    with enterable_folder() as folder:
        server = Dovecot(folder).start()
        yield server
        server.close()


@pytest.fixture
def own_dovecot() -> Iterator[Dovecot]:
    """A Dovecot for this test alone, which it may stop, kill and restart."""
    with enterable_folder() as folder:
        server = Dovecot(folder).start()
        yield server
        server.close()


@pytest.fixture
def mailbox(dovecot: Dovecot) -> Mailbox:
    """An empty mailbox on the shared Dovecot."""
    return dovecot.new_mailbox()


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """An SMTP server that keeps every mail and can be told to refuse, hang up or stall."""
    sink = SmtpSink().start()
    yield sink
    sink.stop()


@contextmanager
def enterable_folder() -> Iterator[Path]:
    """A folder the mail user may pass through.

    Not below pytest's own: every session that starts closes that one to others again, also under
    a session that is still running.
    """
    folder = Path(tempfile.mkdtemp(prefix="aftercare-dovecot-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _workers_leave() -> Iterator[None]:
    """Give back the connection by which this process counts as a living worker."""
    yield
    worker = sys.modules.get("helpdesk.lib.workers")
    if worker is not None:
        worker.leave()
