"""The engine: once per event, bounded, ordered, explained, and quick with a hundred rules."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from automation.intents.understanding import understand
from automation.models import Rule, RuleRun
from automation.rules.edit import change_rule, create_rule, delete_rule
from automation.rules.models import RunOutcome
from helpdesk.events.models import Event, SubscriberFailure
from helpdesk.events.outbox import unit_of_work
from helpdesk.events.subscribers import get_subscriber
from helpdesk.lib.errors import Conflict, InvalidInput
from tests.factories import receive_mail
from tickets.actions.assign import assign
from tickets.actions.reply import OutgoingMessage, reply
from tickets.actions.tags import change_tags
from tickets.models import Message, MessageKind, Ticket

pytestmark = pytest.mark.django_db(transaction=True)

ALWAYS = {"field": "ticket.status", "operator": "is", "value": "open"}


def add_tags(*tags: str) -> dict[str, Any]:
    return {"type": "add_tags", "params": {"tags": list(tags)}}


def remove_tags(*tags: str) -> dict[str, Any]:
    return {"type": "remove_tags", "params": {"tags": list(tags)}}


@pytest.fixture
def make_rule(organization):
    def make(name: str, *actions: dict[str, Any], on="message.received", **fields: Any) -> Rule:
        values = {"triggers": [on], "conditions": ALWAYS, "actions": list(actions), **fields}
        return create_rule(organization, {"name": name, **values})

    return make


def tags_of(message) -> list[str]:
    return Ticket.objects.get(pk=message.ticket_id).tags


def test_rules_run_in_their_order_and_one_can_stop_the_rest(channel, make_rule, catch_up):
    """G7.2"""
    make_rule("First", add_tags("one"))
    make_rule("Second", add_tags("two"), stop_after=True)
    make_rule("Third", add_tags("three"))
    message = receive_mail(channel)

    catch_up()

    assert tags_of(message) == ["one", "two"]
    runs = RuleRun.objects.filter(ticket_id=message.ticket_id).order_by("at", "pk")
    assert [run.rule_name for run in runs] == ["First", "Second"]


def test_two_rules_that_undo_each_other_come_to_an_end_and_the_event_names_both(
    channel, make_rule, catch_up
):
    """G7.1"""
    has_x = {"field": "ticket.tags", "operator": "contains_any_of", "value": ["x"]}
    make_rule("A sets", add_tags("x"), on="ticket.tagged", conditions={"not": has_x})
    make_rule("B removes", remove_tags("x"), on="ticket.tagged", conditions=has_x)
    message = receive_mail(channel)
    change_tags(message.ticket_id, add=["x"])

    catch_up()

    outcomes = list(RuleRun.objects.order_by("event_seq", "at").values_list("rule_name", "outcome"))
    assert outcomes == [
        ("B removes", RunOutcome.ACTED),
        ("A sets", RunOutcome.ACTED),
        ("B removes", RunOutcome.STOPPED),
    ]
    stop = RuleRun.objects.get(outcome=RunOutcome.STOPPED)
    assert "A sets" in stop.reason
    assert "B removes" in stop.reason
    said = Event.objects.filter(type="rule.ran", object_id=stop.pk).get().payload["actions"]
    assert said == [stop.reason]
    assert not SubscriberFailure.objects.exists()


def test_changes_that_cause_each_other_stop_at_depth_five(
    organization, channel, make_rule, catch_up
):
    """G7.1"""
    for number in range(10):
        tag = {"field": "ticket.tags", "operator": "changed_to", "value": f"t{number}"}
        make_rule(f"Rule {number}", add_tags(f"t{number + 1}"), on="ticket.tagged", conditions=tag)
    message = receive_mail(channel)
    change_tags(message.ticket_id, add=["t0"])

    catch_up()

    assert tags_of(message) == ["t0", "t1", "t2", "t3", "t4", "t5"]
    assert RuleRun.objects.filter(outcome=RunOutcome.STOPPED).count() == 1


def test_more_than_twenty_actions_within_a_minute_are_stopped(channel, make_rule, catch_up):
    make_rule("Busy", *[add_tags(f"tag {n}") for n in range(8)])
    message = receive_mail(channel)
    for _ in range(3):
        receive_mail(channel, ticket=message.ticket)

    catch_up()

    outcomes = RuleRun.objects.order_by("event_seq").values_list("outcome", flat=True)
    assert list(outcomes) == ["acted", "acted", "stopped", "stopped"]


def test_our_own_answers_do_not_run_rules_for_incoming_messages(channel, make_rule, catch_up, bo):
    """G7.4"""
    words = {"field": "message.text", "operator": "has_word_of", "value": ["cancel"]}
    make_rule("Cancel", add_tags("cancellation"), conditions=words)
    message = receive_mail(channel, "Hello there")
    reply(message.ticket_id, OutgoingMessage(text="Shall we cancel it?"), user=bo)

    catch_up()

    assert tags_of(message) == []
    assert not RuleRun.objects.exists()


def test_quotes_and_signatures_are_not_read(channel, make_rule, catch_up):
    """G7.4"""
    words = {"field": "message.text", "operator": "has_word_of", "value": ["cancel"]}
    make_rule("Cancel", add_tags("cancellation"), conditions=words)
    message = receive_mail(
        channel, "All good, thanks", quoted_text="> cancel", signature_text="cancel anytime"
    )

    catch_up()

    assert tags_of(message) == []


def test_an_action_that_cannot_be_done_is_reported_and_the_others_are_done(
    channel, make_rule, catch_up, bo
):
    """G7.2"""
    to_bo = {"type": "assign_person", "params": {"user_id": str(bo.pk)}}
    make_rule("Route", to_bo, add_tags("routed"))
    bo.is_active = False
    bo.save()
    message = receive_mail(channel)

    catch_up()

    ticket = Ticket.objects.get(pk=message.ticket_id)
    run = RuleRun.objects.get()
    assert ticket.assignee_id is None
    assert ticket.tags == ["routed"]
    assert run.outcome == RunOutcome.PARTLY
    assert [each["outcome"] for each in run.actions] == [
        "failed: This person cannot be given tickets.",
        "done",
    ]


def test_a_rule_that_cannot_be_evaluated_is_an_error_neither_match_nor_no_match(
    channel, make_rule, catch_up
):
    """G7.2"""
    broken = make_rule("Broken", add_tags("never"))
    make_rule("Sound", add_tags("sound"))
    Rule.objects.filter(pk=broken.pk).update(
        conditions={"field": "ticket.status", "operator": "sounds_like", "value": "open"},
        version=2,
    )
    message = receive_mail(channel)

    catch_up()

    assert tags_of(message) == ["sound"]
    run = RuleRun.objects.get(rule=broken)
    assert (run.outcome, run.is_match) == (RunOutcome.ERROR, False)
    assert "sounds_like" in run.reason
    assert not SubscriberFailure.objects.exists()


def test_everything_a_rule_does_is_done_in_its_name(channel, make_rule, catch_up):
    rule = make_rule(
        "Care",
        add_tags("care"),
        {"type": "set_priority", "params": {"priority": "high"}},
        {"type": "add_note", "params": {"text": "Look at the photo."}},
        {"type": "snooze", "params": {"duration": "2h"}},
    )
    message = receive_mail(channel)
    catch_up()

    ticket = Ticket.objects.get(pk=message.ticket_id)
    note = Message.objects.get(ticket=ticket, kind=MessageKind.NOTE)
    assert (ticket.tags, ticket.priority, ticket.status) == (["care"], "high", "snoozed")
    assert (note.author_type, note.author_name) == ("rule", "Care")
    events = Event.objects.filter(actor__type="rule")
    assert {event.actor["id"] for event in events} == {str(rule.pk)}
    assert {event.type for event in events} == {
        "ticket.tagged",
        "ticket.priority_changed",
        "message.noted",
        "ticket.snoozed",
        "tag.updated",
        "rule.ran",
    }
    trigger = Event.objects.get(type="message.received")
    assert {(event.cause, event.depth) for event in events} == {(trigger.seq, 1)}


def test_a_rule_can_listen_to_an_assignment(channel, make_rule, catch_up, bo, organization):
    to_bo = {"field": "ticket.assignee", "operator": "changed_to", "value": str(bo.pk)}
    make_rule("For Bo", add_tags("bo"), on="ticket.assigned", conditions=to_bo)
    message = receive_mail(channel)
    assign(message.ticket_id, assignee_id=bo.pk)

    catch_up()

    assert tags_of(message) == ["bo"]


def test_a_rule_runs_at_most_once_per_ticket_in_its_window(channel, make_rule, catch_up):
    make_rule("Greet", add_tags("greeted"), once_per_ticket_hours=24)
    message = receive_mail(channel)
    catch_up()
    receive_mail(channel, ticket=message.ticket)
    catch_up()

    assert list(RuleRun.objects.order_by("at").values_list("outcome", flat=True)) == [
        "acted",
        "stopped",
    ]


def test_a_hundred_rules_cost_no_query_each_and_less_than_ten_milliseconds(
    organization, channel, make_rule, catch_up, mia, make_order
):
    """G7.7"""
    make_order("#1042")
    for number in range(100):
        tree = {
            "all": [
                {"field": "message.direction", "operator": "is", "value": "in"},
                {"field": "message.text", "operator": "has_word_of", "value": [f"word{number}"]},
                {"field": "order.is_fulfilled", "operator": "is", "value": False},
            ]
        }
        make_rule(f"Rule {number}", add_tags("x"), conditions=tree)
    message = receive_mail(channel)
    catch_up()
    event = Event.objects.get(type="message.received", ticket_id=message.ticket_id)
    subscriber = get_subscriber("automation.rules")
    spent = []
    with CaptureQueriesContext(connection) as queries, unit_of_work():
        subscriber.handle(event)
    for _ in range(40):
        with unit_of_work():
            began = time.thread_time()
            subscriber.handle(event)
            spent.append((time.thread_time() - began) * 1000)
    assert len(queries) <= 8
    assert not RuleRun.objects.exists()
    assert min(spent) <= 10  # the best of forty: other work shares the processor's caches


def test_saving_checks_everything_and_names_the_place(organization, make_rule):
    with pytest.raises(InvalidInput) as caught:
        create_rule(
            organization,
            {
                "name": " ",
                "triggers": ["ticket.exploded"],
                "conditions": {"all": [{"field": "nope", "operator": "is", "value": 1}]},
                "actions": [add_tags("ok"), {"type": "set_priority", "params": {"priority": "x"}}],
            },
        )
    assert [error.path for error in caught.value.errors] == [
        "name",
        "triggers.0",
        "conditions.all.0.field",
        "actions.1.params.priority",
    ]
    assert not Rule.objects.exists()


def test_somebody_elses_agent_team_or_macro_cannot_be_named(organization, dee):
    actions = [{"type": "assign_person", "params": {"user_id": str(dee.pk)}}]
    with pytest.raises(InvalidInput) as caught:
        create_rule(
            organization,
            {
                "name": "R",
                "triggers": ["message.received"],
                "conditions": ALWAYS,
                "actions": actions,
            },
        )
    assert caught.value.errors[0].path == "actions.0.params.user_id"


def test_a_change_counts_at_once_and_a_stale_one_is_refused(
    channel, make_rule, catch_up, ada, organization
):
    rule = make_rule("Tagger", add_tags("old"))
    receive_mail(channel)
    catch_up()
    change_rule(rule, {"actions": [add_tags("new")]}, user=ada, version=1)
    message = receive_mail(channel)
    catch_up()

    assert tags_of(message) == ["new"]
    with pytest.raises(Conflict):
        change_rule(rule, {"name": "Late"}, user=ada, version=1)

    delete_rule(rule, user=ada)
    after = receive_mail(channel)
    catch_up()

    assert tags_of(after) == []
    assert RuleRun.objects.filter(rule=None, rule_name="Tagger").count() == 2
    changes = Event.objects.filter(type="rule.updated").order_by("seq")
    assert [event.payload["is_deleted"] for event in changes] == [False, False, True]
    assert changes[1].actor["name"] == "Ada Kern"


def test_messages_understood_together_are_understood_like_one_by_one(channel, catch_up):
    texts = [
        "Please cancel my order, I ordered twice.",
        "Wo bleibt mein Paket? Ich warte seit zwei Wochen.",
        "",
        "Спасибо за помощь!",
        "Chci zrušit objednávku. Je to ještě možné?",
    ] * 7
    received = [receive_mail(channel, text, subject="") for text in texts]
    catch_up()

    for message, text in zip(received, texts, strict=True):
        message.refresh_from_db()
        alone = understand(text)
        assert (message.intent or None, message.language, message.sentiment) == (
            alone.intent,
            alone.language,
            alone.sentiment,
        )
