"""The Slack connector: events → normal form; an answer → a post in its thread."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import inbox.connector
from helpdesk.lib.errors import InvalidInput, NeedsReauthorization, PermanentFailure
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.signatures import fits_hex, is_recent
from inbox.cards import Card, Presser, TeamPlace
from inbox.connector import (
    Account,
    FetchedFile,
    Ignored,
    Item,
    OutboundMessage,
    Person,
    Polled,
    Refused,
    Sent,
    WebhookAnswer,
    WebhookRequest,
)
from inbox.inbound import InboundMessage
from integrations.slack import cards, gaps
from integrations.slack.client import SlackClient
from integrations.slack.events import inbound_of, items_of
from integrations.slack.manifest import MANIFEST
from integrations.slack.text import escaped
from tickets.models import Channel


class SlackConnector:
    """One workspace's bot, called by the Events API."""

    manifest = MANIFEST

    # In

    def verify(self, channel: Channel, request: WebhookRequest) -> None:
        """Slack's v0 scheme: the time and the raw body, not older than five minutes."""
        secret = str(decrypt(channel.secrets).get("signing_secret", ""))
        timestamp = request.headers.get("x-slack-request-timestamp", "")
        given = request.headers.get("x-slack-signature", "")
        signed = b"v0:" + timestamp.encode() + b":" + request.body
        if not fits_hex(secret, signed, given, prefix="v0="):
            raise Refused("The signature does not fit.")
        if not is_recent(timestamp):
            raise Refused("This call was signed too long ago.")

    def answer(self, channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
        """The challenge by which Slack checks our address; else nothing but 200."""
        try:
            call = json.loads(request.body)
        except ValueError:
            return None
        if isinstance(call, dict) and call.get("type") == "url_verification":
            return WebhookAnswer(str(call.get("challenge", "")).encode(), is_final=True)
        return None

    def split(self, channel: Channel, request: WebhookRequest) -> list[Item]:
        """One event a call. What was done with buttons comes as a form."""
        if "form-urlencoded" in request.headers.get("content-type", ""):
            return cards.presses_of(_interaction(request.body))
        try:
            call = json.loads(request.body)
        except ValueError as error:
            raise InvalidInput("This is not JSON.") from error
        if not isinstance(call, dict):
            raise InvalidInput("This is not an event of Slack.")
        if "event" not in call and call.get("type") not in (None, "event_callback"):
            return [Ignored(f"{str(call['type'])[:60]} does not concern us")]
        return items_of(call, channel.config)

    def poll(self, channel: Channel, cursor: dict[str, Any]) -> Polled:
        """What a lost call left out."""
        return gaps.read(channel, cursor)

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        """The message of an event."""
        try:
            return inbound_of(json.loads(raw))
        except ValueError as error:
            raise InvalidInput("This is not a message of Slack.") from error

    def fetch_file(self, channel: Channel, source: dict[str, Any], max_bytes: int) -> FetchedFile:
        """A private file, with our token; files of shared channels are looked up first."""
        client = SlackClient(channel)
        url, name, content_type = str(source.get("url") or ""), "", ""
        if not url:
            file = client.get("files.info", file=str(source.get("id", ""))).get("file") or {}
            url = str(file.get("url_private_download") or file.get("url_private") or "")
            name, content_type = str(file.get("name") or ""), str(file.get("mimetype") or "")
        if not url:
            raise PermanentFailure("Slack does not give this file away.", reason_code="refused")
        return FetchedFile(client.download(url, max_bytes).content, content_type, name)

    def person(self, channel: Channel, value: str) -> Person:
        """``users.info``: also of people of the other workspace in a shared channel."""
        user = SlackClient(channel).get("users.info", user=value).get("user") or {}
        profile = user.get("profile") or {}
        called = str(profile.get("display_name") or user.get("name") or "")
        name = str(profile.get("real_name") or user.get("real_name") or called)
        return Person(name, f"@{called}" if called else "")

    # Out

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """A post in the thread. Files are uploaded unseen first; one call shows them with the words."""
        place = message.thread
        if not place.get("channel"):
            raise PermanentFailure(
                "Nobody has written in Slack on this ticket.", reason_code="no_conversation"
            )
        if len(message.text) > (MANIFEST.max_text_chars or 0):
            raise PermanentFailure(
                "A Slack message may have 4000 characters.", reason_code="too_long"
            )
        client = SlackClient(channel)
        if message.files:
            return _share(client, message, before_irreversible)
        body: dict[str, Any] = {
            "channel": place["channel"], "text": escaped(message.text), "mrkdwn": False,
        }  # fmt: skip
        if place.get("thread_ts"):
            body["thread_ts"] = place["thread_ts"]
        before_irreversible()
        said = client.send("chat.postMessage", body)
        return Sent(external_id=f"{said.get('channel', place['channel'])}:{said.get('ts', '')}")

    # The team's own rooms

    def team_places(self, channel: Channel) -> list[TeamPlace]:
        """Rooms the bot was invited to, none that is shared with another company."""
        return cards.team_places(SlackClient(channel))

    def post_card(
        self, channel: Channel, place: str, card: Card, before_irreversible: Callable[[], None]
    ) -> str:
        """A post of Block Kit; a room that outsiders can read is refused first."""
        client = SlackClient(channel)
        cards.refuse_outsiders(client, place)
        before_irreversible()
        said = client.send_form("chat.postMessage", cards.form_of(card, channel=place))
        return f"{said.get('channel', place)}:{said.get('ts', '')}"

    def change_card(self, channel: Channel, external_id: str, card: Card) -> None:
        """``chat.update``: the same twice is the same."""
        place, _, ts = external_id.partition(":")
        client = SlackClient(channel)
        client.post("chat.update", **cards.form_of(card, channel=place, ts=ts))

    def presser(self, channel: Channel, person: str) -> Presser:
        """A member of this very workspace with a confirmed address; guests of others have none."""
        user = SlackClient(channel).get("users.info", user=person).get("user") or {}
        return cards.presser_of(user, str(channel.config.get("team_id") or ""))

    def whisper(self, channel: Channel, place: str, person: str, text: str) -> None:
        """``chat.postEphemeral``."""
        client = SlackClient(channel)
        client.post("chat.postEphemeral", channel=place, user=person, text=escaped(text))

    # Setting up

    def connect(self, channel: Channel, hook_url: str) -> Account:
        """Who the bot is, so that its own posts are known when they come back."""
        try:
            said = SlackClient(channel).get("auth.test")
        except NeedsReauthorization as refusal:
            raise InvalidInput.field("token", refusal.message) from refusal
        return Account(
            label=f"{said.get('team', '')} (@{said.get('user', '')})",
            address=str(said.get("team_id", "")),
            config={
                "team_id": str(said.get("team_id", "")),
                "bot_user_id": str(said.get("user_id", "")),
                "bot_id": str(said.get("bot_id", "")),
            },
            notes=("Slack begins to call once its Event Subscriptions page says “Verified”.",),
        )

    def disconnect(self, channel: Channel) -> None:
        """Slack has no call for it: the address is taken back on the app's own page."""

    def check(self, channel: Channel, hook_url: str) -> list[str]:
        """Whether the token still is good; raises NeedsReauthorization if not."""
        SlackClient(channel).get("auth.test")
        return []


def _share(
    client: SlackClient, message: OutboundMessage, before_irreversible: Callable[[], None]
) -> Sent:
    """Slack names the post only in an event afterwards: it has no id of the vendor's then."""
    files = []
    for each in message.files:
        content = each.read()
        place = client.post(
            "files.getUploadURLExternal", filename=each.name, length=str(len(content))
        )
        client.upload(str(place.get("upload_url", "")), content)
        files.append({"id": str(place.get("file_id", "")), "title": each.name})
    body: dict[str, Any] = {"files": files, "channel_id": message.thread["channel"]}
    if message.text:
        body["initial_comment"] = escaped(message.text)
    if message.thread.get("thread_ts"):
        body["thread_ts"] = message.thread["thread_ts"]
    before_irreversible()
    client.send("files.completeUploadExternal", body)
    return Sent()


def _interaction(body: bytes) -> dict[str, Any]:
    """What somebody did with a button, menu or shortcut."""
    try:
        told = json.loads(parse_qs(body.decode())["payload"][0])
    except (ValueError, KeyError) as error:
        raise InvalidInput("This is not an interaction of Slack.") from error
    if not isinstance(told, dict):
        raise InvalidInput("This is not an interaction of Slack.")
    return told


def register() -> None:
    """Make the connector known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(SlackConnector())
