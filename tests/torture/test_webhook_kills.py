"""Messages delivered one to three times, in any order, by webhooks, while workers are killed.

Issue 4, "Numbers": 0 lost or doubled. Real PostgreSQL, real SIGKILL, the whole way from the
request to the ticket. TORTURE_WEBHOOKS=10000 plays the whole number, TORTURE_SEED a run again.
"""

from __future__ import annotations

import os
import random
import sys
from collections import Counter
from collections.abc import Iterator

import pytest
from django.test import Client

import inbox.connector
from helpdesk.accounts.models import Organization
from helpdesk.events.models import Event
from helpdesk.lib import rate_limit
from helpdesk.lib.secrets import encrypt
from inbox.models import Hook, HookState, RawInbound, RawState
from tests.contracts.channel_connector import Call
from tests.contracts.parcelbox import ParcelboxConnector
from tests.contracts.test_parcelbox import SECRET, signed, text_event
from tests.torture.zygote import Zygote
from tickets.actions.channels import create_channel
from tickets.models import Message, Ticket

MESSAGES = int(os.environ.get("TORTURE_WEBHOOKS") or 120)
KILLS = 10
PEOPLE = max(20, MESSAGES // 20)
WORK = "tests.torture.webhooks:read_and_file"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(60 + MESSAGES)]


class World:
    """A vendor that calls more often than it must, and workers to kill."""

    def __init__(self, organization: Organization) -> None:
        self.seed = int(os.environ.get("TORTURE_SEED") or random.SystemRandom().randrange(2**32))
        sys.stdout.write(f"TORTURE_SEED={self.seed}\n")
        self.chance = random.Random(self.seed)
        self.zygote = Zygote()
        self.client = Client()
        self.wrote: list[str] = []
        self.channel = create_channel(
            organization, kind="parcelbox", name="Parcelbox", handle_kind="external",
            secrets=encrypt({"token": "t", "signing_secret": SECRET}),
        )  # fmt: skip

    def calls(self, count: int) -> list[Call]:
        """Calls with new messages: some alone, some together with others, repeated and mixed."""
        calls = []
        for number in range(len(self.wrote), len(self.wrote) + count):
            text = f"message {number}"
            self.wrote.append(text)
            author = {"id": f"p{number % PEOPLE}", "name": "Mia"}
            event = {**text_event(f"m{number}", text), "from": author}
            # The vendor repeats a call as it was, or the message in another call.
            forms = [signed(event), signed(event, {"type": "typing", "id": f"t{number}"})]
            calls += [self.chance.choice(forms) for _ in range(self.chance.randint(1, 3))]
        self.chance.shuffle(calls)
        return calls

    def deliver(self, calls: list[Call]) -> None:
        place = f"/hooks/parcelbox/{self.channel.hook_token}"
        for call in calls:
            answer = self.client.post(
                place, call.body, content_type="application/json", headers=call.headers
            )
            assert answer.status_code == 200

    def audit(self) -> dict[str, int]:
        """What is wrong, by kind; empty when all is well."""
        texts = Counter(Message.objects.values_list("body__text", flat=True))
        events = Event.objects.filter(type="message.received").values_list("object_id", flat=True)
        found = {
            "lost": len(set(self.wrote) - texts.keys()),
            "doubled": sum(count - 1 for count in texts.values()),
            "unread": Hook.objects.exclude(state=HookState.PROCESSED).count(),
            "unfiled": RawInbound.objects.exclude(state=RawState.PROCESSED).count(),
            "tickets too many": max(0, Ticket.objects.count() - PEOPLE),
            "doubled events": sum(count - 1 for count in Counter(events).values()),
            "missing events": Message.objects.count() - len(set(events)),
        }
        return {name: count for name, count in found.items() if count}


@pytest.fixture
def world(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(rate_limit, "AT_ONCE", 1e9)
    inbox.connector.register(ParcelboxConnector())
    made = World(organization)
    yield made
    made.zygote.stop()
    inbox.connector._registry.pop("parcelbox")


def test_no_message_is_lost_or_doubled_by_repeats_disorder_and_kills(world: World) -> None:
    killed = lives = 0
    share = max(1, MESSAGES // (KILLS * 2))
    while len(world.wrote) < MESSAGES or killed < KILLS:
        world.deliver(world.calls(min(share, max(2, MESSAGES - len(world.wrote)))))
        killed += world.zygote.run(WORK, kill_after=world.chance.uniform(0.02, 0.25))
        lives += 1
    world.zygote.run(WORK)
    calls = Hook.objects.count()
    sys.stdout.write(f"{len(world.wrote)} messages, {calls} calls kept, {killed} kills\n")
    assert world.audit() == {}
    assert killed >= KILLS


def test_a_worker_that_calls_it_read_before_reading_it_is_caught(world: World) -> None:
    """The negative control: the same kills must find the mistake."""
    mutant = "tests.torture.webhooks:mark_first"
    for number in range(3):
        world.deliver([signed(text_event(f"x{number}", f"only once {number}"))])
        world.wrote.append(f"only once {number}")
        assert world.zygote.run(WORK, failpoint="hook.marked", mutant=mutant)
    world.zygote.run(WORK)
    assert world.audit()["lost"] == 3
