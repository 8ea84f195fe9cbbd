"""Background subscribers: in order, at least once, a poison event never stops the queue."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from helpdesk.events import subscribers
from helpdesk.events.dispatch import (
    MAX_ATTEMPTS,
    organizations_behind,
    run_subscribers,
    subscribers_behind,
)
from helpdesk.events.models import EventCounter, SubscriberCursor, SubscriberFailure
from helpdesk.events.subscribers import Subscriber
from helpdesk.lib.clock import now
from tests.factories import make_channel, receive_mail
from tickets.actions.tags import change_tags

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def subscribe(monkeypatch, organization):
    """Listen with one handler alone, from the present head of the log."""

    def add(handler, *types):
        only = Subscriber("test", frozenset(types), handler)
        monkeypatch.setattr(subscribers, "_registry", {"test": only})
        head = EventCounter.objects.get(pk=organization.pk).last_seq
        SubscriberCursor.objects.filter(organization=organization).delete()
        SubscriberCursor.objects.create(organization=organization, subscriber="test", seq=head)

    return add


def test_a_subscriber_gets_its_types_in_order_and_each_once(organization, subscribe):
    channel = make_channel(organization)
    got = []
    subscribe(lambda event: got.append((event.seq, event.type)), "ticket.created")
    numbers = [receive_mail(channel).ticket.number for _ in range(60)]

    run_subscribers(organization.pk)
    run_subscribers(organization.pk)

    assert len(got) == len(numbers) == 60
    assert got == sorted(set(got))
    assert {kind for _, kind in got} == {"ticket.created"}
    assert subscribers_behind(organization.pk) == []


def test_effects_and_cursor_are_one_transaction(organization, subscribe):
    channel = make_channel(organization)
    ticket = receive_mail(channel).ticket
    crashes = iter([True, True, False])

    def handle(event):
        change_tags(ticket.pk, add=[f"seen-{event.payload['ticket']['number']}"])
        if next(crashes, False):
            raise RuntimeError("crash after the effect")

    subscribe(handle, "ticket.created")
    second = receive_mail(channel).ticket
    run_subscribers(organization.pk)
    ticket.refresh_from_db()
    assert ticket.tags == []  # rolled back with the cursor

    with time_machine.travel(now() + timedelta(minutes=10)):
        run_subscribers(organization.pk)
    ticket.refresh_from_db()
    assert ticket.tags == [f"seen-{second.number}"]


def test_a_poison_event_is_recorded_skipped_and_those_behind_it_are_handled(
    organization, subscribe
):
    channel = make_channel(organization)
    handled = set()

    def handle(event):
        if event.payload["ticket"]["subject"] == "poison":
            raise ValueError("cannot digest this")
        handled.add(event.payload["ticket"]["subject"])

    subscribe(handle, "ticket.created")
    receive_mail(channel, subject="before")
    receive_mail(channel, subject="poison")
    receive_mail(channel, subject="after")

    moment = now()
    for _ in range(MAX_ATTEMPTS + 1):
        with time_machine.travel(moment):
            run_subscribers(organization.pk)
        moment += timedelta(hours=1)

    assert handled == {"before", "after"}
    failure = SubscriberFailure.objects.get()
    assert (failure.attempts, failure.is_skipped) == (MAX_ATTEMPTS, True)
    assert "cannot digest this" in failure.traceback


def test_a_lost_ring_is_found_by_the_sweep(organization, subscribe):
    subscribe(lambda event: None, "ticket.created")
    receive_mail(make_channel(organization))
    assert organizations_behind() == [organization.pk]
    run_subscribers(organization.pk)
    assert organizations_behind() == []


def test_what_a_handler_causes_names_the_event_that_caused_it(organization, subscribe):
    channel = make_channel(organization)
    subscribe(
        lambda event: change_tags(event.ticket_id, add=["greeted"]) and None, "ticket.created"
    )
    message = receive_mail(channel)
    run_subscribers(organization.pk)
    from helpdesk.events.models import Event

    created = Event.objects.get(organization=organization, type="ticket.created")
    tagged = Event.objects.get(organization=organization, type="ticket.tagged")
    assert (tagged.cause, tagged.depth) == (created.seq, 1)
    assert tagged.ticket_id == message.ticket_id


def test_a_subscriber_that_is_new_since_an_upgrade_starts_at_the_head(organization, monkeypatch):
    receive_mail(make_channel(organization))
    got = []
    newcomer = Subscriber("newcomer", frozenset({"ticket.created"}), got.append)
    monkeypatch.setattr(subscribers, "_registry", {"newcomer": newcomer})
    organizations_behind()
    run_subscribers(organization.pk)
    assert got == []
    cursor = SubscriberCursor.objects.get(subscriber="newcomer", organization=organization)
    assert cursor.seq == EventCounter.objects.get(pk=organization.pk).last_seq
