"""Reading what Slack tells: an event → what it is; a message → normal form. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput
from inbox.connector import Amended, Arrived, Ignored, Item
from inbox.inbound import (
    InboundAttachment,
    InboundMessage,
    SenderHandle,
    content_key_of,
    first_words,
)
from integrations.slack.text import plain
from tickets.models import HandleKind

Record = dict[str, Any]

_WRITTEN = {"", "file_share", "me_message", "thread_broadcast"}
_NO_FILE = {"tombstone", "hidden_by_limit"}


def items_of(call: Record, config: Record) -> list[Item]:
    """What a call of the Events API is; raises InvalidInput for what is none."""
    try:
        event = call["event"]
        kind = str(event["type"])
        if kind != "message":
            return [Ignored(f"{kind[:60]} does not concern us")]
        return [_message_item(call, event, config)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("This is not an event of Slack.") from error


def inbound_of(payload: Record) -> InboundMessage:
    """A message in normal form; raises InvalidInput if it is none."""
    try:
        return _inbound_of(payload["event"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidInput("This message of Slack cannot be read.") from error


def external_id_of(channel_id: str, ts: str) -> str:
    """A message's id: its channel and its time there."""
    if not channel_id or not ts:
        raise ValueError("no channel or no time")
    float(ts)
    return f"{channel_id}:{ts}"


def _message_item(call: Record, event: Record, config: Record) -> Item:
    kind, channel_id = str(event.get("subtype") or ""), str(event["channel"])
    if channel_id in (config.get("team_places") or []):
        return Ignored("Said among the team, where alerts go")
    wanted = config.get("channels") or []
    if wanted and channel_id not in wanted and event.get("channel_type") != "im":
        return Ignored("Not one of the chosen channels")
    if kind == "message_changed":
        return _changed(channel_id, event["message"], config)
    if kind == "message_deleted":
        return Amended(external_id_of(channel_id, str(event["deleted_ts"])), is_deleted=True)
    reason = _why_not(call, event, kind, config)
    if reason:
        return Ignored(reason)
    external_id = external_id_of(channel_id, str(event["ts"]))
    slim = {name: value for name, value in event.items() if name not in ("blocks", "attachments")}
    return Arrived(key=external_id, payload={"event": slim})


def _changed(channel_id: str, message: Record, config: Record) -> Item:
    """An edit, or a link that Slack unfolded: then the words are the same and nothing happens."""
    if _is_bot(message, config):
        return Ignored("A bot's message changed")
    if message.get("subtype") == "tombstone":
        deleted = external_id_of(channel_id, str(message["ts"]))
        return Amended(deleted, is_deleted=True)
    edited = external_id_of(channel_id, str(message["ts"]))
    return Amended(edited, text=plain(str(message.get("text", ""))))


def _why_not(call: Record, event: Record, kind: str, config: Record) -> str:
    """Why a message is not a customer's; empty if it is."""
    if kind not in _WRITTEN:
        return f"{kind[:60]} is a notice of Slack"
    if _is_bot(event, config) or not event.get("user"):
        return "Written by a bot, maybe by ourselves"
    is_reply = bool(event.get("thread_ts")) and event["thread_ts"] != event["ts"]
    if call.get("is_ext_shared_channel") and not is_reply and _is_colleague(call, event, config):
        return "A colleague began a thread in a shared channel"
    return ""


def _is_bot(message: Record, config: Record) -> bool:
    """Our own posts come back as events: they carry a bot's id."""
    mine = {config.get("bot_user_id"), config.get("bot_id")} - {None, ""}
    named = {message.get("user"), message.get("bot_id")}
    return bool(message.get("bot_id") or message.get("bot_profile") or mine & named)


def _is_colleague(call: Record, event: Record, config: Record) -> bool:
    team = str(event.get("user_team") or event.get("source_team") or event.get("team") or "")
    return bool(team) and team == str(config.get("team_id") or call.get("team_id") or "")


def _inbound_of(event: Record) -> InboundMessage:
    channel_id, ts = str(event["channel"]), str(event["ts"])
    external_id = external_id_of(channel_id, ts)
    text = plain(str(event.get("text") or ""))
    files = [_file(each) for each in event.get("files") or [] if each.get("mode") not in _NO_FILE]
    top = str(event.get("thread_ts") or "")
    profile = event.get("user_profile") or {}
    name = profile.get("real_name") or profile.get("display_name") or event.get("username") or ""
    return InboundMessage(
        sender=SenderHandle(
            kind=HandleKind.SLACK, value=_required(event["user"]), name=str(name),
            is_verified=True, label=str(profile.get("display_name") or ""),
        ),
        external_id=external_id,
        subject=first_words(text, "Slack"),
        text=text,
        attachments=files,
        in_reply_to=external_id_of(channel_id, top) if top and top != ts else "",
        sent_at=datetime.fromtimestamp(float(ts), UTC),
        is_sender_verified=True,
        content_key=content_key_of("slack", external_id),
        thread_key=_conversation(event, top or ts),
        thread=_place(event, top or ts),
    )  # fmt: skip


def _conversation(event: Record, top: str) -> str:
    """A direct message is one conversation; in a channel each thread is one."""
    channel_id = str(event["channel"])
    return channel_id if event.get("channel_type") == "im" else f"{channel_id}:{top}"


def _place(event: Record, top: str) -> Record:
    """Answers go into the thread; in a direct message only where the customer opened one."""
    place: Record = {"channel": str(event["channel"])}
    if event.get("channel_type") != "im" or event.get("thread_ts"):
        place["thread_ts"] = top
    return place


def _file(file: Record) -> InboundAttachment:
    """Files of shared channels come as an id alone: the rest is asked for when it is fetched."""
    return InboundAttachment(
        name=str(file.get("name") or file.get("title") or "file"),
        content_type=str(file.get("mimetype") or "application/octet-stream"),
        source={
            "id": str(file.get("id") or ""),
            "url": str(file.get("url_private_download") or file.get("url_private") or ""),
        },
        size_bytes=int(file.get("size") or 0),
    )


def _required(value: object) -> str:
    if not value or not isinstance(value, str):
        raise ValueError("empty")
    return value
