"""Mail by SMTP: stored before the 250, refused at RCPT when it is not for us."""

from __future__ import annotations

import smtplib

import pytest
from django.db.utils import OperationalError

from helpdesk.lib.errors import Misconfigured
from inbox import door, raw
from inbox.models import RawInbound
from inbox.reply_tokens import reply_address
from integrations.email import listener
from tests.factories import make_channel
from tests.inbox.mails import write_mail
from tests.services.ports import free_port
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)

LISTENS = {"listen": True, "trusts_submitted_mail": True}


@pytest.fixture
def channel(organization):
    return make_channel(organization, config=LISTENS, aliases=["hello@shop.example"])


@pytest.fixture
def port(settings):
    settings.SMTP_LISTEN = f"127.0.0.1:{free_port()}"
    listener.start_listener()
    yield int(settings.SMTP_LISTEN.rpartition(":")[2])
    listener.stop_listener()


def send(port, content, *recipients, sender="mia@posteo.example"):
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as smtp:
        return smtp.sendmail(sender, list(recipients), content)


def test_a_mail_is_stored_before_it_is_acknowledged_and_becomes_a_ticket(channel, port):
    content = write_mail()
    send(port, content, "help@shop.example")
    row = RawInbound.objects.get()
    assert bytes(row.raw) == content
    assert row.envelope["mail_from"] == "mia@posteo.example"
    assert row.envelope["rcpt_to"] == ["help@shop.example"]
    door.process_due()
    assert Message.objects.get().is_sender_verified is True


def test_an_unknown_address_is_refused_at_rcpt(channel, port):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(port, write_mail(), "nobody@shop.example")
    assert refused.value.recipients["nobody@shop.example"][0] == 550
    assert RawInbound.objects.count() == 0


def test_a_channel_that_does_not_listen_takes_nothing(organization, port):
    make_channel(organization)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(port, write_mail(), "help@shop.example")


def test_aliases_and_reply_addresses_are_ours(channel, port):
    send(port, write_mail(), "Hello@Shop.example")
    door.process_due()
    ticket = Ticket.objects.get()
    send(port, write_mail("More", to="x@y.example"), reply_address("help@shop.example", ticket.pk))
    door.process_due()
    assert ticket.messages.count() == 2


def test_one_mail_to_two_channels_is_stored_once_for_each(channel, organization, port):
    """G2.3"""
    make_channel(organization, slug="b2b", address="b2b@shop.example", config=LISTENS)
    send(port, write_mail(), "help@shop.example", "b2b@shop.example", "hello@shop.example")
    assert RawInbound.objects.count() == 2


def test_a_sender_that_tries_again_makes_no_second_mail(channel, port):
    """F16"""
    content = write_mail()
    send(port, content, "help@shop.example")
    send(port, content, "help@shop.example")
    assert RawInbound.objects.count() == 1


def test_two_equal_notes_without_message_id_are_two_mails(channel, port):
    content = b"From: mia@posteo.example\r\nSubject: Hi\r\n\r\nHello?\r\n"
    send(port, content, "help@shop.example")
    send(port, content, "help@shop.example")
    door.process_due()
    assert Ticket.objects.count() == 2


def test_a_database_that_is_away_means_try_later(channel, port, monkeypatch):
    """F17"""

    def away(*_, **__):
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(raw, "store", away)
    with pytest.raises(smtplib.SMTPDataError) as answer:
        send(port, write_mail(), "help@shop.example")
    assert answer.value.smtp_code == 451
    monkeypatch.undo()
    send(port, write_mail(), "help@shop.example")
    assert RawInbound.objects.count() == 1


def test_a_mail_that_is_too_large_is_refused_by_its_announced_size(channel, port):
    """F18"""
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as smtp:
        smtp.ehlo()
        code, _ = smtp.mail("mia@posteo.example", [f"size={listener.MAX_MAIL_BYTES + 1}"])
    assert code == 552


def test_a_null_sender_is_automatic(channel, port):
    """G6.2"""
    send(port, write_mail("I am away"), "help@shop.example", sender="<>")
    door.process_due()
    assert Message.objects.get().kind == "auto_reply"


def test_a_taken_port_is_named(settings, port):
    taken = listener._listener
    listener._listener = None
    with pytest.raises(Misconfigured, match="AFTERCARE_SMTP_LISTEN"):
        listener.start_listener()
    listener._listener = taken


def test_an_address_that_is_none_is_named(settings):
    settings.SMTP_LISTEN = "everywhere"
    with pytest.raises(Misconfigured, match="AFTERCARE_SMTP_LISTEN"):
        listener.start_listener()
