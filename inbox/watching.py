"""Lines that are held open to vendors: a thread per channel, kept running by a supervisor.

One watcher per channel in the whole installation (an advisory lock, free again the moment its
process dies). Two must be harmless: a lock alone never keeps anything from coming twice.
"""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import structlog
from django.db import connection
from django.db.utils import InterfaceError, OperationalError

from helpdesk.lib.errors import ConnectorFailure, NeedsReauthorization, NotFound
from helpdesk.lib.workers import own_connection
from tickets.actions.channels import note_failure

LOCK_RETRY_SECONDS = 5
FIRST_RETRY_SECONDS = 2
LAST_RETRY_SECONDS = 300
SUPERVISE_SECONDS = 3
STOP_SECONDS = 5

log = structlog.get_logger()


class Watcher:
    """Watches one channel until stopped; whatever fails is tried again, ever more calmly."""

    line = "line"
    """What it is, in logs and as a thread's name."""
    failures_before_alarm = 2

    def __init__(self, channel_id: uuid.UUID) -> None:
        self.channel_id = channel_id
        self.failures = 0
        self.stopping = threading.Event()
        self._thread = threading.Thread(
            target=self.run, name=f"aftercare-{self.line}-{channel_id}", daemon=True
        )

    def watch(self, lock: psycopg.Connection) -> None:
        """Hold the line until stopped or broken; raises NotFound where none is wanted any more."""
        raise NotImplementedError

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Returns at once."""
        self.stopping.set()

    def join(self, timeout_seconds: float = STOP_SECONDS) -> None:
        """Wait until it has stopped."""
        self._thread.join(timeout_seconds)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def run(self) -> None:
        """What its thread does."""
        while not self.stopping.is_set():
            try:
                self._watch_locked()
                self.failures = 0
            except ConnectorFailure as failure:
                self.failures += 1
                self._alarm(failure)
            except NotFound:
                return
            except (OperationalError, InterfaceError, psycopg.Error):
                self.failures += 1
                log.warning("watch.database_away", line=self.line, channel_id=str(self.channel_id))
            except Exception:
                self.failures += 1
                log.exception("watch.crashed", line=self.line, channel_id=str(self.channel_id))
            finally:
                connection.close()
            self.stopping.wait(_pause(self.failures) if self.failures else LOCK_RETRY_SECONDS)

    def is_alarming(self, failure: ConnectorFailure) -> bool:
        """Whether to say so on the channel: at once when a person must act, else when it lasts."""
        is_for_a_person = isinstance(failure, NeedsReauthorization)
        return is_for_a_person or self.failures >= self.failures_before_alarm

    def tell(self, words: str) -> None:
        """Say on the channel what is wrong."""
        note_failure(self.channel_id, words)

    def _watch_locked(self) -> None:
        """Watch while we hold the channel's lock; returns if somebody else has it."""
        with own_connection() as lock:
            row = lock.execute("SELECT pg_try_advisory_lock(%s)", [lock_key(self.channel_id)])
            is_ours = row.fetchone()
            if is_ours and is_ours[0]:
                self.watch(lock)

    def _alarm(self, failure: ConnectorFailure) -> None:
        channel_id = str(self.channel_id)
        log.warning("watch.failed", line=self.line, channel_id=channel_id, reason=failure.message)
        if self.is_alarming(failure):
            try:
                self.tell(failure.message)
            except (OperationalError, InterfaceError, NotFound):
                log.warning("watch.alarm_not_stored", line=self.line, channel_id=channel_id)


@dataclass
class _Watched:
    watcher: Watcher
    settings: tuple[str, str]


class Supervisor:
    """Keeps a watcher for every channel that wants one; sees changes within seconds.

    ``wanted`` tells the channels, each with what would make its watcher start afresh.
    """

    def __init__(
        self,
        name: str,
        wanted: Callable[[], dict[uuid.UUID, tuple[str, str]]],
        make: Callable[[uuid.UUID], Watcher],
    ) -> None:
        self._name, self._wanted, self._make = name, wanted, make
        self._watched: dict[uuid.UUID, _Watched] = {}
        self._starting = threading.Lock()
        self._running: tuple[threading.Thread, threading.Event] | None = None

    def start(self) -> None:
        """Watch in the background; returns at once. Calling it twice is harmless, as is stopping."""
        with self._starting:
            if self._running is None:
                stopping = threading.Event()
                thread = threading.Thread(
                    target=self._run, args=(stopping,), name=f"aftercare-{self._name}", daemon=True
                )
                self._running = thread, stopping
                thread.start()

    def stop(self) -> None:
        """Stop all watchers and wait a little for each."""
        with self._starting:
            running, self._running = self._running, None
        if running is None:
            return
        thread, stopping = running
        stopping.set()
        thread.join(STOP_SECONDS)
        for each in self._watched.values():
            each.watcher.ask_to_stop()
        for each in self._watched.values():
            each.watcher.join()
        self._watched.clear()

    def _run(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            try:
                self._compare(self._wanted())
            except (OperationalError, InterfaceError):
                log.warning("watch.database_away", line=self._name)
            except Exception:
                log.exception("watch.supervisor_failed", line=self._name)
            finally:
                connection.close()
            stopping.wait(SUPERVISE_SECONDS)

    def _compare(self, wanted: dict[uuid.UUID, tuple[str, str]]) -> None:
        for channel_id, each in list(self._watched.items()):
            if wanted.get(channel_id) != each.settings or not each.watcher.is_alive():
                each.watcher.ask_to_stop()
                each.watcher.join()
                del self._watched[channel_id]
        for channel_id, settings in wanted.items():
            if channel_id not in self._watched:
                watcher = self._make(channel_id)
                watcher.start()
                self._watched[channel_id] = _Watched(watcher, settings)


def lock_key(channel_id: uuid.UUID) -> int:
    """The advisory lock of a channel's line: 63 bits of the channel's id."""
    return channel_id.int & (2**63 - 1)


def _pause(failures: int) -> float:
    """Seconds to wait after so many failures in a row, with jitter so that not all come at once."""
    longest = min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** (min(failures, 20) - 1))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 (not a secret)
