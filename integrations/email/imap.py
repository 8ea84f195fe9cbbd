"""Fetching from a mailbox: every mail exactly once, by UID, whoever else reads or moves it.

Progress is a UID within a UIDVALIDITY (RFC 3501 2.3.1.1), never \\Seen, a date or a sequence
number. Mails and cursor are committed together: a crash repeats the batch, and the same bytes
twice are the same arrival. Nothing on the server is changed: the folder is opened read-only.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import transaction
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientError, LoginError

from helpdesk.lib.clock import now
from helpdesk.lib.errors import NeedsReauthorization, PermanentFailure, TemporaryFailure
from helpdesk.lib.failpoints import failpoint
from inbox import raw
from inbox.models import MailboxCursor, RawInbound
from integrations.email.channels import ImapServer
from tickets.models import Channel

CONNECT_SECONDS = 20
READ_SECONDS = 30
BATCH_MAILS = 50
BATCH_BYTES = 16 * 1024 * 1024
SIZES_AT_ONCE = 500
_LOCAL = ("localhost", "127.0.0.1", "::1")

log = structlog.get_logger()


@dataclass
class Mailbox:
    """An open folder. ``uid_validity`` is 0 where the server gives none."""

    client: IMAPClient
    folder: str
    uid_validity: int
    uid_next: int
    can_idle: bool

    def take_news(self) -> bool:
        """Whether the server spoke of more mail since we last asked, beside an answer of its own.

        It says so once: what came with the answer to a SEARCH is not said again to IDLE.
        """
        _, news = self.client._imap.response("EXISTS")
        return news != [None]

    def has_unread_words(self) -> bool:
        """Whether something is there to be read, also what the socket does not show any more.

        "+ idling" and the news of a mail may come in one packet, and are then read together.
        """
        connection = self.client.socket()
        timeout = connection.gettimeout()
        connection.settimeout(0)
        try:
            return bool(self.client._imap.file.peek(1))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            connection.settimeout(timeout)


@dataclass(frozen=True)
class FetchedMail:
    """One mail as the server gave it."""

    uid: int
    content: bytes
    declared_size_bytes: int


@contextmanager
def open_mailbox(server: ImapServer) -> Iterator[Mailbox]:
    """A signed-in connection with the folder open for reading only.

    Raises NeedsReauthorization (password refused), PermanentFailure (no such folder) or
    TemporaryFailure (anything that may pass), also from within the block.
    """
    client = None
    try:
        client = _connect(server)
        _sign_in(client, server)
        yield _select(client, server)
    except (NeedsReauthorization, PermanentFailure, TemporaryFailure):
        raise
    except (OSError, IMAPClientError) as error:
        raise TemporaryFailure(f"{server.host} cannot be read: {_words(error)}") from error
    finally:
        if client is not None:
            _leave(client)


def fetch_new(channel: Channel, mailbox: Mailbox) -> int:
    """Store every mail that is newer than the cursor; returns how many were seen.

    Each batch is one transaction: its mails and the cursor, or neither.
    """
    cursor = _cursor_for(channel, mailbox)
    seen = 0
    uids = _uids_after(mailbox.client, cursor.last_uid)
    for batch in _batches(mailbox.client, uids):
        mails = list(_fetch(mailbox.client, batch))
        failpoint("imap.fetched")
        _store(channel, cursor, mailbox, mails, upto=batch[-1])
        failpoint("imap.committed")
        seen += len(mails)
    return seen


def _connect(server: ImapServer) -> IMAPClient:
    context = ssl.create_default_context(cafile=server.ca_file or None)
    client = IMAPClient(
        server.host,
        port=server.port,
        ssl=server.is_tls,
        ssl_context=context if server.is_tls else None,
        timeout=SocketTimeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
    )
    if not server.is_tls:
        _start_tls(client, server, context)
    return client


def _start_tls(client: IMAPClient, server: ImapServer, context: ssl.SSLContext) -> None:
    """Encrypt before the password goes out; only this very machine may do without."""
    if server.host in _LOCAL:
        return
    try:
        client.starttls(context)
    except CapabilityError as error:
        raise NeedsReauthorization(
            f"{server.host} offers no encryption; the password was not sent. Use imaps://."
        ) from error


def _sign_in(client: IMAPClient, server: ImapServer) -> None:
    try:
        client.login(server.user, server.password)
    except LoginError as error:
        if "UNAVAILABLE" in str(error).upper():
            raise TemporaryFailure(f"{server.host} cannot sign us in just now.") from error
        raise NeedsReauthorization(f"{server.host} refused the password.") from error


def _select(client: IMAPClient, server: ImapServer) -> Mailbox:
    try:
        found = client.select_folder(server.folder, readonly=True)
    except IMAPClientError as error:
        if isinstance(error, IMAPClient.AbortError) or client.folder_exists(server.folder):
            raise
        raise PermanentFailure(
            f"There is no folder “{server.folder}” on {server.host}.", reason_code="no_folder"
        ) from error
    return Mailbox(
        client=client,
        folder=server.folder,
        uid_validity=int(found.get(b"UIDVALIDITY", 0)),
        uid_next=int(found.get(b"UIDNEXT", 0)),
        can_idle=client.has_capability("IDLE"),
    )


def _cursor_for(channel: Channel, mailbox: Mailbox) -> MailboxCursor:
    """Where to go on. A new UIDVALIDITY, or UIDs that shrank, mean: from the beginning again."""
    cursor, _ = MailboxCursor.objects.get_or_create(
        channel=channel,
        folder=mailbox.folder,
        defaults={"uid_validity": mailbox.uid_validity},
    )
    is_other = cursor.uid_validity != mailbox.uid_validity
    has_shrunk = 0 < mailbox.uid_next <= cursor.last_uid
    if is_other or has_shrunk:
        log.warning("imap.rescan", channel_id=str(channel.pk), has_shrunk=has_shrunk)
        cursor.uid_validity, cursor.last_uid = mailbox.uid_validity, 0
        cursor.save(update_fields=["uid_validity", "last_uid"])
        mailbox.uid_next = 0
    return cursor


def _uids_after(client: IMAPClient, last_uid: int) -> list[int]:
    """UIDs above the cursor, oldest first (``n:*`` also answers with the last one below n)."""
    found = client.search(["UID", f"{last_uid + 1}:*"])
    return sorted(uid for uid in found if uid > last_uid)


def _batches(client: IMAPClient, uids: list[int]) -> Iterator[list[int]]:
    """Groups small enough for memory and for one transaction; a huge mail goes alone."""
    for start in range(0, len(uids), SIZES_AT_ONCE):
        part = uids[start : start + SIZES_AT_ONCE]
        sizes = client.fetch(part, ["RFC822.SIZE"])
        batch: list[int] = []
        total = 0
        for uid in part:
            size = int(sizes.get(uid, {}).get(b"RFC822.SIZE", 0))
            if batch and (len(batch) >= BATCH_MAILS or total + size > BATCH_BYTES):
                yield batch
                batch, total = [], 0
            batch.append(uid)
            total += size
        if batch:
            yield batch


def _fetch(client: IMAPClient, uids: list[int]) -> Iterator[FetchedMail]:
    """The mails that are still there. One shorter than the server said is fetched once more."""
    answers = client.fetch(uids, ["BODY.PEEK[]", "RFC822.SIZE"])
    for uid in uids:
        mail = _read(uid, answers.get(uid))
        if mail is not None and len(mail.content) < mail.declared_size_bytes:
            again = client.fetch([uid], ["BODY.PEEK[]", "RFC822.SIZE"]).get(uid)
            mail = _read(uid, again) or mail
        if mail is not None:
            yield mail


def _read(uid: int, answer: dict[bytes, Any] | None) -> FetchedMail | None:
    """None where the mail was removed while we read the folder."""
    if not answer or answer.get(b"BODY[]") is None:
        return None
    content = bytes(answer[b"BODY[]"])
    return FetchedMail(uid, content, int(answer.get(b"RFC822.SIZE", len(content))))


def _store(
    channel: Channel,
    cursor: MailboxCursor,
    mailbox: Mailbox,
    mails: list[FetchedMail],
    *,
    upto: int,
) -> None:
    with transaction.atomic():
        locked = MailboxCursor.objects.select_for_update(no_key=True).get(pk=cursor.pk)
        newest: RawInbound | None = None
        for mail in mails:
            envelope: dict[str, Any] = {"source": "imap", "uid": mail.uid}
            if len(mail.content) != mail.declared_size_bytes:
                envelope["declared_size_bytes"] = mail.declared_size_bytes
            source = f"imap:{mailbox.folder}:{mailbox.uid_validity}:{mail.uid}"
            row, is_new = raw.store(
                channel, mail.content, source=source, envelope=envelope, rings=False
            )
            locked.stored += is_new
            newest = row if is_new else newest
            failpoint("imap.one_stored")
        if locked.uid_validity == mailbox.uid_validity:
            locked.last_uid = max(locked.last_uid, upto)
        locked.seen += len(mails)
        locked.moved_at = now()
        locked.save(update_fields=["last_uid", "seen", "stored", "moved_at"])
        if newest is not None:
            raw.ring_for(newest)
        failpoint("imap.cursor_moved")
    cursor.last_uid = locked.last_uid


def _leave(client: IMAPClient) -> None:
    with suppress(OSError, IMAPClientError):
        client.logout()
    with suppress(OSError, IMAPClientError):
        client.shutdown()


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]
