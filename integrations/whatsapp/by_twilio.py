"""WhatsApp by Twilio: the same API as its text messages, with ``whatsapp:`` before the numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput, PermanentFailure
from inbox.connector import (
    Account,
    Arrived,
    FetchedFile,
    Item,
    OutboundMessage,
    Polled,
    Sent,
    Template,
    WebhookAnswer,
    WebhookRequest,
)
from inbox.inbound import Details, InboundMessage, SenderHandle, first_words
from inbox.public_files import public_url
from integrations.twilio import media, signed, sms, twiml
from integrations.twilio.client import Twilio
from integrations.twilio.messages import attachments_of, items_of, key_of, sent_at
from integrations.twilio.raw_fields import read_fields
from integrations.whatsapp.templates import values_of
from integrations.whatsapp.window import is_template
from tickets.models import Channel, HandleKind

PREFIX = "whatsapp:"
MAX_TEXT_CHARS = 1600


def verify(channel: Channel, request: WebhookRequest) -> None:
    signed.check(channel, request)


def answer(channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
    return twiml.answer("")


def split(channel: Channel, request: WebhookRequest) -> list[Item]:
    return [
        Arrived(each.key, each.payload, account=bare(each.payload.get("To", "")))
        if isinstance(each, Arrived)
        else each
        for each in items_of(request)
    ]


def parse(raw: bytes) -> InboundMessage:
    told = read_fields(raw)
    sid, sender = told.get("MessageSid") or "", bare(told.get("From", ""))
    if not sid or not sender:
        raise InvalidInput("A WhatsApp message without sender or id.")
    text = _words(told)
    return InboundMessage(
        sender=SenderHandle(
            HandleKind.PHONE, sender, told.get("ProfileName", ""), is_verified=True
        ),
        external_id=sid,
        subject=first_words(text, "WhatsApp"),
        text=text,
        to=[{"name": "", "address": bare(told.get("To", ""))}],
        attachments=attachments_of(told),
        in_reply_to=told.get("OriginalRepliedMessageSid", ""),
        sent_at=sent_at(told),
        is_sender_verified=True,
        content_key=key_of(sid),
        thread_key=f"{bare(told.get('To', ''))}:{sender}",
        details=_details(told),
    )


def send(
    channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
) -> Sent:
    form = _form(channel, message)
    twilio = Twilio.of(channel)
    before_irreversible()
    return Sent(external_id=str(twilio.send_message(form).get("sid") or ""))


def _form(channel: Channel, message: OutboundMessage) -> list[tuple[str, str]]:
    service = str(channel.config.get("messaging_service_sid") or "")
    form = [("To", f"{PREFIX}{message.to[0]['address']}"), ("From", f"{PREFIX}{channel.address}")]
    form += [("MessagingServiceSid", service)] if service else []
    form.append(("StatusCallback", sms.status_url(channel, message)))
    if is_template(message):
        chosen = message.details["template"]
        values = values_of(chosen)
        form.append(("ContentSid", str(chosen.get("id") or chosen.get("name") or "")))
        return [*form, ("ContentVariables", json.dumps(values))] if values else form
    if len(message.text) > MAX_TEXT_CHARS:
        raise PermanentFailure(
            f"By Twilio a WhatsApp message may have {MAX_TEXT_CHARS} characters.",
            reason_code="too_long",
        )
    if len(message.files) > 1:
        raise PermanentFailure("WhatsApp takes one file a message.", reason_code="too_many_files")
    if message.text:
        form.append(("Body", message.text))
    return [*form, *(("MediaUrl", public_url(each)) for each in message.files)]


def find_outgoing(channel: Channel, message: OutboundMessage, since: datetime) -> list[str]:
    return sms.find_outgoing(channel, f"{PREFIX}{message.to[0]['address']}", message.text, since)


def fetch_file(channel: Channel, source: dict[str, Any], max_bytes: int) -> FetchedFile:
    return media.fetch(channel, source, max_bytes)


def poll(channel: Channel, cursor: dict[str, Any]) -> Polled:
    return sms.poll_messages(channel, f"{PREFIX}{channel.address}", cursor)


def templates(channel: Channel) -> list[Template]:
    """As the admin listed them: Twilio's list of templates has no contract to be judged by."""
    found = []
    for line in channel.config.get("content_templates") or []:
        parts = [each.strip() for each in str(line).split("|", 3)]
        if len(parts) == 4 and parts[0].startswith("HX"):
            found.append(
                Template(parts[2], parts[1], parts[3], variables=_variables(parts[3]), id=parts[0])
            )
    return found


def connect(channel: Channel, hook_url: str) -> Account:
    """The credentials are tried; a WhatsApp sender's webhook is set by hand at Twilio."""
    Twilio.of(channel).messages(To=f"{PREFIX}{channel.address}", **{"DateSent>": sms.recently()})
    note = "Paste the address at Twilio under WhatsApp senders: its API does not let us."
    return Account(f"WhatsApp {channel.address}", channel.address, notes=(note,))


def disconnect(channel: Channel) -> None:
    """Nothing of ours is at Twilio."""


def check(channel: Channel, hook_url: str) -> list[str]:
    Twilio.of(channel).messages(To=f"{PREFIX}{channel.address}", **{"DateSent>": sms.recently()})
    return []


def bare(address: str) -> str:
    """The number alone."""
    return address.removeprefix(PREFIX)


def _variables(text: str) -> tuple[str, ...]:
    found = (each.partition("}}")[0].strip() for each in text.split("{{")[1:])
    return tuple(dict.fromkeys(each for each in found if each))


def _words(told: dict[str, str]) -> str:
    if told.get("Latitude") and told.get("Longitude"):
        place = ", ".join(filter(None, [told.get("Label"), told.get("Address")]))
        point = f"{told['Latitude']}, {told['Longitude']}"
        return f"Location: {place} ({point})" if place else f"Location: {point}"
    return told.get("Body") or told.get("ButtonText") or told.get("ListTitle") or ""


def _details(told: dict[str, str]) -> Details:
    details = Details()
    if told.get("Latitude") and told.get("Longitude"):
        details["location"] = {
            "latitude": told["Latitude"], "longitude": told["Longitude"],
            "name": told.get("Label", ""), "address": told.get("Address", ""),
        }  # fmt: skip
    if told.get("ButtonPayload") or told.get("ListId"):
        details["choice"] = {
            "id": told.get("ButtonPayload") or told.get("ListId") or "",
            "title": told.get("ButtonText") or told.get("ListTitle") or "",
        }
    if told.get("Forwarded") == "true" or told.get("FrequentlyForwarded") == "true":
        details["forwarded"] = True
    if told.get("ReferralSourceUrl"):
        details["post"] = {
            "title": told.get("ReferralHeadline", ""), "text": told.get("ReferralBody", ""),
            "url": told["ReferralSourceUrl"],
        }  # fmt: skip
    return details
