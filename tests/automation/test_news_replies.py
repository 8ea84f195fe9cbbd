"""A rule that writes because something happened: a rating, an order that moved. Guarded like answers."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from automation.csat.answers import record_answer
from automation.csat.models import CsatSurvey, SurveyState
from automation.macros.defaults import ensure_default_macros
from automation.macros.models import Macro
from automation.rules.acting import act
from automation.rules.automatic_replies import why_not_answerable
from automation.rules.compiled import CompiledRule
from automation.rules.definition import digest_of
from automation.rules.drafts import publish
from automation.rules.edit import create_rule
from automation.rules.engine import judge
from automation.rules.gallery.installing import install_template
from automation.rules.limits import LoopGuard
from automation.rules.models import DryRun, DryRunState, Rule, RuleRun
from automation.rules.snapshot import Snapshot
from automation.rules.timers import record_due
from helpdesk.events.models import Event
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from tests.factories import receive_mail
from tickets.actions.change import lock_ticket
from tickets.actions.reply import OutgoingMessage, reply
from tickets.actions.status import close
from tickets.models import Message, MessageKind, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def live(organization, ada):
    """A template, published: somebody tried it before."""

    def make(key: str) -> Rule:
        rule = install_template(organization, key, user=ada)
        DryRun.objects.create(
            organization=organization, rule=rule, definition=rule.draft, user=ada,
            digest=digest_of(rule.draft or {}), state=DryRunState.DONE, over={"last": 200},
            finished_at=now(),
        )  # fmt: skip
        return publish(rule, user=ada)

    return make


def automatic(ticket_id: uuid.UUID) -> list[Message]:
    return list(Message.objects.filter(
        ticket_id=ticket_id, kind=MessageKind.REPLY, is_automatic=True
    ))  # fmt: skip


def test_who_rates_a_closed_ticket_well_is_invited_and_it_stays_closed(
    organization, channel, mia, bo, live, catch_up
):
    live("csat-loyalty")
    message = receive_mail(channel, "Too small.", customer=mia, is_sender_verified=True)
    reply(message.ticket_id, OutgoingMessage(text="A new one is on its way."), user=bo)
    close(message.ticket_id)
    catch_up()
    ticket = Ticket.objects.get(pk=message.ticket_id)
    CsatSurvey.objects.filter(ticket=ticket).delete()
    survey = CsatSurvey.objects.create(
        organization=organization, ticket=ticket, resolution=ticket.resolution,
        state=SurveyState.SENT, sent_at=now(), user=bo, customer=mia,
    )  # fmt: skip

    record_answer(survey.pk, 5, "")
    catch_up()

    run = RuleRun.objects.get(rule_name__startswith="Four or five stars")
    assert [each["outcome"] for each in run.actions] == ["done", "sent"]
    invited = automatic(ticket.pk)
    assert [each["address"] for each in invited[0].to] == ["mia@posteo.example"]
    assert "loyalty programme" in invited[0].body.text
    ticket.refresh_from_db()
    assert (ticket.status, ticket.tags) == ("closed", ["happy"])


def test_an_order_that_runs_into_trouble_is_told_also_days_after_the_last_message(
    organization, channel, mia, make_order, live, catch_up
):
    """G7.6: and not when the order is another by then."""
    live("delayed-shipment")
    order = make_order("#1042", is_sent=True, age=timedelta(days=9))
    message = receive_mail(
        channel, "When does #1042 come?", customer=mia, is_sender_verified=True,
    )  # fmt: skip
    Message.objects.filter(pk=message.pk).update(created_at=now() - timedelta(days=3))
    catch_up()
    assert automatic(message.ticket_id) == []
    rule = Rule.objects.get(key="template:delayed-shipment")
    record_due(rule.pk, message.ticket, trigger="order.trouble", order_id=order.pk)
    catch_up()
    assert ["#1042" in each.body.text for each in automatic(message.ticket_id)] == [True]

    record_due(rule.pk, message.ticket, trigger="order.trouble", order_id=order.pk)
    catch_up()
    assert len(automatic(message.ticket_id)) == 1, "once a week"


def test_an_unproven_sender_is_never_written_to_because_of_news(
    organization, channel, mia, live, catch_up
):
    message = receive_mail(channel, customer=mia, is_sender_verified=False)
    ticket = Ticket.objects.get(pk=message.ticket_id)
    for trigger in ("csat.answered", "order.trouble", "schedule"):
        assert why_not_answerable(message, ticket, trigger=trigger) == "the sender is not verified"
    message.is_sender_verified = True
    message.created_at = now() - timedelta(days=100)
    assert "90 days" in str(why_not_answerable(message, ticket, trigger="order.trouble"))
    close(ticket.pk)
    ticket.refresh_from_db()
    message.created_at = now()
    assert why_not_answerable(message, ticket, trigger="order.trouble") == "the ticket is closed"
    assert why_not_answerable(message, ticket, trigger="csat.answered") is None


def test_the_order_is_looked_at_again_right_before_a_reply_leaves(
    organization, channel, mia, make_order, catch_up
):
    """G7.6: what a rule saw when it judged is not what it sends on."""
    order = make_order("#1042", is_sent=True, age=timedelta(days=1))
    message = receive_mail(channel, "Where is #1042?", customer=mia, is_sender_verified=True)
    catch_up()
    ensure_default_macros(organization)
    macro = Macro.objects.get(organization=organization, key="tracking")
    tag = {"type": "add_tags", "params": {"tags": ["seen"]}}
    answer = {"type": "reply_with_macro", "params": {"macro_id": str(macro.pk)}}
    rule = create_rule(organization, {
        "name": "Sent", "triggers": ["message.received"], "actions": [tag, answer],
        "conditions": {"field": "order.is_cancelled", "operator": "is", "value": False},
    })  # fmt: skip
    event = Event.objects.get(type="message.received", ticket_id=message.ticket_id)
    with unit_of_work():
        ticket = lock_ticket(message.ticket_id)
        snapshot = Snapshot(ticket, Message.objects.get(pk=message.pk), at=now())
        (hit,) = judge([CompiledRule.of(rule)], snapshot, {})
        type(order).objects.filter(pk=order.pk).update(cancelled_at=now())
        act(event, hit, snapshot, {}, LoopGuard(event, ticket))
    run = RuleRun.objects.get(rule=rule)
    assert [each["outcome"] for each in run.actions] == [
        "done", "not sent: the order has changed meanwhile",
    ]  # fmt: skip
    assert automatic(message.ticket_id) == []
