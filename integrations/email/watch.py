"""Watching mailboxes: a thread for each, woken by IDLE, with a poll beneath it as a net.

Two watchers of one mailbox would be harmless: the cursor and the unique key of arrivals hold by
themselves.
"""

from __future__ import annotations

import select
import socket
import uuid
from contextlib import suppress

import psycopg
from django.db import connection
from imapclient import IMAPClient

from helpdesk.lib.errors import NotFound
from inbox.watching import Supervisor, Watcher
from integrations.email.channels import imap_server_of
from integrations.email.imap import Mailbox, fetch_new, open_mailbox
from tickets.actions.channels import note_success
from tickets.models import Channel

POLL_SECONDS = 60
POLL_WITHOUT_IDLE_SECONDS = 20


class MailboxWatcher(Watcher):
    """Fetches one channel's mail until stopped."""

    line = "mailbox"

    def __init__(self, channel_id: uuid.UUID) -> None:
        super().__init__(channel_id)
        self._waker, self._sleeper = socket.socketpair()

    def ask_to_stop(self) -> None:
        """Wakes it from whatever it waits for; returns at once."""
        super().ask_to_stop()
        with suppress(OSError):
            self._waker.send(b"!")

    def run(self) -> None:
        """What its thread does."""
        with self._waker, self._sleeper:
            super().run()

    def watch(self, lock: psycopg.Connection) -> None:
        """Fetch what is there and wait for more, until stopped or broken."""
        channel = Channel.objects.filter(pk=self.channel_id, is_active=True).first()
        server = imap_server_of(channel) if channel else None
        if channel is None or server is None:
            raise NotFound("This channel is not fetched any more.")
        with open_mailbox(server) as mailbox:
            while not self.stopping.is_set():
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
            self.stopping.wait(POLL_WITHOUT_IDLE_SECONDS)
            mailbox.client.noop()
            return
        client: IMAPClient = mailbox.client
        client.idle()
        try:
            if not mailbox.has_unread_words():
                select.select([client.socket(), self._sleeper], [], [], POLL_SECONDS)
        finally:
            client.idle_done()


def start_watchers() -> None:
    """Watch all mailboxes of this installation in the background; returns at once."""
    _mailboxes.start()


def stop_watchers() -> None:
    """Stop what :func:`start_watchers` started; calling it twice is harmless."""
    _mailboxes.stop()


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


_mailboxes = Supervisor("mail", _channels_to_watch, MailboxWatcher)
