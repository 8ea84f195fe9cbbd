"""The clocks of a ticket, from the customer's words to a person's answer.

G15.2: they stand still while we wait for the customer, automatic messages change nothing, and
of two merged tickets the earlier clock goes on.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from automation.models import SlaClock, SlaPolicy
from automation.sla.clock import settle_changed
from automation.sla.firing import fire, fire_due
from helpdesk.accounts.models import Organization
from helpdesk.events.models import Event
from helpdesk.notifications.models import Notification
from tests.factories import receive_mail
from tickets.actions.assign import assign
from tickets.actions.delivery import withdraw
from tickets.actions.marks import set_priority
from tickets.actions.merge import merge
from tickets.actions.reply import OutgoingMessage, reply
from tickets.actions.status import close, snooze
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = 3600


def make_policy(organization: Organization, **values: Any) -> SlaPolicy:
    said = {"name": "All", "first_reply": HOUR, "next_reply": 2 * HOUR, "resolution": 8 * HOUR}
    return SlaPolicy.objects.create(organization=organization, **{**said, **values})


def clocks(ticket: Ticket) -> dict[str, str]:
    rows = SlaClock.objects.filter(ticket=ticket).order_by("started_at", "target")
    return {each.target: each.state for each in rows}


def shown(ticket: Ticket) -> tuple[str, str]:
    ticket.refresh_from_db()
    return ticket.sla_target, ticket.sla_state


def pass_time(**by: int) -> None:
    """Everything that clocks count from is so much longer ago."""
    gone = timedelta(**by)
    for clock in SlaClock.objects.all():
        for name in ("started_at", "resumed_at", "due_at", "next_at", "amber_at"):
            if getattr(clock, name):
                setattr(clock, name, getattr(clock, name) - gone)
        clock.save()


def test_a_clock_runs_from_the_customer_s_words_to_a_person_s_answer(
    organization, channel, bo, catch_up
):
    """G15.2: the answer stops the reply clock, and resolution stands still until they write."""
    make_policy(organization)
    message = receive_mail(channel)
    ticket = message.ticket
    catch_up()
    first = SlaClock.objects.get(target="first_reply")
    assert first.message_id == message.pk
    assert abs(first.started_at - message.created_at) < timedelta(milliseconds=1)
    assert first.due_at == first.started_at + timedelta(hours=1)
    assert shown(ticket) == ("first_reply", "running")
    receive_mail(channel, "Hello?", ticket=ticket)
    catch_up()
    assert SlaClock.objects.get(target="first_reply").due_at == first.due_at

    pass_time(minutes=20)
    answer = reply(ticket.pk, OutgoingMessage(text="Which colour?"), user=bo)
    catch_up()
    first.refresh_from_db()
    assert (first.state, first.answer_id, first.user, first.breached_at) == (
        "done", answer.pk, bo, None,
    )  # fmt: skip
    assert 20 * 60 <= first.taken_seconds < HOUR
    assert clocks(ticket) == {"first_reply": "done", "resolution": "paused"}
    assert shown(ticket) == ("resolution", "paused")

    receive_mail(channel, "Blue", ticket=ticket)
    catch_up()
    assert clocks(ticket) == {
        "first_reply": "done", "resolution": "running", "next_reply": "running",
    }  # fmt: skip
    close(ticket.pk)
    catch_up()
    assert clocks(ticket) == {
        "first_reply": "done", "resolution": "done", "next_reply": "dropped",
    }  # fmt: skip
    assert shown(ticket) == ("resolution", "met")


def test_automatic_messages_neither_stop_nor_restart_a_clock(organization, channel, bo, catch_up):
    """G15.2"""
    make_policy(organization, resolution=None)
    message = receive_mail(channel)
    catch_up()
    before = SlaClock.objects.get()
    ours = OutgoingMessage(text="We got your mail.", is_automatic=True)
    reply(message.ticket_id, ours, user=None)
    catch_up()
    after = SlaClock.objects.get()
    assert (after.state, after.due_at) == ("running", before.due_at)

    reply(message.ticket_id, OutgoingMessage(text="Here"), user=bo)
    catch_up()
    receive_mail(channel, "I am away", ticket=message.ticket, is_automatic=True)
    catch_up()
    assert clocks(message.ticket) == {"first_reply": "done"}


def test_an_answer_taken_back_in_time_was_none(organization, channel, bo, catch_up):
    make_policy(organization, resolution=None)
    message = receive_mail(channel)
    catch_up()
    due_at = SlaClock.objects.get().due_at
    held = reply(message.ticket_id, OutgoingMessage(text="Oops", hold_seconds=10), user=bo)
    catch_up()
    assert SlaClock.objects.get().state == "done"
    withdraw(held.pk)
    catch_up()
    again = SlaClock.objects.get()
    assert (again.state, again.answer_id, again.taken_seconds) == ("running", None, None)
    assert abs(again.due_at - due_at) < timedelta(seconds=1)


def test_merging_keeps_the_earliest_clock(organization, channel, bo, catch_up):
    """G15.2"""
    make_policy(organization, resolution=None)
    early = receive_mail(channel)
    catch_up()
    pass_time(minutes=30)
    late = receive_mail(channel, "Another matter", ticket=None)
    catch_up()
    assert SlaClock.objects.filter(state="running").count() == 2
    first = SlaClock.objects.get(ticket=early.ticket)
    merge(early.ticket_id, late.ticket_id, user=bo, merge_id=uuid.uuid4())
    catch_up()
    kept = SlaClock.objects.get(ticket=late.ticket, state="running")
    assert (kept.pk, kept.due_at) == (first.pk, first.due_at)
    assert SlaClock.objects.filter(state="dropped").count() == 1
    late.ticket.refresh_from_db()
    assert late.ticket.sla_due_at == first.due_at


def test_warnings_and_breaches_come_once_also_after_hours_without_a_worker(
    organization, channel, bo, catch_up
):
    make_policy(organization, resolution=None, warnings=[{"percent": 75}, {"minutes": 5}])
    message = receive_mail(channel)
    assign(message.ticket_id, assignee_id=bo.pk)
    catch_up()
    assert fire_due() == 0
    for minutes, warned in ((46, 1), (10, 2)):
        pass_time(minutes=minutes)
        assert (fire_due(), fire_due()) == (1, 0)
        assert SlaClock.objects.get().warned == warned
    pass_time(hours=6)
    clock = SlaClock.objects.get()
    assert (fire_due(), fire(clock.pk), fire_due()) == (1, False, 0)
    catch_up()
    clock.refresh_from_db()
    assert clock.breached_at == clock.due_at
    assert shown(message.ticket) == ("first_reply", "breached")
    said = list(Event.objects.filter(type__startswith="sla.").order_by("seq"))
    assert [each.type for each in said] == ["sla.warned", "sla.warned", "sla.breached"]
    assert said[2].payload["target"] == "first_reply"
    assert said[2].payload["ticket"]["sla"]["state"] == "breached"
    told = Notification.objects.filter(user=bo, kind__startswith="sla_")
    assert sorted(told.values_list("kind", flat=True)) == [
        "sla_breach", "sla_warning", "sla_warning",
    ]  # fmt: skip
    reply(message.ticket_id, OutgoingMessage(text="Sorry!"), user=bo)
    catch_up()
    clock.refresh_from_db()
    assert (clock.state, clock.breached_at is not None) == ("done", True)
    assert Event.objects.filter(type="sla.breached").count() == 1


def test_a_ticket_that_changes_falls_under_another_policy_with_its_time_kept(
    organization, channel, catch_up
):
    urgent = {"all": [{"field": "ticket.priority", "operator": "is", "value": "urgent"}]}
    make_policy(organization, name="Urgent", conditions=urgent, first_reply=1800, position=1)
    slow = make_policy(organization, position=2, resolution=None)
    message = receive_mail(channel)
    catch_up()
    pass_time(minutes=20)
    began = SlaClock.objects.get().started_at
    set_priority(message.ticket_id, "urgent")
    catch_up()
    clock = SlaClock.objects.get(target="first_reply")
    assert (clock.policy_name, clock.goal_seconds, clock.started_at) == ("Urgent", 1800, began)
    assert abs(clock.due_at - (began + timedelta(minutes=30))) < timedelta(seconds=2)
    set_priority(message.ticket_id, "normal")
    catch_up()
    assert clocks(message.ticket) == {"first_reply": "running", "resolution": "dropped"}

    slow.first_reply, slow.version = 2 * HOUR, 2
    slow.save()
    assert (settle_changed(), settle_changed()) == (1, 0)
    clock.refresh_from_db()
    assert abs(clock.due_at - (began + timedelta(hours=2))) < timedelta(seconds=2)
    SlaPolicy.objects.update(is_active=False, version=9)
    assert settle_changed() == 1
    assert shown(message.ticket) == ("", "")


def test_a_clock_sleeps_with_the_ticket_where_the_policy_says_so(organization, channel, catch_up):
    make_policy(organization, resolution=None, pauses_while_snoozed=True)
    message = receive_mail(channel)
    catch_up()
    ticket = message.ticket
    snooze(ticket.pk, message.created_at + timedelta(days=30))
    catch_up()
    assert clocks(ticket) == {"first_reply": "paused"}
    assert SlaClock.objects.get().due_at is None
    receive_mail(channel, "Now, please", ticket=ticket)
    catch_up()
    assert clocks(ticket) == {"first_reply": "running"}
    assert abs(SlaClock.objects.get().due_at - message.created_at) < timedelta(hours=1, minutes=1)


def test_without_policies_nothing_is_counted(organization, channel, catch_up):
    message = receive_mail(channel)
    catch_up()
    assert not SlaClock.objects.exists()
    assert shown(message.ticket) == ("", "")
