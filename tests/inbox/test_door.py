"""One stored arrival becomes one message, whatever it is and however often it is tried."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import connections

from helpdesk.events.models import Event
from helpdesk.lib import blobs
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict
from inbox import door, raw
from inbox.models import Fate, RawInbound, RawState
from inbox.reply_tokens import outgoing_message_id, reply_address
from integrations.email.channels import add_email_channel
from tests.factories import make_channel
from tests.inbox.mails import take_in, write_mail
from tickets.actions.delivery import set_delivery_state
from tickets.actions.receive import receive_on_ticket
from tickets.actions.reply import OutgoingMessage, reply
from tickets.actions.status import close
from tickets.models import Customer, DeliveryState, Handle, Message, MessageKind, Status, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def channel(organization):
    return make_channel(organization)


def answered(ticket, user=None, to=None):
    """An answer of ours that has left with its Message-ID."""
    message = reply(ticket.pk, OutgoingMessage(text="Here it is.", to=to or []), user=user)
    external_id = outgoing_message_id(message.pk, ticket.pk, "shop.example")
    Message.objects.filter(pk=message.pk).update(external_id=external_id)
    set_delivery_state(message.pk, DeliveryState.SENT)
    message.external_id = external_id
    return message


def first_ticket(channel, **mail):
    return Ticket.objects.get(pk=take_in(channel, write_mail(**mail)).ticket_id)


def bounce_of(original, recipient="mia@posteo.example", status="5.1.1"):
    """An RFC 3464 report about one of our mails."""
    lines = [
        "From: Mail Delivery System <MAILER-DAEMON@mx.posteo.example>",
        "To: help@shop.example",
        "Subject: Undelivered Mail Returned to Sender",
        f"Message-ID: <dsn-{original[:6]}-{status}@mx.posteo.example>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        f"<{recipient}>: user unknown",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.posteo.example",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        "Action: failed",
        f"Status: {status}",
        "",
        "--b",
        "Content-Type: text/rfc822-headers",
        "",
        "From: help@shop.example",
        f"To: {recipient}",
        "Subject: Re: My order",
        f"Message-ID: <{original}>",
        "",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


def test_a_mail_becomes_a_ticket_with_its_message_and_two_events(channel):
    arrival = take_in(channel, write_mail("Where is my parcel?", files=[("bill.pdf", b"%PDF-1")]))

    ticket = Ticket.objects.get()
    message = ticket.messages.get()
    assert (arrival.state, arrival.fate) == (RawState.PROCESSED, Fate.MESSAGE)
    assert (arrival.ticket_id, arrival.message_id) == (ticket.pk, message.pk)
    assert (ticket.subject, ticket.status, ticket.is_unread) == ("My order", "open", True)
    assert message.body.text == "Where is my parcel?"
    assert message.is_sender_verified is None
    assert ticket.customer.name == "Mia Laurent"
    assert blobs.read(message.attachments.get().sha256) == b"%PDF-1"
    types = list(Event.objects.order_by("seq").values_list("type", flat=True))
    assert types == ["ticket.created", "message.received"]


def test_the_same_bytes_fifty_times_by_four_workers_are_one_message(channel):
    """G2.1, F8, F20"""
    content = write_mail()

    def work():
        try:
            for _ in range(12):
                arrival, _ = raw.store(channel, content)
                door.process(arrival.pk)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert RawInbound.objects.count() == 1
    assert Message.objects.count() == 1
    assert Event.objects.count() == 2


def test_one_mail_delivered_by_two_ways_is_one_message_and_the_second_is_logged(channel):
    """G2.1, F7"""
    content = write_mail()
    first = take_in(channel, content)
    second = take_in(channel, b"Received: from elsewhere\r\n" + content)

    assert (second.state, second.fate) == (RawState.PROCESSED, Fate.DUPLICATE)
    assert second.duplicate_of_id == first.pk
    assert second.ticket_id == first.ticket_id
    assert Message.objects.count() == 1
    assert Event.objects.count() == 2


def test_two_different_mails_with_one_message_id_are_both_kept_and_the_second_is_flagged(channel):
    """G2.4, A15, F6"""
    take_in(channel, write_mail("First", message_id="same@x.example"))
    take_in(channel, write_mail("Second", message_id="same@x.example"))

    texts = {each.body.text: each.flags for each in Message.objects.select_related("body")}
    assert texts == {"First": [], "Second": ["message-id-reused"]}


def test_mails_without_message_id_are_taken_in(channel):
    """F6"""
    take_in(channel, write_mail("One", message_id=""))
    take_in(channel, write_mail("Two", message_id=""))
    assert Message.objects.count() == 2


def test_a_deleted_ticket_stays_deleted_when_its_mail_comes_again(channel):
    """G2.2"""
    content = write_mail()
    take_in(channel, content)
    Ticket.objects.all().delete()
    arrival = take_in(channel, content)
    assert arrival.state == RawState.PROCESSED
    assert Message.objects.count() == 0


def test_one_mail_to_two_of_our_channels_is_one_copy_each_linked(channel, organization):
    """G2.3, F7"""
    wholesale = make_channel(organization, slug="b2b", address="b2b@shop.example")
    content = write_mail(to="help@shop.example, b2b@shop.example")
    first, second = take_in(channel, content), take_in(wholesale, content)

    assert first.ticket_id != second.ticket_id
    assert Ticket.objects.get(pk=second.ticket_id).related_to_id == first.ticket_id
    assert [each.flags for each in Message.objects.all()] == [[], []]

    again = write_mail("And?", references=["x@y", message_id_of(first)])
    assert take_in(channel, again).ticket_id == first.ticket_id
    assert take_in(wholesale, again).ticket_id == second.ticket_id


def message_id_of(arrival):
    return Message.objects.get(pk=arrival.message_id).external_id


@pytest.mark.parametrize("how", ["in_reply_to", "references", "plus_address", "old_reference"])
def test_an_answer_finds_its_ticket(channel, how):
    """G3.1"""
    ticket = first_ticket(channel)
    ours = answered(ticket)
    mail = {
        "in_reply_to": {"in_reply_to": ours.external_id},
        "references": {"references": ["unknown@x", ours.external_id]},
        "old_reference": {"references": [ticket.messages.get(position=1).external_id, "new@x"]},
        "plus_address": {"to": reply_address("help@shop.example", ticket.pk)},
    }[how]
    arrival = take_in(channel, write_mail("Thanks!", subject="Re: My order", **mail))

    assert arrival.ticket_id == ticket.pk
    assert Ticket.objects.count() == 1
    assert Message.objects.get(pk=arrival.message_id).position == 3


def test_an_answer_finds_its_ticket_when_the_provider_changed_our_message_id(channel):
    """G3.2"""
    ticket = first_ticket(channel)
    answered(ticket)
    to = reply_address("help@shop.example", ticket.pk)
    arrival = take_in(channel, write_mail("Thanks!", to=to, in_reply_to="0100@ses.example"))
    assert arrival.ticket_id == ticket.pk


def test_a_ticket_number_counts_only_for_its_own_customer(channel):
    """G3.1, A4"""
    ticket = first_ticket(channel)
    subject = f"Re: [#{ticket.number}] My order"
    own = take_in(channel, write_mail("More", subject=subject))
    foreign = take_in(channel, write_mail("Mine!", subject=subject, sender="eve@evil.example"))

    assert own.ticket_id == ticket.pk
    assert foreign.ticket_id != ticket.pk
    assert Ticket.objects.get(pk=ticket.pk).customer.name == "Mia Laurent"


def test_an_altered_mark_is_ignored(channel):
    """G3.3, A1"""
    ticket = first_ticket(channel)
    address = reply_address("help@shop.example", ticket.pk)
    mark = address.partition("@")[0]
    altered = mark[:-1] + ("a" if mark[-1] != "a" else "b") + "@shop.example"
    arrival = take_in(channel, write_mail("Hi", to=altered, sender="eve@evil.example"))
    assert arrival.ticket_id != ticket.pk
    assert Ticket.objects.get(pk=arrival.ticket_id).related_to is None


def test_a_mark_of_another_organization_is_ignored(channel, other_organization):
    """G3.3"""
    foreign = first_ticket(make_channel(other_organization))
    to = reply_address("help@shop.example", foreign.pk)
    arrival = take_in(channel, write_mail("Hi", to=to))
    assert arrival.ticket_id != foreign.pk
    assert foreign.messages.count() == 1


def test_a_stranger_who_names_a_known_message_gets_a_ticket_of_his_own(channel):
    """A4, G3.4"""
    ticket = first_ticket(channel)
    ours = answered(ticket)
    mail = write_mail("Send it to me", sender="eve@evil.example", in_reply_to=ours.external_id)
    arrival = take_in(channel, mail)

    assert arrival.ticket_id != ticket.pk
    assert Ticket.objects.get(pk=arrival.ticket_id).related_to_id == ticket.pk
    assert ticket.messages.count() == 2


def test_a_stranger_with_the_reply_address_takes_part_unverified(channel):
    """G3.3: the ticket's customer is not switched."""
    ticket = first_ticket(channel)
    to = reply_address("help@shop.example", ticket.pk)
    arrival = take_in(channel, write_mail("I am her sister", sender="sis@x.example", to=to))

    message = Message.objects.get(pk=arrival.message_id)
    assert arrival.ticket_id == ticket.pk
    assert message.flags == ["unverified-participant"]
    assert Ticket.objects.get(pk=ticket.pk).customer_id == ticket.customer_id != message.customer_id


