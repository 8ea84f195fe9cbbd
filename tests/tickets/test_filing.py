"""Sleeping until something happens, spam and blocked senders, trash and deleting for good (UX 24)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdesk.events.dispatch import create_cursors, run_subscribers
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, InvalidInput
from inbox.inbound import InboundMessage, SenderHandle
from tests.api.conftest import channel_of, write_in
from tickets.actions.block import block_sender, find_block, unblock_sender
from tickets.actions.merge import merge
from tickets.actions.remove import remove_ticket
from tickets.actions.status import close, reopen, set_status, snooze, wake_due
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


def test_until_the_customer_replies_it_sleeps_without_a_date(ticket, organization):
    snooze(ticket.pk, None, wakes_on="reply")
    assert wake_due() == 0
    write_in(organization, "Hello?", ticket=ticket)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.wakes_on, ticket.is_unread) == ("open", "", True)


def test_a_reply_wakes_at_once_also_before_the_time(ticket, organization):
    snooze(ticket.pk, now() + timedelta(days=3))
    write_in(organization, "Hello?", ticket=ticket)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.snoozed_until) == ("open", None)


def test_neither_a_time_nor_a_reason_is_refused(ticket):
    with pytest.raises(InvalidInput) as refused:
        snooze(ticket.pk, None)
    assert refused.value.errors[0].path == "snoozed_until"


def test_reopening_knows_since_when_the_customer_waits(ticket):
    since = Ticket.objects.get(pk=ticket.pk).waiting_since
    close(ticket.pk)
    reopen(ticket.pk)
    assert Ticket.objects.get(pk=ticket.pk).waiting_since == since


def arrive(organization, address, text="Buy now"):
    """A mail through the filters and into a ticket, as the door files it."""
    from inbox.door import _file_message, _Parsed
    from inbox.filters import Arrival, judge
    from inbox.models import RawInbound

    channel = channel_of(organization)
    mail = InboundMessage(
        sender=SenderHandle("email", address, "Mallory"),
        external_id=f"{text}@spam.example",
        subject="Win",
        text=text,
    )
    raw = RawInbound.objects.create(
        organization=organization, channel=channel, sha256=text.ljust(64, "0"), raw=b"x"
    )
    from helpdesk.events.outbox import unit_of_work

    arrival = Arrival(channel, mail)
    with unit_of_work():
        return _file_message(_Parsed(raw, arrival, judge(arrival), []))


def test_mail_of_a_blocked_sender_is_filed_as_spam_with_its_reason_and_never_lost(organization, bo):
    block = block_sender(bo, "@Spam.example")
    first = arrive(organization, "mallory@spam.example")
    assert first.ticket.status == "spam"
    assert (first.ticket.is_unread, first.is_automatic) == (False, True)
    assert "blocked-sender" in first.flags

    unblock_sender(bo, block.pk)
    assert arrive(organization, "mallory@spam.example", "Again").ticket.status == "open"


def test_a_blocked_sender_is_found_by_address_and_domain_of_this_shop_alone(bo, dee):
    block_sender(bo, "Mia@Spam.example")
    assert find_block(bo.organization_id, "mia@spam.example") is not None
    assert find_block(bo.organization_id, "jon@spam.example") is None
    assert find_block(dee.organization_id, "mia@spam.example") is None


@pytest.mark.parametrize("value", ["@gmail.com", "not an address", "support@linden-loom.example"])
def test_what_must_not_be_blocked_is_refused(organization, bo, value):
    channel_of(organization)
    with pytest.raises(InvalidInput) as refused:
        block_sender(bo, value)
    assert refused.value.errors[0].path == "value"


def test_only_the_trash_is_emptied_and_everybody_is_told(ticket, organization, ada):
    other = write_in(organization, "second").ticket
    merge(other.pk, ticket.pk, user=ada, merge_id=other.pk)
    with pytest.raises(Conflict) as refused:
        remove_ticket(ticket.pk, user=ada)
    assert refused.value.code == "not_in_trash"
    set_status(ticket.pk, "trash")
    remove_ticket(ticket.pk, user=ada)
    assert Ticket.objects.count() == Message.objects.count() == 0
    gone = Event.objects.filter(type="ticket.removed").values_list("object_id", flat=True)
    assert set(gone) == {ticket.pk, other.pk}


def test_a_ticket_wakes_when_its_order_ships(organization, ticket):
    from integrations.commerce.models import Order, Store
    from integrations.commerce.waking import has_come_to

    create_cursors(organization.pk)
    store = Store.objects.create(organization=organization, kind="demo", slug="s", name="S")
    order = Order.objects.create(
        organization=organization, store=store, external_id="1", number="#1", number_key="1",
        placed_at=now(), currency="EUR", financial_status="paid", source_updated_at=now(),
        fulfillment_status="unfulfilled", as_of=now(),
    )  # fmt: skip
    snooze(ticket.pk, None, wakes_on="shipped", order_id=order.pk)
    run_subscribers(organization.pk)
    assert Ticket.objects.get(pk=ticket.pk).status == "snoozed"
    assert not has_come_to(order, "shipped")

    Order.objects.filter(pk=order.pk).update(fulfillment_status="fulfilled")
    announce_order(organization, order)
    run_subscribers(organization.pk)
    after = Ticket.objects.get(pk=ticket.pk)
    assert (after.status, after.wakes_on, after.wakes_order_id) == ("open", "", None)


def announce_order(organization, order):
    from helpdesk.events.outbox import record, unit_of_work

    with unit_of_work():
        record(
            "order.updated",
            organization_id=organization.pk,
            object_type="order",
            object_id=order.pk,
            payload=lambda: {"order_id": str(order.pk), "customer_id": None},
        )
