"""An uncertain message is looked for in the Sent folder of the real mailbox before a person is asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib.clock import now
from inbox import delivery
from integrations.email.channels import add_email_channel
from tests.factories import receive_mail
from tests.services.smtp_sink import HANG_UP
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def uncertain(organization, bo, smtp_sink, mailbox):
    channel = add_email_channel(
        organization,
        name="Shop",
        address="help@shop.example",
        imap_url=mailbox.imap_url,
        smtp_url=smtp_sink.url,
    )
    smtp_sink.script("data", HANG_UP)
    message = reply(
        receive_mail(channel).ticket.pk, OutgoingMessage(text="It left, did it?"), user=bo
    )
    run_subscribers(organization.pk)
    delivery.deliver_due()
    return message


def test_a_copy_in_the_sent_folder_proves_that_it_left(uncertain, smtp_sink, mailbox):
    mailbox.deliver(smtp_sink.mails[0].raw, folder="Sent")
    with time_machine.travel(now() + timedelta(minutes=2), tick=True):
        assert delivery.check_uncertain() == 1
    assert Message.objects.get(pk=uncertain.pk).delivery_state == "sent"
    assert len(smtp_sink.mails) == 1


def test_without_a_copy_it_stays_uncertain(uncertain, smtp_sink):
    with time_machine.travel(now() + timedelta(minutes=2), tick=True):
        assert delivery.check_uncertain() == 0
    assert Message.objects.get(pk=uncertain.pk).delivery_state == "uncertain"
    assert len(smtp_sink.mails) == 1
