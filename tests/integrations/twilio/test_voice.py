"""Calls and voicemails by Twilio: issue 4, point 2. A call is one message, whatever came first."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree as ET

import pytest
import time_machine
from django.test import Client

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.secrets import encrypt
from inbox import door, files, polling, webhooks
from inbox.connector import get_connector
from inbox.models import Connection, Hook, RawInbound
from integrations.twilio.hours import Hours
from tests.contracts.test_twilio import ACCOUNT, OURS, THEIRS, TOKEN, sid, signed
from tickets.actions.channels import create_channel
from tickets.models import Attachment, Handle, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)

CALL, RECORDING = sid("call", "CA"), sid("rec", "RE")
URL = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/{RECORDING}"
BASE = {"CallSid": CALL, "From": THEIRS, "To": OURS, "Direction": "inbound", "FromCity": "BERLIN",
        "FromCountry": "DE", "CallStatus": "in-progress"}  # fmt: skip
RECORDED = {**BASE, "RecordingUrl": URL, "RecordingSid": RECORDING, "RecordingDuration": "32"}
TRANSCRIBED = {**BASE, "TranscriptionStatus": "completed", "TranscriptionText": "Where is it?",
               "RecordingUrl": URL, "RecordingSid": RECORDING}  # fmt: skip
ENDED = {**BASE, "CallStatus": "completed", "CallDuration": "47"}
STEPS = {"recorded": RECORDED, "recording": RECORDED, "transcribed": TRANSCRIBED, "ended": ENDED}


def make(organization, vendor, **config):
    return create_channel(
        organization, kind="voice", name="Linden & Loom", handle_kind="phone", address=OURS,
        config={"api_url": vendor.url, "account_sid": ACCOUNT, **config},
        secrets=encrypt({"auth_token": TOKEN}),
    )  # fmt: skip


@pytest.fixture
def twilio(vendor):
    vendor.obeys("twilio/twilio_api_v2010.json.gz", connector="voice")
    return vendor


@pytest.fixture
def channel(organization, twilio):
    return make(organization, twilio)


def call(channel, told, step=""):
    query = f"step={step}" if step else ""
    made = signed(channel, told, query)
    return Client().generic(
        "POST", f"/hooks/voice/{channel.hook_token}{'?' + query if query else ''}", made.body,
        content_type=made.content_type,
        HTTP_X_TWILIO_SIGNATURE=made.headers["X-Twilio-Signature"],
    )  # fmt: skip


def heard(channel, told, step=""):
    """The TwiML as [(verb, attributes, text)]."""
    answer = call(channel, told, step)
    assert answer.status_code == 200
    return [(each.tag, each.attrib, each.text) for each in ET.fromstring(answer.content)]


def settle(channel):
    """Let the hooks be read, the message be filed, and what waited for it be read again."""
    for _ in range(3):
        Hook.objects.update(due_at=now())
        webhooks.process_hooks(channel.pk)
        door.process_channel(channel.pk)


def verbs(found):
    return [verb for verb, _, _ in found]


def test_open_closed_and_forwarded_calls_hear_something_else(organization, twilio):
    ringing = {**BASE, "CallStatus": "ringing"}
    office = {"time_zone": "Europe/Berlin", "hours": ["mon-fri 09:00-17:00"],
              "greeting_closed": "We are <closed> & asleep", "language": "de-DE"}  # fmt: skip
    channel = make(organization, twilio, **office)
    with time_machine.travel("2026-11-22T12:00:00+00:00"):  # a Sunday
        found = heard(channel, ringing)
    assert verbs(found) == ["Say", "Record"]
    assert found[0][1:] == ({"language": "de-DE"}, "We are <closed> & asleep")
    assert found[1][1]["maxLength"] == "180"
    with time_machine.travel("2026-11-23T12:00:00+00:00"):
        assert verbs(heard(channel, ringing)) == ["Record"]  # no German words were given
    channel = make(organization, twilio, forward_to="+4930123456", transcribes=True)
    found = heard(channel, ringing)
    assert verbs(found) == ["Dial"]
    assert found[0][2] == "+4930123456"
    assert found[0][1]["action"].endswith("?step=dialed")
    found = heard(channel, {**BASE, "DialCallStatus": "no-answer"}, "dialed")
    assert verbs(found) == ["Say", "Record"]
    assert found[1][1]["transcribe"] == "true"
    assert verbs(heard(channel, {**BASE, "DialCallStatus": "completed"}, "dialed")) == ["Hangup"]
    assert verbs(heard(channel, RECORDED, "recorded")) == ["Hangup"]
    assert verbs(heard(channel, RECORDED, "recording")) == []


@pytest.mark.parametrize("order", list(itertools.permutations(STEPS))[::5])
def test_a_call_is_one_message_in_whatever_order_its_parts_come(channel, order):
    for step in (*order, *order):
        call(channel, {**STEPS[step], "CallToken": step}, step)
        settle(channel)
    message = Message.objects.get()
    assert message.external_id == CALL
    assert message.body.text == "Voicemail (0:32)\n\nWhere is it?"
    assert message.details == {"call": {
        "direction": "inbound", "from_city": "Berlin", "from_country": "DE",
        "recording_seconds": 32, "transcript": "Where is it?", "duration_seconds": 47,
        "status": "completed",
    }}  # fmt: skip
    ticket = Ticket.objects.get()
    assert (ticket.kind, ticket.subject) == ("call", f"Call from {THEIRS}")
    assert Handle.objects.get().value == THEIRS
    assert [each.name for each in Attachment.objects.all()] == [f"voicemail-{RECORDING[-6:]}.mp3"]
    assert RawInbound.objects.count() == 1
    assert not Hook.objects.exclude(state="processed").exists()


def test_a_call_nobody_took_is_a_message_too(channel):
    call(channel, {**BASE, "CallStatus": "ringing"})
    settle(channel)
    assert Message.objects.count() == 0
    call(channel, {**ENDED, "CallStatus": "no-answer", "CallDuration": "0"}, "ended")
    settle(channel)
    assert Message.objects.get().body.text == "Missed call"


def test_an_answered_call_says_how_long_they_spoke(channel):
    call(channel, {**BASE, "DialCallStatus": "completed", "DialCallDuration": "187"}, "dialed")
    call(channel, ENDED, "ended")
    settle(channel)
    assert Message.objects.get().body.text == "Call, answered (3:07)"


def test_the_recording_is_fetched_with_our_credentials(channel, twilio):
    call(channel, RECORDED, "recorded")
    settle(channel)
    twilio.judge = None  # the bytes of recordings are not in the contract
    twilio.answers("GET", rf"/Recordings/{RECORDING}\.mp3$", 200, b"ID3" + b"\x00" * 40,
                   headers={"Content-Type": "audio/mpeg"})  # fmt: skip
    file = Attachment.objects.get()
    assert files.fetch_file(file.pk)
    file.refresh_from_db()
    assert (file.state, file.content_type) == ("ready", "audio/mpeg")
    assert twilio.requests[-1].headers["authorization"].startswith("Basic ")


def test_people_who_hide_their_number_do_not_share_a_customer(channel):
    for number in ("one", "two"):
        call(channel, {**ENDED, "CallSid": sid(number, "CA"), "From": "anonymous"}, "ended")
    settle(channel)
    assert Ticket.objects.count() == 2
    assert len(set(Ticket.objects.values_list("customer_id", flat=True))) == 2
    assert not Handle.objects.filter(kind="phone").exists()


@pytest.mark.parametrize(("verstat", "is_verified"), [
    ("TN-Validation-Passed-A", True), ("TN-Validation-Failed", False), ("", False),
])  # fmt: skip
def test_a_number_is_proven_only_where_the_carrier_says_so(channel, verstat, is_verified):
    call(channel, {**ENDED, "StirVerstat": verstat}, "ended")
    settle(channel)
    assert Handle.objects.get().is_verified is is_verified


def test_unsigned_steps_and_foreign_accounts_are_refused(channel):
    made = signed(channel, RECORDED, "step=recorded")
    path = f"/hooks/voice/{channel.hook_token}"
    headers = {"HTTP_X_TWILIO_SIGNATURE": made.headers["X-Twilio-Signature"]}
    for target, body, more in (
        (f"{path}?step=recorded", made.body, {}),
        (f"{path}?step=transcribed", made.body, headers),
        (f"{path}?step=recorded", made.body.replace(b"32", b"99"), headers),
    ):
        answer = Client().generic("POST", target, body, content_type=made.content_type, **more)
        assert answer.status_code == 401
    assert call(channel, {**RECORDED, "AccountSid": "AC" + "9" * 32}, "recorded").status_code == 401
    assert Hook.objects.count() == 0


def test_calls_and_recordings_whose_webhook_was_lost_are_asked_for(channel, twilio):
    account = rf"^/2010-04-01/Accounts/{ACCOUNT}"
    listed = {"sid": CALL, "from": THEIRS, "to": OURS, "status": "completed", "duration": "47",
              "direction": "inbound", "start_time": None}  # fmt: skip
    other = {**listed, "sid": sid("out", "CA"), "direction": "outbound-api"}
    recording = {"sid": RECORDING, "call_sid": CALL, "status": "completed", "duration": "32"}
    twilio.answers("GET", rf"{account}/Calls\.json$", 200, {"calls": [other, listed]})
    twilio.answers("GET", rf"{account}/Recordings\.json$", 200, {"recordings": [recording]})
    for _ in range(2):
        Connection.objects.get_or_create(channel=channel)
        Connection.objects.update(poll_due_at=now(), lease_until=None)
        polling.poll_channel(channel.pk)
        settle(channel)
    assert Message.objects.get().body.text == "Voicemail (0:32)"
    assert Attachment.objects.count() == 1
    assert RawInbound.objects.count() == 1


def test_connecting_tells_twilio_where_to_ask(channel, twilio):
    number = {"sid": sid("n", "PN"), "phone_number": OURS, "friendly_name": "Shop", "voice_url": ""}
    numbers = rf"^/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers"
    twilio.answers("GET", rf"{numbers}\.json$", 200, {"incoming_phone_numbers": [number]})
    twilio.answers("POST", rf"{numbers}/{number['sid']}\.json$", 200, number)
    url = webhooks.hook_url(channel)
    get_connector("voice").connect(channel, url)
    form = twilio.last("POST", numbers).form
    assert (form["VoiceUrl"], form["StatusCallback"]) == (url, f"{url}?step=ended")


def test_hours_that_cannot_be_read_are_named():
    assert Hours.of({}).is_open(now())
    for config, field in (
        ({"hours": ["whenever"]}, "hours"), ({"hours": ["mon 17:00-09:00"]}, "hours"),
        ({"time_zone": "Mars/Base"}, "time_zone"), ({"holidays": ["Xmas"]}, "holidays"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as caught:
            Hours.of(config)
        assert caught.value.errors[0].path == field
