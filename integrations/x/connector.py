"""The X connector."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import inbox.connector
from helpdesk.lib import http
from helpdesk.lib.errors import PermanentFailure, TemporaryFailure
from inbox.connector import (
    Account,
    FetchedFile,
    Item,
    OutboundMessage,
    Place,
    Polled,
    Reach,
    Renewed,
    Sent,
    WebhookAnswer,
    WebhookRequest,
)
from inbox.inbound import InboundMessage
from integrations.x import asking, client, messages, sending, webhooks
from integrations.x.manifest import MANIFEST
from tickets.models import Channel

_DIRECT_FILE = re.compile(r"/dm/(\d+)/(\d+)/([A-Za-z0-9_.\-]+)$")
_GONE = (401, 403, 404, 410)


class XConnector:
    """One account on X."""

    manifest = MANIFEST

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        """A post or direct message in normal form."""
        return messages.parse(channel, raw)

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """An answer, in public or by direct message."""
        return sending.send(channel, message, before_irreversible)

    def verify(self, channel: Channel, request: WebhookRequest) -> None:
        """Raises Refused unless the call is X's."""
        webhooks.verify(channel, request)

    def answer(self, channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
        """The answer to the challenge."""
        return webhooks.answer(channel, request)

    def split(self, channel: Channel, request: WebhookRequest) -> list[Item]:
        """What a call holds."""
        return webhooks.split(channel, request)

    def poll(self, channel: Channel, cursor: dict[str, Any]) -> Polled:
        """Mentions, direct messages and what the searches find."""
        return asking.poll(channel, cursor)

    def renew(self, channel: Channel) -> Renewed:
        """New tokens; they last two hours."""
        return client.renew(channel)

    def fetch_file(self, channel: Channel, source: dict[str, Any], max_bytes: int) -> FetchedFile:
        """A picture or video; those of direct messages are for the account alone."""
        url = str(source.get("url") or "")
        private = _DIRECT_FILE.search(urlsplit(url).path)
        if private:
            path = f"/2/dm_conversations/media/{'/'.join(private.groups())}"
            said = client.account_api(channel).file(path, max_bytes)
            return FetchedFile(said.content, said.headers.get("content-type", ""))
        answer = http.fetch(url, max_bytes=max_bytes)
        if answer.status in _GONE:
            raise PermanentFailure("X does not have this file any more.", reason_code="gone")
        if answer.status != 200:
            raise TemporaryFailure(f"The file cannot be fetched now ({answer.status}).")
        return FetchedFile(answer.content, answer.content_type)

    def connect(self, channel: Channel, hook_url: str) -> Account:
        """Try the token; register the webhook and subscribe the account where the plan has it."""
        me = client.account_api(channel).get("/2/users/me").get("data") or {}
        user_id, username = str(me.get("id") or ""), str(me.get("username") or "")
        config = {"username": username}
        app = client.app_api(channel)
        notes = ["X is asked every two minutes. With the app bearer token it calls us at once."]
        if app is not None:
            config["webhook_id"] = _webhook_id(app, hook_url)
            subscribe = f"/2/account_activity/webhooks/{config['webhook_id']}/subscriptions/all"
            client.account_api(channel).change("POST", subscribe, {})
            notes = []
        return Account(f"{me.get('name') or username} (@{username})", user_id, config, tuple(notes))

    def disconnect(self, channel: Channel) -> None:
        """Take the subscription back; the webhook may serve other accounts."""
        app, webhook_id = client.app_api(channel), str(channel.config.get("webhook_id") or "")
        if app is not None and webhook_id.isdigit():
            base = f"/2/account_activity/webhooks/{webhook_id}/subscriptions"
            app.change("DELETE", f"{base}/{channel.address}/all")

    def check(self, channel: Channel, hook_url: str) -> list[str]:
        """Whether the token is good and X still calls us. An invalid webhook is tried again."""
        client.account_api(channel).get("/2/users/me")
        app = client.app_api(channel)
        if app is None:
            return []
        known = app.get("/2/webhooks").get("data") or []
        found = next((each for each in known if each.get("url") == hook_url), None)
        if found is None:
            return ["X no longer calls us: the webhook is gone. Press Connect to register it."]
        if found.get("valid") is False:
            app.change("PUT", f"/2/webhooks/{found['id']}")
            return ["X had switched our webhook off. It was asked to try it again just now."]
        return []

    def reach(self, channel: Channel, place: Place) -> Reach:
        """Where an answer can go."""
        return sending.reach(channel, place)

    def moderate(
        self, channel: Channel, external_id: str, action: str, details: dict[str, Any]
    ) -> None:
        """Hide, unhide, like, unlike or delete."""
        sending.moderate(channel, external_id, action)


def _webhook_id(app: client.XApi, hook_url: str) -> str:
    known = app.get("/2/webhooks").get("data") or []
    found = next((each for each in known if each.get("url") == hook_url), None)
    if found is None:
        said = app.change("POST", "/2/webhooks", {"url": hook_url})
        found = said.get("data") if isinstance(said.get("data"), dict) else said
    return str((found or {}).get("id") or "")


def register() -> None:
    """Make the connector known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(XConnector())
