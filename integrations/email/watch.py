"""Watching mailboxes: a thread for each, woken by IDLE, with a poll beneath it as a net.

One watcher per mailbox in the whole installation (an advisory lock, free again the moment its
process dies). Two would be harmless: the cursor and the unique key of arrivals hold by themselves.
"""

from __future__ import annotations

import random
import select
import socket
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass

import psycopg
import structlog
from django.db import connection
from django.db.utils import InterfaceError, OperationalError
from imapclient import IMAPClient

from helpdesk.lib.errors import ConnectorFailure, NeedsReauthorization, NotFound
from helpdesk.lib.workers import own_connection
from integrations.email.channels import imap_server_of
from integrations.email.imap import Mailbox, fetch_new, open_mailbox
from tickets.actions.channels import note_failure, note_success
from tickets.models import Channel

POLL_SECONDS = 60
POLL_WITHOUT_IDLE_SECONDS = 20
LOCK_RETRY_SECONDS = 5
FIRST_RETRY_SECONDS = 2
LAST_RETRY_SECONDS = 300
FAILURES_BEFORE_ALARM = 2
SUPERVISE_SECONDS = 3
STOP_SECONDS = 5

log = structlog.get_logger()


class MailboxWatcher:
    """Fetches one channel's mail until stopped; whatever fails is tried again, ever more calmly."""

    def __init__(self, channel_id: uuid.UUID) -> None:
        self.channel_id = channel_id
        self._stopping = threading.Event()
        self._waker, self._sleeper = socket.socketpair()
        self._thread = threading.Thread(
            target=self._run, name=f"aftercare-mailbox-{channel_id}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Wakes it from whatever it waits for; returns at once."""
        self._stopping.set()
        with suppress(OSError):
            self._waker.send(b"!")

    def join(self, timeout_seconds: float = STOP_SECONDS) -> None:
        """Wait until it has stopped."""
        self._thread.join(timeout_seconds)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        with self._waker, self._sleeper:
            self._watch_until_stopped()

    def _watch_until_stopped(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                self._watch_locked()
                failures = 0
            except ConnectorFailure as failure:
                failures += 1
                self._alarm(failure, failures)
            except NotFound:
                return
            except (OperationalError, InterfaceError, psycopg.Error):
                failures += 1
                log.warning("imap.database_away", channel_id=str(self.channel_id))
            except Exception:
                failures += 1
                log.exception("imap.watch_failed", channel_id=str(self.channel_id))
            finally:
                connection.close()
            self._stopping.wait(_pause(failures) if failures else LOCK_RETRY_SECONDS)

    def _watch_locked(self) -> None:
        """Watch while we hold the mailbox's lock; returns if somebody else has it."""
        with own_connection() as lock:
            row = lock.execute("SELECT pg_try_advisory_lock(%s)", [lock_key(self.channel_id)])
            is_ours = row.fetchone()
            if is_ours and is_ours[0]:
                self._watch(lock)

    def _watch(self, lock: psycopg.Connection) -> None:
        channel = Channel.objects.filter(pk=self.channel_id, is_active=True).first()
        server = imap_server_of(channel) if channel else None
        if channel is None or server is None:
            raise NotFound("This channel is not fetched any more.")
        with open_mailbox(server) as mailbox:
            while not self._stopping.is_set():
                lock.execute("SELECT 1")
                mailbox.take_news()
                fetch_new(channel, mailbox)
                note_success(channel.pk)
                connection.close()
                if not mailbox.take_news():
                    self._wait_for_mail(mailbox)

    def _wait_for_mail(self, mailbox: Mailbox) -> None:
        """Returns when the server says something, or after POLL_SECONDS at the latest."""
        if not mailbox.can_idle:
            self._stopping.wait(POLL_WITHOUT_IDLE_SECONDS)
            mailbox.client.noop()
            return
        client: IMAPClient = mailbox.client
        client.idle()
        try:
            if not mailbox.has_unread_words():
                select.select([client.socket(), self._sleeper], [], [], POLL_SECONDS)
        finally:
            client.idle_done()

    def _alarm(self, failure: ConnectorFailure, failures: int) -> None:
        """Say so on the channel: at once when a person must act, else when it lasts."""
        log.warning("imap.failed", channel_id=str(self.channel_id), reason=failure.message)
        if isinstance(failure, NeedsReauthorization) or failures >= FAILURES_BEFORE_ALARM:
            try:
                note_failure(self.channel_id, failure.message)
            except (OperationalError, InterfaceError, NotFound):
                log.warning("imap.alarm_not_stored", channel_id=str(self.channel_id))


@dataclass
class _Watched:
    watcher: MailboxWatcher
    settings: tuple[str, str]


class Supervisor:
    """Keeps a watcher for every active channel that is fetched; sees changes within seconds."""

    def __init__(self) -> None:
        self._watched: dict[uuid.UUID, _Watched] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aftercare-mail", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop all watchers and wait a little for each."""
        self._stopping.set()
        self._thread.join(STOP_SECONDS)
        for each in self._watched.values():
            each.watcher.ask_to_stop()
        for each in self._watched.values():
            each.watcher.join()
        self._watched.clear()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._compare(_channels_to_watch())
            except (OperationalError, InterfaceError):
                log.warning("imap.database_away")
            except Exception:
                log.exception("imap.supervisor_failed")
            finally:
                connection.close()
            self._stopping.wait(SUPERVISE_SECONDS)

    def _compare(self, wanted: dict[uuid.UUID, tuple[str, str]]) -> None:
        for channel_id, each in list(self._watched.items()):
            if wanted.get(channel_id) != each.settings or not each.watcher.is_alive():
                each.watcher.ask_to_stop()
                each.watcher.join()
                del self._watched[channel_id]
        for channel_id, settings in wanted.items():
            if channel_id not in self._watched:
                watcher = MailboxWatcher(channel_id)
                watcher.start()
                self._watched[channel_id] = _Watched(watcher, settings)


def start_watchers() -> None:
    """Watch all mailboxes of this installation in the background; returns at once."""
    global _supervisor  # noqa: PLW0603 (one per process)
    with _starting:
        if _supervisor is None:
            _supervisor = Supervisor()
            _supervisor.start()


def stop_watchers() -> None:
    """Stop what :func:`start_watchers` started; calling it twice is harmless."""
    global _supervisor
    with _starting:
        stopping, _supervisor = _supervisor, None
    if stopping is not None:
        stopping.stop()


def lock_key(channel_id: uuid.UUID) -> int:
    """The advisory lock of a mailbox: 63 bits of the channel's id."""
    return channel_id.int & (2**63 - 1)


_starting = threading.Lock()
_supervisor: Supervisor | None = None


def _channels_to_watch() -> dict[uuid.UUID, tuple[str, str]]:
    """Active channels with a mailbox, each with what would make its watcher start afresh."""
    rows = Channel.objects.filter(kind="email", is_active=True).values_list(
        "pk", "config", "secrets"
    )
    return {
        pk: (f"{config.get('imap')} {config.get('folder')} {config.get('ca_file')}", secrets)
        for pk, config, secrets in rows
        if config.get("imap")
    }


def _pause(failures: int) -> float:
    """Seconds to wait after so many failures in a row, with jitter so that not all come at once."""
    longest = min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** (failures - 1))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 (not a secret)
