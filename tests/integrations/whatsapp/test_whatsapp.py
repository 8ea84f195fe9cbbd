"""WhatsApp beyond what every connector must do: issue 4, point 2."""

from __future__ import annotations

import json
import random
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from inbox import delivery, door, files, reach, webhooks
from inbox.connector import Arrived, WebhookRequest, get_connector
from inbox.models import Delivery, Hook, RawInbound
from integrations.whatsapp.templates import components_of
from tests.contracts.test_twilio import MESSAGES, OURS, THEIRS, text_fields
from tests.contracts.test_twilio import message_json as twilio_message
from tests.contracts.test_twilio import signed as signed_by_twilio
from tests.contracts.test_whatsapp import (
    BUSINESS_ID,
    CLOUD,
    NUMBER_ID,
    SECRETS,
    SENDS,
    came,
    change,
    make_by_twilio,
    make_whatsapp,
    relax,
    signed,
)
from tickets.actions.attach import keep_upload
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Attachment, Handle, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def meta(vendor):
    vendor.obeys(CLOUD, connector="whatsapp (Meta)", relax=relax)
    count = iter(range(1000))
    vendor.answers(
        "POST", SENDS, data=lambda _: (200, {"messages": [{"id": f"wamid.o{next(count)}"}]})
    )
    return vendor


@pytest.fixture
def channel(organization, meta):
    return make_whatsapp(organization, meta.url)


def post(channel, call):
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": each for name, each in call.headers.items()
    }
    path = f"/hooks/whatsapp/{channel.hook_token}{'?' + call.query if call.query else ''}"
    return Client().generic(call.method, path, call.body, content_type=call.content_type, **headers)


def bring(channel, told):
    assert post(channel, signed(told)).status_code == 200
    settle(channel)


def settle(channel):
    webhooks.process_hooks(channel.pk)
    door.process_channel(channel.pk)


def text(channel, key="m1", words="Where is my parcel?"):
    bring(channel, came(key, text={"body": words}))
    return Ticket.objects.get()


def send(ticket, words="It arrives on Tuesday.", **more):
    user = more.pop("user", None)
    message = reply(ticket.pk, OutgoingMessage(text=words, **more), user=user)
    run_subscribers(ticket.organization_id)
    delivery.deliver_due()
    message.refresh_from_db()
    return message


# --- Meta's corpus of webhooks


def corpus(corpora):
    folder = corpora / "payloads/meta-whatsapp"
    return {each.name: each.read_bytes() for each in sorted(folder.glob("*.json"))}


def test_every_payload_of_the_corpus_is_read_or_refused_in_words(channel, corpora):
    connector, seen = get_connector("whatsapp"), 0
    for name, body in corpus(corpora).items():
        try:
            items = connector.split(channel, WebhookRequest("POST", "https://x/", {}, {}, body))
        except InvalidInput:
            continue
        assert items, name
        for each in items:
            if isinstance(each, Arrived):
                message = connector.parse(channel, json.dumps(each.payload).encode(), {})
                assert message.text or message.attachments, name
                assert message.sender.value.startswith("+"), name
        seen += 1
    assert seen == len(corpus(corpora)) > 30


def test_the_whole_corpus_twice_and_shuffled_has_one_effect(channel, corpora):
    calls = [json.loads(each) for each in corpus(corpora).values()] * 2
    random.Random(7).shuffle(calls)
    for number, each in enumerate(calls):
        assert post(channel, signed({**each, "nr": number})).status_code == 200
    settle(channel)
    assert not Hook.objects.filter(state="quarantined").exists()
    assert not RawInbound.objects.exclude(state="processed").exists()
    named = Message.objects.values_list("external_id", flat=True)
    assert len(named) == len(set(named)) > 0
    assert Ticket.objects.count() == 1
    assert Handle.objects.get().value == "+972987654321"


@pytest.mark.parametrize(
    ("name", "words", "details"),
    [
        ("message_text", "Body Text", {}),
        ("message_current_location", "Location: 12.25089, 43.90539",
         {"location": {"latitude": 12.25089, "longitude": 43.90539}, "forwarded": True}),
        ("callback_button_quick_reply_without_context", None, None),
        ("message_unsupported_with_type",
         "[They sent something that WhatsApp does not pass on to us (pool).]", {}),
        ("message_interactive_message_with_err",
         "[They sent something that WhatsApp does not pass on to us (interactive).]", {}),
        ("message_contacts",
         "Contact: Chandler Bing, +1 555-555-5555\nContact: Monica, +1 666-666-6666\n"
         "Contact: Rachel Green, +1 777-777-7777", None),
        ("message_referral", "BODY",
         {"post": {"title": "AD_TITLE", "text": "AD_DESCRIPTION", "url": "AD_OR_POST_FB_URL"}}),
    ],
)  # fmt: skip
def test_messages_of_every_type_are_told_in_words(channel, corpora, name, words, details):
    body = corpus(corpora)[f"pywa_{name}.json"]
    connector = get_connector("whatsapp")
    [item] = connector.split(channel, WebhookRequest("POST", "https://x/", {}, {}, body))
    message = connector.parse(channel, json.dumps(item.payload).encode(), {})
    assert message.text if words is None else message.text == words
    if details is not None:
        assert message.details == details