def test_somebody_we_wrote_to_takes_part(channel):
    ticket = first_ticket(channel)
    ours = answered(ticket, to=[{"name": "", "address": "Carrier@dhl.example"}])
    mail = write_mail("Delivered", sender="carrier@dhl.example", in_reply_to=ours.external_id)
    assert take_in(channel, mail).ticket_id == ticket.pk


def test_an_unverified_sender_cannot_bring_others_in(channel):
    """A3"""
    ticket = first_ticket(channel)
    ours = answered(ticket)
    spoofed = write_mail("Please Cc my lawyer", in_reply_to=ours.external_id, Cc="eve@evil.example")
    take_in(channel, spoofed)
    arrival = take_in(
        channel, write_mail("History?", sender="eve@evil.example", in_reply_to=ours.external_id)
    )
    assert arrival.ticket_id != ticket.pk


def test_an_answer_reopens_within_the_days_and_later_begins_a_linked_ticket(channel, ada):
    """G3.8"""
    ticket = first_ticket(channel)
    ours = answered(ticket)
    close(ticket.pk)
    soon = take_in(
        channel, write_mail("And?", in_reply_to=ours.external_id, subject="Re: My order")
    )
    assert soon.ticket_id == ticket.pk
    assert Ticket.objects.get(pk=ticket.pk).status == Status.OPEN

    close(ticket.pk)
    with time_machine.travel(now() + timedelta(days=15), tick=False):
        late = take_in(
            channel, write_mail("Again!", in_reply_to=ours.external_id, subject="Re: My order")
        )
    assert late.ticket_id != ticket.pk
    assert Ticket.objects.get(pk=late.ticket_id).related_to_id == ticket.pk
    assert Ticket.objects.get(pk=ticket.pk).status == Status.CLOSED


