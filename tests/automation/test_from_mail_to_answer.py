"""From the raw bytes of a mail, through door, intents and rules, to the answer that waits to leave."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from automation.models import RuleRun
from automation.rules.automatic_replies import why_not_answerable
from automation.rules.shipped import ensure_shipped_rules
from helpdesk.lib.clock import now
from inbox.models import Delivery
from tests.automation.conftest import TRACKING_URL
from tests.inbox.mails import take_in, write_mail
from tickets.actions.channels import create_channel
from tickets.actions.customers import add_handle
from tickets.actions.receive import IncomingMessage, receive_on_new_ticket
from tickets.models import Message, MessageKind, Ticket

pytestmark = pytest.mark.django_db(transaction=True)

WISMO = "Hi, where is my order? It should have arrived by now.\n\nMia"
PASS = "mx.shop.example; dmarc=pass header.from=posteo.example"
FAIL = "mx.shop.example; dmarc=fail header.from=posteo.example"


@pytest.fixture
def checked_channel(channel):
    """A channel whose mail server signs its checks as mx.shop.example."""
    channel.config = {"authserv_ids": ["mx.shop.example"]}
    channel.save()
    return channel


@pytest.fixture(autouse=True)
def shipped(organization, make_order, mia):
    ensure_shipped_rules(organization)
    make_order("#1042", is_sent=True, age=timedelta(days=2))


def answers(raw):
    return Message.objects.filter(ticket_id=raw.ticket_id, kind=MessageKind.REPLY)


def test_a_verified_mail_is_answered_with_the_tracking_link(checked_channel, catch_up):
    raw = take_in(checked_channel, write_mail(WISMO, Authentication_Results=PASS))
    catch_up()

    answer = answers(raw).get()
    assert TRACKING_URL in answer.body.text
    assert Delivery.objects.get(message=answer).phase == "queued"
    assert Ticket.objects.get(pk=raw.ticket_id).tags == ["wismo"]


def test_a_spoofed_mail_gets_no_order_data(checked_channel, catch_up):
    """G16.5, A2"""
    raw = take_in(checked_channel, write_mail(WISMO, Authentication_Results=FAIL))
    catch_up()

    assert Ticket.objects.get(pk=raw.ticket_id).tags == ["wismo"]
    assert not answers(raw).exists()


def test_an_answer_never_goes_to_a_reply_to_address(checked_channel, catch_up):
    """A2"""
    raw = take_in(
        checked_channel,
        write_mail(WISMO, Authentication_Results=PASS, Reply_To="eve@mail.example"),
    )
    catch_up()

    assert all(
        address["address"] == "mia@posteo.example"
        for message in answers(raw)
        for address in (*message.to, *message.cc, *message.bcc)
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.posteo.example>"},
        {"X_Autoreply": "yes"},
    ],
)
def test_mail_of_a_machine_is_never_answered(headers, checked_channel, catch_up):
    """G6.2"""
    raw = take_in(checked_channel, write_mail(WISMO, Authentication_Results=PASS, **headers))
    catch_up()

    assert not answers(raw).exists()
    assert not RuleRun.objects.exists()


def test_mail_written_long_ago_is_sorted_but_not_answered(checked_channel, catch_up):
    mail = write_mail(WISMO, Authentication_Results=PASS)
    today, then = format_datetime(now()), format_datetime(now() - timedelta(days=30))
    mail = mail.replace(today[:16].encode(), then[:16].encode())
    raw = take_in(checked_channel, mail)
    catch_up()

    assert Ticket.objects.get(pk=raw.ticket_id).tags == ["wismo"]
    assert not answers(raw).exists()
    run = RuleRun.objects.get(rule_name__contains="tracking link")
    assert run.actions[0]["outcome"] == "not sent: the message is older than a day"


def test_ten_mails_in_a_row_get_one_answer(checked_channel, catch_up):
    """G6.4, A12"""
    raws = [
        take_in(checked_channel, write_mail(f"{WISMO} {n}", Authentication_Results=PASS))
        for n in range(10)
    ]
    catch_up()

    assert sum(answers(raw).count() for raw in raws) == 1


@pytest.fixture
def phone(organization, mia):
    """A number of the shop; Mia's is proven hers."""
    add_handle(mia, "phone", "+351912345678", is_verified=True)
    return create_channel(
        organization, kind="sms", name="Shop phone", handle_kind="phone", address="+15550100200"
    )


def write_by(channel, mia, **more):
    message = receive_on_new_ticket(
        channel.organization,
        IncomingMessage(
            customer=mia, channel=channel, subject="", text=WISMO, is_sender_verified=True,
            from_address={"name": "Mia", "address": "+351912345678"}, external_id="sms-1", **more,
        ),
    )  # fmt: skip
    return message.ticket


def test_a_text_message_from_a_proven_number_is_answered_there(phone, mia, catch_up):
    ticket = write_by(phone, mia)
    catch_up()

    answer = Message.objects.get(ticket=ticket, kind=MessageKind.REPLY)
    assert TRACKING_URL in answer.body.text
    assert (answer.channel_id, answer.to[0]["address"]) == (phone.pk, "+351912345678")


def test_nothing_of_an_order_is_ever_answered_where_everybody_reads_it(phone, mia, catch_up):
    ticket = write_by(phone, mia, details={"is_public": True})
    catch_up()

    assert not Message.objects.filter(ticket=ticket, kind=MessageKind.REPLY).exists()


def test_no_rule_answers_in_public_even_if_it_asks_for_nothing(phone, mia, catch_up):
    message = Message(
        kind="customer", direction="in", is_sender_verified=True, details={"is_public": True}
    )
    assert why_not_answerable(message, Ticket(status="open")) == "everybody could read the answer"
