"""Where a customer can be answered: the picker's list and the check when a person sends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

import inbox.connector
from helpdesk.accounts.models import Organization, User
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.secrets import encrypt
from inbox import door, raw, reach
from inbox.models import Thread
from tests.contracts.parcelbox import MANIFEST, ParcelboxConnector
from tests.contracts.test_parcelbox import text_event
from tests.factories import make_channel, receive_mail
from tickets.actions.channels import create_channel
from tickets.actions.customers import add_handle
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Channel, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _parcelbox_is_known() -> Iterator[None]:
    connector = ParcelboxConnector()
    connector.manifest = replace(MANIFEST, reply_window_hours=24)
    inbox.connector.register(connector)
    yield
    inbox.connector._registry.pop("parcelbox")


@pytest.fixture
def mail(organization: Organization) -> Channel:
    organization.joins_automatically = True
    organization.save()
    return make_channel(organization)


@pytest.fixture
def box(organization: Organization) -> Channel:
    return create_channel(
        organization, kind="parcelbox", name="Parcelbox", handle_kind="external",
        secrets=encrypt({"token": "t", "signing_secret": "s"}),
    )  # fmt: skip


def write_in_box(box: Channel, key: str = "m1", text: str = "Hello?") -> Message:
    row, _ = raw.store(box, json.dumps(text_event(key, text)).encode(), is_claimed=True)
    door.process_claimed(row)
    return Message.objects.get(external_id=key)


def seen(ticket: Ticket) -> list[tuple[str, bool, str, bool]]:
    ticket = Ticket.objects.get(pk=ticket.pk)
    return [
        (each.channel.kind, each.reach.is_reachable, each.reach.reason, each.is_default)
        for each in reach.reply_places(ticket)
    ]


def test_the_place_the_customer_last_wrote_from_comes_first(mail: Channel, box: Channel) -> None:
    ticket = receive_mail(mail).ticket
    add_handle(ticket.customer, "external", "p7", is_verified=True)
    assert seen(ticket) == [
        ("email", True, "", True),
        ("parcelbox", False, "no_conversation", False),
    ]

    assert write_in_box(box).ticket_id == ticket.pk
    assert seen(ticket) == [("parcelbox", True, "", True), ("email", True, "", False)]


def test_after_the_window_the_other_channel_is_the_default_and_the_reason_is_told(
    mail: Channel, box: Channel
) -> None:
    ticket = receive_mail(mail).ticket
    add_handle(ticket.customer, "external", "p7", is_verified=True)
    write_in_box(box)
    with time_machine.travel(now() + timedelta(hours=25)):
        assert seen(ticket) == [
            ("email", True, "", True), ("parcelbox", False, "window_closed", False),
        ]  # fmt: skip


def test_a_paused_channel_is_told_and_never_chosen(mail: Channel, box: Channel) -> None:
    ticket = write_in_box(box).ticket
    Channel.objects.filter(pk=box.pk).update(is_active=False)
    assert seen(ticket) == [("parcelbox", False, "paused", False)]


def test_a_reply_outside_the_window_is_refused_before_anything_is_written(
    box: Channel, bo: User
) -> None:
    """UX 13: disabled with a reason, not a failure after sending."""
    ticket = write_in_box(box).ticket
    late = time_machine.travel(now() + timedelta(hours=25))
    with late, pytest.raises(InvalidInput) as raised:
        reply(ticket.pk, OutgoingMessage(text="Too late"), user=bo)
    assert raised.value.errors[0].path == "channel_id"
    assert raised.value.errors[0].code == "window_closed"
    assert ticket.messages.count() == 1


def test_an_answer_goes_to_the_address_of_its_own_channel(
    mail: Channel, box: Channel, bo: User
) -> None:
    ticket = receive_mail(mail).ticket
    add_handle(ticket.customer, "external", "p7", is_verified=True)
    write_in_box(box)
    there = reply(ticket.pk, OutgoingMessage(text="Here I am"), user=bo)
    by_mail = reply(ticket.pk, OutgoingMessage(text="And here", channel_id=mail.pk), user=bo)
    assert [each["address"] for each in there.to] == ["p7"]
    assert there.channel_kind == "parcelbox"
    assert [each["address"] for each in by_mail.to] == ["mia@posteo.example"]


def test_the_list_costs_the_same_however_many_channels_and_conversations(
    mail: Channel, box: Channel, organization: Organization,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:  # fmt: skip
    ticket = write_in_box(box).ticket
    for number in range(6):
        create_channel(organization, kind="parcelbox", name=f"Box {number}", handle_kind="external")
        write_in_box(box, key=f"more-{number}")
    ticket = Ticket.objects.select_related("customer").get(pk=ticket.pk)
    with django_assert_max_num_queries(4):
        assert len(reach.reply_places(ticket)) == 1


def test_the_api_tells_places_to_those_who_may_see_the_ticket(
    box: Channel, bo: User, dee: User, api_as: Callable[..., Any]
) -> None:
    ticket = write_in_box(box).ticket
    told = api_as(bo).get(f"/api/v1/tickets/{ticket.pk}/reply-places").json()
    [place] = told["results"]
    assert (place["kind"], place["label"], place["max_text_chars"]) == ("parcelbox", "p7", 1000)
    assert place["closes_at"] > now().isoformat()
    assert api_as(dee).get(f"/api/v1/tickets/{ticket.pk}/reply-places").status_code == 404


def test_reviews_are_found_and_rules_can_ask_for_their_stars(box: Channel, bo: User) -> None:
    """Listening: a bad review becomes a ticket that rules can route."""
    from automation.rules.snapshot import message_values, ticket_values
    from tickets.fields import as_query

    message = write_in_box(box, key="r1", text="The seam opened after one wash.")
    Ticket.objects.filter(pk=message.ticket_id).update(kind="review")
    message.details = {"rating": 1, "is_public": True}
    asked = as_query({"field": "ticket.kind", "operator": "is", "value": "review"})
    assert Ticket.objects.filter(asked).count() == 1
    values = {**ticket_values(Ticket.objects.get()), **message_values(message)}
    assert (values["ticket.kind"], values["message.rating"], values["message.is_public"]) == (
        "review", 1, True,
    )  # fmt: skip


def test_who_is_known_by_mail_can_be_answered_where_they_wrote(
    mail: Channel, box: Channel, organization: Organization
) -> None:
    """A shopper who is signed in at the shop chats under their e-mail address."""
    ticket = receive_mail(mail).ticket
    Thread.objects.create(channel=box, key="t1", ticket=ticket, address="mia@posteo.example")
    Message.objects.filter(ticket=ticket).update(channel=box)
    assert seen(ticket)[0] == ("parcelbox", True, "", True)
