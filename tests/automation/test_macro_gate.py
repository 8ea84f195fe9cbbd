"""No macro leaves with order data that is old, contradicts itself or belongs to somebody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from automation.macros.claims import claims_in
from automation.macros.defaults import ensure_default_macros
from automation.macros.edit import create_macro
from automation.macros.gate import UnsafeToSend
from automation.macros.models import Macro
from automation.macros.render import render_for_agent
from helpdesk.lib.clock import now
from integrations.commerce.models import Order
from tests.factories import receive_mail
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Message, MessageKind, Ticket

pytestmark = pytest.mark.django_db

SHIPPED = "Your order {{ order.number }} has been shipped."


@pytest.fixture
def ticket(channel, mia):
    return Ticket.objects.get(pk=receive_mail(channel, "Hello").ticket_id)


@pytest.fixture
def make_macro(organization):
    def make(body: str, **fields) -> Macro:
        variants = [{"language": "en", "body": body}]
        return create_macro(organization, {"name": "M", "variants": variants, **fields})

    return make


def outgoing(macro, rendered, **more) -> OutgoingMessage:
    return OutgoingMessage(
        text=more.pop("text", rendered.text),
        macro_id=macro.pk,
        order_id=rendered.order.pk if rendered.order else None,
        order_basis=rendered.basis,
        **more,
    )


def codes(rendered):
    return [(each.code, each.fix) for each in rendered.obstacles]


def nothing_left() -> bool:
    return not Message.objects.filter(kind=MessageKind.REPLY).exists()


def test_what_is_true_leaves(make_macro, make_order, ticket, bo):
    make_order("#1042", is_sent=True)
    macro = make_macro(SHIPPED)
    rendered = render_for_agent(macro, ticket, user=bo)

    assert codes(rendered) == []
    assert reply(ticket.pk, outgoing(macro, rendered), user=bo).macro_id == macro.pk


def test_old_order_data_blocks_until_it_is_loaded_again(
    organization, make_macro, make_order, ticket, bo
):
    make_order("#1042", is_sent=True)
    macro = make_macro(SHIPPED)
    rendered = render_for_agent(macro, ticket, user=bo)
    Order.objects.update(as_of=now() - timedelta(hours=25))

    stale = render_for_agent(macro, ticket, user=bo)
    assert codes(stale) == [("stale", "refresh_order")]
    assert "25 hours old, and 24 are allowed" in stale.obstacles[0].message
    with pytest.raises(UnsafeToSend) as refused:
        reply(ticket.pk, outgoing(macro, rendered), user=bo)
    assert [error.code for error in refused.value.errors] == ["stale"]
    assert nothing_left()

    organization.order_data_max_age_hours = 48
    organization.save()
    assert codes(render_for_agent(macro, Ticket.objects.get(pk=ticket.pk), user=bo)) == []


def test_a_text_without_order_data_does_not_care_how_old_it_is(make_macro, make_order, ticket, bo):
    make_order("#1042")
    Order.objects.update(as_of=now() - timedelta(days=30))

    assert codes(render_for_agent(make_macro("Thank you."), ticket, user=bo)) == []


def test_a_text_that_says_what_is_not_so_blocks(make_macro, make_order, ticket, bo):
    make_order("#1042", cancelled_at=now())
    macro = make_macro(SHIPPED)
    rendered = render_for_agent(macro, ticket, user=bo)

    assert codes(rendered) == [("conflict", "choose_order")]
    assert rendered.obstacles[0].message == (
        "The text says “it has left”, but order #1042 is cancelled. "
        "Choose another order or another macro."
    )
    with pytest.raises(UnsafeToSend):
        reply(ticket.pk, outgoing(macro, rendered), user=bo)
    assert nothing_left()
    own_list = make_macro("It is done: {{ order.number }}", claims=["cancelled"])
    assert codes(render_for_agent(own_list, ticket, user=bo)) == []
    no_claims = make_macro(SHIPPED, claims=[])
    assert codes(render_for_agent(no_claims, ticket, user=bo)) == []


def test_an_order_that_contradicts_itself_blocks(make_macro, make_order, ticket, bo):
    make_order("#1042", is_sent=True, cancelled_at=now())
    rendered = render_for_agent(make_macro("About {{ order.number }}."), ticket, user=bo)

    assert codes(rendered) == [("conflict", "refresh_order")]


def test_a_parcel_on_its_way_of_an_order_that_has_not_left_blocks(
    make_macro, make_order, ticket, bo
):
    """What does not fit together as facts say it (conflict_in) blocks, too."""
    make_order("#1042", is_sent=True, fulfillment_status="unfulfilled")
    rendered = render_for_agent(make_macro("About {{ order.number }}."), ticket, user=bo)

    assert codes(rendered) == [("conflict", "refresh_order")]
    assert "has not left, but a parcel of it is on its way" in rendered.obstacles[0].message


def test_an_order_that_changed_since_the_macro_was_inserted_blocks(
    make_macro, make_order, ticket, bo
):
    make_order("#1042")
    macro = make_macro("Order {{ order.number }} goes to {{ order.city | default: 'you' }}.")
    rendered = render_for_agent(macro, ticket, user=bo)
    make_order("#1042", is_sent=True)

    with pytest.raises(UnsafeToSend) as refused:
        reply(ticket.pk, outgoing(macro, rendered), user=bo)
    assert [error.code for error in refused.value.errors] == ["changed"]
    assert nothing_left()
    again = render_for_agent(macro, ticket, user=bo)
    assert reply(ticket.pk, outgoing(macro, again), user=bo).body.text == again.text


@pytest.mark.parametrize("text", ["It is order #2042.", "Follow 1Z5R89390357567127 please."])
def test_somebody_elses_order_or_parcel_blocks(make_macro, make_order, ticket, bo, text):
    """G16.3, G16.4"""
    from integrations.commerce.normal_form import FulfillmentData

    parcel = FulfillmentData(
        external_id="p", status="in_transit", tracking_number="1Z5R89390357567127"
    )
    mine = make_order("#1042", is_sent=True)
    other = make_order("#2042", email="eve@mail.example", fulfillments=(parcel,))
    macro = make_macro("{{ order.number }}")
    rendered = render_for_agent(macro, ticket, user=bo, order_id=mine.pk)

    with pytest.raises(UnsafeToSend) as refused:
        reply(ticket.pk, outgoing(macro, rendered, text=text), user=bo)
    assert [error.code for error in refused.value.errors] == ["wrong_owner"]
    with pytest.raises(UnsafeToSend):
        reply(
            ticket.pk,
            OutgoingMessage(text="Hello", macro_id=macro.pk, order_id=other.pk),
            user=bo,
        )
    assert nothing_left()


def test_an_empty_text_blocks(make_macro, ticket, bo):
    rendered = render_for_agent(
        make_macro("{% if order %}{{ order.number }}{% endif %}"), ticket, user=bo
    )
    assert codes(rendered) == [("empty", "edit_text")]


def test_a_rule_sends_nothing_of_it_either(
    organization, make_order, channel, mia, ticket, monkeypatch
):
    from automation.orders import OrderMeant
    from automation.rules.automatic_replies import _send

    ensure_default_macros(organization)
    make_order("#1042", is_sent=True, cancelled_at=now())
    message = ticket.messages.get()
    tracking, meant = Macro.objects.get(key="tracking"), OrderMeant(mia, "", now())
    said = _send(tracking, message, ticket, meant, None, is_news=False)

    assert said.startswith("not sent: Order #1042 is cancelled, but a parcel")
    assert nothing_left()


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Your order has been shipped.", ["shipped"]),
        ("Deine Bestellung wurde gestern versandt.", ["shipped"]),
        ("Votre commande a été expédiée.", ["shipped"]),
        ("Su pedido ha sido enviado.", ["shipped"]),
        ("Zamówienie zostało wysłane.", ["shipped"]),
        ("Objednávka byla odeslána.", ["shipped"]),
        ("Ваш заказ уже в пути.", ["shipped"]),
        ("您的订单已经发出。", ["shipped"]),
        ("คำสั่งซื้อถูกจัดส่งแล้ว", ["shipped"]),
        ("Order 1042 is cancelled.", ["cancelled"]),
        ("Die Bestellung ist storniert.", ["cancelled"]),
        ("La commande est annulée.", ["cancelled"]),
        ("Has it been delivered?", []),
        ("As soon as it has been shipped you get a link.", []),
        ("It has not been shipped.", []),
        ("Sobald sie versandt ist, schreibe ich dir.", []),
        ("We can cancel it.", []),
        ("Thank you for your patience.", []),
    ],
)
def test_claims_are_read_in_every_language_but_not_from_wishes_and_questions(text, claims):
    assert claims_in(text) == claims
