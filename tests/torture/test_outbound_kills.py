"""Workers are killed at any instant while mail leaves: nothing lost, nothing sent twice (G1, D3)."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from integrations.email.channels import add_email_channel
from tests.factories import make_customer, receive_mail
from tests.torture.zygote import Zygote
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Message

pytestmark = pytest.mark.django_db(transaction=True)

WORK = "tests.torture.outbound:work_until_done"
FAILPOINTS = [
    "delivery.claimed",
    "delivery.before_dot",
    "delivery.dot_committed",
    "delivery.accepted",
]
KILLS = 120
SEED = 20261121


@pytest.fixture
def zygote():
    server = Zygote()
    yield server
    server.stop()


@pytest.fixture
def queued(organization, smtp_sink, bo):
    """160 replies on 40 tickets, waiting to be sent."""
    channel = add_email_channel(
        organization, name="Linden & Loom", address="help@shop.example", smtp_url=smtp_sink.url
    )
    for number in range(40):
        customer = make_customer(organization, f"c{number}@posteo.example", f"Customer {number}")
        ticket = receive_mail(channel, customer=customer).ticket
        for turn in range(4):
            reply(ticket.pk, OutgoingMessage(text=f"{number}.{turn}"), user=bo)
    return Message.objects.filter(kind="reply")


def audit(queued, sink):
    """(mails sent twice, messages lost, messages shown as uncertain, order broken)."""
    arrived = Counter(mail.message["Message-ID"].strip("<>") for mail in sink.mails)
    doubled = [each for each, count in arrived.items() if count > 1]
    states = dict(queued.values_list("external_id", "delivery_state"))
    uncertain = [each for each, state in states.items() if state == "uncertain"]
    lost = [
        each for each, state in states.items() if state != "uncertain" and arrived[each] == 0
    ]
    unfinished = [each for each, state in states.items() if state not in ("sent", "uncertain")]
    return doubled, lost + unfinished, uncertain


def kill_many(zygote, kills, *, mutant=None):
    chance = random.Random(SEED)
    killed = 0
    for name in FAILPOINTS * 3:
        killed += zygote.run(WORK, failpoint=f"{name}:{chance.randint(1, 3)}", mutant=mutant)
    while killed < kills:
        was_killed = zygote.run(WORK, kill_after=chance.uniform(0.02, 0.12), mutant=mutant)
        killed += was_killed
        if not was_killed:
            break
    zygote.run(WORK, mutant=mutant)
    return killed


def test_killed_workers_lose_nothing_and_send_nothing_twice(queued, zygote, smtp_sink):
    """RELIABILITY G1: SIGKILL at random instants and at each failpoint."""
    killed = kill_many(zygote, KILLS)

    doubled, lost, uncertain = audit(queued, smtp_sink)
    assert (doubled, lost) == ([], [])
    assert killed >= 12
    assert 0 < len(uncertain) < queued.count()


def test_a_worker_that_resends_blindly_is_caught(queued, zygote, smtp_sink):
    """The negative control: without "uncertain" customers get mails twice."""
    kill_many(zygote, 15, mutant="tests.torture.outbound:resend_blindly")
    doubled, _, _ = audit(queued, smtp_sink)
    assert doubled != []


def test_a_worker_that_does_not_commit_before_the_dot_is_caught(queued, zygote, smtp_sink):
    kill_many(zygote, 15, mutant="tests.torture.outbound:forget_the_claim")
    doubled, _, _ = audit(queued, smtp_sink)
    assert doubled != []
