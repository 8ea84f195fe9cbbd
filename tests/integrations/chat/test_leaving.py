"""A shopper leaves: the answer follows by e-mail, once, and the mail's answer lands where it was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from helpdesk.accounts.models import Organization, User
from helpdesk.lib.clock import now
from inbox.models import Delivery
from inbox.outbound import build
from integrations.chat.leaving import fall_back, fall_back_due
from integrations.chat.models import Conversation, Line, Visitor
from tests.factories import receive_mail
from tests.integrations.chat.conftest import Shopper, settle
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Channel, DeliveryState, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
MIA = "mia@posteo.example"


def answered(shopper: Shopper, organization: Organization, user: User, *texts: str) -> str:
    """The shopper asks, an agent answers; returns the conversation."""
    conversation_id: str = shopper.say("Where is my order?").json()["conversation_id"]
    for text in texts:
        reply(Ticket.objects.get().pk, OutgoingMessage(text=text), user=user)
    settle(organization)
    return conversation_id


def later(minutes: float) -> None:
    """So long ago was the answer written."""
    Conversation.objects.update(unseen_since=now() - timedelta(minutes=minutes))


def copies() -> list[Message]:
    return list(Message.objects.filter(channel_kind="email", direction="out").order_by("position"))


def test_what_was_unseen_goes_out_as_one_mail_and_its_answer_lands_on_the_ticket(
    shopper: Shopper, organization: Organization, bo: User, mailbox: Channel
):
    """UX 57, issue 4: leaves, gets the answer by e-mail, replies by e-mail, all in one ticket."""
    shopper.ask("POST", "email", {"email": MIA})
    conversation_id = answered(shopper, organization, bo, "It left on Friday.", "Here is the link.")
    later(3)

    assert fall_back_due() == 1
    assert fall_back_due() == 0
    settle(organization)

    (copy,) = copies()
    assert copy.ticket_id == Ticket.objects.get().pk
    assert copy.to == [{"name": "", "address": MIA}]
    assert Ticket.objects.get().customer.name.startswith("Visitor ")
    assert "It left on Friday." in copy.body.text
    assert "Here is the link." in copy.body.text
    assert Delivery.objects.filter(message=copy).count() == 1
    mail = build(copy, Delivery.objects.get(message=copy))
    assert mail.reply_to.startswith("help+r-")
    lines = shopper.read(conversation_id)
    assert [each["system"] for each in lines if each["author"] == "system"] == [
        "joined",
        "by_email",
    ]
    assert lines[-1]["text"] == "m•••@posteo.example"
    assert shopper.ask("GET", "conversations").json()[0]["continued_by"] == "email"

    answer = _mail_back(mailbox, mail, "Thank you!")
    assert answer.ticket_id == copy.ticket_id
    # The next answer goes where the customer now is.
    out = reply(copy.ticket_id, OutgoingMessage(text="You are welcome"), user=bo)
    assert (out.channel_kind, out.to[0]["address"]) == ("email", MIA)
    # What came by mail is not shown to whoever holds the widget: the address was only claimed.
    assert "Thank you" not in str(shopper.read(conversation_id))


def _mail_back(mailbox: Channel, mail: Any, text: str) -> Message:
    """Mia answers the mail with her mail program."""
    from email.message import EmailMessage

    from inbox import door
    from inbox.raw import store

    written = EmailMessage()
    written["From"], written["To"] = MIA, mail.reply_to
    written["Subject"] = f"Re: {mail.subject}"
    written["In-Reply-To"] = f"<{mail.external_id}>"
    written["Message-ID"] = "<answer@posteo.example>"
    written.set_content(text)
    raw, _ = store(mailbox, written.as_bytes(), is_claimed=True)
    return Message.objects.get(raw_id=door.process_claimed(raw).pk)


def test_ten_sweeps_at_once_send_one_mail(shopper: Shopper, organization: Organization, bo: User):
    shopper.ask("POST", "email", {"email": MIA})
    conversation_id = answered(shopper, organization, bo, "It left on Friday.")
    later(3)
    conversation = Conversation.objects.get()

    def sweep(_: int) -> bool:
        try:
            return fall_back(conversation.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(sweep, range(6))) == 1
    assert len(copies()) == 1
    assert [each["position"] for each in shopper.read(conversation_id)] == [1, 2, 3, 4]


def test_nothing_goes_out_while_the_shopper_is_here_has_seen_it_or_gave_no_address(
    shopper: Shopper, organization: Organization, bo: User
):
    conversation_id = answered(shopper, organization, bo, "It left on Friday.")
    later(3)
    assert fall_back_due() == 0  # nobody knows where to
    assert shopper.ask("GET", "conversations").json()[0]["unread"] == 1

    shopper.ask("POST", "email", {"email": MIA})
    Visitor.objects.update(here_until=now() + timedelta(seconds=30))
    assert fall_back_due() == 0  # still here

    Visitor.objects.update(here_until=now())
    later(1.5)
    assert fall_back_due() == 0  # not long enough

    later(3)
    assert shopper.ask("POST", f"conversations/{conversation_id}/seen", {"position": 3})
    later_than_seen = Conversation.objects.get()
    assert later_than_seen.unseen_since is None
    assert fall_back_due() == 0  # seen
    assert copies() == []
    assert Message.objects.get(kind="reply").delivery_state == DeliveryState.READ


def test_only_what_came_after_the_last_mail_goes_into_the_next(
    shopper: Shopper, organization: Organization, bo: User
):
    shopper.ask("POST", "email", {"email": MIA})
    answered(shopper, organization, bo, "First answer")
    later(3)
    assert fall_back_due() == 1
    reply(
        Ticket.objects.get().pk,
        OutgoingMessage(text="Second answer", channel_id=Conversation.objects.get().channel_id),
        user=bo,
    )
    settle(organization)
    later(3)
    assert fall_back_due() == 1

    _, second = copies()
    assert "First answer" not in second.body.text
    assert "Second answer" in second.body.text
    assert Line.objects.filter(kind="by_email").count() == 1


def test_coming_back_to_the_chat_goes_on_in_the_chat(
    shopper: Shopper, organization: Organization, bo: User
):
    shopper.ask("POST", "email", {"email": MIA})
    conversation_id = answered(shopper, organization, bo, "It left on Friday.")
    later(3)
    fall_back_due()

    shopper.say("I am back", conversation_id)

    assert shopper.ask("GET", "conversations").json()[0]["continued_by"] == "chat"
    assert reply(Ticket.objects.get().pk, OutgoingMessage(text="Hi again")).channel_kind == "chat"


def test_an_answer_is_not_seen_before_its_undo_time_is_over_nor_after_it_was_taken_back(
    shopper: Shopper, organization: Organization, bo: User, chat: Channel
):
    from inbox.delivery import withdraw
    from tickets.actions.channels import change_channel

    conversation_id = shopper.say("Hello?").json()["conversation_id"]
    ticket = Ticket.objects.get()
    at_once = reply(ticket.pk, OutgoingMessage(text="At once", hold_seconds=10), user=bo)
    assert at_once.delivery_state == DeliveryState.QUEUED
    settle(organization)

    change_channel(chat.pk, config={**chat.config, "undo_seconds": 3})
    held = reply(ticket.pk, OutgoingMessage(text="Oh no", hold_seconds=10), user=bo)
    assert held.send_after is not None
    assert (held.send_after - held.created_at) == timedelta(seconds=3)
    settle(organization)
    assert "Oh no" not in str(shopper.read(conversation_id))
    withdraw(held.pk, bo)
    settle(organization)
    assert [each["text"] for each in shopper.read(conversation_id)] == ["Hello?", "", "At once"]


def test_a_transcript_is_one_mail_to_a_known_address(
    shopper: Shopper, organization: Organization, bo: User
):
    conversation_id = answered(shopper, organization, bo, "It left on Friday.")
    path = f"conversations/{conversation_id}/transcript"
    assert shopper.ask("POST", path, {}).json()["code"] == "no_email"
    shopper.ask("POST", "email", {"email": MIA})

    assert shopper.ask("POST", path, {}).status_code == 202
    assert shopper.ask("POST", path, {}).status_code == 202

    (mail,) = copies()
    assert "Where is my order?" in mail.body.text
    assert "Bo · " in mail.body.text
    assert mail.is_automatic is True


def test_mail_from_the_mailbox_reaches_no_widget(
    shopper: Shopper, organization: Organization, mailbox: Channel, bo: User
):
    conversation_id = shopper.say("Hello?").json()["conversation_id"]
    receive_mail(mailbox, "By mail from somebody else", ticket=Ticket.objects.get())
    reply(Ticket.objects.get().pk, OutgoingMessage(text="To them by mail"), user=bo)
    settle(organization)

    assert [each["text"] for each in shopper.read(conversation_id)] == ["Hello?"]
