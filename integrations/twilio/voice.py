"""Phone calls by Twilio: a greeting by the hours, a voicemail, and one message for each call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, PermanentFailure
from inbox.connector import (
    Account,
    Amended,
    Arrived,
    FetchedFile,
    Item,
    OutboundMessage,
    Polled,
    Sent,
    WebhookAnswer,
    WebhookRequest,
)
from inbox.inbound import InboundMessage
from inbox.webhooks import hook_url
from integrations.twilio import calls, media, signed, twiml
from integrations.twilio.calls import DIALED, ENDED, FINAL, PICKED_UP, RECORDED, RECORDING, STEP
from integrations.twilio.client import Twilio, moment
from integrations.twilio.hours import Hours
from integrations.twilio.manifest import VOICE
from integrations.twilio.raw_fields import read_fields
from integrations.twilio.sms import FIRST_LOOK, OVERLAP, has, own_number
from tickets.models import Channel

_OPEN = (
    "Thank you for calling {shop}. Please leave a message after the tone. We will get back to you."
)
_CLOSED = (
    "Thank you for calling {shop}. We are closed at the moment. Please leave a message after the "
    "tone. We will get back to you when we are open."
)
_NOBODY = "Nobody can take your call right now. Please leave a message after the tone."
DEFAULT_RING_SECONDS, DEFAULT_MESSAGE_SECONDS = 20, 180


class VoiceConnector:
    """One number at Twilio that people call."""

    manifest = VOICE

    def verify(self, channel: Channel, request: WebhookRequest) -> None:
        signed.check(channel, request)

    def answer(self, channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
        """What the caller hears next."""
        told = signed.fields_of(request)
        step = request.query.get(STEP, "")
        if step == DIALED:
            if told.get("DialCallStatus") in PICKED_UP:
                return twiml.answer(twiml.HANG_UP)
            return twiml.answer(_voicemail(channel, _said(channel, "", _NOBODY)))
        if step == RECORDED:
            return twiml.answer(twiml.HANG_UP)
        if step or not told.get("CallSid") or told.get("CallStatus") in FINAL:
            return twiml.answer("")
        return twiml.answer(_greeting(channel))

    def split(self, channel: Channel, request: WebhookRequest) -> list[Item]:
        return calls.items_of(request)

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        return calls.inbound_of(read_fields(raw))

    def tell(self, channel: Channel, details: dict[str, Any]) -> str:
        return calls.tell(details)

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """Nothing can be written to a phone call: SMS or WhatsApp reach the same number."""
        raise PermanentFailure(
            "A call cannot be answered in writing. Choose SMS, WhatsApp or e-mail.",
            reason_code="cannot_send",
        )

    def fetch_file(self, channel: Channel, source: dict[str, Any], max_bytes: int) -> FetchedFile:
        return media.fetch(channel, source, max_bytes)

    def poll(self, channel: Channel, cursor: dict[str, Any]) -> Polled:
        """Calls and recordings whose webhook was lost."""
        begun = now()
        since = (parse_datetime(str(cursor.get("since") or "")) or begun - FIRST_LOOK) - OVERLAP
        twilio = Twilio.of(channel)
        items: list[Item] = []
        for each in reversed(twilio.calls(To=channel.address, **{"StartTime>": moment(since)})):
            told = calls.call_from_api(each)
            if each.get("direction") == "inbound" and told["CallStatus"] in FINAL:
                sid = told["CallSid"]
                items.append(Arrived(sid, told, external_id=sid))
        if items:
            items += _recordings(twilio, since, {each.key for each in items if isinstance(each, Arrived)})  # fmt: skip
        return Polled(items, {"since": begun.isoformat()})

    def connect(self, channel: Channel, hook_url: str) -> Account:
        Hours.of(channel.config)
        found = own_number(channel)
        if not has(found, "voice"):
            raise InvalidInput.field("address", "This number cannot take calls.")
        told = Twilio.of(channel).change_number(
            found["sid"], VoiceUrl=hook_url, VoiceMethod="POST",
            StatusCallback=_step(hook_url, ENDED), StatusCallbackMethod="POST",
        )  # fmt: skip
        notes = []
        if found.get("voice_application_sid") or found.get("trunk_sid"):
            notes.append("A TwiML app or trunk is set on this number and goes first at Twilio.")
        return Account(
            str(told.get("friendly_name") or channel.address), channel.address,
            {"number_sid": found["sid"]}, tuple(notes),
        )  # fmt: skip

    def disconnect(self, channel: Channel) -> None:
        twilio = Twilio.of(channel)
        found = twilio.find_number(channel.address)
        if found is not None and found.get("voice_url") == hook_url(channel):
            twilio.change_number(found["sid"], VoiceUrl="", StatusCallback="")

    def check(self, channel: Channel, hook_url: str) -> list[str]:
        found = Twilio.of(channel).find_number(channel.address)
        if found is None:
            return [f"{channel.address} does not belong to the Twilio account any more."]
        if found.get("voice_url") != hook_url:
            return ["Twilio asks another address about calls to this number. Connect it again."]
        return []


def _greeting(channel: Channel) -> str:
    config = channel.config
    if not _is_open(channel):
        return _voicemail(channel, _said(channel, "greeting_closed", _CLOSED))
    forward_to = str(config.get("forward_to") or "")
    if not forward_to:
        return _voicemail(channel, _said(channel, "greeting_open", _OPEN))
    url = _step(hook_url(channel), DIALED)
    seconds = _seconds(config.get("ring_seconds"), DEFAULT_RING_SECONDS, 5, 120)
    hello = _said(channel, "greeting_open", "")
    return hello + twiml.dial(forward_to, action=url, seconds=seconds)


def _is_open(channel: Channel) -> bool:
    """Hours that cannot be read never keep a caller from being heard."""
    try:
        return Hours.of(channel.config).is_open(now())
    except InvalidInput:
        return True


def _voicemail(channel: Channel, greeting: str) -> str:
    base = hook_url(channel)
    longest = _seconds(channel.config.get("max_message_seconds"), DEFAULT_MESSAGE_SECONDS, 10, 3600)
    transcribed_to = _step(base, calls.TRANSCRIBED) if channel.config.get("transcribes") else ""
    return greeting + twiml.record(
        action=_step(base, RECORDED), reported_to=_step(base, RECORDING), seconds=longest,
        transcribed_to=transcribed_to,
    )  # fmt: skip


def _said(channel: Channel, name: str, otherwise: str) -> str:
    """The shop's own words; ours are English, and silence is better than English in German."""
    language = str(channel.config.get("language") or "en-US")
    ours = otherwise.format(shop=channel.name) if language.startswith("en") else ""
    return twiml.say(str(channel.config.get(name) or "") or ours, language)


def _recordings(twilio: Twilio, since: datetime, known: set[str]) -> list[Item]:
    found: list[Item] = []
    for each in reversed(twilio.recordings(**{"DateCreated>": moment(since)})):
        if each.get("call_sid") not in known or each.get("status") != "completed":
            continue
        told = {
            "CallSid": str(each["call_sid"]), "RecordingSid": str(each.get("sid") or ""),
            "RecordingUrl": twilio.recording_url(str(each.get("sid") or "")),
            "RecordingDuration": str(each.get("duration") or "0"), STEP: RECORDING,
        }  # fmt: skip
        found.append(
            Amended(
                told["CallSid"], details={"call": calls.known_of(told)},
                files=tuple(calls.files_of(told)),
            )
        )  # fmt: skip
    return found


def _step(url: str, step: str) -> str:
    return f"{url}?{STEP}={step}"


def _seconds(told: Any, otherwise: int, least: int, most: int) -> int:
    try:
        return max(least, min(int(told), most)) if told not in (None, "") else otherwise
    except (TypeError, ValueError):
        return otherwise