def test_a_new_subject_on_a_closed_ticket_begins_a_linked_one(channel):
    """G3.7"""
    ticket = first_ticket(channel)
    close(ticket.pk)
    known = ticket.messages.get().external_id
    arrival = take_in(channel, write_mail("Hi", subject="A gift card", in_reply_to=known))
    assert arrival.ticket_id != ticket.pk
    assert Ticket.objects.get(pk=arrival.ticket_id).related_to_id == ticket.pk


def test_an_answer_to_a_merged_ticket_lands_in_the_survivor(channel):
    """G3.5: a chain of five."""
    chain = [first_ticket(channel, text=f"Part {n}") for n in range(5)]
    for merged, survivor in pairwise(chain):
        Ticket.objects.filter(pk=merged.pk).update(merged_into=survivor)
    known = chain[0].messages.get().external_id
    arrival = take_in(channel, write_mail("More", in_reply_to=known, subject="Re: My order"))
    assert arrival.ticket_id == chain[-1].pk


def test_a_ticket_merged_while_its_mail_is_filed_leads_to_the_survivor(channel):
    """F38"""
    first, second = first_ticket(channel), first_ticket(channel, text="Other")
    Ticket.objects.filter(pk=first.pk).update(merged_into=second)
    from tests.factories import make_customer
    from tickets.actions.receive import IncomingMessage

    incoming = IncomingMessage(customer=make_customer(channel.organization), channel=channel)
    assert receive_on_ticket(first.pk, incoming).ticket_id == second.pk


