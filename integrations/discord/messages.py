"""Reading what Discord tells: a message → what it is, and its normal form. Pure."""

from __future__ import annotations

import re
from datetime import datetime
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

EPOCH_MS = 1420070400000
LINK = "https://discord.com/channels/{guild}/{place}/{message}"
_ORDINARY, _REPLY = 0, 19
_MENTION = re.compile(r"<(@!?|@&|#)(\d+)>")
_EMOJI = re.compile(r"<a?(:\w+:)\d+>")


def snowflake_at(seconds: float) -> int:
    """The id that a message written at that time would have at least."""
    return max(0, int(seconds * 1000) - EPOCH_MS) << 22


def item_of(message: Record, place: Record) -> Item:
    """What a message is; raises InvalidInput for what is none."""
    try:
        external_id = external_id_of(str(place["id"]), message)
        reason = _why_not(message)
        if reason:
            return Ignored(reason)
        return Arrived(key=external_id, payload={"message": message, "place": place})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("This is not a message of Discord.") from error


def edit_of(message: Record, place: Record) -> Item | None:
    """The change that an edited message of a person is; None if it was not edited."""
    try:
        if not message.get("edited_timestamp") or _why_not(message):
            return None
        return Amended(external_id_of(str(place["id"]), message), text=_text(message))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("This is not a message of Discord.") from error


def inbound_of(payload: Record) -> InboundMessage:
    """A message in normal form; raises InvalidInput if it is none."""
    try:
        return _inbound_of(payload["message"], payload["place"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("This message of Discord cannot be read.") from error


def external_id_of(place_id: str, message: Record) -> str:
    """A message's id: the place and its number."""
    return f"{int(place_id)}:{int(message['id'])}"


def _why_not(message: Record) -> str:
    """Why a message is not a customer's; empty if it is."""
    author = message["author"]
    if message.get("webhook_id") or author.get("bot") or author.get("system"):
        return "Not written by a person"
    if message.get("type", _ORDINARY) not in (_ORDINARY, _REPLY):
        return "A notice of Discord"
    return ""


def _inbound_of(message: Record, place: Record) -> InboundMessage:
    author, text = message["author"], _text(message)
    external_id = external_id_of(str(place["id"]), message)
    answered = (message.get("message_reference") or {}).get("message_id")
    is_thread, is_private = place.get("kind") == "thread", place.get("kind") == "dm"
    name = author.get("global_name") or author.get("username") or ""
    return InboundMessage(
        sender=SenderHandle(
            kind=HandleKind.DISCORD, value=str(int(author["id"])), name=str(name),
            is_verified=True, label=f"@{author['username']}" if author.get("username") else "",
        ),
        external_id=external_id,
        subject=str(place.get("name") or "") if is_thread else first_words(text, "Discord"),
        text=text,
        attachments=[_file(each, message, place) for each in message.get("attachments") or []],
        in_reply_to=f"{int(place['id'])}:{int(answered)}" if answered else "",
        sent_at=datetime.fromisoformat(str(message["timestamp"])),
        is_sender_verified=True,
        content_key=content_key_of("discord", external_id),
        thread_key=(
            str(place["id"])
            if is_thread or is_private
            else f"{place['id']}:person:{author['id']}"
        ),
        thread=_answer_place(message, place, is_shared=not (is_thread or is_private)),
        details=_details(message, place),
    )  # fmt: skip


def _answer_place(message: Record, place: Record, *, is_shared: bool) -> Record:
    """One answers into a thread or to a person; among many the message that is answered is named."""
    return {
        "channel_id": str(place["id"]),
        "reply_to": str(int(message["id"])) if is_shared else "",
    }


def _details(message: Record, place: Record) -> Details:
    """Everybody on the server reads threads and channels; direct messages nobody else."""
    details = Details()
    if place.get("guild_id"):
        details["is_public"] = True
        details["permalink"] = LINK.format(
            guild=place["guild_id"], place=place["id"], message=message["id"]
        )
    if message.get("message_snapshots"):
        details["forwarded"] = True
    return details


def _text(message: Record) -> str:
    """The words with names in place of numbers, and what was sent instead of words."""
    names = {str(each["id"]): each.get("username", "") for each in message.get("mentions") or []}

    def named(found: re.Match[str]) -> str:
        sign = "#" if found.group(1) == "#" else "@"
        return sign + (names.get(found.group(2)) or found.group(2))

    parts = [str(message.get("content") or "")]
    parts += [
        str((each.get("message") or {}).get("content") or "")
        for each in message.get("message_snapshots") or []
    ]
    parts += [f"({each.get('name', 'sticker')})" for each in message.get("sticker_items") or []]
    if message.get("poll"):
        parts.append(str(((message["poll"].get("question")) or {}).get("text") or ""))
    text = "\n".join(each for each in parts if each)
    return _EMOJI.sub(r"\1", _MENTION.sub(named, text))


def _file(file: Record, message: Record, place: Record) -> InboundAttachment:
    """Discord's file addresses end after a day: the message is asked for a new one then."""
    return InboundAttachment(
        name=str(file.get("filename") or "file"),
        content_type=str(file.get("content_type") or "application/octet-stream"),
        source={
            "url": str(file.get("url") or ""), "id": str(file.get("id") or ""),
            "channel": str(place["id"]), "message": str(message["id"]),
        },
        size_bytes=int(file.get("size") or 0),
    )  # fmt: skip
