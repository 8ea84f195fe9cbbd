"""The API channel: signed JSON in, signed JSON out (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import inbox.connector
from helpdesk.lib import http
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import InvalidInput, PermanentFailure
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.signatures import fits_standard_webhook, is_recent, standard_webhook_headers
from helpdesk.lib.vendor_api import call
from inbox.connector import (
    FetchedFile,
    Item,
    OutboundMessage,
    Place,
    Reach,
    Refused,
    Sent,
    WebhookAnswer,
    WebhookRequest,
)
from inbox.inbound import InboundMessage
from integrations.custom.manifest import MANIFEST
from integrations.custom.messages import events_of, item_of, read_message
from tickets.models import Channel

MAX_FILE_BYTES = 10 * 1024 * 1024


class ApiConnector:
    """One system of the shop's own. A call that is not understood is refused at once, by field."""

    manifest = MANIFEST

    def verify(self, channel: Channel, request: WebhookRequest) -> None:
        """Signed by our secret, and not older than five minutes."""
        head = request.headers
        timestamp = head.get("webhook-timestamp", "")
        fits = fits_standard_webhook(
            _secret(channel), head.get("webhook-id", ""), timestamp, request.body,
            head.get("webhook-signature", ""),
        )  # fmt: skip
        if not fits:
            raise Refused("The signature does not fit.")
        if not is_recent(timestamp):
            raise Refused("This call was signed more than five minutes ago.")

    def answer(self, channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
        """How many events were taken; raises InvalidInput before anything is kept."""
        items = self.split(channel, request)
        told = json.dumps({"accepted": len(items)}).encode()
        return WebhookAnswer(told, "application/json", status=202)

    def split(self, channel: Channel, request: WebhookRequest) -> list[Item]:
        """Event by event."""
        return [item_of(each) for each in events_of(request.body)]

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        """The message of an event."""
        [event] = events_of(raw)
        return read_message(event)

    def fetch_file(self, channel: Channel, source: dict[str, Any], max_bytes: int) -> FetchedFile:
        """The file behind the address that the event named."""
        answer = http.fetch(str(source.get("url", "")), max_bytes=max_bytes)
        if answer.status != 200:
            raise PermanentFailure(f"The address of the file answered {answer.status}.")
        return FetchedFile(answer.content, answer.content_type)

    def reach(self, channel: Channel, place: Place) -> Reach:
        """Wherever there is an address to post to."""
        if not channel.config.get("url"):
            return Reach(is_reachable=False, reason="no_conversation")
        return Reach(is_reachable=True)

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """Post the answer. ``webhook-id`` is the message's id: posted twice it is the same call."""
        url = str(channel.config.get("url") or "")
        if not url:
            raise PermanentFailure("This channel has no address to post to.", reason_code="no_url")
        body = json.dumps(_answer_of(message), ensure_ascii=False).encode()
        before_irreversible()
        answer = call("POST", url, content=body, headers=_signed(channel, message, body))
        told = answer.data if isinstance(answer.data, dict) else {}
        return Sent(external_id=str(told.get("id") or message.id))


def _answer_of(message: OutboundMessage) -> dict[str, Any]:
    return {
        "type": "message",
        "id": str(message.id),
        "conversation": message.thread.get("conversation", ""),
        "in_reply_to": message.in_reply_to,
        "to": message.to[0]["address"] if message.to else "",
        "text": message.text,
        "html": message.html,
        "mode": message.details.get("mode"),
        "sent_at": iso(now()),
        "attachments": [
            {
                "name": each.name,
                "content_type": each.content_type,
                "content": base64.b64encode(each.read()).decode(),
            }
            for each in message.files
        ],
    }


def _signed(channel: Channel, message: OutboundMessage, body: bytes) -> dict[str, str]:
    signature = standard_webhook_headers(_secret(channel), str(message.id), body)
    return {"Content-Type": "application/json", **signature}


def _secret(channel: Channel) -> str:
    secret = str(decrypt(channel.secrets).get("signing_secret") or "")
    if not secret:
        raise InvalidInput.field("signing_secret", "This channel has no signing secret.")
    return secret


def register() -> None:
    """Make the connector known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(ApiConnector())