def test_many_senders_answering_one_bulk_mail_get_a_ticket_each(channel):
    """G3.4"""
    arrivals = [
        take_in(
            channel,
            write_mail("Yes", sender=f"c{n}@x.example", in_reply_to="newsletter-1@shop.example"),
        )
        for n in range(5)
    ]
    assert len({each.ticket_id for each in arrivals}) == 5


def test_a_bounce_marks_its_message_and_flags_the_address(channel):
    """G6.3"""
    ticket = first_ticket(channel)
    ours = answered(ticket)
    arrival = take_in(channel, bounce_of(ours.external_id))

    message = Message.objects.get(pk=ours.pk)
    report = Message.objects.get(pk=arrival.message_id)
    assert arrival.fate == Fate.BOUNCE
    assert message.delivery_state == DeliveryState.BOUNCED
    assert "mia@posteo.example" in message.delivery_reason
    assert Handle.objects.get(value="mia@posteo.example").bounced_at is not None
    assert (report.ticket_id, report.kind, report.author_type) == (ticket.pk, "bounce", "system")
    assert Customer.objects.count() == 1


def test_a_delay_report_is_kept_and_changes_nothing(channel):
    ticket = first_ticket(channel)
    ours = answered(ticket)
    arrival = take_in(channel, bounce_of(ours.external_id, status="4.4.1"))
    assert Message.objects.get(pk=ours.pk).delivery_state == DeliveryState.SENT
    assert Handle.objects.get().bounced_at is None
    assert Message.objects.get(pk=arrival.message_id).kind == MessageKind.BOUNCE


def test_a_forged_bounce_changes_nothing(channel):
    """A14"""
    ticket = first_ticket(channel)
    ours = answered(ticket)
    events = Event.objects.count()
    unknown = take_in(channel, bounce_of("guessed@shop.example"))
    assert (unknown.fate, unknown.ticket_id) == (Fate.BOUNCE, None)
    assert Event.objects.count() == events

    take_in(channel, bounce_of(ours.external_id, recipient="victim@else.example"))
    assert Message.objects.get(pk=ours.pk).delivery_state == DeliveryState.SENT
    assert not Handle.objects.filter(bounced_at__isnull=False).exists()


def test_an_automatic_reply_stays_on_its_closed_ticket_and_starts_nothing(channel):
    """G6.2"""
    ticket = first_ticket(channel)
    ours = answered(ticket)
    close(ticket.pk)
    mail = write_mail(
        "I am away", in_reply_to=ours.external_id, subject="Out of office",
        Auto_Submitted="auto-replied",
    )  # fmt: skip
    arrival = take_in(channel, mail)
    message = Message.objects.get(pk=arrival.message_id)
    assert (arrival.fate, arrival.ticket_id) == (Fate.AUTO_REPLY, ticket.pk)
    assert (message.kind, message.is_automatic) == ("auto_reply", True)
    assert Ticket.objects.get(pk=ticket.pk).status == Status.CLOSED


def test_an_automatic_reply_to_nothing_begins_a_quiet_closed_ticket(channel):
    """G6.2"""
    arrival = take_in(channel, write_mail("Away", Auto_Submitted="auto-replied"))
    ticket = Ticket.objects.get(pk=arrival.ticket_id)
    assert (ticket.status, ticket.is_unread, ticket.tags) == ("closed", False, ["auto-reply"])


def test_list_mail_is_shown_but_automatic(channel):
    """G6.2"""
    arrival = take_in(channel, write_mail("Hello all", List_Id="<all.x.example>"))
    message = Message.objects.get(pk=arrival.message_id)
    assert (message.kind, message.is_automatic) == ("customer", True)
    assert message.ticket.status == Status.OPEN


