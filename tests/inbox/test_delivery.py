"""A message leaves exactly once, or it is shown that nobody knows: ARCHITECTURE §5, G10, G11."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from helpdesk.events.dispatch import run_subscribers
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, InvalidInput, NewerMessages
from helpdesk.lib.workers import leave, worker_number
from inbox import delivery
from inbox.models import Delivery, DeliveryAttempt
from inbox.reply_tokens import find_message_id, find_ticket_id
from integrations.email.channels import add_email_channel
from tests.factories import receive_mail
from tests.services.smtp_sink import HANG_UP
from tickets.actions.reply import OutgoingMessage, add_note, reply
from tickets.models import Draft, Message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def channel(organization, smtp_sink):
    return add_email_channel(
        organization, name="Linden & Loom", address="help@shop.example", smtp_url=smtp_sink.url
    )


@pytest.fixture
def ticket(channel):
    return receive_mail(channel).ticket


def send(ticket, text="Your parcel arrives on Tuesday.", user=None, **more):
    message = reply(ticket.pk, OutgoingMessage(text=text, **more), user=user)
    run_subscribers(ticket.organization_id)
    return message


def state_of(message):
    return Message.objects.get(pk=message.pk).delivery_state


def test_a_reply_reaches_the_customer_threaded_and_in_both_forms(ticket, bo, smtp_sink):
    asked = ticket.messages.get()
    message = send(ticket, user=bo)
    assert delivery.deliver_due() == 1

    [mail] = smtp_sink.mails
    assert mail.recipients == ["mia@posteo.example"]
    assert mail.message["Subject"] == "Re: My order"
    assert mail.message["In-Reply-To"] == f"<{asked.external_id}>"
    assert asked.external_id in mail.message["References"]
    assert mail.message["From"].addresses[0].display_name == "Bo · Linden & Loom"
    assert mail.message["Auto-Submitted"] is None
    text = mail.message.get_body(("plain",)).get_content()
    assert text.startswith("Your parcel arrives on Tuesday.")
    assert "> Where is my parcel?" in text
    assert "Your parcel arrives on Tuesday." in mail.message.get_body(("html",)).get_content()
    assert state_of(message) == "sent"
    sent_id = mail.message["Message-ID"].strip("<>")
    assert find_ticket_id(sent_id) == ticket.pk
    assert find_message_id(sent_id) == message.pk


def test_the_same_message_id_twice_is_one_message_and_one_mail(ticket, bo, smtp_sink):
    """G10.1"""
    same = uuid.uuid4()
    first = send(ticket, user=bo, message_id=same)
    second = send(ticket, user=bo, message_id=same)
    assert first.pk == second.pk == same
    delivery.deliver_due()
    delivery.deliver_due()
    assert len(smtp_sink.mails) == 1
    assert Message.objects.filter(ticket=ticket, kind="reply").count() == 1


def test_eight_workers_at_once_send_one_mail(ticket, smtp_sink, bo):
    message = send(ticket, user=bo)
    delivery_id = Delivery.objects.get(message=message).pk
    results = []

    def work():
        try:
            results.append(delivery.deliver(delivery_id))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == [False] * 7 + [True]
    assert len(smtp_sink.mails) == 1


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
def test_a_4xx_before_acceptance_is_tried_again_later_and_sent_once(ticket, smtp_sink, bo, phase):
    """G11.3"""
    smtp_sink.script(phase, "451 4.3.0 try later")
    message = send(ticket, user=bo)
    delivery.deliver_due()
    assert (state_of(message), smtp_sink.mails) == ("delayed", [])
    assert delivery.deliver_due() == 0  # not due yet

    with time_machine.travel(now() + timedelta(minutes=3)):
        assert delivery.deliver_due() == 1
    assert state_of(message) == "sent"
    assert len(smtp_sink.mails) == 1
    assert [each.outcome for each in DeliveryAttempt.objects.order_by("number")] == [
        "temp_failed",
        "accepted",
    ]


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
def test_a_5xx_fails_at_once_and_says_why(ticket, smtp_sink, bo, phase):
    """G11.3"""
    smtp_sink.script(phase, "550 5.1.1 no such mailbox")
    message = send(ticket, user=bo)
    delivery.deliver_due()
    found = Message.objects.get(pk=message.pk)
    assert found.delivery_state == "failed"
    assert "no such mailbox" in found.delivery_reason
    with time_machine.travel(now() + timedelta(days=1)):
        assert delivery.deliver_due() == 0
    assert smtp_sink.mails == []


def test_a_connection_cut_after_the_dot_is_uncertain_and_never_repeated(ticket, smtp_sink, bo):
    """G11.2"""
    smtp_sink.script("data", HANG_UP)
    message = send(ticket, user=bo)
    delivery.deliver_due()
    assert state_of(message) == "uncertain"
    for hours in range(1, 30):
        with time_machine.travel(now() + timedelta(hours=hours)):
            delivery.recover_claims()
            delivery.check_uncertain()
            delivery.deliver_due()
    assert len(smtp_sink.mails) == 1
    assert state_of(message) == "uncertain"


def test_a_person_resends_an_uncertain_message_with_the_same_message_id(ticket, smtp_sink, bo):
    smtp_sink.script("data", HANG_UP)
    message = send(ticket, user=bo)
    delivery.deliver_due()
    delivery.retry(message.pk, bo)
    assert state_of(message) == "queued"
    delivery.deliver_due()
    assert state_of(message) == "sent"
    ids = {mail.message["Message-ID"] for mail in smtp_sink.mails}
    assert (len(smtp_sink.mails), len(ids)) == (2, 1)


def test_a_person_marks_an_uncertain_message_as_sent(ticket, smtp_sink, bo):
    smtp_sink.script("data", HANG_UP)
    message = send(ticket, user=bo)
    delivery.deliver_due()
    delivery.mark_sent(message.pk, bo)
    assert state_of(message) == "sent"
    with pytest.raises(Conflict):
        delivery.mark_sent(message.pk, bo)
    assert len(smtp_sink.mails) == 1


def test_only_recipients_that_were_put_off_are_tried_again(ticket, smtp_sink, bo):
    smtp_sink.script("rcpt", "", "451 4.2.2 later")
    message = send(
        ticket,
        user=bo,
        to=[{"name": "", "address": "mia@posteo.example"}],
        cc=[{"name": "", "address": "tom@posteo.example"}],
    )
    delivery.deliver_due()
    assert state_of(message) == "delayed"
    with time_machine.travel(now() + timedelta(minutes=5)):
        delivery.deliver_due()
    assert [mail.recipients for mail in smtp_sink.mails] == [
        ["mia@posteo.example"],
        ["tom@posteo.example"],
    ]
    assert state_of(message) == "sent"


def test_replies_of_one_ticket_leave_in_order_while_the_first_is_delayed(ticket, smtp_sink, bo):
    """G11.1"""
    smtp_sink.script("mail", "421 4.3.2 down")
    send(ticket, "first", user=bo)
    delivery.deliver_due()
    send(ticket, "second", user=bo)
    assert delivery.deliver_due() == 0
    with time_machine.travel(now() + timedelta(minutes=3)):
        delivery.deliver_due()
        delivery.deliver_due()
    bodies = [mail.message.get_body(("plain",)).get_content() for mail in smtp_sink.mails]
    assert [body.split()[0] for body in bodies] == ["first", "second"]


def test_undo_in_time_sends_nothing_and_gives_the_draft_back(ticket, smtp_sink, bo):
    """G11.4"""
    message = send(ticket, "Too early", user=bo, hold_seconds=10)
    assert state_of(message) == "held"
    assert delivery.deliver_due() == 0
    delivery.withdraw(message.pk, bo)
    with time_machine.travel(now() + timedelta(minutes=5)):
        assert delivery.deliver_due() == 0
    assert (state_of(message), smtp_sink.mails) == ("withdrawn", [])
    assert Draft.objects.get(ticket=ticket, user=bo).content["text"] == "Too early"


def test_undo_before_the_subscriber_ran_sends_nothing(ticket, smtp_sink, bo):
    message = reply(ticket.pk, OutgoingMessage(text="Oops", hold_seconds=10), user=bo)
    delivery.withdraw(message.pk, bo)
    run_subscribers(ticket.organization_id)
    with time_machine.travel(now() + timedelta(minutes=5)):
        delivery.deliver_due()
    assert smtp_sink.mails == []


def test_undo_too_late_changes_nothing(ticket, smtp_sink, bo):
    message = send(ticket, user=bo)
    delivery.deliver_due()
    with pytest.raises(Conflict) as refused:
        delivery.withdraw(message.pk, bo)
    assert refused.value.code == "already_sent"
    assert state_of(message) == "sent"
    assert not Draft.objects.exists()


def test_undo_and_the_worker_race_and_exactly_one_wins(ticket, smtp_sink, bo):
    """F48"""
    for _ in range(12):
        before = len(smtp_sink.mails)
        message = send(ticket, user=bo)
        delivery_id = Delivery.objects.get(message=message).pk
        withdrawn = []

        def undo(message_id=message.pk, withdrawn=withdrawn):
            try:
                delivery.withdraw(message_id, bo)
                withdrawn.append(True)
            except Conflict:
                pass
            finally:
                connection.close()

        thread = threading.Thread(target=undo)
        thread.start()
        delivery.deliver(delivery_id)
        thread.join(30)
        sent = len(smtp_sink.mails) - before
        assert sent + len(withdrawn) == 1
        assert state_of(message) == ("withdrawn" if withdrawn else "sent")


def test_a_reply_that_missed_a_new_message_is_refused_and_shows_it(ticket, channel, bo, smtp_sink):
    """G10.3"""
    receive_mail(channel, "Never mind, it came", ticket=ticket)
    with pytest.raises(NewerMessages) as refused:
        reply(ticket.pk, OutgoingMessage(text="It is late", seen_position=1), user=bo)
    assert [m["text"] for m in refused.value.extra["messages"]] == ["Never mind, it came"]
    assert Message.objects.filter(kind="reply").count() == 0
    send(ticket, "It came, good", user=bo, seen_position=2)
    delivery.deliver_due()
    assert len(smtp_sink.mails) == 1


def test_a_note_never_leaves_the_house(ticket, smtp_sink, bo):
    add_note(ticket.pk, "She is right, refund her", user=bo)
    run_subscribers(ticket.organization_id)
    with time_machine.travel(now() + timedelta(days=1)):
        delivery.deliver_due()
    assert smtp_sink.mails == []
    assert not Delivery.objects.exists()


def test_an_empty_reply_is_refused_naming_the_field(ticket, bo):
    with pytest.raises(InvalidInput) as refused:
        reply(ticket.pk, OutgoingMessage(text="  "), user=bo)
    assert [each.path for each in refused.value.errors] == ["text"]


def test_line_breaks_in_subject_or_address_never_become_headers(ticket, smtp_sink, bo):
    """A30"""
    message = send(ticket, user=bo, subject="Hi\r\nBcc: thief@evil.example")
    delivery.deliver_due()
    assert (state_of(message), smtp_sink.mails) == ("failed", [])


def test_a_dead_worker_before_the_dot_costs_nothing_but_time(ticket, smtp_sink, bo):
    message = send(ticket, user=bo)
    stuck = Delivery.objects.get(message=message)
    Delivery.objects.filter(pk=stuck.pk).update(
        phase="claimed", attempts=1, fence=1, worker=123, lease_until=now() + timedelta(hours=1)
    )
    assert delivery.recover_claims() == 1
    delivery.deliver_due()
    assert (state_of(message), len(smtp_sink.mails)) == ("sent", 1)


def test_a_dead_worker_after_the_dot_makes_the_message_uncertain(ticket, smtp_sink, bo):
    message = send(ticket, user=bo)
    Delivery.objects.filter(message=message).update(
        phase="dot_sent", attempts=1, fence=1, worker=123, lease_until=now() + timedelta(hours=1)
    )
    assert delivery.recover_claims() == 1
    assert delivery.deliver_due() == 0
    assert (state_of(message), smtp_sink.mails) == ("uncertain", [])
    assert Event.objects.filter(type="message.delivery_changed").count() == 1


def test_the_claim_of_a_living_worker_is_left_alone(ticket, bo):
    message = send(ticket, user=bo)
    Delivery.objects.filter(message=message).update(
        phase="claimed",
        attempts=1,
        fence=1,
        worker=worker_number(),
        lease_until=now() + timedelta(minutes=1),
    )
    try:
        assert delivery.recover_claims() == 0
    finally:
        leave()
    assert Delivery.objects.get(message=message).phase == "claimed"


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_wrong_password_waits_for_a_person_and_loses_nothing(organization, bo, smtp_sink):
    smtp_sink.stop()
    smtp_sink.requires_login = True
    smtp_sink.start()
    channel = add_email_channel(
        organization,
        name="Shop",
        address="help@shop.example",
        smtp_url=f"smtp://sender:wrong@127.0.0.1:{smtp_sink.port}",
    )
    message = send(receive_mail(channel).ticket, user=bo)
    delivery.deliver_due()
    found = Message.objects.get(pk=message.pk)
    assert found.delivery_state == "delayed"
    assert "refused the password" in found.delivery_reason
    assert "wrong" not in found.delivery_reason
