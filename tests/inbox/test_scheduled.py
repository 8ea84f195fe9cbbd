"""Messages that leave later: at their time, earlier when told so, not when the customer wrote."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import time_machine

from helpdesk.accounts.people import change_person
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, InvalidInput
from inbox import delivery
from integrations.email.channels import add_email_channel
from tests.factories import receive_mail
from tickets.actions.assign import assign
from tickets.actions.attach import keep_upload
from tickets.actions.drafts import save_draft
from tickets.actions.reply import OutgoingMessage, reply
from tickets.actions.respond import respond
from tickets.actions.status import close
from tickets.models import Draft, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
LATER = timedelta(days=9)


@pytest.fixture
def channel(organization, smtp_sink):
    return add_email_channel(
        organization, name="Linden & Loom", address="help@shop.example", smtp_url=smtp_sink.url
    )


@pytest.fixture
def ticket(channel):
    return receive_mail(channel).ticket


def schedule(ticket, user, text="Good news on Monday.", **more):
    outgoing = OutgoingMessage(text=text, send_at=now() + LATER, **more)
    message = reply(ticket.pk, outgoing, user=user)
    run_subscribers(ticket.organization_id)
    return message


def state_of(message):
    return Message.objects.get(pk=message.pk).delivery_state


def test_a_scheduled_message_leaves_at_its_time_and_not_before(ticket, smtp_sink, bo):
    message = schedule(ticket, bo)
    assert (state_of(message), delivery.deliver_due()) == ("held", 0)
    with time_machine.travel(now() + LATER + timedelta(seconds=2)):
        assert delivery.deliver_due() == 1
        assert delivery.deliver_due() == 0
    assert (state_of(message), len(smtp_sink.mails)) == ("sent", 1)


def test_a_scheduled_message_holds_up_no_other_reply(ticket, smtp_sink, bo):
    schedule(ticket, bo, "on Monday")
    reply(ticket.pk, OutgoingMessage(text="right now"), user=bo)
    run_subscribers(ticket.organization_id)
    assert delivery.deliver_due() == 1
    (mail,) = smtp_sink.mails
    assert mail.message.get_body(("plain",)).get_content().startswith("right now")


def test_a_server_that_is_down_at_the_time_is_tried_again(ticket, smtp_sink, bo):
    smtp_sink.script("mail", "421 4.3.2 down")
    message = schedule(ticket, bo)
    with time_machine.travel(now() + LATER + timedelta(seconds=2)):
        delivery.deliver_due()
        assert state_of(message) == "delayed"
    with time_machine.travel(now() + LATER + timedelta(minutes=5)):
        delivery.deliver_due()
    assert (state_of(message), len(smtp_sink.mails)) == ("sent", 1)


def test_when_the_customer_writes_first_it_is_a_draft_again(ticket, channel, smtp_sink, bo):
    message = schedule(ticket, bo, html="<p>Good <b>news</b></p>", stops_on_reply=True)
    receive_mail(channel, "Never mind", ticket=ticket)
    run_subscribers(ticket.organization_id)
    with time_machine.travel(now() + LATER + timedelta(minutes=5)):
        assert delivery.deliver_due() == 0
    assert (state_of(message), smtp_sink.mails) == ("withdrawn", [])
    told = Message.objects.get(pk=message.pk)
    assert told.delivery_reason == "The customer wrote first."
    draft = Draft.objects.get(ticket=ticket, user=bo)
    assert draft.content["html"] == "<p>Good <b>news</b></p>"
    assert draft.content["id"] != str(message.pk)
    assert Ticket.objects.get(pk=ticket.pk).draft_user_ids == [bo.pk]


def test_the_worker_sees_the_answer_even_if_nobody_else_did(ticket, channel, smtp_sink, bo):
    message = schedule(ticket, bo, stops_on_reply=True)
    receive_mail(channel, "Never mind", ticket=ticket)  # the subscriber has not run yet
    with time_machine.travel(now() + LATER + timedelta(minutes=5)):
        delivery.deliver_due()
        run_subscribers(ticket.organization_id)
    assert (state_of(message), smtp_sink.mails) == ("withdrawn", [])
    assert Draft.objects.get(ticket=ticket, user=bo).content["text"] == "Good news on Monday."


def test_without_that_wish_it_leaves_all_the_same(ticket, channel, smtp_sink, bo):
    schedule(ticket, bo, stops_on_reply=False)
    receive_mail(channel, "Hello?", ticket=ticket)
    run_subscribers(ticket.organization_id)
    with time_machine.travel(now() + LATER + timedelta(minutes=5)):
        delivery.deliver_due()
    assert len(smtp_sink.mails) == 1


def test_sent_now_it_leaves_once(ticket, smtp_sink, bo, cy):
    message = schedule(ticket, bo)
    with pytest.raises(Conflict) as refused:
        delivery.send_now(message.pk, cy)
    assert refused.value.code == "not_yours"
    delivery.send_now(message.pk, bo)
    delivery.deliver_due()
    with time_machine.travel(now() + LATER + timedelta(minutes=5)):
        assert delivery.deliver_due() == 0
    assert (state_of(message), len(smtp_sink.mails)) == ("sent", 1)
    with pytest.raises(Conflict):
        delivery.send_now(message.pk, bo)


@pytest.mark.parametrize("days", [-1, 400])
def test_a_moment_that_is_past_or_too_far_is_refused(ticket, bo, days):
    outgoing = OutgoingMessage(text="x", send_at=now() + timedelta(days=days))
    with pytest.raises(InvalidInput) as refused:
        reply(ticket.pk, outgoing, user=bo)
    assert [each.path for each in refused.value.errors] == ["send_at"]


def test_undo_restores_files_recipients_and_the_status_the_ticket_had(ticket, smtp_sink, bo):
    """UX 14, G11.4"""
    before = Ticket.objects.get(pk=ticket.pk)
    file = keep_upload(bo, name="a.pdf", content_type="application/pdf", content=b"%PDF")
    outgoing = OutgoingMessage(
        text="", html="<p>Too <em>early</em></p>", hold_seconds=10, attachment_ids=[file.pk],
        cc=[{"name": "", "address": "tom@posteo.example"}],
    )  # fmt: skip
    message, _ = respond(ticket.pk, outgoing, user=bo, then="close")
    assert Ticket.objects.get(pk=ticket.pk).status == "closed"

    delivery.withdraw(message.pk, bo)

    after = Ticket.objects.get(pk=ticket.pk)
    for name in ("status", "assignee_id", "waiting_since", "snippet", "last_message_at",
                 "last_message_direction", "closed_at"):  # fmt: skip
        assert getattr(after, name) == getattr(before, name), name
    draft = Draft.objects.get(ticket=ticket, user=bo).content
    assert (draft["html"], draft["text"]) == ("<p>Too <em>early</em></p>", "Too early")
    assert draft["attachment_ids"] == [str(file.pk)]
    assert draft["cc"] == [{"name": "", "address": "tom@posteo.example"}]


def test_undo_leaves_alone_what_a_colleague_changed_since(ticket, bo, cy):
    message, _ = respond(
        ticket.pk, OutgoingMessage(text="Oops", hold_seconds=10), user=bo, then=None
    )
    close(ticket.pk)
    delivery.withdraw(message.pk, bo)
    assert Ticket.objects.get(pk=ticket.pk).status == "closed"


def test_undo_keeps_what_was_begun_since_as_the_earlier_draft(ticket, bo):
    """UX 19"""
    message = reply(ticket.pk, OutgoingMessage(text="first", hold_seconds=10), user=bo)
    save_draft(ticket, bo, "reply", {"id": str(uuid.uuid4()), "text": "second"}, rev=0)
    delivery.withdraw(message.pk, bo)
    content = Draft.objects.get(ticket=ticket, user=bo).content
    assert (content["text"], content["earlier"]["text"]) == ("first", "second")


def test_a_draft_that_was_sent_cannot_come_back(ticket, bo):
    """G10.2: not even by a first save that was late."""
    draft_id = uuid.uuid4()
    reply(ticket.pk, OutgoingMessage(text="Done", message_id=draft_id), user=bo)
    with pytest.raises(Conflict) as refused:
        save_draft(ticket, bo, "reply", {"id": str(draft_id), "text": "Do"}, rev=0)
    assert refused.value.code == "draft_gone"
    assert not Draft.objects.exists()
    assert Ticket.objects.get(pk=ticket.pk).draft_user_ids == []


def test_one_draft_sent_from_two_tabs_is_one_message(ticket, bo):
    """G10.1: the message has the draft's id; other words under it are refused, not swallowed."""
    draft_id = uuid.uuid4()
    first = reply(ticket.pk, OutgoingMessage(text="Done", message_id=draft_id), user=bo)
    again = reply(ticket.pk, OutgoingMessage(text="Done", message_id=draft_id), user=bo)
    assert first.pk == again.pk
    with pytest.raises(Conflict) as refused:
        reply(ticket.pk, OutgoingMessage(text="Other words", message_id=draft_id), user=bo)
    assert refused.value.code == "already_sent"
    assert Message.objects.filter(kind="reply").count() == 1