def test_mail_from_our_own_address_is_kept_and_triggers_nothing(channel):
    """G6.5, G1.7"""
    arrival = take_in(channel, write_mail("Note to us", sender="help@shop.example"))
    message = Message.objects.get(pk=arrival.message_id)
    assert arrival.fate == Fate.OWN_MAIL
    assert (message.is_automatic, message.flags) == (True, ["own-address"])
    assert message.ticket.status == Status.OPEN


def test_our_own_mail_coming_back_is_logged_and_is_no_second_message(channel):
    """G6.1, G6.5"""
    ticket = first_ticket(channel)
    ours = answered(ticket)
    echo = write_mail("Here it is.", sender="help@shop.example", message_id=ours.external_id)
    arrival = take_in(channel, echo)
    assert (arrival.fate, arrival.message_id) == (Fate.OWN_MAIL, None)
    assert ticket.messages.count() == 2


def test_mail_from_one_of_our_channels_to_another_is_imported(channel, organization):
    """G1.7"""
    other = make_channel(organization, slug="b2b", address="b2b@shop.example")
    ticket = first_ticket(channel)
    ours = answered(ticket, to=[{"name": "", "address": "b2b@shop.example"}])
    mail = write_mail(
        "Please check", sender="help@shop.example", to="b2b@shop.example",
        message_id=ours.external_id,
    )  # fmt: skip
    arrival = take_in(other, mail)
    assert arrival.fate == Fate.OWN_MAIL
    assert arrival.ticket_id not in (None, ticket.pk)
    assert Message.objects.get(pk=arrival.message_id).is_automatic


def test_a_blocked_sender_is_logged_and_makes_no_ticket(organization):
    channel = make_channel(organization, config={"blocked_senders": ["@evil.example"]})
    arrival = take_in(channel, write_mail(sender="eve@evil.example"))
    assert (arrival.state, arrival.fate) == (RawState.PROCESSED, Fate.BLOCKED)
    assert Ticket.objects.count() == 0
    assert bytes(RawInbound.objects.get().raw)


def test_strangers_whose_address_cannot_be_read_share_no_customer(channel):
    """A8"""
    take_in(channel, write_mail("A", sender="nobody"))
    take_in(channel, write_mail("B", sender="nobody"))
    assert Customer.objects.count() == 2
    assert not Handle.objects.filter(is_verified=True).exists()


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ("mx.shop.example; dmarc=pass header.from=posteo.example", True),
        ("mx.shop.example; dmarc=fail header.from=posteo.example", False),
        ("mx.evil.example; dmarc=pass header.from=posteo.example", None),
    ],
)
def test_a_sender_is_verified_only_by_our_own_mail_server(organization, results, expected):
    """A7"""
    channel = make_channel(organization, config={"authserv_ids": ["mx.shop.example"]})
    header = f"Authentication-Results: {results}\r\n".encode()
    arrival = take_in(channel, header + write_mail())
    message = Message.objects.get(pk=arrival.message_id)
    assert message.is_sender_verified is expected
    assert Handle.objects.get().is_verified is (expected is True)


def test_submitted_mail_is_trusted_only_where_the_channel_says_so(organization):
    channel = make_channel(organization, config={"trusts_submitted_mail": True})
    first = take_in(channel, write_mail("By SMTP"), source="smtp")
    other = take_in(channel, write_mail("By IMAP"), source="imap")
    assert Message.objects.get(pk=first.message_id).is_sender_verified is True
    assert Message.objects.get(pk=other.message_id).is_sender_verified is None


