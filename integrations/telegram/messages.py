"""Reading what Telegram tells: an update → what it is; a message → normal form. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput
from inbox.connector import Amended, Arrived, Ignored, Item
from inbox.inbound import (
    Details,
    InboundAttachment,
    InboundMessage,
    SenderHandle,
    content_key_of,
    first_words,
)
from tickets.models import HandleKind

Record = dict[str, Any]

MAP = "https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}"
_FILES = {
    "document": ("file", "application/octet-stream"),
    "voice": ("voice message.ogg", "audio/ogg"),
    "audio": ("audio.mp3", "audio/mpeg"),
    "video": ("video.mp4", "video/mp4"),
    "video_note": ("video message.mp4", "video/mp4"),
    "animation": ("animation.mp4", "video/mp4"),
}
_SPOKEN = (
    "text", "caption", "photo", "sticker", "location", "venue", "contact", "poll", "dice",
    *_FILES,
)  # fmt: skip
_WORDLESS = {
    "paid_media", "story", "game", "invoice", "checklist", "live_photo", "rich_message",
    "passport_data",
}  # fmt: skip
"""What a person sent and a bot cannot read: kept as a message that says so."""


def item_of(update: Record, bot_id: str) -> Item:
    """What an update is; raises InvalidInput for what is no update."""
    try:
        return _item_of(update, bot_id)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("This is not an update of Telegram.") from error


def inbound_of(message: Record, bot_id: str) -> InboundMessage:
    """A message in normal form; raises InvalidInput if it is none."""
    try:
        return _inbound_of(message, bot_id)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidInput("This message of Telegram cannot be read.") from error


def external_id_of(bot_id: str, message: Record) -> str:
    """Unique among all bots: message ids count per chat, and a chat per bot."""
    return f"{bot_id}:{int(message['chat']['id'])}:{int(message['message_id'])}"


def _item_of(update: Record, bot_id: str) -> Item:
    number = int(update["update_id"])
    if "message" in update:
        return _arrival(update["message"], bot_id)
    if "edited_message" in update:
        return _edit(update["edited_message"], bot_id)
    kind = next((name for name in update if name != "update_id"), "empty")
    return Ignored(f"Update {number} ({kind[:40]}) does not concern us")


def _arrival(message: Record, bot_id: str) -> Item:
    reason = _why_not(message)
    if reason:
        return Ignored(reason)
    return Arrived(key=external_id_of(bot_id, message), payload={"message": message})


def _edit(message: Record, bot_id: str) -> Item:
    reason = _why_not(message)
    if reason:
        return Ignored(reason)
    if "location" in message:
        return Ignored("A live location moved")
    return Amended(external_id_of(bot_id, message), text=_text(message))


def _why_not(message: Record) -> str:
    """Why a message is not a customer's; empty if it is."""
    author = message.get("from")
    if message["chat"]["type"] == "channel" or not author:
        return "A post in a channel has no author to answer"
    if author.get("is_bot") or "via_bot" in message or "sender_chat" in message:
        return "Not written by a person"
    if not any(name in message for name in (*_SPOKEN, *_WORDLESS)):
        return "A notice of Telegram"
    if message["chat"]["type"] == "private" and message.get("text", "").strip() == "/start":
        return "Somebody opened the chat with the bot and has said nothing yet"
    return ""


def _inbound_of(message: Record, bot_id: str) -> InboundMessage:
    author, external_id = message["from"], external_id_of(bot_id, message)
    text, unreadable = _text(message), _unreadable(message)
    answered = message.get("reply_to_message")
    details = Details()
    if "forward_origin" in message:
        details["forwarded"] = True
    if "location" in message:
        details["location"] = _location(message)
    if answered and int(answered["message_id"]) != message.get("message_thread_id"):
        in_reply_to = external_id_of(bot_id, answered)
    else:
        in_reply_to = ""
    return InboundMessage(
        sender=SenderHandle(
            kind=HandleKind.TELEGRAM,
            value=str(int(author["id"])),
            name=f"{author.get('first_name', '')} {author.get('last_name', '')}".strip(),
            is_verified=True,
            label=f"@{author['username']}" if author.get("username") else "",
        ),
        external_id=external_id,
        subject=first_words(text, "Telegram"),
        text=text or (f"({unreadable})" if unreadable else ""),
        attachments=_files(message),
        in_reply_to=in_reply_to,
        sent_at=datetime.fromtimestamp(int(message["date"]), UTC),
        is_sender_verified=True,
        content_key=content_key_of("telegram", external_id),
        thread_key=_conversation(message),
        thread=_place(message),
        details=details,
        flags=["unsupported-content"] if unreadable else [],
    )


