"""Who is never asked, what rules make of an answer, and a recommendation by SMS."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from automation.csat.answers import record_answer
from automation.csat.models import CsatSurvey
from automation.csat.settings import change_settings
from automation.csat.surveys import send_due_surveys, send_now
from automation.rules.edit import create_rule
from helpdesk.accounts.models import Organization
from helpdesk.events.actor import Actor
from helpdesk.events.dispatch import run_subscribers
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from tests.automation.test_csat_by_sms import NOWHERE, text
from tests.contracts.test_twilio import make_sms
from tests.factories import receive_mail
from tickets.actions.merge import merge
from tickets.actions.reply import OutgoingMessage, reply
from tickets.actions.status import close
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def answered(channel, mia, bo):
    """A ticket that Bo answered."""

    def answer(**mail) -> Ticket:
        message = receive_mail(channel, "My shirt is too small.", **mail)
        reply(message.ticket_id, OutgoingMessage(text="A new one is on its way."), user=bo)
        return Ticket.objects.get(pk=message.ticket_id)

    return answer


def later(hours: int) -> time_machine.travel:
    return time_machine.travel(now() + timedelta(hours=hours), tick=True)


def close_as(actor: Actor, ticket: Ticket) -> None:
    with unit_of_work(actor=actor):
        close(ticket.pk)
    run_subscribers(ticket.organization_id)


def test_what_a_rule_closed_is_not_asked_about_and_says_why(answered, bo):
    """G8.1: chatwoot#4003, surveys after thirty days for what was closed automatically."""
    by_rule, by_hand = answered(), answered()
    close_as(Actor("rule", None, "Close what is quiet"), by_rule)
    with later(3):
        assert send_due_surveys() == 0
    by_rule.refresh_from_db()
    assert (by_rule.csat_state, by_rule.csat_reason) == (
        "not_sent",
        "The ticket was closed automatically.",
    )
    close_as(Actor.of_user(bo), by_hand)
    with later(3):
        assert send_due_surveys() == 1


def test_of_two_merged_tickets_one_survey_goes_out(answered, bo):
    """G8.1: the tombstone is not asked about, planned or by hand."""
    kept, gone = answered(), answered()
    close_as(Actor.of_user(bo), gone)
    merge(gone.pk, kept.pk, user=bo, merge_id=new_id())
    run_subscribers(kept.organization_id)
    close_as(Actor.of_user(bo), kept)
    with later(3):
        assert send_due_surveys() == 1
    sent = CsatSurvey.objects.get(state="sent")
    assert sent.ticket_id == kept.pk
    assert send_now(gone.pk) is None


def rule_on(
    organization: Organization, name: str, field: str, operator: str, value: object
) -> None:
    create_rule(
        organization,
        {
            "name": name,
            "triggers": ["csat.answered"],
            "conditions": {"field": field, "operator": operator, "value": value},
            "actions": [{"type": "add_tags", "params": {"tags": [name]}}],
        },
    )


@pytest.mark.parametrize(
    ("kind", "score", "tags"),
    [
        ("csat", 2, ["recover"]),
        ("csat", 4, ["ask-review"]),
        ("nps", 10, ["invite"]),
        ("nps", 4, []),
    ],
)
def test_rules_know_what_they_need_to_recover_to_ask_for_a_review_and_to_invite(
    kind, score, tags, answered, organization, bo
):
    """A score of 4 from 0 to 10 is no 4 of 5: rules tell them apart."""
    change_settings(organization, {"kind": kind})
    rule_on(organization, "recover", "ticket.csat_score", "less_than", 3)
    rule_on(organization, "ask-review", "ticket.csat_score", "more_than", 3)
    rule_on(organization, "invite", "survey.nps_group", "is", "promoter")
    ticket = answered()
    close_as(Actor.of_user(bo), ticket)
    with later(3):
        assert send_due_surveys() == 1
        record_answer(CsatSurvey.objects.get().pk, score, "Where is my refund?")
        run_subscribers(organization.pk)
    ticket.refresh_from_db()
    assert (ticket.tags, ticket.status) == (tags, "closed")


def test_a_recommendation_by_sms_is_a_number_from_0_to_10(organization, bo):
    """G8.4: 11 is a message; 0 is an answer, and opens nothing."""
    change_settings(organization, {"kind": "nps"})
    sms = make_sms(organization, NOWHERE)
    text(sms, "m1", "Where is my parcel?")
    ticket = Ticket.objects.get()
    reply(ticket.pk, OutgoingMessage(text="On its way."), user=bo)
    close_as(Actor.of_user(bo), ticket)
    with later(3):
        assert send_due_surveys() == 1
        survey = CsatSurvey.objects.get()
        question = ticket.messages.get(kind="survey").body.text
        assert question.endswith("Reply with a number from 0 (not at all) to 10 (very likely).")
        text(sms, "m2", "0")
        survey.refresh_from_db()
        ticket.refresh_from_db()
        assert (survey.score, survey.answered_on) == (0, "sms")
        assert (ticket.status, ticket.csat_score) == ("closed", None)
        text(sms, "m3", "11")
        survey.refresh_from_db()
        ticket.refresh_from_db()
        assert (survey.score, ticket.status) == (0, "open")
