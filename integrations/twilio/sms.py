"""SMS and MMS by Twilio."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, PermanentFailure
from inbox.connector import (
    Account,
    Arrived,
    FetchedFile,
    Item,
    OutboundMessage,
    Polled,
    Sent,
    WebhookAnswer,
    WebhookRequest,
)
from inbox.inbound import Details, InboundMessage, SenderHandle, first_words
from inbox.public_files import public_url
from inbox.webhooks import hook_url
from integrations.twilio import media, signed, twiml
from integrations.twilio.client import Twilio, moment
from integrations.twilio.keywords import Keyword, keyword_of
from integrations.twilio.manifest import MAX_SMS_CHARS, SMS
from integrations.twilio.messages import (
    MESSAGE_QUERY,
    attachments_of,
    from_api,
    items_of,
    key_of,
    report_of,
    sent_at,
)
from integrations.twilio.raw_fields import read_fields
from tickets.models import Channel, HandleKind

OVERLAP = timedelta(minutes=30)
FIRST_LOOK = timedelta(hours=24)


class SmsConnector:
    """One number at Twilio."""

    manifest = SMS

    def verify(self, channel: Channel, request: WebhookRequest) -> None:
        signed.check(channel, request)

    def answer(self, channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
        """Empty TwiML; HELP is answered here, unless Twilio's own opt-out handling does it."""
        told = signed.fields_of(request)
        said = _keyword(channel, told)
        helps = said.meaning == "help" and not told.get("OptOutType")
        text = str(channel.config.get("help_text") or "")
        return twiml.answer(twiml.message(text) if helps and text else "")

    def split(self, channel: Channel, request: WebhookRequest) -> list[Item]:
        return [
            Arrived(each.key, each.payload, account=each.payload.get("To", ""))
            if isinstance(each, Arrived)
            else each
            for each in items_of(request)
        ]

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        told = read_fields(raw)
        sender = told.get("From", "")
        sid = told.get("MessageSid") or told.get("SmsSid") or ""
        if not sender or not sid:
            raise InvalidInput("A text message without sender or id.")
        said = _keyword(channel, told)
        return InboundMessage(
            sender=SenderHandle(HandleKind.PHONE, sender, is_verified=True),
            external_id=sid,
            subject=first_words(told.get("Body", ""), "SMS"),
            text=told.get("Body", ""),
            to=[{"name": "", "address": told.get("To", "")}],
            attachments=attachments_of(told),
            sent_at=sent_at(told),
            is_auto_reply=said.is_plain,
            is_sender_verified=True,
            content_key=key_of(sid),
            thread_key=f"{told.get('To', '')}:{sender}",
            thread={"number": told.get("To", "")},
            details=Details(keyword=said.meaning) if said.meaning else Details(),
            opts_out=said.opts_out,
        )

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        if len(message.text) > MAX_SMS_CHARS:
            raise PermanentFailure(
                f"A text message may have {MAX_SMS_CHARS} characters.", reason_code="too_long"
            )
        form = _form(channel, message)
        twilio = Twilio.of(channel)
        before_irreversible()
        found = twilio.send_message(form)
        return Sent(external_id=str(found.get("sid") or ""))

    def find_outgoing(
        self, channel: Channel, message: OutboundMessage, since: datetime
    ) -> list[str]:
        return find_outgoing(channel, message.to[0]["address"], message.text, since)

    def fetch_file(self, channel: Channel, source: dict[str, Any], max_bytes: int) -> FetchedFile:
        return media.fetch(channel, source, max_bytes)

    def poll(self, channel: Channel, cursor: dict[str, Any]) -> Polled:
        return poll_messages(channel, channel.address, cursor)

    def connect(self, channel: Channel, hook_url: str) -> Account:
        found = own_number(channel)
        told = Twilio.of(channel).change_number(found["sid"], SmsUrl=hook_url, SmsMethod="POST")
        notes = [] if has(found, "sms") else ["This number cannot do SMS."]
        if found.get("sms_application_sid"):
            notes.append("A TwiML app is set on this number and goes first: remove it at Twilio.")
        if channel.config.get("messaging_service_sid"):
            notes.append("Paste the address into the Messaging Service too: it goes first there.")
        return Account(
            str(told.get("friendly_name") or channel.address), channel.address,
            {"number_sid": found["sid"]}, tuple(notes),
        )  # fmt: skip

    def disconnect(self, channel: Channel) -> None:
        twilio = Twilio.of(channel)
        found = twilio.find_number(channel.address)
        if found is not None and found.get("sms_url") == hook_url(channel):
            twilio.change_number(found["sid"], SmsUrl="")

    def check(self, channel: Channel, hook_url: str) -> list[str]:
        found = Twilio.of(channel).find_number(channel.address)
        if found is None:
            return [f"{channel.address} does not belong to the Twilio account any more."]
        if channel.config.get("messaging_service_sid") or found.get("sms_url") == hook_url:
            return []
        return ["Twilio calls another address for messages to this number. Connect it again."]


