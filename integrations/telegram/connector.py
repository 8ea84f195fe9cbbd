"""The Telegram connector: a bot's updates → normal form; an answer → one call of the Bot API."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import inbox.connector
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, NeedsReauthorization, PermanentFailure
from helpdesk.lib.secrets import sign
from helpdesk.lib.vendor_api import Upload
from inbox.connector import (
    Account,
    FetchedFile,
    Item,
    OutboundFile,
    OutboundMessage,
    Polled,
    Refused,
    Sent,
    WebhookAnswer,
    WebhookRequest,
)
from inbox.inbound import InboundMessage
from integrations.telegram.client import Moved, TelegramClient
from integrations.telegram.manifest import MANIFEST
from integrations.telegram.messages import inbound_of, item_of
from tickets.models import Channel

UPDATES = ["message", "edited_message"]
MAX_CAPTION_CHARS = 1024
MAX_PHOTO_BYTES = 10 * 1024 * 1024
PHOTOS = ("image/jpeg", "image/png", "image/webp")
UPDATES_PER_PAGE = 100
TOLD_SECONDS = 3600
"""An error that Telegram met longer ago than this is history."""
MANY_WAITING = 50
WEBHOOK_PORTS = (None, 443, 80, 88, 8443)
NOT_POLLED_SECONDS = 3600


class TelegramConnector:
    """One bot. Where we have a public address Telegram calls us; elsewhere it is asked."""

    manifest = MANIFEST

    # In

    def verify(self, channel: Channel, request: WebhookRequest) -> None:
        """Telegram repeats the secret that ``connect`` told it."""
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not hmac.compare_digest(given.encode(), hook_secret(channel).encode()):
            raise Refused("The secret token is not the one we gave to Telegram.")

    def answer(self, channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
        """Nothing but 200."""
        return None

    def split(self, channel: Channel, request: WebhookRequest) -> list[Item]:
        """One update a call."""
        try:
            update = json.loads(request.body)
        except ValueError as error:
            raise InvalidInput("This is not JSON.") from error
        if not isinstance(update, dict):
            raise InvalidInput("This is not an update of Telegram.")
        return [item_of(update, TelegramClient(channel).bot_id)]

    def poll(self, channel: Channel, cursor: dict[str, Any]) -> Polled:
        """``getUpdates`` after the last one we kept; nothing where Telegram calls us."""
        if channel.config.get("receives_by") == "webhook":
            return Polled([], cursor, wait_seconds=NOT_POLLED_SECONDS)
        client = TelegramClient(channel)
        asked: dict[str, Any] = {"limit": UPDATES_PER_PAGE, "allowed_updates": UPDATES}
        if "offset" in cursor:
            asked["offset"] = cursor["offset"]
        updates = client.ask("getUpdates", **asked) or []
        items = [item_of(each, client.bot_id) for each in updates]
        ids = [int(each["update_id"]) for each in updates]
        after = {"offset": max(ids) + 1} if ids else cursor
        return Polled(items, after, has_more=len(updates) >= UPDATES_PER_PAGE)

    def parse(self, channel: Channel, raw: bytes, envelope: dict[str, Any]) -> InboundMessage:
        """The message of an update."""
        try:
            message = json.loads(raw)["message"]
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput("This is not a message of Telegram.") from error
        return inbound_of(message, TelegramClient(channel).bot_id)

    def fetch_file(self, channel: Channel, source: dict[str, Any], max_bytes: int) -> FetchedFile:
        """``getFile`` says where it lies, for an hour; bots get files up to 20 MB."""
        client = TelegramClient(channel)
        found = client.ask("getFile", file_id=source.get("file_id", ""))
        path = str((found or {}).get("file_path", ""))
        if not path:
            raise PermanentFailure(
                "The file is larger than Telegram gives to bots (20 MB).", reason_code="too_large"
            )
        if int(found.get("file_size") or 0) > max_bytes:
            raise PermanentFailure("The file is too large.", reason_code="too_large")
        return FetchedFile(client.download(path, max_bytes).content)

    # Out

    def send(
        self, channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
    ) -> Sent:
        """One call whatever goes along: words, a captioned file, or an album of files."""
        client = TelegramClient(channel)
        method, parameters, uploads = _sending(message)
        before_irreversible()
        try:
            result = client.send(method, parameters, uploads)
        except Moved as moved:
            result = client.send(method, {**parameters, "chat_id": moved.chat_id}, uploads)
        first = result[0] if isinstance(result, list) else result
        return Sent(external_id=f"{client.bot_id}:{first['chat']['id']}:{first['message_id']}")

    # Setting up

    def connect(self, channel: Channel, hook_url: str) -> Account:
        """Who the bot is; Telegram calls us where it can reach us, else we ask."""
        client = TelegramClient(channel)
        try:
            bot = client.ask("getMe")
        except NeedsReauthorization as refusal:
            raise InvalidInput.field("token", refusal.message) from refusal
        if is_reachable(hook_url):
            client.ask(
                "setWebhook", url=hook_url, secret_token=hook_secret(channel),
                allowed_updates=UPDATES, max_connections=20,
            )  # fmt: skip
            way, note = "webhook", "Telegram calls Aftercare for every message."
        else:
            client.ask("deleteWebhook", drop_pending_updates=False)
            way, note = (
                "polling",
                (
                    "This server has no public https address, so Aftercare asks Telegram every few "
                    "seconds instead."
                ),
            )
        notes = (note,) if bot.get("can_read_all_group_messages") else (note, _PRIVACY)
        return Account(
            label=f"{bot.get('first_name', '')} (@{bot.get('username', '')})",
            address=f"@{bot.get('username', '')}",
            config={"receives_by": way},
            notes=notes,
        )

    def disconnect(self, channel: Channel) -> None:
        """Telegram forgets our address; what nobody fetched waits there for a day."""
        TelegramClient(channel).ask("deleteWebhook", drop_pending_updates=False)

    def check(self, channel: Channel, hook_url: str) -> list[str]:
        """What ``getWebhookInfo`` says against us."""
        known = TelegramClient(channel).ask("getWebhookInfo") or {}
        if channel.config.get("receives_by") != "webhook":
            if known.get("url"):
                return ["Another program receives this bot's messages. Connect it again here."]
            return []
        problems = []
        if known.get("url") != hook_url:
            problems.append("Telegram does not call this address any more. Connect it again here.")
        recent = now().timestamp() - int(known.get("last_error_date") or 0) < TOLD_SECONDS
        if known.get("last_error_message") and recent:
            problems.append(f"Telegram could not reach us: {known['last_error_message']}")
        waiting = int(known.get("pending_update_count") or 0)
        if waiting >= MANY_WAITING:
            problems.append(f"{waiting} messages wait at Telegram to be delivered.")
        return problems


_PRIVACY = (
    "In groups the bot hears only what is addressed to it, until you send /setprivacy to "
    "@BotFather and choose Disable."
)


def hook_secret(channel: Channel) -> str:
    """What Telegram must say with every call: ours alone, and different for every channel."""
    return sign("telegram-webhook", str(channel.pk), channel.hook_token, size_bytes=20)


def is_reachable(hook_url: str) -> bool:
    """Whether Telegram would call the address: https, one of its ports, not of this machine."""
    parts = urlsplit(hook_url)
    host = parts.hostname or ""
    is_local = host in ("localhost", "127.0.0.1", "::1") or host.endswith((".local", ".test"))
    return parts.scheme == "https" and parts.port in WEBHOOK_PORTS and not is_local


def _sending(message: OutboundMessage) -> tuple[str, dict[str, Any], list[Upload]]:
    """The method, its parameters and its files; raises PermanentFailure for what cannot go."""
    place = _place(message)
    if not message.files:
        if len(message.text) > (MANIFEST.max_text_chars or 0):
            raise PermanentFailure(
                "A Telegram message may have 4096 characters.", reason_code="too_long"
            )
        return "sendMessage", {**place, "text": message.text}, []
    if len(message.text) > MAX_CAPTION_CHARS:
        raise PermanentFailure(
            "With files a Telegram message may have 1024 characters. Send the words on their own.",
            reason_code="too_long",
        )
    if len(message.files) > (MANIFEST.max_files or 0):
        raise PermanentFailure("Telegram takes ten files at once.", reason_code="too_many_files")
    form = {name: _form_value(value) for name, value in place.items()}
    if len(message.files) == 1:
        return _one_file(message, form)
    return _album(message, form)


def _one_file(
    message: OutboundMessage, form: dict[str, Any]
) -> tuple[str, dict[str, Any], list[Upload]]:
    content = _read(message.files[0])
    is_photo = _is_photo(message.files[0], content)
    method, field = ("sendPhoto", "photo") if is_photo else ("sendDocument", "document")
    if message.text:
        form = {**form, "caption": message.text}
    return method, form, [_upload(field, message.files[0], content)]


def _album(
    message: OutboundMessage, form: dict[str, Any]
) -> tuple[str, dict[str, Any], list[Upload]]:
    """Several files are one call too: pictures as such, where all of them are."""
    contents = [_read(each) for each in message.files]
    pictures = zip(message.files, contents, strict=True)
    kind = "photo" if all(_is_photo(*each) for each in pictures) else "document"
    media = [
        {"type": kind, "media": f"attach://file{number}"} for number in range(len(message.files))
    ]
    if message.text:
        media[0 if kind == "photo" else -1]["caption"] = message.text
    uploads = [
        _upload(f"file{number}", file, contents[number])
        for number, file in enumerate(message.files)
    ]
    return "sendMediaGroup", {**form, "media": json.dumps(media)}, uploads


def _place(message: OutboundMessage) -> dict[str, Any]:
    """The chat, the topic, and in groups the message that is answered."""
    thread = message.thread
    chat_id = thread.get("chat_id") or (message.to[0]["address"] if message.to else "")
    if not str(chat_id).lstrip("-").isdigit():
        raise PermanentFailure(
            "Nobody has written to the bot on this ticket.", reason_code="no_conversation"
        )
    place: dict[str, Any] = {"chat_id": int(chat_id)}
    if thread.get("topic_id"):
        place["message_thread_id"] = thread["topic_id"]
    if thread.get("reply_to"):
        place["reply_parameters"] = {
            "message_id": thread["reply_to"], "allow_sending_without_reply": True,
        }  # fmt: skip
    return place


def _form_value(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _read(file: OutboundFile) -> bytes:
    content = file.read()
    if len(content) > (MANIFEST.max_attachment_bytes or 0):
        raise PermanentFailure(f"{file.name} is larger than 20 MB.", reason_code="too_large")
    return content


def _is_photo(file: OutboundFile, content: bytes) -> bool:
    return file.content_type in PHOTOS and len(content) <= MAX_PHOTO_BYTES


def _upload(field: str, file: OutboundFile, content: bytes) -> Upload:
    return Upload(field, file.name, file.content_type or "application/octet-stream", content)


def register() -> None:
    """Make the connector known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(TelegramConnector())
