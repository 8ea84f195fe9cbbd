"""The Discord connector: a server's posts → normal form; an answer → a message in their place."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import inbox.connector
from helpdesk.lib.errors import (
    InvalidInput,
    NeedsReauthorization,
    PermanentFailure,
)
from helpdesk.lib.signatures import fits_ed25519, is_recent
from helpdesk.lib.vendor_api import Upload, failure_of
from inbox.connector import (
    Account,
    FetchedFile,
    Ignored,
    Item,
    OutboundMessage,
    Polled,
    Refused,
    Sent,
    WebhookAnswer,
    WebhookRequest,
)
from inbox.inbound import InboundMessage
from integrations.discord.client import DiscordClient
from integrations.discord.manifest import MANIFEST
from integrations.discord.messages import inbound_of
from integrations.discord.reading import read
from tickets.models import Channel

PING = 1
TEXT_CHANNELS = (0, 5)
FORUMS = (15, 16)
THREADS = (10, 11, 12)
_WRITE_HERE = "Write your question in the channel or open a post: our team answers there."


class DiscordConnector:
    """One bot on one server, which is asked; Discord's calls are only proven and answered."""

    manifest = MANIFEST

    # In

    def verify(self, channel: Channel, request: WebhookRequest) -> None:
        """Ed25519 over the time and the raw body."""
        timestamp = request.headers.get("x-signature-timestamp", "")
        signature = request.headers.get("x-signature-ed25519", "")
        key = str(channel.config.get("public_key", "")).strip()
        if not fits_ed25519(key, timestamp.encode() + request.body, signature):
            raise Refused("The signature does not fit.")
        if not is_recent(timestamp):
            raise Refused("This call was signed too long ago.")

    def answer(self, channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
        """PONG to a PING; whoever uses a command is told where to write, and nobody else sees it."""
        try:
            told = json.loads(request.body)
        except ValueError:
            return None
        if not isinstance(told, dict):
            return None
        if "event" in told or "version" in told:
            return WebhookAnswer(status=204)
        if told.get("type") == PING:
            return _json({"type": 1}, is_final=True)
        return _json({"type": 4, "data": {"content": _WRITE_HERE, "flags": 64}})

    def split(self, channel: Channel, request: WebhookRequest) -> list[Item]:
        """Commands and app events open no ticket."""
        try:
            told = json.loads(request.body)
        except ValueError as error:
            raise InvalidInput("This is not JSON.") from error
        if not isinstance(told, dict) or "type" not in told:
            raise InvalidInput("This is not a call of Discord.")
        event = told.get("event")
        name = event.get("type") if isinstance(event, dict) else f"Interaction {told['type']}"
        return [Ignored(f"{str(name)[:60]} does not concern us")]

    def poll(self, channel: Channel, cursor: dict[str, Any]) -> Polled:
        """What was written and changed since."""
        return read(channel, cursor)

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        """A message and the place it is in."""
        try:
            return inbound_of(json.loads(raw))
        except ValueError as error:
            raise InvalidInput("This is not a message of Discord.") from error

    def fetch_file(self, channel: Channel, source: dict[str, Any], max_bytes: int) -> FetchedFile:
        """From Discord's file server; an address that has ended is asked for anew."""
        client = DiscordClient(channel)
        answer = client.download(str(source.get("url", "")), max_bytes)
        if answer.status in (403, 404):
            path = f"/channels/{source['channel']}/messages/{source['message']}"
            files = (client.get(path) or {}).get("attachments") or []
            fresh = next((each for each in files if str(each["id"]) == source["id"]), None)
            if fresh is None:
                raise PermanentFailure("The file was deleted in Discord.", reason_code="gone")
            answer = client.download(str(fresh["url"]), max_bytes)
        if not answer.is_ok:
            raise failure_of(answer)
        return FetchedFile(answer.content)

    # Out

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """One message, with its files, that pings nobody but whom it answers."""
        place = message.thread
        if not place.get("channel_id"):
            raise PermanentFailure(
                "Nobody has written in Discord on this ticket.", reason_code="no_conversation"
            )
        if len(message.text) > (MANIFEST.max_text_chars or 0):
            raise PermanentFailure(
                "A Discord message may have 2000 characters.", reason_code="too_long"
            )
        body, uploads = _body(message), _uploads(message)
        if uploads:
            body["attachments"] = [
                {"id": str(number), "filename": each.name} for number, each in enumerate(uploads)
            ]
        client = DiscordClient(channel)
        before_irreversible()
        said = client.post_message(str(place["channel_id"]), body, uploads)
        return Sent(external_id=f"{said.get('channel_id', place['channel_id'])}:{said['id']}")

    # Setting up

    def connect(self, channel: Channel, hook_url: str) -> Account:
        """Who the bot is, whether it is on the server, and of which kind each channel is."""
        client = DiscordClient(channel)
        try:
            bot = client.get("/users/@me")
        except NeedsReauthorization as refusal:
            raise InvalidInput.field("token", refusal.message) from refusal
        guild = str(channel.config.get("guild_id", "")).strip()
        _seen(
            client, f"/guilds/{guild}/threads/active", "guild_id",
            "The bot is not on this server: open the invitation of step 3.",
        )  # fmt: skip
        texts, names = _kinds_of(client, channel)
        return Account(
            label=f"{bot.get('username', '')} ({', '.join(names) or 'every thread'})",
            address=guild,
            config={"bot_user_id": str(bot.get("id", "")), "text_channels": texts},
            notes=(
                "Discord is asked every ten seconds; direct messages to the bot are noticed at once.",
            ),
        )

    def disconnect(self, channel: Channel) -> None:
        """Nothing was set at Discord."""

    def check(self, channel: Channel, hook_url: str) -> list[str]:
        """Whether the bot still is on the server."""
        client = DiscordClient(channel)
        try:
            client.get(f"/guilds/{channel.config.get('guild_id', '')}/threads/active")
        except PermanentFailure:
            return ["The bot is not on the server any more, or may not see its threads."]
        return []


def nonce_of(message: OutboundMessage) -> str:
    """The same for every try of a message; Discord takes 25 characters."""
    return base64.urlsafe_b64encode(message.id.bytes).decode().rstrip("=")


def _body(message: OutboundMessage) -> dict[str, Any]:
    body: dict[str, Any] = {
        "content": message.text, "allowed_mentions": {"parse": [], "replied_user": True},
        "nonce": nonce_of(message), "enforce_nonce": True,
    }  # fmt: skip
    if message.thread.get("reply_to"):
        body["message_reference"] = {
            "message_id": message.thread["reply_to"], "fail_if_not_exists": False,
        }  # fmt: skip
    return body


def _uploads(message: OutboundMessage) -> list[Upload]:
    if len(message.files) > (MANIFEST.max_files or 0):
        raise PermanentFailure("Discord takes ten files at once.", reason_code="too_many_files")
    uploads = [
        Upload(
            f"files[{number}]", each.name, each.content_type or "application/octet-stream",
            each.read(),
        )
        for number, each in enumerate(message.files)
    ]  # fmt: skip
    if sum(len(each.content) for each in uploads) > (MANIFEST.max_attachment_bytes or 0):
        raise PermanentFailure("Discord takes 10 MB in one message.", reason_code="too_large")
    return uploads


def _kinds_of(client: DiscordClient, channel: Channel) -> tuple[list[str], list[str]]:
    """Which of the chosen channels are read themselves (forums only by their threads); all names."""
    texts, names = [], []
    for channel_id in channel.config.get("channels") or []:
        words = f"The bot cannot see the channel {channel_id}."
        found = _seen(client, f"/channels/{channel_id}", "channels", words)
        if found.get("type") not in (*TEXT_CHANNELS, *FORUMS, *THREADS):
            raise InvalidInput.field("channels", f"{channel_id} is no text or forum channel.")
        names.append(f"#{found.get('name', channel_id)}")
        if found["type"] in TEXT_CHANNELS:
            texts.append(str(channel_id))
    return texts, names


def _seen(client: DiscordClient, path: str, field: str, words: str) -> Any:
    """What Discord shows the bot; raises InvalidInput for the field where it shows nothing."""
    try:
        return client.get(path)
    except PermanentFailure as failure:
        raise InvalidInput.field(field, words) from failure


def _json(said: dict[str, Any], *, is_final: bool = False) -> WebhookAnswer:
    return WebhookAnswer(json.dumps(said).encode(), "application/json", is_final=is_final)


def register() -> None:
    """Make the connector known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(DiscordConnector())
