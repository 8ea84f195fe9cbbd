"""A rule that fails, runs in circles or was paused is named to every admin, once, with the reason.

G7.1, G7.2: an error is an error, told as one, and never a match or no match.
"""

from __future__ import annotations

from typing import Any

import pytest

from automation.rules import outside
from automation.rules.edit import create_rule
from automation.rules.models import CallState, Mode, Rule, RuleRun, RunOutcome, WebhookCall
from helpdesk.lib.clock import now
from helpdesk.notifications.models import Notification
from tests.factories import make_customer, receive_mail
from tickets.actions.tags import change_tags
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)
IN = {"field": "message.direction", "operator": "is", "value": "in"}


@pytest.fixture
def make_rule(organization, ada, bo):
    """Ada is an admin, Bo an agent."""

    def make(name: str, kind: str, params: dict[str, Any], **more: Any) -> Rule:
        said = {"name": name, "triggers": ["message.received"], "conditions": IN,
                "actions": [{"type": kind, "params": params}]}  # fmt: skip
        return create_rule(organization, {**said, **more})

    return make


def told() -> list[tuple[str, str, str]]:
    rows = Notification.objects.filter(kind="rule_problem").order_by("pk")
    return [(each.user.name, each.actor["name"], each.preview) for each in rows]


def test_a_loop_is_told_once_with_the_names_of_both_rules(channel, make_rule, catch_up):
    has_x = {"field": "ticket.tags", "operator": "contains_any_of", "value": ["x"]}
    on_tags = {"triggers": ["ticket.tagged"]}
    make_rule("A sets", "add_tags", {"tags": ["x"]}, conditions={"not": has_x}, **on_tags)
    make_rule("B removes", "remove_tags", {"tags": ["x"]}, conditions=has_x, **on_tags)
    message = receive_mail(channel)
    for _ in range(2):
        change_tags(message.ticket_id, add=["x"])
        catch_up()
    assert len(told()) == 1
    who, rule, reason = told()[0]
    assert (who, rule) == ("Ada Kern", "B removes")
    assert reason.startswith("Stopped: loop guard.")
    assert "B removes → A sets" in reason
    news = Notification.objects.get(kind="rule_problem")
    assert (news.ticket_id, news.channels) == (message.ticket_id, ["in_app", "desktop", "email"])


def test_a_rule_that_runs_away_is_paused_and_told(channel, organization, make_rule, catch_up):
    rule = make_rule("Eager", "add_tags", {"tags": ["a"]}, limits={"per_minute": 2})
    for name in ("a", "b", "c", "d"):
        receive_mail(channel, customer=make_customer(organization, f"{name}@posteo.example"))
    catch_up()
    reason = "Paused: it would run more than 2× within a minute."
    rule.refresh_from_db()
    assert (rule.mode, rule.paused_reason) == (Mode.OFF, reason)
    assert ("Ada Kern", "Eager", reason) in told()
    assert {user for user, _, _ in told()} == {"Ada Kern"}
    assert len(told()) == len(set(told()))


def test_a_rule_that_cannot_be_evaluated_is_an_error_and_the_mail_reaches_people(
    channel, make_rule, catch_up
):
    """G7.2: what is stored wrong (an upgrade, a hand in the database) is never "no match"."""
    rule = make_rule("Odd", "add_tags", {"tags": ["a"]})
    for tree in (
        {"field": "ticket.message_count", "operator": "more_than", "value": "three"},
        {"field": "message.text", "operator": "sounds_like", "value": "x"},
        {"field": "message.text", "operator": "matches", "value": "("},
    ):
        Rule.objects.filter(pk=rule.pk).update(conditions=tree, updated_at=now())
        message = receive_mail(channel)
        catch_up()
        run = RuleRun.objects.get(ticket_id=message.ticket_id)
        assert (run.outcome, run.is_match, run.actions) == (RunOutcome.ERROR, False, [])
        assert Ticket.objects.get(pk=message.ticket_id).status == "open"
    assert len(told()) == 3
    assert all(each[2].startswith("It could not be evaluated: ") for each in told())


def test_a_webhook_that_never_answers_is_told_when_it_is_given_up(channel, make_rule, catch_up):
    make_rule("Caller", "webhook", {"url": "http://127.0.0.1/"})
    receive_mail(channel)
    catch_up()
    assert told() == []
    outside.send_due()
    assert WebhookCall.objects.get().state == CallState.FAILED
    catch_up()
    assert [each[:2] for each in told()] == [("Ada Kern", "Caller")]
    assert "failed after" in told()[0][2]


def test_an_ordinary_limit_is_no_news(channel, make_rule, catch_up):
    make_rule("Once", "add_tags", {"tags": ["a"]}, once_per_ticket_hours=24)
    message = receive_mail(channel)
    receive_mail(channel, ticket=message.ticket)
    catch_up()
    assert RuleRun.objects.get(outcome=RunOutcome.STOPPED).reason.endswith("within 24 hours.")
    assert told() == []
