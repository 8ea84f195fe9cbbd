"""A rule tried on the past sees each ticket as it was then, and leaves no trace (G7, UX 47)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from automation.macros.defaults import ensure_default_macros
from automation.macros.models import Macro
from automation.orders import OrderMeantThen
from automation.rules import time_machine
from automation.rules.edit import create_rule
from automation.rules.models import DryRun, DryRunState, RuleRun
from automation.sla.models import SlaClock
from automation.sla.showing import announce
from helpdesk.accounts.models import Organization, User
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, NotFound
from helpdesk.lib.ids import new_id
from integrations.commerce.normal_form import FulfillmentData
from integrations.commerce.rewinding import rewind
from tests.factories import make_customer, receive_mail
from tickets.actions.marks import set_priority
from tickets.actions.status import set_status
from tickets.actions.tags import change_tags
from tickets.models import Customer, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)

TAG = [{"type": "add_tags", "params": {"tags": ["late"]}}]


def rule_saying(conditions: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"name": "Tried", "triggers": ["message.received"], "actions": TAG}
    return {**given, "conditions": conditions, **more}


def person(name: str) -> Customer:
    """Another customer of the shop."""
    return make_customer(Organization.objects.get(slug="linden-loom"), f"{name}@example.org")


IS_NORMAL = {"field": "ticket.priority", "operator": "is", "value": "normal"}


@pytest.fixture
def try_out(ada: User) -> Callable[..., DryRun]:
    """Run a dry run to its end, as the worker would."""

    def run(definition: dict[str, Any], over: dict[str, Any], **more: Any) -> DryRun:
        begun = time_machine.begin(ada, definition, over, rule=more.get("rule"))
        assert time_machine.go_on(begun.pk) is False
        begun.refresh_from_db()
        assert begun.state == DryRunState.DONE, begun.reason
        return begun

    return run


def test_a_ticket_is_seen_as_it_was_when_the_message_came(channel, try_out, catch_up):
    first = receive_mail(channel, subject="One")
    receive_mail(channel, subject="Two", customer=person("noa"))
    set_priority(first.ticket_id, "urgent")
    catch_up()

    run = try_out(rule_saying(IS_NORMAL), {"last": 200})

    assert (run.seen, run.matched, run.total) == (2, 2, 2)
    subjects = [row["ticket_subject"] for row in time_machine.dry_run_details(run)["rows"]]
    assert subjects == ["Two", "One"]
    assert Ticket.objects.get(pk=first.ticket_id).priority == "urgent"


def test_nothing_is_written_or_sent(channel, try_out, catch_up):
    """G7.5"""
    receive_mail(channel)
    catch_up()
    runs, events = RuleRun.objects.count(), Event.objects.count()
    messages = Message.objects.count()

    run = try_out(rule_saying({}), {"days": 30})

    assert run.matched == 1
    assert (RuleRun.objects.count(), Event.objects.count()) == (runs, events)
    assert Message.objects.count() == messages
    assert Ticket.objects.get().tags == []


def test_the_live_version_is_tried_on_the_same_moments(organization, channel, try_out, catch_up):
    receive_mail(channel, subject="Where is it")
    receive_mail(channel, subject="Cancel it", customer=person("noa"))
    catch_up()
    live = create_rule(organization, rule_saying(
        {"field": "message.subject", "operator": "contains", "value": "where"}
    ))  # fmt: skip
    draft = rule_saying({"field": "message.subject", "operator": "contains", "value": "cancel"})

    run = try_out(draft, {"last": 200}, rule=live)

    told = time_machine.dry_run_details(run)
    assert (told["matched"], told["live_matched"]) == (1, 1)
    by_subject = {row["ticket_subject"]: row["ticket_number"] for row in told["rows"]}
    assert told["plus"] == [by_subject["Cancel it"]]
    assert told["minus"] == [by_subject["Where is it"]]


def test_how_well_it_fits_what_people_tagged(channel, try_out, catch_up):
    both = receive_mail(channel, subject="Late parcel")
    missed = receive_mail(channel, subject="Nothing came", customer=person("noa"))
    receive_mail(channel, subject="Late fee", customer=person("ben"))
    for message in (both, missed):
        change_tags(message.ticket_id, add=["late"])
    catch_up()

    run = try_out(
        rule_saying({"field": "message.subject", "operator": "contains", "value": "late"}),
        {"last": 200},
    )

    assert run.result["tags"] == {"both": 1, "only_match": 1, "only_tag": 1}


def test_once_per_ticket_holds_in_the_past_too(channel, try_out, catch_up):
    first = receive_mail(channel, subject="One")
    receive_mail(channel, subject="Re: One", ticket=first.ticket)
    catch_up()

    run = try_out(rule_saying({}, once_per_ticket_hours=24), {"last": 200})

    rows = time_machine.dry_run_details(run)["rows"]
    assert [row["branch"] for row in rows] == [None, "then"]
    assert rows[0]["reason"] == "It ran on this ticket less than 24 hours before."
    assert rows[0]["actions"][0]["outcome"] == "would not run"


def test_only_tickets_that_the_person_may_see_are_tried(channel, dee, catch_up):
    message = receive_mail(channel)
    catch_up()

    begun = time_machine.begin(dee, rule_saying({}), {"last": 50}, rule=None)
    time_machine.go_on(begun.pk)
    begun.refresh_from_db()

    assert (begun.state, begun.seen, begun.rows) == (DryRunState.DONE, 0, [])
    with pytest.raises(NotFound):
        time_machine.begin(dee, rule_saying({}), {"ticket_id": message.ticket_id}, rule=None)


def test_a_message_that_nobody_wrote_is_understood_and_kept_nowhere(try_out):
    asks = {"field": "message.intent", "operator": "is", "value": "cancel_order"}
    text = "Bitte stornieren Sie meine Bestellung."

    run = try_out(rule_saying(asks), {"message": {"text": text}})

    (row,) = run.rows
    assert row["is_match"] is True
    assert row["trace"][0]["actual"] == "cancel_order"
    assert (Ticket.objects.count(), Message.objects.count()) == (0, 0)


def test_a_chunk_that_was_cut_off_is_gone_on_with(ada, channel, catch_up, monkeypatch):
    for number in range(5):
        receive_mail(channel, subject=f"{number}", customer=person(f"c{number}"))
    catch_up()
    monkeypatch.setattr(time_machine, "CHUNK", 2)
    begun = time_machine.begin(ada, rule_saying({}), {"last": 4}, rule=None)

    assert time_machine.go_on(begun.pk, seconds=0) is True
    assert time_machine._chunk(begun.pk) is True
    begun.refresh_from_db()
    assert (begun.state, begun.seen, begun.total) == (DryRunState.RUNNING, 2, 4)
    time_machine.go_on_with_waiting()

    begun.refresh_from_db()
    assert (begun.state, begun.seen) == (DryRunState.DONE, 4)
    assert [row["ticket_subject"] for row in begun.rows] == ["1", "2", "3", "4"]


def test_one_that_was_stopped_does_no_more(ada, channel, catch_up):
    receive_mail(channel)
    catch_up()
    begun = time_machine.begin(ada, rule_saying({}), {"last": 4}, rule=None)

    assert time_machine.cancel(begun).state == DryRunState.CANCELLED
    assert time_machine.go_on(begun.pk) is False
    begun.refresh_from_db()
    assert (begun.state, begun.seen) == (DryRunState.CANCELLED, 0)


def test_moments_cost_a_constant_number_of_queries(ada, channel, catch_up):
    def asked() -> int:
        begun = time_machine.begin(ada, rule_saying(IS_NORMAL), {"last": 200}, rule=None)
        with CaptureQueriesContext(connection) as queries:
            time_machine.go_on(begun.pk)
        return len(queries)

    for number in range(2):
        receive_mail(channel, subject=f"{number}", customer=person(f"c{number}"))
    catch_up()
    few = asked()
    for number in range(2, 8):
        receive_mail(channel, subject=f"{number}", customer=person(f"c{number}"))
    catch_up()

    assert asked() == few


def test_a_definition_that_is_wrong_is_named(ada):
    with pytest.raises(InvalidInput) as refused:
        time_machine.begin(ada, rule_saying({}, triggers=[]), {"last": 1}, rule=None)
    assert refused.value.errors[0].path == "triggers"
    with pytest.raises(InvalidInput) as refused:
        time_machine.begin(ada, rule_saying({}), {"last": 1, "days": 30}, rule=None)
    assert refused.value.errors[0].path == "over"


def test_the_dry_run_is_begun_and_looked_at_through_the_api(api_as, ada, channel, catch_up):
    receive_mail(channel)
    catch_up()
    client = api_as(ada)

    begun = client.post(
        "/api/v1/rules/dry-runs", {"definition": rule_saying({}), "over": {"last": 200}}
    )
    assert begun.status_code == 202, begun.json()
    time_machine.go_on_with_waiting()
    told = client.get(f"/api/v1/rules/dry-runs/{begun.json()['id']}").json()

    assert (told["state"], told["matched"], len(told["rows"])) == ("done", 1, 1)
    assert told["rows"][0]["actions"] == [
        {"type": "add_tags", "description": "Add tag late", "outcome": "would be done"}
    ]


# Orders as they were then


def test_an_order_stands_as_it_stood_then(mia, make_order):
    placed = now() - timedelta(days=9)
    make_order(
        age=timedelta(days=9),
        fulfillment_status="fulfilled",
        fulfillments=(
            FulfillmentData(
                external_id="parcel",
                status="delivered",
                shipped_at=placed + timedelta(days=1),
                delivered_at=placed + timedelta(days=5),
            ),
        ),
    )

    def state(days: float) -> Any:
        meant = OrderMeantThen(mia, "", placed + timedelta(days=days))
        return meant.facts and (meant.facts.state, meant.facts.is_fulfilled)

    assert state(-1) is None
    assert state(0.5) == ("unfulfilled", False)
    assert state(3) == ("in_transit", True)
    assert state(6) == ("delivered", True)


def test_a_cancelled_order_was_not_cancelled_before(mia, make_order):
    order = make_order(age=timedelta(days=3), cancelled_at=now() - timedelta(days=1))

    before = rewind(order, now() - timedelta(days=2))
    assert before is not None
    assert before.cancelled_at is None
    assert rewind(order, now()).cancelled_at == order.cancelled_at
    assert rewind(order, order.placed_at - timedelta(seconds=1)) is None


def test_a_closed_ticket_was_open_when_the_message_came(channel, try_out, catch_up):
    message = receive_mail(channel)
    set_status(message.ticket_id, "closed")
    catch_up()

    run = try_out(
        rule_saying({"field": "ticket.status", "operator": "is", "value": "open"}), {"last": 9}
    )

    assert run.matched == 1


def test_a_row_shows_the_reply_of_that_moment_and_what_is_missing_in_it(
    organization, channel, mia, make_order, try_out, catch_up
):
    """UX 47: the macro with the order as it stood then; without an order it says what is missing."""
    ensure_default_macros(organization)
    macro = Macro.objects.get(organization=organization, key="tracking")
    make_order("#1042", is_sent=True, age=timedelta(days=1))
    receive_mail(channel, "Where is #1042?", customer=mia, is_sender_verified=True)
    receive_mail(channel, "Where is it?", customer=person("noa"), is_sender_verified=True)
    catch_up()
    answer = {"type": "reply_with_macro", "params": {"macro_id": str(macro.pk)}}

    run = try_out(rule_saying(IS_NORMAL, actions=[answer]), {"last": 200})

    theirs, hers = (row["actions"][0] for row in time_machine.dry_run_details(run)["rows"])
    assert (hers["outcome"], hers["reply"]["missing"]) == ("would be sent", [])
    assert "#1042" in hers["reply"]["text"]
    assert "order.number" in {each["path"] for each in theirs["reply"]["missing"]}
    assert "⟦order.number⟧" in theirs["reply"]["text"]
    assert not Message.objects.filter(kind="reply").exists()


def test_a_pasted_message_may_come_with_an_order(organization, mia, make_order, try_out, ada):
    order = make_order("#1042", age=timedelta(hours=1))
    fresh = {"field": "order.placed_at", "operator": "within_last", "value": "2h"}
    pasted = {"text": "Please cancel it", "order_id": str(order.pk)}
    assert try_out(rule_saying(fresh), {"message": pasted}).matched == 1
    assert try_out(rule_saying(fresh), {"message": {"text": "Please cancel it"}}).matched == 0
    with pytest.raises(NotFound):
        time_machine.begin(
            ada, rule_saying(fresh), {"message": {**pasted, "order_id": str(new_id())}}, rule=None
        )


def test_what_would_be_sent_or_merged_is_said_and_not_done(
    organization, channel, mia, try_out, catch_up
):
    first = receive_mail(channel, "One", customer=mia, is_sender_verified=True)
    receive_mail(channel, "Two", customer=mia, is_sender_verified=False)
    catch_up()
    actions = [
        {"type": "send_email", "params": {"address": "depot@partner.example", "text": "Look."}},
        {"type": "send_survey", "params": {}},
        {"type": "merge_into_open", "params": {}},
    ]
    run = try_out(rule_saying(IS_NORMAL, actions=actions), {"last": 200})
    second_row, first_row = time_machine.dry_run_details(run)["rows"]
    assert [each["outcome"] for each in first_row["actions"]] == [
        "would be sent",
        "would be sent, if the survey’s settings allow it",
        f"would be merged, today into #{first.ticket.number + 1}",
    ]
    assert second_row["actions"][2]["outcome"] == (
        "would not be merged: the sender is not verified"
    )
    assert not Ticket.objects.filter(merged_into__isnull=False).exists()
    assert not Message.objects.filter(kind="reply").exists()


def test_a_missed_target_and_how_many_wait_are_asked_for(organization, channel, try_out, catch_up):
    """Rules on targets hear of them; how many waited, nobody knows of the past."""
    clock = SlaClock(target="first_reply", policy_name="VIP", due_at=now())
    tag = {"type": "add_tags", "params": {"tags": ["missed"]}}
    many = {"field": "queue.waiting", "operator": "more_than", "value": 0}
    create_rule(organization, {
        "name": "Missed", "triggers": ["sla.breached"], "conditions": many, "actions": [tag],
    })  # fmt: skip
    message = receive_mail(channel)
    catch_up()
    announce("sla.breached", message.ticket, clock)
    catch_up()
    assert Ticket.objects.get().tags == ["missed"]
    run = try_out(rule_saying(many, triggers=["sla.breached"]), {"last": 200})
    assert (run.seen, run.matched) == (1, 0)
    assert run.rows[0]["trace"][0]["actual"] == "not known of that moment"
