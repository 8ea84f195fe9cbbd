"""Workers are killed at random instants and at every named one: no mail is lost, none is doubled.

RELIABILITY F1, §5.2; G1.3. Real Dovecot, real PostgreSQL, real SIGKILL. The seed is printed; set
TORTURE_SEED to play a run again.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter

import pytest
from imapclient import IMAPClient

from helpdesk.events.models import Event, EventCounter
from helpdesk.lib import blobs
from inbox.models import MailboxCursor, RawInbound, RawState
from integrations.email.channels import add_email_channel
from tests.inbox.mails import write_mail
from tests.torture.zygote import Zygote
from tickets.models import Attachment, Message, Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

KILLS = 210
MAX_SECONDS = 90
MAILS_PER_THREAD = 3
FAILPOINTS = [
    "imap.fetched", "raw.stored", "imap.one_stored", "imap.cursor_moved", "imap.committed",
    "door.claimed", "door.parsed", "door.files_stored", "door.message_written", "door.committed",
]  # fmt: skip
WORK = "tests.torture.inbound:fetch_and_process"


class World:
    """A mailbox that mail arrives in, a ledger of what arrived, and workers to kill."""

    def __init__(self, organization, mailbox):
        self.seed = int(os.environ.get("TORTURE_SEED") or random.SystemRandom().randrange(2**32))
        sys.stdout.write(f"TORTURE_SEED={self.seed}\n")
        self.chance = random.Random(self.seed)
        self.channel = add_email_channel(
            organization, name="Help", address="help@shop.example", imap_url=mailbox.imap_url
        )
        self.ledger: list[tuple[int, bytes]] = []
        self.client = IMAPClient("127.0.0.1", mailbox.server.port, ssl=False)
        self.client.login(mailbox.address, mailbox.password)
        self.zygote = Zygote()

    def close(self):
        self.zygote.stop()
        self.client.logout()

    def deliver(self, count=1):
        """More mail: of new threads and answers to a thread's first; every tenth comes twice."""
        for number in range(len(self.ledger), len(self.ledger) + count):
            thread, place = divmod(number, MAILS_PER_THREAD)
            mail = write_mail(
                f"Mail {place} of thread {thread}",
                sender=f"Customer {thread} <c{thread}@posteo.example>",
                message_id=f"t{thread}-{place}@posteo.example",
                in_reply_to=f"t{thread}-0@posteo.example" if place else "",
                files=[("photo.pdf", f"photo {number}".encode())] if number % 4 == 0 else [],
            )
            self.ledger.append((thread, mail))
            for _ in range(2 if number % 10 == 9 else 1):
                self.client.append("INBOX", mail)

    def audit(self):
        """What is wrong, by kind; empty when all is well."""
        expected = Counter(mail for _, mail in self.ledger)
        kept = Counter(bytes(each) for each in RawInbound.objects.values_list("raw", flat=True))
        sent = {f"Mail {n % 3} of thread {n // 3}" for n in range(len(self.ledger))}
        texts = Counter(Message.objects.values_list("body__text", flat=True))
        threads = Counter(Message.objects.values_list("from_address__address", "ticket_id"))
        senders = Counter(address for address, _ in threads)
        events = Counter(
            Event.objects.filter(type="message.received").values_list("object_id", flat=True)
        )
        files = Attachment.objects.values_list("sha256", flat=True)
        seqs = list(Event.objects.order_by("seq").values_list("seq", flat=True))
        found = {
            "lost raw": len(expected.keys() - kept.keys()),
            "lost": len(sent - texts.keys()),
            "doubled": sum(count - 1 for count in texts.values()),
            "unfinished": RawInbound.objects.exclude(state=RawState.PROCESSED).count(),
            "doubled tickets": sum(count - 1 for count in senders.values()),
            "empty tickets": Ticket.objects.filter(messages=None).count(),
            "doubled events": sum(count - 1 for count in events.values()),
            "missing events": Message.objects.count() - len(events),
            "gaps in the log": int(seqs != list(range(1, len(seqs) + 1))),
            "counter off": EventCounter.objects.get(pk=self.channel.organization_id).last_seq
            - len(seqs),
            "missing files": sum(not blobs.exists(each) for each in files),
        }
        return {name: count for name, count in found.items() if count}


@pytest.fixture
def world(organization, mailbox):
    world = World(organization, mailbox)
    yield world
    world.close()


def test_no_mail_is_lost_or_doubled_by_two_hundred_kills(world):
    """F1, G1.3, D12"""
    killed = lives = 0
    began = time.monotonic()
    while killed < KILLS and time.monotonic() - began < MAX_SECONDS:
        world.deliver(2)
        killed += world.zygote.run(WORK, kill_after=world.chance.uniform(0.005, 0.2))
        lives += 1
    world.zygote.run(WORK)
    sys.stdout.write(f"{killed} kills in {lives} lives, {len(world.ledger)} mails\n")
    assert world.audit() == {}
    assert killed >= KILLS
    assert MailboxCursor.objects.get().last_uid == len(world.ledger) + len(world.ledger) // 10


def test_a_kill_at_every_named_instant_even_during_recovery_is_harmless(world):
    """Each instant of fetching, storing and processing, three times in a row."""
    hit = Counter()
    for name in FAILPOINTS:
        for _ in range(3):
            world.deliver(3)
            hit[name] += world.zygote.run(WORK, failpoint=name)
    world.zygote.run(WORK)
    assert world.audit() == {}
    assert hit == dict.fromkeys(FAILPOINTS, 3)


def test_a_worker_that_moves_the_cursor_first_is_caught(world):
    """The negative control: the same kills must find the mistake."""
    mutant = "tests.torture.inbound:move_cursor_first"
    for _ in range(10):
        world.deliver(3)
        world.zygote.run(WORK, failpoint="imap.one_stored:2", mutant=mutant)
    world.zygote.run(WORK)
    assert world.audit()["lost raw"] >= 10
