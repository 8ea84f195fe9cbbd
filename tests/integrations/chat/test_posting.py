"""A visitor's messages: once each, through the door, and answered in the widget."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from helpdesk.accounts.models import Organization, User
from inbox.models import RawInbound
from integrations.chat.models import Conversation, Line
from tests.integrations.chat.conftest import Shopper, settle
from tickets.actions.reply import OutgoingMessage, add_note, reply
from tickets.models import DeliveryState, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_first_message_begins_a_ticket_and_the_next_one_goes_on(
    shopper: Shopper, organization: Organization
):
    first = shopper.say("Where is my order #1042?").json()
    second = shopper.say("I forgot: it is urgent", first["conversation_id"]).json()

    ticket = Ticket.objects.get(organization=organization)
    assert ticket.channel_kind == "chat"
    assert ticket.subject == "Where is my order #1042?"
    assert second["conversation_id"] == first["conversation_id"]
    assert [each["position"] for each in (first["message"], second["message"])] == [1, 2]
    assert Message.objects.filter(ticket=ticket).count() == 2


def test_an_answer_reaches_the_widget_and_a_note_never_does(
    shopper: Shopper, organization: Organization, bo: User
):
    conversation_id = shopper.say("Hello?").json()["conversation_id"]
    ticket = Ticket.objects.get(organization=organization)
    add_note(ticket.pk, "She is a difficult one", user=bo)
    reply(ticket.pk, OutgoingMessage(text="Hi Mia, here I am"), user=bo)
    settle(organization)

    lines = shopper.read(conversation_id)
    assert [(each["author"], each["text"]) for each in lines] == [
        ("visitor", "Hello?"),
        ("system", ""),
        ("agent", "Hi Mia, here I am"),
    ]
    assert lines[1]["system"] == "joined"
    assert lines[2]["name"] == "Bo"
    assert "difficult" not in str(lines)
    assert "Larsen" not in str(lines)
    answer = Message.objects.get(ticket=ticket, kind="reply")
    assert answer.delivery_state == DeliveryState.DELIVERED
    assert answer.sent_at is not None


def test_the_same_id_twice_is_the_same_message_and_the_same_answer(shopper: Shopper):
    posted = str(uuid.uuid4())
    first = shopper.say("Only once", id=posted)
    again = shopper.say("Only once", id=posted)

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert Message.objects.count() == Line.objects.count() == 1


def test_ten_posts_of_one_message_at_the_same_moment_are_one_message(shopper: Shopper):
    posted = str(uuid.uuid4())

    def post(_: int) -> tuple[int, object]:
        try:
            answer = shopper.say("Only once", id=posted)
            return answer.status_code, answer.json()
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(post, range(10)))

    assert {status for status, _ in answers} == {200}
    assert len({str(body) for _, body in answers}) == 1
    assert Message.objects.count() == 1
    assert Conversation.objects.count() == 1
    assert RawInbound.objects.count() == 1


def test_a_post_of_somebody_elses_conversation_is_not_found(shopper: Shopper):
    conversation_id = shopper.say("Mine").json()["conversation_id"]
    stranger = Shopper()
    stranger.begin()

    assert stranger.say("Let me in", conversation_id).status_code == 404
    assert stranger.ask("GET", f"conversations/{conversation_id}/messages").status_code == 404
    assert Message.objects.count() == 1