class TestQuarantine:
    """F10, G1.4: what cannot be parsed or filed is kept, says why, and can be tried again."""

    def test_a_mail_the_parser_cannot_take_in(self, channel, monkeypatch):
        from integrations.email.connector import EmailConnector
        from integrations.email.parser_child import Unparsable

        def overrun(self, raw):
            raise Unparsable("overran", "Parsing took longer than 10 seconds.")

        monkeypatch.setattr(EmailConnector, "_parse", overrun)
        arrival = take_in(channel, write_mail())
        assert arrival.state == RawState.QUARANTINED
        assert arrival.reason == "Parsing took longer than 10 seconds."
        assert Ticket.objects.count() == 0

        monkeypatch.undo()
        again = door.retry(arrival.pk)
        assert (again.state, again.fate) == (RawState.PROCESSED, Fate.MESSAGE)
        assert Message.objects.get().raw_id == arrival.pk
        with pytest.raises(Conflict):
            door.retry(arrival.pk)

    def test_a_mail_that_cannot_be_filed(self, channel, monkeypatch):
        monkeypatch.setattr(door, "find_match", lambda *_, **__: 1 / 0)
        arrival = take_in(channel, write_mail())
        assert arrival.state == RawState.QUARANTINED
        assert "ZeroDivisionError" in arrival.reason
        assert (Ticket.objects.count(), Customer.objects.count()) == (0, 0)

    def test_a_mail_whose_workers_keep_dying(self, channel):
        arrival, _ = raw.store(channel, write_mail())
        RawInbound.objects.update(attempts=door.MAX_CLAIMS)
        assert door.process(arrival.pk).state == RawState.QUARANTINED


def test_a_full_disk_loses_nothing_and_the_mail_is_tried_again(channel, monkeypatch):
    """F27"""
    arrival, _ = raw.store(channel, write_mail(files=[("bill.pdf", b"%PDF-2")]))

    def full(content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(blobs, "write", full)
    with pytest.raises(OSError, match="No space"):
        door.process(arrival.pk)
    row = RawInbound.objects.get()
    assert (row.state, row.attempts) == (RawState.RECEIVED, 0)
    assert Ticket.objects.count() == 0

    monkeypatch.undo()
    assert door.process_due() == 0
    with time_machine.travel(now() + timedelta(seconds=31), tick=False):
        assert door.process_due() == 1
    assert Message.objects.count() == 1


def test_the_sweep_takes_what_nobody_rang_for_and_leaves_what_somebody_holds(channel):
    raw.store(channel, write_mail("Due"))
    raw.store(channel, write_mail("Held"), is_claimed=True)
    assert door.process_due() == 1
    assert [each.text for each in _bodies()] == ["Due"]


def test_answers_wait_for_what_they_answer(channel):
    """I-ORDER: a worker that is rung for the second mail first takes the first one."""
    raw.store(channel, write_mail("First", message_id="first@posteo.example"))
    second, _ = raw.store(channel, write_mail("Second", in_reply_to="first@posteo.example"))
    door.process(second.pk)
    assert [each.text for each in _bodies()] == ["First", "Second"]
    assert Ticket.objects.count() == 1


def test_an_arrival_of_a_dead_worker_is_taken_over_at_once(channel):
    """F20"""
    raw.store(channel, write_mail(), is_claimed=True)
    RawInbound.objects.update(worker=7)  # nobody holds number 7
    assert door.process_due() == 1
    assert Message.objects.count() == 1


def test_a_worker_that_was_overtaken_writes_nothing(channel):
    """F20: the claim is fenced."""
    held, _ = raw.store(channel, write_mail(), is_claimed=True)
    RawInbound.objects.update(lease_until=now() - timedelta(seconds=1))
    door.process(held.pk)
    door.process_claimed(held)
    assert Message.objects.count() == 1


def test_an_ordinary_mail_costs_few_queries(channel, django_assert_max_num_queries):
    raw.store(channel, write_mail())
    with django_assert_max_num_queries(22) as captured:
        assert door.process_channel(channel.pk) == 1
    statements = [each["sql"] for each in captured.captured_queries]
    assert sum(each.startswith("SELECT") for each in statements) <= 6


def _bodies():
    return [each.body for each in Message.objects.select_related("body").order_by("id")]


def test_a_channel_may_be_made_with_its_secrets_kept_apart(organization):
    channel = add_email_channel(
        organization, name="Help", address="Help@Shop.example",
        imap_url="imaps://help%40shop.example:s3cret@imap.example", smtp_url="",
    )  # fmt: skip
    assert channel.address == "help@shop.example"
    assert "s3cret" not in str(channel.config) + channel.secrets
