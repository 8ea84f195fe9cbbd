"""Surveys beyond mail: asked and answered by SMS; WhatsApp's window; what is public."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from automation.csat.models import CsatSurvey, SurveySettings
from automation.csat.surveys import send_due_reminders, send_due_surveys
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib.clock import now
from inbox import door, webhooks
from tests.contracts.channel_connector import Call
from tests.contracts.test_twilio import make_sms, signed, text_fields
from tests.contracts.test_whatsapp import came, make_whatsapp
from tests.contracts.test_whatsapp import signed as signed_by_meta
from tickets.actions.reply import OutgoingMessage, reply
from tickets.actions.status import close
from tickets.models import Channel, Message, MessageKind, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def sms(organization) -> Channel:
    return make_sms(organization, NOWHERE)


def arrives(channel: Channel, call: Call) -> None:
    headers: dict[str, Any] = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in call.headers.items()
    }
    path = f"/hooks/{channel.kind}/{channel.hook_token}"
    answer = Client().generic("POST", path, call.body, content_type=call.content_type, **headers)
    assert answer.status_code == 200
    webhooks.process_hooks(channel.pk)
    door.process_channel(channel.pk)
    run_subscribers(channel.organization_id)


def text(channel: Channel, key: str, words: str) -> None:
    arrives(channel, signed(channel, text_fields(key, words)))


def travelling(delta: timedelta) -> time_machine.travel:
    return time_machine.travel(now() + delta, tick=True)


def test_a_survey_by_sms_is_answered_by_a_number_and_opens_nothing(sms, bo):
    """G8.4, G8.1: asked once, reminded once, answered once; another message is a message."""
    SurveySettings.objects.create(organization=sms.organization, values={"reminder_days": 3})
    text(sms, "m1", "Where is my parcel?")
    ticket = Ticket.objects.get()
    reply(ticket.pk, OutgoingMessage(text="On its way."), user=bo)
    text(sms, "m2", "4")
    assert not CsatSurvey.objects.exists()
    close(ticket.pk)
    run_subscribers(ticket.organization_id)

    with travelling(timedelta(hours=3)):
        assert send_due_surveys() == 1
        assert send_due_reminders() == 0
    survey = CsatSurvey.objects.get()
    question = Message.objects.get(kind=MessageKind.SURVEY)
    assert question.body.text == (
        "How was Bo’s help?\nReply with a number from 1 (very bad) to 5 (great)."
    )
    assert (question.channel_kind, survey.channel_kind) == ("sms", "sms")

    with travelling(timedelta(days=4)):
        assert [send_due_reminders(), send_due_reminders()] == [1, 0]
        text(sms, "m3", "5 thanks")
        text(sms, "m3", "5 thanks")
        survey.refresh_from_db()
        ticket.refresh_from_db()
        answer = Message.objects.get(body__text="5 thanks")
        assert (survey.score, survey.answered_on, survey.state) == (5, "sms", "answered")
        assert survey.credits == [{"user_id": str(bo.pk), "share": 1.0}]
        assert (ticket.status, ticket.csat_score, ticket.is_unread) == ("closed", 5, False)
        assert (answer.ticket_id, answer.flags) == (ticket.pk, ["survey-answer"])

        text(sms, "m4", "5 socks are missing")
        ticket.refresh_from_db()
        assert (ticket.status, ticket.is_unread) == ("open", True)
        reply(ticket.pk, OutgoingMessage(text="Which 5?"), user=bo)
        text(sms, "m5", "1")
        survey.refresh_from_db()
        assert survey.score == 5
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(("hours", "is_sent"), [(1, True), (25, False)])
def test_a_whatsapp_survey_leaves_only_while_its_window_is_open(hours, is_sent, organization, bo):
    """G8.4"""
    channel = make_whatsapp(organization, NOWHERE)
    arrives(channel, signed_by_meta(came("m1", text={"body": "Where is my parcel?"})))
    ticket = Ticket.objects.get()
    reply(ticket.pk, OutgoingMessage(text="On its way."), user=bo)
    close(ticket.pk)
    run_subscribers(ticket.organization_id)
    assert ticket.messages.count() == 2
    CsatSurvey.objects.update(send_at=now() + timedelta(hours=hours) - timedelta(minutes=1))

    with travelling(timedelta(hours=hours)):
        assert send_due_surveys() == int(is_sent)

    ticket.refresh_from_db()
    said = (ticket.csat_state, ticket.csat_reason)
    assert said == (("sent", "") if is_sent else ("not_sent", "The time to answer here is over."))
    assert Message.objects.filter(kind=MessageKind.SURVEY).exists() is is_sent
