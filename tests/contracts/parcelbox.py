"""Parcelbox: a messenger that does not exist, as the smallest whole connector.

It signs its calls (HMAC-SHA256, hexadecimal, ``X-Parcelbox-Signature``), names messages by id and
takes answers by ``POST /v1/messages``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.signatures import fits_hex
from helpdesk.lib.vendor_api import post_once
from inbox.connector import (
    Arrived,
    ConfigField,
    Ignored,
    Item,
    Manifest,
    OutboundMessage,
    Refused,
    Reported,
    Sent,
    Step,
    WebhookAnswer,
    WebhookRequest,
)
from inbox.inbound import InboundAttachment, InboundMessage, SenderHandle
from tickets.models import Channel, HandleKind

API = "https://api.parcelbox.example"

MANIFEST = Manifest(
    kind="parcelbox",
    label="Parcelbox",
    group="chat",
    capabilities=frozenset({"receives", "sends", "webhooks", "reports_status", "files"}),
    handle_kind=HandleKind.EXTERNAL,
    config=(
        ConfigField("token", "Access token", is_secret=True),
        ConfigField("signing_secret", "Signing secret", is_secret=True),
    ),
    steps=(Step("Open Settings › Webhooks at Parcelbox and add this address", "{hook_url}"),),
    max_text_chars=1000,
)


class ParcelboxConnector:
    """Webhooks in, one POST out."""

    manifest = MANIFEST

    def verify(self, channel: Channel, request: WebhookRequest) -> None:
        secret = decrypt(channel.secrets).get("signing_secret", "")
        given = request.headers.get("x-parcelbox-signature", "")
        if not fits_hex(secret, request.body, given):
            raise Refused("The signature does not fit.")

    def answer(self, channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
        return None

    def split(self, channel: Channel, request: WebhookRequest) -> list[Item]:
        try:
            call = json.loads(request.body)
            return [self._item(event) for event in call["events"]]
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput("This is not a call of Parcelbox.") from error

    def _item(self, event: dict[str, Any]) -> Item:
        if event["type"] == "message":
            return Arrived(key=event["id"], payload=event)
        if event["type"] == "delivered":
            return Reported("delivered", external_id=event["id"])
        return Ignored(f"{event['type']} does not concern us")

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        event = json.loads(raw)
        return InboundMessage(
            sender=SenderHandle(
                HandleKind.EXTERNAL, event["from"]["id"], event["from"]["name"], is_verified=True
            ),
            external_id=event["id"],
            text=event["text"],
            attachments=[
                InboundAttachment(each["name"], each["type"], source={"url": each["url"]})
                for each in event.get("files", [])
            ],
            content_key=hashlib.sha256(event["id"].encode()).hexdigest(),
            thread_key=event["from"]["id"],
            is_sender_verified=True,
        )

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        before_irreversible()
        answer = post_once(
            "POST",
            f"{channel.config.get('api_url', API)}/v1/messages",
            headers={"Authorization": f"Bearer {decrypt(channel.secrets)['token']}"},
            body={"to": message.to[0]["address"], "text": message.text},
        )
        return Sent(external_id=str(answer.data["id"]))
