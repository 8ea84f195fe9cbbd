"""What a message says besides what it wants: kept with it, told in its event, asked by rules."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from automation.corrections.accuracy import MAX_EXAMPLES, accuracy_report
from automation.corrections.correct import correct
from automation.reports.period import period_of
from automation.rules.snapshot import message_values
from automation.rules.understanding import understand_message
from helpdesk.accounts.actions import create_user
from helpdesk.events.models import Event
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from integrations.commerce.models import OrderLine
from tests.factories import receive_mail
from tickets.models import Message
from tickets.records import message_record

pytestmark = pytest.mark.django_db

WEDNESDAY = datetime(2026, 12, 2, 10, tzinfo=UTC)


def understood(message):
    Message.objects.filter(pk=message.pk).update(created_at=WEDNESDAY, intent_confidence=None)
    with unit_of_work():
        understand_message(Message.objects.select_related("body").get(pk=message.pk))
    return Message.objects.select_related("body").get(pk=message.pk)


@pytest.fixture
def shirt(make_order, mia):
    order = make_order("#1042")
    OrderLine.objects.create(order=order, position=1, title="Linen shirt")
    return order


def test_days_products_and_numbers_are_kept_and_told_in_one_event(channel, shirt):
    message = understood(
        receive_mail(channel, "Order #1042: can the linen shirt come before 4 December 2026?")
    )

    kept = message_record(message)["details"]
    assert kept["dates"] == [{"text": "4 december 2026", "day": "2026-12-04"}]
    assert kept["products"] == ["Linen shirt"]
    assert [(each["kind"], each["text"]) for each in kept["numbers"]] == [("order", "1042")]
    told = Event.objects.filter(type="message.understood").latest("seq").payload["message"]
    assert told["details"] == kept


def test_a_product_of_somebody_elses_order_is_not_named(channel, mia, make_order):
    theirs = make_order("#2042", email="eve@mail.example")
    OrderLine.objects.create(order=theirs, position=1, title="Linen shirt")

    message = understood(receive_mail(channel, "The linen shirt is lovely."))

    assert "products" not in message.details


def test_quoted_text_and_signatures_name_nothing(channel, shirt):
    message = understood(
        receive_mail(
            channel,
            "Thanks.",
            quoted_text="On 4 December 2026 Ana wrote: the linen shirt of order #1042 is sent",
            signature_text="Mia, at the linen shirt shop since 9 May 2026",
        )
    )

    assert not {"dates", "products", "numbers"} & set(message.details)


def test_rules_ask_for_the_first_day_named_and_for_products(channel, shirt):
    message = understood(
        receive_mail(channel, "The linen shirt by 4 December 2026, at the latest 9 December 2026.")
    )
    nothing = understood(receive_mail(channel, "Hello."))

    asked = message_values(message)
    assert asked["message.named_day_in_days"] == 2
    assert asked["message.products"] == ["Linen shirt"]
    asked = message_values(nothing)
    assert (asked["message.named_day_in_days"], asked["message.products"]) == (None, [])


def test_what_was_taken_for_what_leads_to_the_newest_tickets(channel, organization):
    agent = create_user(
        organization, email="ana@lindenloom.example", password="linen-in-the-rain", name="Ana"
    )
    messages = [receive_mail(channel, f"Hm {n}.") for n in range(MAX_EXAMPLES + 1)]
    for message in messages:
        Message.objects.filter(pk=message.pk).update(
            intent="order_status", intent_confidence=0.6, details={}
        )
        correct(Message.objects.get(pk=message.pk), "reship", user=agent)

    day = str(now().date())
    report = accuracy_report(agent, period_of(day, day, organization))

    numbers = [message.ticket.number for message in messages]
    assert report["mistaken"] == [
        {
            "understood": "order_status",
            "meant": "reship",
            "count": MAX_EXAMPLES + 1,
            "tickets": numbers[:0:-1],
        }
    ]
    assert (report["total"]["claimed"], report["total"]["kept"]) == (MAX_EXAMPLES + 1, 0.0)
    assert report["learning"]["corrections"] == MAX_EXAMPLES + 1
    assert report["learning"]["version"] == report["learning"]["shipped"]
