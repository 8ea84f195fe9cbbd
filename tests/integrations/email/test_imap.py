"""Fetching from a real Dovecot: every mail once, whatever the server and other clients do."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
from django.db import connections
from imapclient import IMAPClient

from helpdesk.lib.errors import NeedsReauthorization, PermanentFailure, TemporaryFailure
from helpdesk.lib.workers import own_connection
from inbox import door, watching
from inbox.models import MailboxCursor, RawInbound
from inbox.watching import lock_key
from integrations.email import imap, watch
from integrations.email.channels import (
    ImapServer,
    add_email_channel,
    imap_server_of,
    test_connection,
)
from integrations.email.imap import fetch_new, open_mailbox
from tests.inbox.mails import write_mail
from tests.services.fault_proxy import FaultProxy
from tickets.models import Channel, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
check_connection = test_connection
vars(check_connection)["__test__"] = False  # its name begins like one of ours


@pytest.fixture
def channel(organization, mailbox):
    return channel_of(organization, mailbox)


def channel_of(organization, mailbox, **more):
    return add_email_channel(
        organization, name="Help", address=mailbox.address, imap_url=mailbox.imap_url, **more
    )


def fetch(channel):
    with open_mailbox(imap_server_of(channel)) as box:
        return fetch_new(channel, box)


def client_of(mailbox):
    client = IMAPClient("127.0.0.1", mailbox.server.port, ssl=False)
    client.login(mailbox.address, mailbox.password)
    return client


def stored():
    return sorted(bytes(each) for each in RawInbound.objects.values_list("raw", flat=True))


def test_mail_is_stored_byte_for_byte_and_the_mailbox_is_left_as_it_was(channel, mailbox):
    """G1.1, G1.5"""
    mails = [write_mail(f"Mail {n}") for n in range(3)]
    for each in mails:
        mailbox.deliver(each)
    assert fetch(channel) == 3
    assert fetch(channel) == 0

    assert stored() == sorted(mails)
    cursor = MailboxCursor.objects.get()
    assert (cursor.last_uid, cursor.seen, cursor.stored) == (3, 3, 3)
    client = client_of(mailbox)
    client.select_folder("INBOX", readonly=True)
    assert client.search("UNSEEN") == [1, 2, 3]
    client.logout()


def test_mail_that_another_client_has_read_is_fetched_all_the_same(channel, mailbox):
    """G1.2"""
    mailbox.deliver(write_mail())
    client = client_of(mailbox)
    client.select_folder("INBOX")
    client.add_flags(client.search("ALL"), [b"\\Seen"])
    client.logout()
    assert fetch(channel) == 1


def test_mail_removed_by_another_client_leaves_no_gap(channel, mailbox):
    """G1.2"""
    for n in range(4):
        mailbox.deliver(write_mail(f"Mail {n}"))
    client = client_of(mailbox)
    client.select_folder("INBOX")
    client.delete_messages([2])
    client.expunge()
    client.logout()
    assert fetch(channel) == 3
    mailbox.deliver(write_mail("Late"))
    assert fetch(channel) == 1
    assert MailboxCursor.objects.get().last_uid == 5


def test_a_new_uidvalidity_means_a_rescan_and_no_second_ticket(organization, mailbox):
    """F3, G1.2"""
    channel = channel_of(organization, mailbox, folder="Support")
    mails = [write_mail(f"Mail {n}") for n in range(3)]
    for each in mails:
        mailbox.deliver(each, folder="Support")
    assert fetch(channel) == 3
    door.process_due()
    before = MailboxCursor.objects.get().uid_validity

    client = client_of(mailbox)
    client.delete_folder("Support")
    client.create_folder("Support")
    for each in [*mails, write_mail("New")]:
        client.append("Support", each)
    client.logout()
    assert fetch(channel) == 4
    door.process_due()

    assert MailboxCursor.objects.get().uid_validity != before
    assert Ticket.objects.count() == 4
    assert RawInbound.objects.count() == 4


def test_uids_that_shrink_mean_a_rescan(channel, mailbox):
    """F4"""
    for n in range(3):
        mailbox.deliver(write_mail(f"Mail {n}"))
    fetch(channel)
    MailboxCursor.objects.update(last_uid=900)
    assert fetch(channel) == 3
    assert RawInbound.objects.count() == 3
    assert MailboxCursor.objects.get().last_uid == 3


def test_two_fetchers_without_a_lock_still_store_each_mail_once(channel, mailbox):
    """F8"""
    for n in range(20):
        mailbox.deliver(write_mail(f"Mail {n}"))

    def work():
        try:
            fetch(channel)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert RawInbound.objects.count() == 20
    assert MailboxCursor.objects.get().last_uid == 20


def test_batches_stay_small_and_a_huge_mail_goes_alone(channel, mailbox, monkeypatch):
    monkeypatch.setattr(imap, "BATCH_BYTES", 20_000)
    monkeypatch.setattr(imap, "BATCH_MAILS", 3)
    big = write_mail(files=[("big.pdf", b"x" * 60_000)])
    client = client_of(mailbox)
    for each in [write_mail("a"), big, *[write_mail(f"m{n}") for n in range(5)]]:
        client.append("INBOX", each)
    client.logout()
    with open_mailbox(imap_server_of(channel)) as box:
        batches = list(imap._batches(box.client, list(range(1, 8))))
    assert batches == [[1], [2], [3, 4, 5], [6, 7]]
    assert fetch(channel) == 7


def test_a_crash_before_the_commit_repeats_the_batch(channel, mailbox, monkeypatch):
    """F1, G1.3"""
    for n in range(3):
        mailbox.deliver(write_mail(f"Mail {n}"))

    def die(name):
        if name == "imap.cursor_moved":
            raise KeyboardInterrupt

    monkeypatch.setattr(imap, "failpoint", die)
    with pytest.raises(KeyboardInterrupt):
        fetch(channel)
    assert RawInbound.objects.count() == 0
    assert MailboxCursor.objects.get().last_uid == 0
    monkeypatch.undo()
    assert fetch(channel) == 3


@pytest.fixture
def proxy(mailbox):
    proxy = FaultProxy(mailbox.server.port).start()
    yield proxy
    proxy.stop()


def test_a_connection_cut_anywhere_in_a_large_mail_stores_nothing_partial(channel, mailbox, proxy):
    """F2: cut at every sixteenth of a 2 MB mail."""
    mail = write_mail(files=[("big.pdf", b"x" * 1_500_000)])
    assert len(mail) > 2_000_000
    mailbox.deliver(mail)
    server = replace(imap_server_of(channel), port=proxy.port)
    for part in range(1, 16):
        proxy.cut_after_bytes = len(mail) * part // 16
        with pytest.raises(TemporaryFailure), open_mailbox(server) as box:
            fetch_new(channel, box)
        assert RawInbound.objects.count() == 0
    proxy.cut_after_bytes = None
    with open_mailbox(server) as box:
        assert fetch_new(channel, box) == 1
    assert stored() == [mail]


def test_a_line_that_went_dead_while_waiting_is_noticed(channel, mailbox, proxy, monkeypatch):
    """F5: half-open; the next poll runs into the read deadline and a new connection is made."""
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.3)
    monkeypatch.setattr(imap, "READ_SECONDS", 0.5)
    monkeypatch.setattr(imap, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(watching, "FIRST_RETRY_SECONDS", 0.1)
    server = replace(imap_server_of(channel), port=proxy.port)
    monkeypatch.setattr(watch, "imap_server_of", lambda channel: server)
    watcher = watch.MailboxWatcher(channel.pk)
    watcher.start()
    eventually(lambda: Channel.objects.get().last_success_at is not None)
    proxy.is_silent = True
    mailbox.deliver(write_mail("Meanwhile"))
    eventually(lambda: proxy.connections >= 2)
    assert RawInbound.objects.count() == 0
    proxy.is_silent = False
    eventually(lambda: RawInbound.objects.count() == 1)
    watcher.ask_to_stop()
    watcher.join()


def test_a_refused_password_asks_for_a_person(channel, mailbox):
    server = replace(imap_server_of(channel), password="wrong")
    with pytest.raises(NeedsReauthorization, match="refused the password"), open_mailbox(server):
        pass


def test_a_missing_folder_is_named(organization, mailbox):
    channel = channel_of(organization, mailbox, folder="Nowhere")
    with pytest.raises(PermanentFailure, match="no folder “Nowhere”"):
        check_connection(channel)


def test_a_server_that_is_away_is_a_temporary_failure():
    with (
        pytest.raises(TemporaryFailure),
        open_mailbox(ImapServer("127.0.0.1", 9, "help", "x", is_tls=False)),
    ):
        pass


def test_tls_is_verified(channel, mailbox):
    server = ImapServer.from_url(mailbox.imaps_url)
    with pytest.raises(TemporaryFailure, match="CERTIFICATE"), open_mailbox(server):
        pass
    trusting = replace(server, ca_file=str(mailbox.server.certificate))
    with open_mailbox(trusting) as box:
        assert box.uid_validity > 0


def eventually(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


class TestWatching:
    """A watcher notices mail by itself, survives the server's end and reports its health."""

    @pytest.fixture
    def watcher(self, channel):
        watcher = watch.MailboxWatcher(channel.pk)
        watcher.start()
        yield watcher
        watcher.ask_to_stop()
        watcher.join()
        assert not watcher.is_alive()

    def test_new_mail_is_noticed_at_once(self, watcher, mailbox):
        """G5"""
        eventually(lambda: Channel.objects.get().last_success_at is not None)
        mailbox.deliver(write_mail("Hello"))
        eventually(lambda: RawInbound.objects.count() == 1, seconds=5)

    def test_an_outage_of_the_server_is_survived(
        self, organization, own_dovecot, monkeypatch, transactional_db
    ):
        """G1.1, F5"""
        monkeypatch.setattr(watching, "FIRST_RETRY_SECONDS", 0.05)
        monkeypatch.setattr(watching, "LAST_RETRY_SECONDS", 0.2)
        box = own_dovecot.new_mailbox()
        channel = channel_of(organization, box)
        watcher = watch.MailboxWatcher(channel.pk)
        watcher.start()
        box.deliver(write_mail("Before"))
        eventually(lambda: RawInbound.objects.count() == 1)
        own_dovecot.kill()
        eventually(lambda: Channel.objects.get().failing_since is not None)
        box.deliver(write_mail("Meanwhile"))
        own_dovecot.start()
        eventually(lambda: RawInbound.objects.count() == 2)
        eventually(lambda: Channel.objects.get().failing_since is None)
        watcher.ask_to_stop()
        watcher.join()

    def test_a_second_watcher_stands_aside(self, watcher, channel):
        """F8"""
        eventually(lambda: Channel.objects.get().last_success_at is not None)
        with own_connection() as other:
            row = other.execute("SELECT pg_try_advisory_lock(%s)", [lock_key(channel.pk)])
            assert row.fetchone() == (False,)

    def test_the_supervisor_picks_up_a_new_channel(self, organization, mailbox, monkeypatch):
        monkeypatch.setattr(watching, "SUPERVISE_SECONDS", 0.1)
        watch.start_watchers()
        mailbox.deliver(write_mail("Hello"))
        channel_of(organization, mailbox)
        eventually(lambda: RawInbound.objects.count() == 1)
        watch.stop_watchers()
        assert Message.objects.count() == 0