def find_outgoing(channel: Channel, to: str, text: str, since: datetime) -> list[str]:
    """Twilio's ids of equal messages to that address, newest first."""
    found = Twilio.of(channel).messages(
        **{"To": to, "DateSent>": moment(since - timedelta(minutes=2))}
    )
    return [
        str(each["sid"])
        for each in found
        if each.get("body") == text and each.get("direction") != "inbound"
    ]


def poll_messages(channel: Channel, ours: str, cursor: dict[str, Any]) -> Polled:
    """Messages whose webhook was lost, and how far ours got whose callback was."""
    begun = now()
    since = {"DateSent>": moment(_since(cursor) - OVERLAP)}
    twilio = Twilio.of(channel)
    items: list[Item] = []
    for each in reversed(twilio.messages(To=ours, **since)):
        told = from_api(each)
        if each.get("direction") == "inbound" and told["MessageSid"]:
            sid = told["MessageSid"]
            items.append(Arrived(key=sid, payload=told, external_id=sid))
    for each in reversed(twilio.messages(From=ours, **since)):
        code = str(each.get("error_code") or "")
        told = {"ErrorCode": code, "ErrorMessage": str(each.get("error_message") or "")}
        items.append(report_of(str(each.get("sid") or ""), str(each.get("status")), told))
    return Polled(items, {"since": begun.isoformat()})


def recently() -> str:
    """An hour ago, as Twilio's filters take it."""
    return moment(now() - timedelta(hours=1))


def own_number(channel: Channel) -> dict[str, Any]:
    """Our number at Twilio; raises InvalidInput naming the field."""
    found = Twilio.of(channel).find_number(channel.address)
    if found is None:
        raise InvalidInput.field("address", "This number is not in the Twilio account.")
    return found


def has(number: dict[str, Any], capability: str) -> bool:
    """Whether the number can do it."""
    capabilities = number.get("capabilities")
    return not isinstance(capabilities, dict) or bool(capabilities.get(capability, True))


def _form(channel: Channel, message: OutboundMessage) -> list[tuple[str, str]]:
    service = str(channel.config.get("messaging_service_sid") or "")
    form = [("To", message.to[0]["address"])]
    form += [("MessagingServiceSid", service)] if service else [("From", channel.address)]
    if message.text:
        form.append(("Body", message.text))
    form += [("MediaUrl", public_url(each)) for each in message.files]
    return [*form, ("StatusCallback", status_url(channel, message))]


def status_url(channel: Channel, message: OutboundMessage) -> str:
    """Where Twilio tells how far it got, naming our message: a report may be faster than our note."""
    return f"{hook_url(channel)}?{MESSAGE_QUERY}={message.id}"


def _keyword(channel: Channel, told: dict[str, str]) -> Keyword:
    """HELP is a keyword only where something answers it; else a person asks for help."""
    said = keyword_of(told.get("Body", ""), told.get("OptOutType", ""))
    is_answered = bool(channel.config.get("help_text") or told.get("OptOutType"))
    return Keyword() if said.meaning == "help" and not is_answered else said


def _since(cursor: dict[str, Any]) -> datetime:
    found = parse_datetime(str(cursor.get("since") or ""))
    return found or now() - FIRST_LOOK
