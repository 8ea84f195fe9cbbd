"""Rules that wait for a reply, run by the clock, by hand or because an order moved.

G7.7: a timer fires once, also after hours without a worker; its reason gone, it does not.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation.models import Rule, RuleRun, RuleTimer
from automation.rules.by_hand import run_scheduled
from automation.rules.edit import change_rule, create_rule, delete_rule
from automation.rules.models import TimerState
from automation.rules.timers import fire, fire_due
from automation.rules.waiting import DAYS, next_time, parse_wait
from helpdesk.lib.clock import now
from integrations.commerce.models import Order
from tests.factories import receive_mail
from tickets.actions.reply import OutgoingMessage, reply
from tickets.actions.status import close
from tickets.models import Ticket

database = pytest.mark.django_db(transaction=True)

NUDGE = {
    "name": "Nudge",
    "triggers": ["no_reply"],
    "wait": {"after": "15m", "since": "our_message"},
    "conditions": {"all": [{"field": "ticket.status", "operator": "is", "value": "open"}]},
    "actions": [{"type": "add_tags", "params": {"tags": ["silent"]}}],
}


def pass_time(**by: int) -> None:
    """The timers are so much older now."""
    for timer in RuleTimer.objects.filter(state=TimerState.WAITING):
        timer.due_at -= timedelta(**by)
        timer.save(update_fields=["due_at"])


@database
def test_a_rule_waits_for_the_customer_fires_once_and_shows_on_the_ticket(
    organization, channel, bo, catch_up
):
    """G7.7: six hours late, it still fires once."""
    rule = create_rule(organization, NUDGE)
    message = receive_mail(channel)
    answer = reply(message.ticket_id, OutgoingMessage(text="Which colour?"), user=bo)
    catch_up()
    ticket = Ticket.objects.get(pk=message.ticket_id)
    timer = RuleTimer.objects.get()
    assert timer.due_at == answer.created_at + timedelta(minutes=15)
    assert [(each["rule_id"], each["name"]) for each in ticket.timers] == [(str(rule.pk), "Nudge")]
    assert fire_due() == 0
    assert fire(timer.pk) is False

    pass_time(hours=6)
    assert (fire_due(), fire_due(), fire(timer.pk)) == (1, 0, False)
    catch_up()

    ticket.refresh_from_db()
    assert (ticket.tags, ticket.timers) == (["silent"], [])
    assert RuleRun.objects.get().rule_name == "Nudge"


@database
@pytest.mark.parametrize("reason", ["reply", "close", "off", "delete", "person"])
def test_a_timer_whose_reason_is_gone_never_fires(
    organization, channel, bo, api_as, catch_up, reason
):
    rule = create_rule(organization, NUDGE)
    message = receive_mail(channel)
    reply(message.ticket_id, OutgoingMessage(text="Which colour?"), user=bo)
    catch_up()
    ticket = Ticket.objects.get(pk=message.ticket_id)
    address = f"/api/v1/tickets/{ticket.pk}/timers/{ticket.timers[0]['id']}"
    if reason == "reply":
        receive_mail(channel, "Blue", ticket=ticket)
    elif reason == "close":
        close(ticket.pk)
    elif reason == "off":
        change_rule(rule, {"mode": "off"})
    elif reason == "delete":
        delete_rule(rule)
    else:
        assert api_as(bo).delete(address).status_code == 204
        assert api_as(bo).delete(address).status_code == 404
    catch_up()

    pass_time(days=1)
    assert fire_due() == 0
    ticket.refresh_from_db()
    assert (ticket.timers, ticket.tags) == ([], [])
    assert not RuleRun.objects.exists()


@database
def test_nobody_answering_a_customer_is_noticed_from_their_first_message_on(
    organization, channel, bo, catch_up
):
    wait = {"after": "4h", "since": "customer_message"}
    create_rule(organization, {**NUDGE, "wait": wait})
    first = receive_mail(channel)
    receive_mail(channel, "Hello?", ticket=first.ticket)
    catch_up()
    assert RuleTimer.objects.get().message_id == first.pk
    reply(first.ticket_id, OutgoingMessage(text="Here"), user=bo)
    catch_up()
    assert RuleTimer.objects.get().reason == "Somebody replied."


@database
def test_a_person_runs_a_rule_by_hand_and_is_told_why_not(
    organization, channel, bo, api_as, catch_up
):
    by_hand = {**NUDGE, "triggers": ["manual"], "wait": None}
    rule, other = create_rule(organization, by_hand), create_rule(organization, NUDGE)
    message = receive_mail(channel)
    address = f"/api/v1/tickets/{message.ticket_id}/rules"

    run = api_as(bo).post(f"{address}/{rule.pk}/run", {})
    assert (run.status_code, run.json()["is_match"]) == (200, True)
    catch_up()
    assert Ticket.objects.get(pk=message.ticket_id).tags == ["silent"]
    close(message.ticket_id)
    late = api_as(bo).post(f"{address}/{rule.pk}/run", {}).json()
    assert (late["is_match"], late["trace"][0]["actual"]) == (False, "closed")
    assert api_as(bo).post(f"{address}/{other.pk}/run", {}).json()["code"] == "not_manual"
    catch_up()
    assert RuleRun.objects.count() == 1


@database
def test_a_rule_by_the_clock_runs_once_on_what_matches_however_late(
    organization, channel, catch_up
):
    schedule = {"days": list(DAYS), "at": "09:00"}
    daily = {**NUDGE, "triggers": ["schedule"], "wait": None, "schedule": schedule}
    rule = create_rule(organization, daily)
    assert Rule.objects.get().next_at > now()
    one, other = receive_mail(channel), receive_mail(channel)
    close(other.ticket_id)
    Rule.objects.update(next_at=now() - timedelta(hours=6))

    assert (run_scheduled(), run_scheduled()) == (1, 0)
    catch_up()

    assert [run.ticket_id for run in RuleRun.objects.all()] == [one.ticket_id]
    change_rule(rule, {"mode": "off"})
    assert Rule.objects.get().next_at is None


@database
def test_an_order_that_moves_runs_rules_on_the_open_tickets_about_it(
    organization, channel, mia, make_order, catch_up
):
    about = {**NUDGE, "triggers": ["order.fulfilled"], "wait": None}
    create_rule(organization, about)
    order = make_order()
    ours = receive_mail(channel, "Where is my order #1042?", customer=mia)
    done = receive_mail(channel, "And #1042?", customer=mia)
    close(done.ticket_id)
    stranger = receive_mail(channel, "Where is #1042?")
    catch_up()
    assert not RuleRun.objects.exists()

    make_order(is_sent=True, age=now() - order.placed_at)
    catch_up()

    assert [run.ticket_id for run in RuleRun.objects.all()] == [ours.ticket_id]
    assert Ticket.objects.get(pk=stranger.ticket_id).tags == []
    assert Order.objects.count() == 1


ZONES = ("UTC", "Europe/Prague", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")


@settings(deadline=None, max_examples=150)
@given(
    st.integers(0, 2 * 365 * 24 * 60),
    st.lists(st.sampled_from(DAYS), min_size=1, unique=True),
    st.times(),
    st.sampled_from(ZONES),
)
def test_the_next_time_is_later_on_a_chosen_day_and_none_is_left_out(minutes, days, time, zone):
    """Summer time included: an hour that does not exist comes later, one that comes twice once."""
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    where = ZoneInfo(zone)
    schedule = {"days": days, "at": time.strftime("%H:%M")}

    found = next_time(schedule, start, where)
    again = next_time(schedule, found, where)

    assert start < found < again
    assert found - start <= timedelta(days=7, hours=2)
    local = found.astimezone(where)
    assert DAYS[local.weekday()] in days or local.hour <= 2
    gap = abs((local.hour * 60 + local.minute) - (time.hour * 60 + time.minute))
    assert gap in (0, 30, 60) or gap >= 1380


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("15m", 900), ("2h", 7200), ("90d", 7_776_000), ("91d", None), ("0m", None),
     ("", None), ("m", None), ("-1m", None), ("1.5h", None), ("１m", None), (5, None)],
)  # fmt: skip
def test_durations_are_whole_numbers_of_a_unit_up_to_ninety_days(text, seconds):
    found = parse_wait(text)
    assert (found and found.total_seconds()) == seconds