# --- The handshake and whose it is


def test_the_challenge_is_answered_only_to_who_knows_our_token(channel):
    path = f"/hooks/whatsapp/{channel.hook_token}"
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    good = Client().get(path, {**asked, "hub.verify_token": SECRETS["verify_token"]})
    assert (good.status_code, good.content) == (200, b"1158201444")
    assert Client().get(path, {**asked, "hub.verify_token": "guess"}).status_code == 401
    assert Client().get(path, asked).status_code == 401
    assert Hook.objects.count() == 0


def test_one_webhook_serves_several_numbers_and_strangers_are_passed_over(
    organization, channel, meta
):
    sister = make_whatsapp(organization, meta.url)
    sister.address = "777"
    sister.save()
    for key, number in (("m1", "777"), ("m2", "999")):
        told = came(key, text={"body": f"to {number}"})
        told["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = number
        bring(channel, told)
    door.process_channel(sister.pk)
    assert Ticket.objects.get().channel_id == sister.pk


# --- Coming in


def test_sms_and_whatsapp_of_one_number_are_one_customer(organization, channel):
    ticket = text(channel)
    handle = Handle.objects.get()
    assert (handle.kind, handle.value, handle.is_verified) == ("phone", THEIRS, True)
    assert ticket.customer.name == "Mia Laurent"


def test_a_file_is_fetched_in_two_steps_with_our_token(channel, meta):
    bring(channel, came("m1", "image", image={"id": "65463453", "mime_type": "image/jpeg"}))
    picture = b"\xff\xd8\xff\xe0" + b"\x00" * 60 + b"\xff\xd9"
    meta.answers("GET", r"^/v23\.0/65463453$", 200,
                 {"url": f"{meta.url}/v23.0/bytes", "file_size": "66"})  # fmt: skip
    meta.answers("GET", r"^/v23\.0/bytes$", 200, picture, headers={"Content-Type": "image/jpeg"})
    file = Attachment.objects.get()
    assert (file.name, file.state) == ("image.jpg", "waiting")
    assert files.fetch_file(file.pk)
    file.refresh_from_db()
    assert (file.state, file.content_type) == ("ready", "image/jpeg")
    assert {each.headers["authorization"] for each in meta.requests} == {"Bearer EAAG"}


def test_a_file_too_large_or_elsewhere_is_told(channel, meta):
    bring(channel, came("m1", "document", document={"id": "1", "filename": "film.mov"}))
    bring(channel, came("m2", "document", document={"id": "2", "filename": "x.pdf"}))
    meta.answers(
        "GET", r"^/v23\.0/1$", 200, {"url": f"{meta.url}/v23.0/b", "file_size": "2147483648"}
    )
    meta.answers("GET", r"^/v23\.0/2$", 200, {"url": "https://evil.example/x"})
    for file in Attachment.objects.all():
        assert not files.fetch_file(file.pk)
    told = dict(Attachment.objects.values_list("name", "detail"))
    assert told == {"film.mov": "The file is too large.", "x.pdf": "This file is not at Meta."}
    assert len(meta.requests) == 2


def test_reactions_edits_and_deletions_change_what_is_there(channel, meta):
    ticket = text(channel)
    answered = send(ticket)
    bring(
        channel, came("r1", "reaction", reaction={"message_id": answered.external_id, "emoji": "❤"})
    )
    answered.refresh_from_db()
    assert answered.details["reactions"] == {"❤": 1}
    bring(
        channel, came("r2", "reaction", reaction={"message_id": answered.external_id, "emoji": ""})
    )
    answered.refresh_from_db()
    assert answered.details["reactions"] == {}
    edited = {
        "original_message_id": "wamid.m1",
        "message": {"type": "text", "text": {"body": "Two"}},
    }
    bring(channel, came("e1", "edit", edit=edited))
    bring(channel, came("d1", "revoke", revoke={"original_message_id": "wamid.m1"}))
    message = Message.objects.get(external_id="wamid.m1")
    assert message.body.text == "Two"
    assert message.details["previous_texts"] == ["Where is my parcel?"]
    assert message.details["is_deleted"] is True
    assert Message.objects.count() == 2


def test_nobody_outside_can_change_our_words(channel, meta):
    answered = send(text(channel))
    edited = {
        "original_message_id": answered.external_id,
        "message": {"type": "text", "text": {"body": "No"}},
    }
    bring(channel, came("e1", "edit", edit=edited))
    assert Message.objects.get(pk=answered.pk).body.text == "It arrives on Tuesday."


# --- Going out


def test_delivered_and_read_only_move_forward_and_match_by_our_own_id(channel, meta):
    message = send(text(channel))
    body = meta.last("POST", SENDS).json
    assert body == {
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": THEIRS[1:],
        "type": "text", "text": {"body": "It arrives on Tuesday.", "preview_url": True},
        "biz_opaque_callback_data": str(message.pk),
    }  # fmt: skip
    told = {"id": "wamid.unknown", "timestamp": "1", "recipient_id": THEIRS[1:],
            "biz_opaque_callback_data": str(message.pk)}  # fmt: skip
    for state in ("read", "delivered", "sent"):
        bring(channel, change(statuses=[{**told, "status": state}]))
    message.refresh_from_db()
    assert message.delivery_state == "read"


def test_a_failed_status_says_why(channel, meta):
    message = send(text(channel))
    errors = [{"code": 131026, "title": "Message undeliverable"}]
    status = {"id": message.external_id, "status": "failed", "timestamp": "1", "errors": errors}
    bring(channel, change(statuses=[status]))
    message.refresh_from_db()
    assert message.delivery_state == "bounced"
    assert message.delivery_reason == (
        "This number is not on WhatsApp, or its app is too old. (WhatsApp 131026)"
    )


def test_after_24_hours_only_a_template_leaves(channel, meta):
    ticket = text(channel)
    [place] = reach.reply_places(ticket)
    assert place.reach.modes == ("text", "template")
    assert timedelta(hours=23.9) < place.reach.closes_at - now() <= timedelta(hours=24)
    with time_machine.travel(now() + timedelta(hours=25)):
        [place] = reach.reply_places(ticket)
        assert (place.reach.is_reachable, place.reach.reason) == (True, "window_closed")
        assert place.reach.modes == ("template",)
        late = send(ticket)
        assert Delivery.objects.get(message=late).reason_code == "window_closed"
        assert meta.asked("POST", SENDS) == 0
        template = {"name": "order_update", "language": "en_US", "values": ["Mia", "LL-1042"],
                    "header_names": ["shop"], "header_values": ["Linden & Loom"]}  # fmt: skip
        sent = send(ticket, "Hi Mia, order LL-1042 left.",
                    details={"mode": "template", "template": template})  # fmt: skip
    assert sent.delivery_state == "sent"
    assert meta.last("POST", SENDS).json["template"] == {
        "name": "order_update", "language": {"policy": "deterministic", "code": "en_US"},
        "components": [
            {"type": "header", "parameters": [
                {"type": "text", "text": "Linden & Loom", "parameter_name": "shop"}]},
            {"type": "body", "parameters": [
                {"type": "text", "text": "Mia"}, {"type": "text", "text": "LL-1042"}]},
        ],
    }  # fmt: skip


def test_the_first_gap_of_the_heading_and_the_first_of_the_text_are_two():
    told = components_of({"names": ["1"], "values": ["Mia"], "header_names": ["1"],
                          "header_values": ["#1042"]})  # fmt: skip
    assert told == [
        {"type": "header", "parameters": [{"type": "text", "text": "#1042"}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Mia"}]},
    ]


@pytest.mark.parametrize(
    ("content_type", "words", "kind", "more"),
    [
        ("image/png", "Your label", "image", {"caption": "Your label"}),
        ("application/pdf", "", "document", {"filename": "label"}),
        ("audio/mpeg", "", "audio", {}),
        ("audio/mpeg", "Listen", "document", {"caption": "Listen", "filename": "label"}),
    ],
)
def test_files_go_out_as_what_they_are(channel, meta, bo, content_type, words, kind, more):
    ticket = text(channel)
    meta.answers("POST", rf"^/v23\.0/{NUMBER_ID}/media$", 200, {"id": "4490"})
    upload = keep_upload(bo, name="label", content_type=content_type, content=b"%bytes%")
    message = send(ticket, words, attachment_ids=[upload.pk], user=bo)
    assert message.delivery_state == "sent"
    sent = meta.last("POST", SENDS).json
    assert (sent["type"], sent[kind]) == (kind, {"id": "4490", **more})


def test_approved_templates_of_text_are_listed_and_kept(channel, meta, bo, api_as):
    body = {"type": "BODY", "text": "Hi {{1}}, order {{order}} is on its way."}
    listed = [
        {"name": "on_its_way", "language": "en_US", "status": "APPROVED", "category": "UTILITY",
         "components": [{"type": "HEADER", "format": "TEXT", "text": "Hello"}, body]},
        {"name": "refused", "language": "en_US", "status": "REJECTED", "components": [body]},
        {"name": "film", "language": "en_US", "status": "APPROVED",
         "components": [{"type": "HEADER", "format": "VIDEO"}, body]},
    ]  # fmt: skip
    path = rf"^/v23\.0/{BUSINESS_ID}/message_templates$"
    meta.answers("GET", path, 200, {"data": listed, "paging": {"cursors": {"after": "x"}}})
    for _ in range(2):
        answer = api_as(bo).get(f"/api/v1/channels/{channel.pk}/templates")
        [found] = answer.json()["results"]
        assert (found["name"], found["header"], found["variables"]) == (
            "on_its_way",
            "Hello",
            ["1", "order"],
        )
        assert found["category"] == "utility"
    assert meta.asked("GET", path) == 1


def test_connecting_subscribes_and_checking_tells_what_is_wrong(channel, meta):
    number = {
        "verified_name": "Linden & Loom",
        "display_phone_number": "+1 555",
        "quality_rating": "RED",
    }
    apps = [{"whatsapp_business_api_data": {"id": "1"}}]
    meta.answers("GET", rf"^/v23\.0/{NUMBER_ID}$", data=lambda _: (200, number))
    subscribed = rf"^/v23\.0/{BUSINESS_ID}/subscribed_apps$"
    meta.answers("POST", subscribed, 200, {"success": True})
    meta.answers("GET", subscribed, data=lambda _: (200, {"data": apps}))
    meta.answers("DELETE", subscribed, 200, {"success": True})
    connector, url = get_connector("whatsapp"), webhooks.hook_url(channel)
    assert connector.connect(channel, url).label == "Linden & Loom +1 555"
    assert meta.last("POST", subscribed).json == {
        "override_callback_uri": url, "verify_token": SECRETS["verify_token"],
    }  # fmt: skip
    assert len(connector.check(channel, url)) == 1
    number["quality_rating"] = "GREEN"
    assert connector.check(channel, url) == []
    apps.clear()
    assert len(connector.check(channel, url)) == 1
    connector.disconnect(channel)
    assert meta.asked("DELETE", subscribed) == 1


# --- By Twilio


@pytest.fixture
def by_twilio(organization, vendor):
    vendor.obeys("twilio/twilio_api_v2010.json.gz", connector="whatsapp (Twilio)")
    vendor.answers("POST", MESSAGES, 201, twilio_message("out"))
    listed = "HX00000000000000000000000000000001 | en_US | on_its_way | Hi {{1}}, {{2}} left."
    return make_by_twilio(organization, vendor.url, content_templates=[listed])


def twilio_text(channel, key, words, **more):
    told = text_fields(key, words, From=f"whatsapp:{THEIRS}", To=f"whatsapp:{OURS}", **more)
    assert post(channel, signed_by_twilio(channel, told)).status_code == 200
    settle(channel)


def test_by_twilio_too_there_is_a_window_and_templates(by_twilio, vendor):
    twilio_text(by_twilio, "m1", "Hello", ProfileName="Mia", ButtonText="Yes", ButtonPayload="y")
    ticket = Ticket.objects.get()
    assert Message.objects.get().details["choice"] == {"id": "y", "title": "Yes"}
    assert send(ticket).delivery_state == "sent"
    form = vendor.last("POST", MESSAGES).form
    assert (form["To"], form["From"]) == (f"whatsapp:{THEIRS}", f"whatsapp:{OURS}")
    [template] = get_connector("whatsapp").templates(by_twilio)
    assert (template.name, template.variables) == ("on_its_way", ("1", "2"))
    with time_machine.travel(now() + timedelta(hours=25)):
        chosen = {
            "id": template.id,
            "name": template.name,
            "language": "en_US",
            "values": ["Mia", "It"],
        }
        send(ticket, "Hi Mia, It left.", details={"mode": "template", "template": chosen})
    form = vendor.last("POST", MESSAGES).form
    assert (form["ContentSid"], json.loads(form["ContentVariables"])) == (
        template.id, {"1": "Mia", "2": "It"},
    )  # fmt: skip
    assert "Body" not in form


def test_by_twilio_a_location_is_told_in_words(by_twilio):
    twilio_text(
        by_twilio, "m1", "", Latitude="52.5", Longitude="13.4", Label="Café", Address="Berlin"
    )
    message = Message.objects.get()
    assert message.body.text == "Location: Café, Berlin (52.5, 13.4)"
    assert message.details["location"]["name"] == "Café"


def test_the_accounts_of_the_two_are_never_mixed_up(by_twilio, channel):
    call = signed(came("m1", text={"body": "Hello"}))
    assert post(by_twilio, call).status_code == 401
    assert Hook.objects.count() == 0
