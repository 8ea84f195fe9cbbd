"""Worker and beat, inside this process (``serve``) or as processes of their own.

``serve`` runs web, worker and beat in one process over ``memory://``; with REDIS_URL the same
code runs as separate daphne, worker and beat processes on as many machines as one likes.
"""

from __future__ import annotations

import threading
import uuid
import warnings
from typing import Any

import structlog
from celery import beat
from celery.apps.worker import Worker
from celery.exceptions import SecurityWarning
from celery.worker import state
from django.conf import settings
from django.db import connection
from kombu.exceptions import OperationalError

from helpdesk.celery import app
from helpdesk.events import doorbell
from helpdesk.events.tasks import run_subscribers_task
from helpdesk.parts import Presence
from helpdesk.sweep import seconds_since_sweep, sweep_once

THREADS = 4
STOP_SECONDS = 3
PATIENCE_SECONDS = 3

log = structlog.get_logger()


class _EmbeddedWorker(Worker):
    """A Celery worker in a thread: leaves signals and logging to the main program."""

    def install_platform_tweaks(self, worker: Any) -> None:
        """Signals belong to the main thread."""


class Background:
    """Everything of ``serve`` that is not HTTP: worker, beat, and who watches for mail."""

    def __init__(self, *, has_beat: bool = True, threads: int = THREADS) -> None:
        self._has_beat = has_beat
        self._worker_threads = threads
        self._threads: list[threading.Thread] = []
        self._beat: Any = None
        self._is_stopping = threading.Event()
        self._presence = Presence("worker", *(["beat"] if has_beat else []))

    def start(self) -> None:
        """Start worker and beat threads; returns at once."""
        kick_subscribers_here()
        # Root in a container of its own is no danger here: tasks carry JSON ids, never pickles.
        warnings.filterwarnings("ignore", category=SecurityWarning)
        worker = _EmbeddedWorker(
            app=app,
            hostname="aftercare@here",
            pool="threads",
            concurrency=self._worker_threads,
            loglevel="WARNING",
            quiet=True,
            without_mingle=True,
            without_gossip=True,
            without_heartbeat=True,
        )
        self._presence.start()
        self._run("worker", worker.start)
        self._run("sweeper", self._sweep_when_unrung)
        if self._has_beat:
            self._beat = beat.Service(app, scheduler_cls=app.conf.beat_scheduler)
            self._run("beat", self._beat.start)

    def stop(self) -> None:
        """Ask the threads to end and wait a little; what they had begun is a row and goes on."""
        self._is_stopping.set()
        state.should_stop = 0  # type: ignore[assignment]  # celery: any exit code
        if self._beat is not None:
            self._beat._is_shutdown.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        state.should_stop = None
        self._presence.stop()

    def _sweep_when_unrung(self) -> None:
        """Sweep by ourselves while no beat rings: Redis or beat may be away for hours."""
        while not self._is_stopping.wait(1):
            if seconds_since_sweep() > settings.SWEEP_SECONDS + PATIENCE_SECONDS:
                sweep_once()
                connection.close()

    def _run(self, name: str, target: Any) -> None:
        def guarded() -> None:
            try:
                target()
            except SystemExit:
                pass
            except Exception:
                log.exception("background.died", part=name)

        thread = threading.Thread(target=guarded, name=f"aftercare-{name}", daemon=True)
        thread.start()
        self._threads.append(thread)


def kick_subscribers_here() -> None:
    """Ring the worker for subscribers after each commit of this process."""
    doorbell.listen(_kick)


def _kick(organization_id: uuid.UUID) -> None:
    try:
        run_subscribers_task.apply_async((str(organization_id),), retry=False)
    except (OperationalError, OSError) as error:
        log.warning("doorbell.broker_unreachable", error=type(error).__name__)
