"""SMS by Twilio beyond what every connector must do: issue 4, point 2."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib.clock import now
from inbox import delivery, door, files, polling, webhooks
from inbox.connector import WebhookRequest
from inbox.models import Connection, Delivery, DeliveryAttempt, Hook, RawInbound
from integrations.twilio import signed as signatures
from integrations.twilio.keywords import keyword_of
from tests.contracts.test_twilio import (
    ACCOUNT,
    MESSAGES,
    OURS,
    THEIRS,
    make_sms,
    message_json,
    sid,
    signed,
    text_fields,
)
from tests.contracts.vendor import HANG_UP
from tickets.actions.attach import keep_upload
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Attachment, Handle, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def twilio(vendor):
    vendor.obeys("twilio/twilio_api_v2010.json.gz", connector="sms")
    count = iter(range(1000))
    vendor.answers("POST", MESSAGES, 201, lambda _: (201, message_json(f"o{next(count)}")))
    return vendor


@pytest.fixture
def channel(organization, twilio):
    return make_sms(organization, twilio.url)


def post(channel, fields, query=""):
    call = signed(channel, fields, query)
    return Client().generic(
        "POST", f"/hooks/{channel.kind}/{channel.hook_token}{'?' + query if query else ''}",
        call.body, content_type=call.content_type,
        HTTP_X_TWILIO_SIGNATURE=call.headers["X-Twilio-Signature"],
    )  # fmt: skip


def text(channel, key, words, **more):
    answer = post(channel, text_fields(key, words, **more))
    settle(channel)
    return answer


def settle(channel):
    webhooks.process_hooks(channel.pk)
    door.process_channel(channel.pk)


def send(ticket, words="It arrives on Tuesday.", **more):
    message = reply(ticket.pk, OutgoingMessage(text=words, **more), user=more.pop("user", None))
    run_subscribers(ticket.organization_id)
    return message


def status(channel, message, state, key="o0", **more):
    told = {"MessageSid": sid(key), "MessageStatus": state, "From": OURS, "To": THEIRS, **more}
    post(channel, told, f"message={message.pk}")
    settle(channel)
    return Message.objects.get(pk=message.pk)


# --- Whether a call is Twilio's


def test_the_vectors_of_twilios_own_library(corpora):
    vectors = json.loads((corpora / "payloads/signatures/twilio_vectors.json").read_text("utf-8"))
    judged = 0
    for each in vectors:
        if "signature" not in each:
            continue
        body = each.get("body") or ""
        if "params" in each:
            pairs = each["params"]
            pairs = list(pairs.items()) if isinstance(pairs, dict) else pairs
            body = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in pairs)
        request = WebhookRequest(
            "POST", each["url"], dict(p.split("=", 1) for p in each["url"].split("?")[1].split("&")),
            {}, body.encode(),
        )  # fmt: skip
        found = signatures.is_signed(each["auth_token"], request, each["signature"])
        assert found is each["valid"], each["name"]
        tampered = WebhookRequest("POST", each["url"] + "&x=1", request.query, {}, body.encode())
        assert not signatures.is_signed(each["auth_token"], tampered, each["signature"])
        judged += 1
    assert judged == 8


def test_the_public_address_counts_whatever_a_proxy_made_of_it(channel):
    fields = text_fields("m1", "Hello")
    call = signed(channel, fields)
    answer = Client().generic(
        "POST", f"/hooks/sms/{channel.hook_token}", call.body, content_type=call.content_type,
        HTTP_HOST="internal:8000", HTTP_X_FORWARDED_PROTO="http", SERVER_PORT="8000",
        HTTP_X_TWILIO_SIGNATURE=call.headers["X-Twilio-Signature"],
    )  # fmt: skip
    assert answer.status_code in (200, 400)  # 400: the host itself is not allowed here
    assert Hook.objects.count() == (answer.status_code == 200)


def test_a_call_about_another_account_is_refused_though_it_is_signed(channel):
    answer = post(channel, {**text_fields("m1", "Hello"), "AccountSid": "AC" + "9" * 32})
    assert answer.status_code == 401
    assert Hook.objects.count() == 0


# --- Coming in


def test_a_text_with_a_picture_has_it_fetched_with_our_credentials(channel, twilio):
    media = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid('m1')}/Media/ME1"
    picture = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
    twilio.judge = None  # the bytes of media are not in the contract
    twilio.answers("GET", media, 200, picture, headers={"Content-Type": "image/jpeg"})
    text(channel, "m1", "It came broken", NumMedia="1", MediaUrl0=f"https://api.twilio.com{media}",
         MediaContentType0="image/jpeg")  # fmt: skip
    file = Attachment.objects.get()
    assert (file.state, file.name) == ("waiting", "media-1.jpg")
    assert files.fetch_file(file.pk)
    file.refresh_from_db()
    assert (file.state, file.content_type, file.size_bytes) == ("ready", "image/png", len(picture))
    assert twilio.last("GET", media).headers["authorization"].startswith("Basic ")


def test_media_elsewhere_never_see_our_credentials(channel, twilio):
    text(channel, "m1", "", NumMedia="1", MediaUrl0="https://evil.example/x.jpg")
    file = Attachment.objects.get()
    assert not files.fetch_file(file.pk)
    file.refresh_from_db()
    assert (file.state, file.detail) == ("failed", "This file is not at Twilio.")
    assert twilio.requests == []


def test_a_file_that_is_too_large_is_told(channel, twilio):
    media = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid('m1')}/Media/ME1"
    twilio.judge = None
    twilio.answers("GET", media, 200, b"x" * (5 * 1024 * 1024 + 1))
    text(channel, "m1", "", NumMedia="1", MediaUrl0=f"https://api.twilio.com{media}")
    file = Attachment.objects.get()
    files.fetch_file(file.pk)
    file.refresh_from_db()
    assert (file.state, file.detail) == ("failed", "The answer is too large.")


# --- STOP, START, HELP


def test_stop_is_remembered_replies_are_refused_and_start_undoes_it(channel, twilio, bo):
    text(channel, "m1", "Where is my parcel?")
    ticket = Ticket.objects.get()
    text(channel, "m2", " Stop. ")
    handle = Handle.objects.get(kind="phone")
    assert (handle.value, handle.opted_out) == (THEIRS, ["sms"])
    assert Ticket.objects.get().is_unread
    stop = Message.objects.get(external_id=sid("m2"))
    assert (stop.kind, stop.details) == ("auto_reply", {"keyword": "stop"})

    message = send(ticket)
    delivery.deliver_due()
    message.refresh_from_db()
    assert message.delivery_state == "failed"
    assert Delivery.objects.get(message=message).reason_code == "opted_out"
    assert twilio.asked("POST", MESSAGES) == 0

    text(channel, "m3", "START")
    handle.refresh_from_db()
    assert handle.opted_out == []
    message = send(ticket, "Your parcel is here.")
    delivery.deliver_due()
    message.refresh_from_db()
    assert message.delivery_state == "sent"
    assert twilio.asked("POST", MESSAGES) == 1


def test_twilio_knowing_of_a_stop_teaches_us(channel, twilio):
    text(channel, "m1", "Where is my parcel?")
    refused = {"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400}
    twilio.answers("POST", MESSAGES, 400, refused)
    send(Ticket.objects.get())
    delivery.deliver_due()
    assert Delivery.objects.get().reason_code == "opted_out"
    assert Handle.objects.get(kind="phone").opted_out == ["sms"]


@pytest.mark.parametrize(
    ("words", "meaning", "is_plain"),
    [
        ("STOP", "stop", True), ("stopp", "stop", True), ("Arrêt", "stop", True),
        ("СТОП!", "stop", True), ("退订", "stop", True), ("baja", "stop", True),
        ("Cancel", "stop", False), ("yes", "start", False), ("UNSTOP", "start", True),
        ("hilfe", "help", True), ("Stop sending me the wrong size", "", False),
        ("cancel my order", "", False), ("", "", False),
    ],
)  # fmt: skip
def test_only_a_message_that_is_nothing_but_the_word_is_a_keyword(words, meaning, is_plain):
    found = keyword_of(words)
    assert (found.meaning, found.is_plain) == (meaning, is_plain)


def test_help_is_answered_with_the_shops_words_once_and_opens_nothing(organization, twilio):
    channel = make_sms(organization, twilio.url, help_text="Linden & Loom. Reply STOP to end.")
    answer = text(channel, "m1", "HELP")
    assert answer["Content-Type"].startswith("text/xml")
    assert b"<Message>Linden &amp; Loom. Reply STOP to end.</Message>" in answer.content
    assert Ticket.objects.get().status == "closed"
    assert b"<Message>" not in text(channel, "m2", "HELP", OptOutType="HELP").content
    assert b"<Message>" not in text(channel, "m3", "Where is it?").content


def test_without_an_answer_of_ours_help_is_a_person_asking(channel):
    assert b"<Message>" not in text(channel, "m1", "Help!").content
    assert Ticket.objects.get().status == "open"


# --- Going out


def test_a_reply_names_us_them_and_where_to_report(channel, twilio):
    text(channel, "m1", "Where is my parcel?")
    message = send(Ticket.objects.get(), "Morgen. 👍")
    delivery.deliver_due()
    form = twilio.last("POST", MESSAGES).form
    callback = f"{settings.PUBLIC_URL}/hooks/sms/{channel.hook_token}?message={message.pk}"
    assert form == {"To": THEIRS, "From": OURS, "Body": "Morgen. 👍", "StatusCallback": callback}


def test_a_messaging_service_sends_instead_of_the_number(organization, twilio):
    service = "MG" + "0" * 32
    channel = make_sms(organization, twilio.url, messaging_service_sid=service)
    text(channel, "m1", "Where is my parcel?")
    send(Ticket.objects.get())
    delivery.deliver_due()
    form = twilio.last("POST", MESSAGES).form
    assert (form.get("From"), form["MessagingServiceSid"]) == (None, service)


def test_too_long_a_text_never_leaves(channel, twilio):
    text(channel, "m1", "Where is my parcel?")
    message = send(Ticket.objects.get(), "x" * 1601)
    delivery.deliver_due()
    assert Delivery.objects.get(message=message).reason_code == "too_long"
    assert twilio.asked("POST", MESSAGES) == 0


def test_a_picture_of_ours_is_at_an_address_nobody_guesses(channel, twilio, bo):
    text(channel, "m1", "Where is my parcel?")
    upload = keep_upload(bo, name="label 1.png", content_type="image/png", content=b"\x89PNG1")
    message = reply(
        Ticket.objects.get().pk,
        OutgoingMessage(text="Here", attachment_ids=[upload.pk]), user=bo,
    )  # fmt: skip
    run_subscribers(message.organization_id)
    delivery.deliver_due()
    url = twilio.last("POST", MESSAGES).form["MediaUrl"]
    path = url.removeprefix(settings.PUBLIC_URL)
    answer = Client().get(path)
    assert b"".join(answer.streaming_content) == b"\x89PNG1"
    assert answer["Content-Disposition"].startswith("attachment")
    assert Client().get(path.replace(str(upload.pk), str(uuid.uuid4()))).status_code == 404
    with time_machine.travel(now() + timedelta(hours=25)):
        assert Client().get(path).status_code == 404


def test_reports_only_move_forward_and_say_why_it_failed(channel, twilio):
    text(channel, "m1", "Where is my parcel?")
    message = send(Ticket.objects.get())
    delivery.deliver_due()
    assert status(channel, message, "sending").delivery_state == "sent"
    assert status(channel, message, "delivered").delivery_state == "delivered"
    assert status(channel, message, "sent").delivery_state == "delivered"
    failed = send(Ticket.objects.get(), "Second")
    delivery.deliver_due()
    failed = status(channel, failed, "undelivered", "o1", ErrorCode="30006")
    assert failed.delivery_state == "bounced"
    assert failed.delivery_reason == (
        "This is a landline or a number that takes no text messages. (Twilio 30006)"
    )


def test_a_report_faster_than_our_own_note_is_not_lost(channel, twilio):
    text(channel, "m1", "Where is my parcel?")
    message = send(Ticket.objects.get())
    quick = status(channel, message, "delivered")
    assert quick.delivery_state == "delivered"
    delivery.deliver_due()
    message.refresh_from_db()
    assert (message.delivery_state, message.external_id) == ("delivered", sid("o0"))


def test_each_message_waits_for_its_turn_and_waiting_is_no_try(organization, twilio):
    channel = make_sms(organization, twilio.url, pace_per_second=0.5)
    for number in range(3):
        text(channel, f"m{number}", "Hello", From=f"+1555017700{number}")
    for each in Ticket.objects.all():
        send(each)
    delivery.deliver_due()
    assert twilio.asked("POST", MESSAGES) == 1
    turns = sorted(Delivery.objects.exclude(slot_at=None).values_list("slot_at", flat=True))
    assert len(turns) == 2
    assert timedelta(seconds=1.9) < turns[1] - turns[0] < timedelta(seconds=2.1)
    assert set(Message.objects.filter(direction="out").values_list("delivery_state", flat=True)) == {
        "sent", "queued",
    }  # fmt: skip
    with time_machine.travel(turns[1] + timedelta(seconds=1)):
        delivery.deliver_due()
    assert twilio.asked("POST", MESSAGES) == 3
    assert set(Delivery.objects.values_list("phase", "attempts")) == {("accepted", 1)}
    assert DeliveryAttempt.objects.count() == 3


def test_an_uncertain_message_is_found_at_twilio_and_not_sent_again(channel, twilio):
    text(channel, "m1", "Where is my parcel?")
    twilio.answers("POST", MESSAGES, 201, HANG_UP, times=1)
    message = send(Ticket.objects.get(), "It left.")
    delivery.deliver_due()
    message.refresh_from_db()
    assert message.delivery_state == "uncertain"
    listed = [message_json("other", body="Else"), message_json("left", body="It left.")]
    twilio.answers("GET", MESSAGES, 200, {"messages": listed, "next_page_uri": None})
    Delivery.objects.update(due_at=now())
    assert delivery.check_uncertain() == 1
    message.refresh_from_db()
    assert (message.delivery_state, message.external_id) == ("sent", sid("left"))
    assert twilio.asked("POST", MESSAGES) == 1


# --- Closing gaps


def test_what_a_lost_webhook_would_have_told_is_asked_for(channel, twilio):
    text(channel, "m1", "First")
    message = send(Ticket.objects.get())
    delivery.deliver_due()
    came = {"from": THEIRS, "to": OURS, "direction": "inbound", "status": "received"}
    theirs = [
        message_json("m2", **came, body="Second", date_sent="Sun, 22 Nov 2026 05:00:00 +0000"),
        message_json("m1", **came, body="First"),
    ]
    ours = [message_json("o0", status="delivered")]
    twilio.answers(
        "GET", MESSAGES,
        data=lambda asked: (200, {"messages": theirs if "To" in asked.query else ours}),
    )  # fmt: skip
    for _ in range(2):
        Connection.objects.get_or_create(channel=channel)
        Connection.objects.update(poll_due_at=now(), lease_until=None)
        polling.poll_channel(channel.pk)
        settle(channel)
    said = Message.objects.filter(direction="in").order_by("position")
    assert [each.body.text for each in said] == ["First", "Second"]
    assert RawInbound.objects.count() == 2
    message.refresh_from_db()
    assert message.delivery_state == "delivered"
    assert Ticket.objects.count() == 1


def test_a_picture_that_only_the_list_told_of_is_found(channel, twilio):
    listed = message_json("m1", **{"from": THEIRS, "to": OURS}, direction="inbound", num_media="1")
    twilio.answers(
        "GET", MESSAGES,
        data=lambda asked: (200, {"messages": [listed] if "To" in asked.query else []}),
    )  # fmt: skip
    Connection.objects.create(channel=channel, poll_due_at=now())
    polling.poll_channel(channel.pk)
    settle(channel)
    base = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid('m1')}/Media"
    media_sid = sid("p", "ME")
    twilio.answers("GET", rf"{base}\.json$", 200, {"media_list": [{"sid": media_sid}]})
    judge = twilio.judge
    bytes_of = ("GET media", [])  # the bytes of media are not in the contract; their list is
    twilio.judge = lambda asked: judge(asked) if asked.path.endswith(".json") else bytes_of
    twilio.answers("GET", rf"{base}/{media_sid}$", 200, b"GIF89a" + b"\x00" * 20,
                   headers={"Content-Type": "image/gif"})  # fmt: skip
    file = Attachment.objects.get()
    assert files.fetch_file(file.pk)
    assert twilio.asked("GET", rf"{base}\.json$") == 1


# --- Setting up


def test_connecting_tells_twilio_where_to_call_and_checking_notices_a_change(channel, twilio):
    number = {"sid": sid("n", "PN"), "phone_number": OURS, "friendly_name": "Shop", "sms_url": "",
              "capabilities": {"sms": True, "voice": False}}  # fmt: skip
    numbers = rf"^/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers"
    twilio.answers(
        "GET", rf"{numbers}\.json$", data=lambda _: (200, {"incoming_phone_numbers": [number]})
    )

    def change(asked):
        number["sms_url"] = asked.form["SmsUrl"]
        return 200, number

    twilio.answers("POST", rf"{numbers}/{number['sid']}\.json$", data=change)
    connector = delivery.get_connector("sms")
    url = webhooks.hook_url(channel)
    assert connector.check(channel, url) != []
    account = connector.connect(channel, url)
    assert (account.label, account.address) == ("Shop", OURS)
    assert connector.check(channel, url) == []
    connector.disconnect(channel)
    assert number["sms_url"] == ""
