"""The event log: numbers without gaps in commit order, merged changes, one unit of work."""

from __future__ import annotations

import random
import threading

import pytest
from django.db import connection, transaction

from helpdesk.events.actor import Actor
from helpdesk.events.models import Event, EventCounter
from helpdesk.events.outbox import record, unit_of_work
from tests.factories import make_channel, receive_mail
from tickets.actions.marks import set_priority
from tickets.actions.status import close, reopen
from tickets.actions.tags import change_tags

pytestmark = pytest.mark.django_db(transaction=True)


def events_of(organization):
    return list(Event.objects.filter(organization=organization).order_by("seq"))


def test_a_new_ticket_is_announced_with_its_message_and_numbered_without_gaps(organization):
    before = EventCounter.objects.get(pk=organization.pk).last_seq
    message = receive_mail(make_channel(organization))

    events = [e for e in events_of(organization) if e.seq > before]
    assert [e.type for e in events] == ["ticket.created", "message.received"]
    assert [e.seq for e in events] == [before + 1, before + 2]
    assert events[0].payload["ticket"]["id"] == str(message.ticket_id)
    assert events[1].payload["message"]["text"] == "Where is my parcel?"
    assert events[1].actor["type"] == "customer"


def test_repeated_changes_of_one_ticket_in_one_unit_become_one_event(organization):
    ticket = receive_mail(make_channel(organization)).ticket
    head = EventCounter.objects.get(pk=organization.pk).last_seq
    with unit_of_work(actor=Actor("rule", "r1", "Urgent cancellation")):
        change_tags(ticket.pk, add=["wismo"])
        change_tags(ticket.pk, add=["urgent"], remove=["wismo"])
        change_tags(ticket.pk, add=["vip"])

    tagged = [e for e in events_of(organization) if e.seq > head and e.type == "ticket.tagged"]
    assert len(tagged) == 1
    assert tagged[0].payload["change"]["tags"] == [[], ["urgent", "vip"]]
    assert tagged[0].payload["ticket"]["tags"] == ["urgent", "vip"]
    assert tagged[0].actor == {"type": "rule", "id": "r1", "name": "Urgent cancellation"}


def test_a_rollback_leaves_no_event_and_no_hole(organization):
    ticket = receive_mail(make_channel(organization)).ticket
    head = EventCounter.objects.get(pk=organization.pk).last_seq
    with pytest.raises(ZeroDivisionError):
        _close_and_fail(ticket)
    assert EventCounter.objects.get(pk=organization.pk).last_seq == head

    set_priority(ticket.pk, "urgent")
    assert [e.seq for e in events_of(organization)] == list(range(1, head + 2))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.priority) == ("open", "urgent")


def _close_and_fail(ticket):
    with unit_of_work():
        close(ticket.pk)
        raise ZeroDivisionError


def test_an_action_inside_a_foreign_transaction_is_refused(organization):
    ticket = receive_mail(make_channel(organization)).ticket
    with (
        pytest.raises(RuntimeError),
        transaction.atomic(),
    ):
        close(ticket.pk)


def test_recording_outside_a_unit_of_work_is_refused(organization):
    with pytest.raises(RuntimeError):
        record(
            "ticket.updated",
            organization_id=organization.pk,
            object_type="ticket",
            object_id=organization.pk,
            payload=dict,
        )


def test_an_event_type_that_is_not_in_the_catalogue_is_refused(organization):
    with pytest.raises(KeyError), unit_of_work():
        record(
            "ticket.exploded",
            organization_id=organization.pk,
            object_type="ticket",
            object_id=organization.pk,
            payload=dict,
        )


def test_a_reader_beside_many_writers_misses_nothing_and_sees_no_gap(organization):
    """G9.2: commit order is number order, whatever the writers do."""
    channel = make_channel(organization)
    tickets = [receive_mail(channel).ticket for _ in range(4)]
    start = EventCounter.objects.get(pk=organization.pk).last_seq
    writing = threading.Event()
    seen: list[int] = []
    failures: list[BaseException] = []

    def write(seed: int) -> None:
        chance = random.Random(seed)
        try:
            for turn in range(25):
                ticket = chance.choice(tickets)
                try:
                    with unit_of_work():
                        (close if turn % 2 else reopen)(ticket.pk)
                        change_tags(
                            ticket.pk, add=[f"t{seed}-{turn}"], remove=[f"t{seed}-{turn - 1}"]
                        )
                        if chance.random() < 0.15:
                            raise ZeroDivisionError
                except ZeroDivisionError:
                    pass
        except Exception as error:  # noqa: BLE001 (shown by the assert at the end)
            failures.append(error)
        finally:
            connection.close()

    def read() -> None:
        cursor = start
        try:
            while True:
                is_last_round = writing.is_set()
                rows = list(
                    Event.objects.filter(organization=organization, seq__gt=cursor)
                    .order_by("seq")
                    .values_list("seq", flat=True)
                )
                seen.extend(rows)
                cursor = rows[-1] if rows else cursor
                if is_last_round and not rows:
                    return
        except Exception as error:  # noqa: BLE001 (shown by the assert at the end)
            failures.append(error)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(6)]
    reader = threading.Thread(target=read)
    for thread in [*writers, reader]:
        thread.start()
    for thread in writers:
        thread.join(60)
    writing.set()
    reader.join(60)

    assert failures == []
    assert seen == list(range(start + 1, EventCounter.objects.get(pk=organization.pk).last_seq + 1))
    assert len(seen) > 100
