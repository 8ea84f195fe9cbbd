"""Only what the customer newly wrote is understood: no quote, no signature, no answer's subject."""

from __future__ import annotations

from datetime import timedelta

import pytest

from automation.orders import OrderMeant
from helpdesk.lib.clock import now
from integrations.commerce.models import OrderLine
from tests.inbox.mails import take_in, write_mail
from tickets.models import Message

pytestmark = pytest.mark.django_db(transaction=True)

QUOTE_BELOW = """Thank you so much, it all arrived!

On Mon, 16 Nov 2026 at 10:00, Linden & Loom <shop@lindenloom.example> wrote:
> Please cancel my order 1042. Where is my parcel?
> It was due yesterday.
"""
SIGNATURE = """Thank you so much, it all arrived!

--\x20
Mia Keller, cancellations desk
Please cancel my order: cancel@posteo.example
"""
OUTLOOK = """Vielen Dank, alles ist angekommen!

-----Ursprüngliche Nachricht-----
Von: Linden & Loom <shop@lindenloom.example>
Gesendet: Montag, 16. November 2026 10:00
An: Mia
Betreff: Bestellung

Bitte stornieren Sie meine Bestellung 1042.
"""


@pytest.mark.parametrize("text", [QUOTE_BELOW, SIGNATURE, OUTLOOK])
def test_neither_a_quote_nor_a_signature_is_understood(text, channel, catch_up):
    """G7.4: quoted text and signatures are never classified."""
    raw = take_in(channel, write_mail(text, subject="Re: your order"))
    catch_up()
    message = Message.objects.get(ticket_id=raw.ticket_id, position=1)
    assert (message.intent, message.details.get("numbers")) == ("thanks", None)
    assert {each["name"] for each in message.details["intents"]} == {"thanks"}
    assert "dates" not in message.details


def test_the_days_a_message_names_are_kept_with_it(channel, catch_up):
    raw = take_in(channel, write_mail("I ordered on 3 November 2026. Where is it?"))
    catch_up()
    message = Message.objects.get(ticket_id=raw.ticket_id, position=1)
    assert message.details["dates"] == [{"text": "3 november 2026", "day": "2026-11-03"}]


def test_an_order_is_guessed_by_its_product_but_does_not_count_as_named(make_order, mia):
    wanted, newest = make_order("#1042", age=timedelta(days=9)), make_order("#1050")
    OrderLine.objects.create(order=wanted, position=90, title="Sheepskin Rug, cream")
    lamp = OrderLine.objects.create(order=newest, position=90, title="Brass Lamp")
    meant = OrderMeant(mia, "The sheepskin rug has not come yet.", now())
    assert (meant.order, meant.is_named) == (wanted, False)
    lamp.title = "Sheepskin Rug, grey"
    lamp.save()
    assert OrderMeant(mia, "The sheepskin rug has not come yet.", now()).order == newest