def test_a_message_that_was_taken_back_is_not_taken_for_sent(ticket, bo):
    message = reply(ticket.pk, OutgoingMessage(text="Oops", hold_seconds=10), user=bo)
    delivery.withdraw(message.pk, bo)
    with pytest.raises(Conflict) as refused:
        reply(ticket.pk, OutgoingMessage(text="Oops", message_id=message.pk), user=bo)
    assert refused.value.code == "withdrawn"


def _leave(person, ada):
    change_person(person.pk, {"is_active": False}, by=ada)


def test_what_somebody_scheduled_who_has_left_is_handed_on_and_not_sent(
    ticket, channel, smtp_sink, ada, bo
):
    """It leaves only if its author still stands behind it; nothing of it is lost."""
    file = keep_upload(
        user=bo, name="label.pdf", content_type="application/pdf", content=b"%PDF-1.4"
    )
    message = schedule(ticket, bo, attachment_ids=[file.pk])
    assign(ticket.pk, assignee_id=bo.pk)
    close(ticket.pk)
    _leave(bo, ada)
    with time_machine.travel(now() + LATER + timedelta(minutes=5)):
        delivery.deliver_due()
        run_subscribers(ticket.organization_id)
        delivery.deliver_due()
    assert (state_of(message), smtp_sink.mails) == ("withdrawn", [])
    note = Message.objects.get(ticket=ticket, kind="note")
    assert note.body.text == (
        "Bo Larsen has left, so this scheduled reply was not sent:\n\nGood news on Monday."
    )
    assert [each.name for each in note.attachments.all()] == ["label.pdf"]
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert (ticket.status, ticket.is_unread, ticket.assignee_id) == ("open", True, None)
    assert not Draft.objects.exists()


def test_when_the_customer_writes_to_who_has_left_the_words_are_not_their_draft(
    ticket, channel, smtp_sink, ada, bo
):
    message = schedule(ticket, bo, stops_on_reply=True)
    _leave(bo, ada)
    receive_mail(channel, "Never mind", ticket=ticket)
    run_subscribers(ticket.organization_id)
    assert state_of(message) == "withdrawn"
    assert Message.objects.filter(ticket=ticket, kind="note").count() == 1
    assert not Draft.objects.exists()


def test_what_was_sent_before_somebody_left_still_leaves(ticket, smtp_sink, ada, bo):
    reply(ticket.pk, OutgoingMessage(text="On its way."), user=bo)
    run_subscribers(ticket.organization_id)
    _leave(bo, ada)
    assert delivery.deliver_due() == 1
    assert len(smtp_sink.mails) == 1