def _conversation(message: Record) -> str:
    """The private chat; a topic of a forum; in a plain group each person for themselves."""
    chat = message["chat"]
    if chat["type"] == "private":
        return str(int(chat["id"]))
    if message.get("is_topic_message"):
        return f"{int(chat['id'])}:topic:{int(message['message_thread_id'])}"
    return f"{int(chat['id'])}:person:{int(message['from']['id'])}"


def _place(message: Record) -> Record:
    """What an answer needs: the chat, its topic, and whom it must quote among many."""
    chat = message["chat"]
    place: Record = {"chat_id": int(chat["id"])}
    if chat["type"] != "private":
        place["reply_to"] = int(message["message_id"])
        place["group"] = str(chat.get("title", ""))[:120]
    if message.get("is_topic_message"):
        place["topic_id"] = int(message["message_thread_id"])
    return place


def _text(message: Record) -> str:
    """The words, with the addresses that links hide, and what was sent instead of words."""
    if "text" in message:
        return _with_links(str(message["text"]), message.get("entities") or [])
    if "caption" in message:
        return _with_links(str(message["caption"]), message.get("caption_entities") or [])
    if "location" in message:
        place = _location(message)
        named = [place[name] for name in ("name", "address") if place.get(name)]
        return "\n".join([*named, MAP.format(**place)])
    if "contact" in message:
        card = message["contact"]
        name = f"{card.get('first_name', '')} {card.get('last_name', '')}".strip()
        return f"{name}\n{card.get('phone_number', '')}".strip()
    if "sticker" in message:
        return str(message["sticker"].get("emoji", ""))
    if "dice" in message:
        return f"{message['dice'].get('emoji', '')} {message['dice'].get('value', '')}".strip()
    if "poll" in message:
        options = [f"- {each.get('text', '')}" for each in message["poll"].get("options", [])]
        return "\n".join([str(message["poll"].get("question", "")), *options])
    return ""


def _with_links(text: str, entities: list[Record]) -> str:
    """Offsets are in UTF-16 code units."""
    units = text.encode("utf-16-le")
    for entity in sorted(entities, key=lambda each: -int(each.get("offset", 0))):
        if entity.get("type") != "text_link" or not entity.get("url"):
            continue
        end = 2 * (int(entity["offset"]) + int(entity["length"]))
        units = units[:end] + f" ({entity['url']})".encode("utf-16-le") + units[end:]
    return units.decode("utf-16-le", "replace")


def _location(message: Record) -> Record:
    spot, venue = message["location"], message.get("venue") or {}
    place = {"latitude": float(spot["latitude"]), "longitude": float(spot["longitude"])}
    named = {"name": venue.get("title"), "address": venue.get("address")}
    return {**place, **{name: str(value) for name, value in named.items() if value}}


def _unreadable(message: Record) -> str:
    """In words, what a bot cannot be given."""
    if any(name in message for name in _SPOKEN):
        return ""
    kind = next((name for name in _WORDLESS if name in message), "")
    return f"{kind.replace('_', ' ')}: open Telegram to see it" if kind else ""


def _files(message: Record) -> list[InboundAttachment]:
    files = []
    if message.get("photo"):
        largest = max(message["photo"], key=lambda each: int(each.get("file_size") or 0))
        files.append(_file(largest, "photo.jpg", "image/jpeg"))
    if "sticker" in message:
        files.append(_file(message["sticker"], *_sticker(message["sticker"])))
    for name, (called, content_type) in _FILES.items():
        if name in message and not (name == "document" and "animation" in message):
            files.append(_file(message[name], called, content_type))
    return files


def _sticker(sticker: Record) -> tuple[str, str]:
    if sticker.get("is_video"):
        return "sticker.webm", "video/webm"
    if sticker.get("is_animated"):
        return "sticker.tgs", "application/x-tgsticker"
    return "sticker.webp", "image/webp"


def _file(file: Record, name: str, content_type: str) -> InboundAttachment:
    return InboundAttachment(
        name=str(file.get("file_name") or name),
        content_type=str(file.get("mime_type") or content_type),
        source={"file_id": str(file["file_id"])},
        size_bytes=int(file.get("file_size") or 0),
    )
