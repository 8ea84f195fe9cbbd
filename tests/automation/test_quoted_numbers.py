"""Order and tracking numbers in a message lead to the customer's own orders, and to no others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from automation.numbers import numbers_in
from automation.orders import OrderMeant
from automation.rules.understanding import understand_message
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from integrations.commerce.models import Fulfillment, Store
from tests.factories import receive_mail
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "text",
    [
        "Where is #1042-A?",
        "Bestellung Nr. 1042-A ist nicht da",
        "ma commande n° 1042-A",
        "mi pedido 1042-A",
        "zamówienie 1042-A",
        "objednávka č. 1042-A",
        "заказ №1042-A",
        "我的订单1042-A在哪里",
        "คำสั่งซื้อ1042-Aถึงไหนแล้ว",
        "１０４２-Ａ は届きますか #１０４２-Ａ",
        "1042-a arrived broken",
        "LL1042 never came",
        "parcel LL1042 is late",
    ],
)
def test_an_order_is_found_however_it_is_named(text, make_order, mia):
    """G16.3"""
    wanted = make_order("#1042-A", is_sent=True, age=timedelta(days=9))
    make_order("#1050")
    assert Fulfillment.objects.get(order=wanted).tracking_number == "LL1042"

    meant = OrderMeant(mia, text, now())

    assert (meant.order, meant.is_named) == (wanted, True)


@pytest.mark.parametrize(
    "text",
    ["I paid 1042 euros", "€1042", "1.042,00", "since 2026-10-42", "call +33 1042", "Hello"],
)
def test_a_sum_is_no_order(text, make_order, mia):
    make_order("#1042", age=timedelta(days=9))
    newest = make_order("#1050")

    assert OrderMeant(mia, text, now()).order == newest


def test_bare_numbers_are_found_where_scripts_have_no_spaces(make_order, mia):
    wanted = make_order("#10422", age=timedelta(days=9))
    make_order("#1050")

    assert OrderMeant(mia, "พัสดุ10422ยังไม่ถึงเลยค่ะ", now()).order == wanted
    assert OrderMeant(mia, "请问10422什么时候到", now()).order == wanted


def test_a_store_says_how_it_writes_its_numbers(organization, store):
    Store.objects.update(number_pattern=r"\bLIN/\d{2}/\d{4}\b")
    assert [each["text"] for each in numbers_in("about LIN/26/0042, thanks", organization.pk)] == [
        "LIN/26/0042"
    ]
    Store.objects.update(number_pattern="(((")
    assert numbers_in("about LIN/26/0042, thanks", organization.pk) == []


def test_numbers_are_linked_to_own_orders_and_others_give_nothing_away(
    api_as, channel, mia, make_order, bo
):
    """G16.3"""
    mine = make_order("#1042", is_sent=True)
    make_order("#2042", email="eve@mail.example")
    Fulfillment.objects.filter(order=mine).update(tracking_number="1Z5R89390357567127")
    text = "Where are #1042, #2042 and #3042? UPS 1Z5R89390357567127, RB123456785GB"
    message = receive_mail(channel, text)
    with unit_of_work():
        understand_message(Message.objects.select_related("body").get(pk=message.pk))

    answer = api_as(bo).get(f"/api/v1/tickets/{message.ticket_id}/numbers").json()["results"]

    told = {each["text"]: (each["order_number"], each["is_verified"]) for each in answer}
    assert told == {
        "1042": ("#1042", True),
        "2042": (None, False),
        "3042": (None, False),
        "1Z5R89390357567127": ("#1042", True),
        "RB123456785GB": (None, False),
    }
    by_text = {each["text"]: each for each in answer}
    somebody_elses, nobodys = by_text["2042"], by_text["3042"]
    assert {**somebody_elses, "text": "", "key": ""} == {**nobodys, "text": "", "key": ""}
    Ticket.objects.get(pk=message.ticket_id).customer.handles.update(is_verified=False)
    unverified = api_as(bo).get(f"/api/v1/tickets/{message.ticket_id}/numbers").json()["results"]
    assert not any(each["is_verified"] for each in unverified)


def test_the_html_of_a_mail_links_own_orders_and_parcels_only(api_as, channel, mia, make_order, bo):
    """UX 34 in mails with HTML: the same numbers, into the app and to the carrier."""
    mine = make_order("#1042", is_sent=True)
    make_order("#2042", email="eve@mail.example")
    text = "Where are #1042 and #2042? UPS 1Z5R89390357567127"
    message = receive_mail(channel, text, html=f"<p>{text}</p>")
    with unit_of_work():
        understand_message(Message.objects.select_related("body").get(pk=message.pk))

    html = api_as(bo).get(f"/api/v1/messages/{message.pk}/html").content.decode()

    assert f'<a href="/orders/{mine.pk}" target="_blank"' in html
    assert html.count("<a ") == 2
    assert ">1Z5R89390357567127</a>" in html
