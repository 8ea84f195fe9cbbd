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
def queued(organization, smtp_sink, bo, request):
    """Replies waiting to be sent, four on each ticket."""
    channel = add_email_channel(
        organization, name="Linden & Loom", address="help@shop.example", smtp_url=smtp_sink.url
    )
    for number in range(getattr(request, "param", 40)):
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
    lost = [each for each, state in states.items() if state != "uncertain" and arrived[each] == 0]
    unfinished = [each for each, state in states.items() if state not in ("sent", "uncertain")]
    return doubled, lost + unfinished, uncertain


def test_killed_workers_lose_nothing_and_send_nothing_twice(queued, zygote, smtp_sink):
    """RELIABILITY G1: SIGKILL at each failpoint and at random instants."""
    chance = random.Random(SEED)
    killed = sum(
        zygote.run(WORK, failpoint=f"{name}:{chance.randint(1, 3)}") for name in FAILPOINTS * 3
    )
    assert killed == 12
    while killed < KILLS and zygote.run(WORK, kill_after=chance.uniform(0.02, 0.1)):
        killed += 1
    assert not zygote.run(WORK)

    doubled, lost, uncertain = audit(queued, smtp_sink)
    assert (doubled, lost) == ([], [])
    assert 0 < len(uncertain) < queued.count()


@pytest.mark.parametrize("mutant", ["resend_blindly", "forget_the_claim"])
@pytest.mark.parametrize("queued", [5], indirect=True)
def test_a_worker_that_is_broken_on_purpose_is_caught(queued, zygote, smtp_sink, mutant):
    """The negative control: without "uncertain", or without its commit, customers get mails twice."""
    broken = f"tests.torture.outbound:{mutant}"
    for count in (1, 2, 3):
        assert zygote.run(WORK, failpoint=f"delivery.accepted:{count}", mutant=broken)
    zygote.run(WORK, mutant=broken)
    doubled, _, _ = audit(queued, smtp_sink)
    assert len(doubled) == 3
