"""Choices to tap that an agent sends along with a message."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Organization, User
from tests.factories import receive_mail
from tests.integrations.chat.conftest import Shopper, settle
from tickets.models import Channel, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


def send(agent: User, ticket: Ticket, choices: list[str], **more: Any) -> Any:
    """The agent's app posts a reply with choices."""
    client = Client()
    client.force_login(agent)
    body = {
        "id": str(uuid.uuid4()), "text": "Which size?", "send_anyway": True,
        "details": {"quick_replies": choices}, **more,
    }  # fmt: skip
    return client.post(
        f"/api/v1/tickets/{ticket.pk}/messages", json.dumps(body), content_type="application/json"
    )


def test_an_agents_choices_are_tapped_as_the_shoppers_own_words(
    shopper: Shopper, organization: Organization, bo: User
):
    conversation_id = shopper.say("I need another size").json()["conversation_id"]
    ticket = Ticket.objects.get()
    answer = send(bo, ticket, [" S ", "M", "L", "M"])
    assert answer.status_code in (200, 201), answer.content
    settle(organization)

    offered = shopper.read(conversation_id)[-1]
    assert (offered["author"], offered["quick_replies"]) == ("agent", ["S", "M", "L"])
    assert Message.objects.get(body__text="Which size?").details == {
        "quick_replies": ["S", "M", "L"]
    }

    shopper.say("M", conversation_id)
    assert [each["quick_replies"] for each in shopper.read(conversation_id)[-2:]] == [
        ["S", "M", "L"], [],
    ]  # fmt: skip


@pytest.mark.parametrize("choices", [["a"] * 6, ["a", "b", "c", "d", "e", "f"], ["x" * 41], [""]])
def test_at_most_five_short_choices(shopper: Shopper, bo: User, choices: list[str]):
    shopper.say("Hello?")
    answer = send(bo, Ticket.objects.get(), choices)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"].startswith("details.quick_replies")
    assert Message.objects.count() == 1


def test_choices_go_nowhere_but_to_the_chat(organization: Organization, mailbox: Channel, bo: User):
    ticket = receive_mail(mailbox, "My mail").ticket
    answer = send(bo, ticket, ["S", "M"])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "details.quick_replies"
    assert Message.objects.count() == 1
