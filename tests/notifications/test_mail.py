"""Notifications by e-mail: one mail, only for what was not seen, never in a loop (G6.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from helpdesk.accounts.actions import change_profile, change_settings
from helpdesk.accounts.models import Organization, User
from helpdesk.events.dispatch import run_subscribers
from helpdesk.notifications.actions import mark_read
from helpdesk.notifications.mail import send_due_mail
from helpdesk.notifications.models import NotificationMail
from inbox import raw
from inbox.door import process_due
from inbox.reply_tokens import find_notice_id
from inbox.staff_mail import MailState
from integrations.email.channels import add_email_channel
from tests.factories import receive_mail
from tests.services.smtp_sink import HANG_UP, SmtpSink
from tickets.actions.reply import add_note
from tickets.models import Channel, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def channel(organization: Organization, smtp_sink: SmtpSink) -> Channel:
    return add_email_channel(
        organization, name="Linden & Loom", address="help@shop.example", smtp_url=smtp_sink.url
    )


@pytest.fixture
def ticket(channel: Channel) -> Ticket:
    return receive_mail(channel).ticket


def mention(ticket: Ticket, author: User, person: User, text: str = "Look at this") -> None:
    add_note(ticket.pk, text, user=author, mention_ids=[person.pk])
    run_subscribers(ticket.organization_id)


def state() -> str:
    return NotificationMail.objects.get().state


def test_what_was_not_seen_comes_in_one_mail_after_three_minutes(
    clock: Any, ticket: Ticket, ada: User, bo: User, smtp_sink: SmtpSink
):
    mention(ticket, ada, bo, "First https://evil.example")
    clock.shift(timedelta(minutes=2))
    mention(ticket, ada, bo, "Second")
    assert send_due_mail() == 0

    clock.shift(timedelta(minutes=1))
    assert send_due_mail() == 1
    assert send_due_mail() == 0

    [mail] = smtp_sink.mails
    assert mail.recipients == ["bo@linden.example"]
    assert mail.message["Subject"] == f"Ada Kern mentioned you (#{ticket.number})"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert find_notice_id(mail.message["Message-ID"].strip("<>")) is not None
    body = mail.message.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert text.index("Second") < text.index("First")
    assert f"/t/{ticket.number}" in text
    assert "/me#notifications" in text
    assert "https://evil.example" not in text
    assert state() == MailState.SENT


def test_what_was_read_or_seen_on_the_page_is_not_mailed(
    clock: Any, ticket: Ticket, ada: User, bo: User, cy: User, smtp_sink: SmtpSink, client: Any
):
    mention(ticket, ada, bo)
    mark_read(bo)
    client.force_login(cy)
    mention(ticket, ada, cy)
    clock.shift(timedelta(minutes=1))
    assert client.get("/api/v1/me").status_code == 200  # she is here
    clock.shift(timedelta(minutes=3))

    assert send_due_mail() == 0

    assert smtp_sink.mails == []
    assert set(NotificationMail.objects.values_list("state", flat=True)) == {MailState.NOT_NEEDED}


def test_a_second_mail_within_a_quarter_of_an_hour_waits(
    clock: Any, ticket: Ticket, ada: User, bo: User, smtp_sink: SmtpSink
):
    mention(ticket, ada, bo)
    clock.shift(timedelta(minutes=3))
    assert send_due_mail() == 1
    mention(ticket, ada, bo, "And this")
    clock.shift(timedelta(minutes=14))
    assert send_due_mail() == 0

    clock.shift(timedelta(minutes=1))

    assert send_due_mail() == 1
    assert len(smtp_sink.mails) == 2


def test_quiet_hours_hold_mail_back_until_they_end(
    clock: Any, ticket: Ticket, ada: User, bo: User, smtp_sink: SmtpSink
):
    quiet = {"is_on": True, "from": "11:00", "to": "14:00"}
    change_profile(bo, settings={"quiet_hours": quiet, "language": "de"})
    mention(ticket, ada, bo)
    clock.shift(timedelta(hours=1, minutes=59))
    assert send_due_mail() == 0

    clock.shift(timedelta(minutes=1))

    assert send_due_mail() == 1
    assert smtp_sink.mails[0].message["Subject"].startswith("Ada Kern hat Sie erwähnt")


def test_a_cut_after_the_dot_is_never_repeated(
    clock: Any, ticket: Ticket, ada: User, bo: User, smtp_sink: SmtpSink
):
    smtp_sink.script("data", HANG_UP)
    mention(ticket, ada, bo)
    clock.shift(timedelta(minutes=3))
    assert send_due_mail() == 0
    assert state() == MailState.UNCERTAIN

    clock.shift(timedelta(hours=2))

    assert send_due_mail() == 0
    assert len(smtp_sink.mails) == 1


def test_a_server_that_is_busy_is_asked_again(
    clock: Any, ticket: Ticket, ada: User, bo: User, smtp_sink: SmtpSink
):
    smtp_sink.script("rcpt", "451 4.3.0 try later")
    mention(ticket, ada, bo)
    clock.shift(timedelta(minutes=3))
    assert send_due_mail() == 0
    assert state() == MailState.QUEUED

    clock.shift(timedelta(minutes=10))

    assert send_due_mail() == 1
    assert len(smtp_sink.mails) == 1


def test_mail_stops_when_the_mailbox_is_gone_until_the_person_chooses_again(
    clock: Any, ticket: Ticket, ada: User, bo: User, smtp_sink: SmtpSink
):
    smtp_sink.script("rcpt", "550 5.1.1 no such mailbox")
    mention(ticket, ada, bo)
    clock.shift(timedelta(minutes=3))
    assert send_due_mail() == 0
    assert state() == MailState.FAILED
    bo.refresh_from_db()
    assert bo.notification_mail_stopped_at is not None

    mention(ticket, ada, bo)
    assert NotificationMail.objects.count() == 1

    change_settings(bo, {"notifications": {"mentioned": {"email": True}}})
    mention(ticket, ada, bo)
    assert NotificationMail.objects.count() == 2


def test_a_notice_that_comes_back_becomes_no_ticket_and_ends_the_mail(
    clock: Any, ticket: Ticket, channel: Channel, ada: User, bo: User, smtp_sink: SmtpSink
):
    mention(ticket, ada, bo)
    clock.shift(timedelta(minutes=3))
    send_due_mail()
    sent = smtp_sink.mails[0].message
    report = (
        "From: Mail System <mailer-daemon@mx.example>\r\nTo: help@shop.example\r\n"
        "Subject: Undelivered\r\nMessage-ID: <dsn1@mx.example>\r\nAuto-Submitted: auto-replied\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt failed.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        "Final-Recipient: rfc822; bo@linden.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {sent['Message-ID']}\r\n"
        "\r\n--b--\r\n"
    ).encode()
    for content in (report, smtp_sink.mails[0].message.as_bytes()):  # the second: forwarded to us
        raw.store(channel, content)
    process_due()
    run_subscribers(ticket.organization_id)

    assert Ticket.objects.count() == 1
    bo.refresh_from_db()
    assert bo.notification_mail_stopped_at is not None


def test_a_person_whose_address_is_the_shops_own_gets_no_mail(
    clock: Any, ticket: Ticket, ada: User, bo: User, smtp_sink: SmtpSink
):
    User.objects.filter(pk=bo.pk).update(email="help@shop.example")
    mention(ticket, ada, bo)
    clock.shift(timedelta(minutes=3))

    assert send_due_mail() == 0
    assert smtp_sink.mails == []
    assert state() == MailState.FAILED
