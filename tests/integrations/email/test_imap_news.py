"""News of a mail that a server tells only once, and at an awkward moment, is heard."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator

import pytest

from helpdesk.accounts.models import Organization
from inbox.models import RawInbound
from integrations.email import watch
from integrations.email.channels import add_email_channel
from tests.inbox.mails import write_mail
from tests.integrations.email.test_imap import eventually
from tickets.models import Channel

pytestmark = pytest.mark.django_db(transaction=True)


class OnceTellingServer:
    """One mailbox over IMAP. A second mail comes at ``moment``, and is told of only then."""

    def __init__(self, moment: str) -> None:
        self.moment = moment
        self.mails = [write_mail("First")]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client, client.makefile("rb") as lines:
            client.sendall(b"* OK ready\r\n")
            for line in lines:
                tag, _, command = line.strip().partition(b" ")
                client.sendall(self._answer(tag, command))

    def _answer(self, tag: bytes, command: bytes) -> bytes:
        if command == b"IDLE":
            self._tag = tag
            return b"+ idling\r\n" + self._arrival("idle")
        if tag == b"DONE":
            return self._tag + b" OK idle\r\n"
        words = command.upper()
        lines = b""
        if words.startswith(b"CAPABILITY"):
            lines = b"* CAPABILITY IMAP4rev1 IDLE\r\n"
        elif words.startswith(b"EXAMINE"):
            lines = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 2] n\r\n"
        elif words.startswith(b"UID SEARCH"):
            first = int(re.findall(rb"(\d+):", words)[0])
            found = [b"%d" % uid for uid in range(first, len(self.mails) + 1)]
            lines = b" ".join([b"* SEARCH", *found]) + b"\r\n" + self._arrival("search")
        elif words.startswith(b"UID FETCH"):
            lines = b"".join(self._fetched(int(uid), words) for uid in _uids(words))
            lines += self._arrival("fetch")
        return lines + tag + b" OK done\r\n"

    def _fetched(self, uid: int, words: bytes) -> bytes:
        mail = self.mails[uid - 1]
        size = b"RFC822.SIZE %d" % len(mail)
        if b"BODY" not in words:
            return b"* %d FETCH (UID %d %b)\r\n" % (uid, uid, size)
        body = b"BODY[] {%d}\r\n%b" % (len(mail), mail)
        return b"* %d FETCH (UID %d %b %b)\r\n" % (uid, uid, size, body)

    def _arrival(self, moment: str) -> bytes:
        if moment != self.moment:
            return b""
        self.moment = ""
        self.mails.append(write_mail("Second"))
        return b"* 2 EXISTS\r\n"


def _uids(words: bytes) -> list[bytes]:
    return re.findall(rb"UID FETCH ([\d,]+)", words)[0].split(b",")


@pytest.fixture(params=["search", "fetch", "idle"])
def server(request: pytest.FixtureRequest) -> Iterator[OnceTellingServer]:
    made = OnceTellingServer(request.param)
    yield made
    made.stop()


def test_a_mail_that_is_told_of_once_is_fetched_without_waiting_for_the_next_poll(
    server, organization: Organization, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watch, "POLL_SECONDS", 3600)
    channel: Channel = add_email_channel(
        organization, name="Help", address="help@shop.example",
        imap_url=f"imap://help:secret@127.0.0.1:{server.port}",
    )  # fmt: skip
    watcher = watch.MailboxWatcher(channel.pk)

    watcher.start()
    try:
        eventually(lambda: RawInbound.objects.count() == 2, seconds=15)
    finally:
        watcher.ask_to_stop()
        watcher.join()
    assert len(server.mails) == 2
