"""Answering: in a conversation, in public under a comment, or once in private to its author."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import ConnectorFailure, PermanentFailure, UncertainOutcome
from inbox.connector import Began, OutboundFile, OutboundMessage, Place, Reach, Sent
from integrations.meta.client import Graph, graph_of, sender_node, uses_instagram_login
from tickets.models import Channel

WINDOW = timedelta(hours=24)
HUMAN_WINDOW = timedelta(days=7)
PRIVATE_WINDOW = timedelta(days=7)
MAX_MESSENGER_CHARS = 2000
MAX_INSTAGRAM_BYTES = 1000
MAX_COMMENT_CHARS = {"facebook": 8000, "instagram": 2200}
PUBLIC, PRIVATE = "public", "private"


def reach(channel: Channel, place: Place) -> Reach:
    """Whether and how this conversation can be answered now."""
    if place.last_inbound_at is None or not place.thread:
        return Reach(is_reachable=False, reason="no_conversation")
    if place.thread.get("is_ours_alone"):
        return Reach(is_reachable=False, reason="limit_reached")
    if place.thread.get("form") == "message":
        return _reach_in_conversation(channel, place.last_inbound_at)
    is_in_time = place.last_inbound_at + PRIVATE_WINDOW > now()
    if is_in_time and _takes_private(place.thread) and not place.was_answered_privately:
        return Reach(is_reachable=True, modes=(PUBLIC, PRIVATE))
    return Reach(is_reachable=True, modes=(PUBLIC,))


def _reach_in_conversation(channel: Channel, last_inbound_at: datetime) -> Reach:
    is_granted = bool(channel.config.get("human_agent"))
    closes_at = last_inbound_at + (HUMAN_WINDOW if is_granted else WINDOW)
    if closes_at <= now():
        return Reach(is_reachable=False, reason="window_closed", closes_at=closes_at)
    return Reach(is_reachable=True, closes_at=closes_at)


def _takes_private(thread: dict[str, Any]) -> bool:
    return thread.get("form") == "comment" or (
        thread.get("form") == "post" and bool(thread.get("post_id"))
    )


def send(
    channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
) -> Sent:
    """Let an answer leave where its conversation is."""
    thread = message.thread
    if not thread or message.last_inbound_at is None:
        raise PermanentFailure(
            "Nobody can be written to first here: they have to write to us.",
            reason_code="no_conversation",
        )
    if str(thread.get("account") or channel.address) != channel.address:
        raise PermanentFailure(
            "This conversation is with another account, which is not connected here.",
            reason_code="no_conversation",
        )
    if thread.get("form") == "message":
        return _send_message(channel, message, before_irreversible)
    if message.details.get("mode") == PRIVATE:
        return _send_private(channel, message, before_irreversible)
    return _send_public(channel, message, before_irreversible)


def _send_message(
    channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
) -> Sent:
    terms = _terms(channel, message)
    _check_text(channel, message.text)
    recipient = {"id": str(message.thread["psid"])}
    graph = graph_of(channel)
    parts = _parts(channel, graph, message)
    before_irreversible()
    return _say(channel, graph, [{"recipient": recipient, **terms, "message": p} for p in parts])


def _terms(channel: Channel, message: OutboundMessage) -> dict[str, str]:
    """On which of Meta's terms it may leave now; raises PermanentFailure when on none."""
    assert message.last_inbound_at is not None  # noqa: S101 (send saw to it)
    age = now() - message.last_inbound_at
    if age < WINDOW:
        return {"messaging_type": "RESPONSE"}
    may_tag = bool(channel.config.get("human_agent")) and not message.is_automatic
    if may_tag and age < HUMAN_WINDOW:
        return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    raise PermanentFailure(
        "The customer's last message is too long ago: Meta lets nobody answer it any more.",
        reason_code="window_closed",
    )


def _send_private(
    channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
) -> Sent:
    """One message to the author of a comment, within seven days of it."""
    thread = message.thread
    if not _takes_private(thread):
        raise PermanentFailure(
            "This can only be answered in public.", reason_code="no_conversation"
        )
    assert message.last_inbound_at is not None  # noqa: S101 (send saw to it)
    if now() - message.last_inbound_at >= PRIVATE_WINDOW:
        raise PermanentFailure(
            "A comment can be answered in private for seven days.", reason_code="window_closed"
        )
    if message.files:
        raise PermanentFailure(
            "A private answer to a comment takes no files.", reason_code="unsupported_files"
        )
    _check_text(channel, message.text)
    name = "comment_id" if thread.get("comment_id") else "post_id"
    body = {"recipient": {name: str(thread[name])}, "message": {"text": message.text}}
    graph = graph_of(channel)
    before_irreversible()
    return replace(_say(channel, graph, [body]), began=_conversation_with(channel, message))


def _conversation_with(channel: Channel, message: OutboundMessage) -> Began | None:
    """What the author answers in private comes as a message: it belongs to the comment's ticket."""
    author = str(message.thread.get("author") or "")
    account, _, psid = author.partition(":")
    if account != channel.address or not psid or psid.startswith("@"):
        return None
    thread = {"form": "message", "account": account, "psid": psid, "is_ours_alone": True}
    return Began(f"{account}:{psid}", author, thread)


def _send_public(
    channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
) -> Sent:
    """An answer under the comment or post, for everybody to read."""
    if len(message.text) > MAX_COMMENT_CHARS[channel.kind]:
        raise _too_long(MAX_COMMENT_CHARS[channel.kind], "characters")
    graph = graph_of(channel)
    path, body = _place_of(channel, message.thread)
    body["message"] = message.text
    if message.files:
        body["attachment_id"] = _upload_photo(channel, graph, message.files)
    before_irreversible()
    said = graph.post_once(path, body)
    return Sent(external_id=str(said.get("id") or ""))


def _place_of(channel: Channel, thread: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Where a public answer is posted."""
    comment_id = str(thread.get("comment_id") or "")
    if channel.kind == "instagram":
        if thread.get("form") == "mention":
            named = {"media_id": thread.get("media_id"), "comment_id": comment_id}
            return f"{channel.address}/mentions", {k: v for k, v in named.items() if v}
        return f"{comment_id}/replies", {}
    return f"{comment_id or thread.get('post_id')}/comments", {}


def _upload_photo(channel: Channel, graph: Graph, files: list[OutboundFile]) -> str:
    """A comment carries one picture, which is laid down unpublished first."""
    first = files[0]
    if channel.kind != "facebook" or len(files) > 1 or not first.content_type.startswith("image/"):
        raise PermanentFailure(
            "In public only a single picture can go along, and only on Facebook.",
            reason_code="unsupported_files",
        )
    said = graph.upload(
        f"{channel.address}/photos", {"published": "false"}, "source",
        (first.name, first.read(), first.content_type),
    )  # fmt: skip
    return str(said.get("id") or "")


def _parts(channel: Channel, graph: Graph, message: OutboundMessage) -> list[dict[str, Any]]:
    """Words and files go in messages of their own; the files are uploaded before any is sent."""
    parts: list[dict[str, Any]] = [{"text": message.text}] if message.text.strip() else []
    for each in message.files:
        kind = _file_kind(each.content_type)
        told: dict[str, Any] = {"type": kind, "payload": {"is_reusable": True}}
        path, fields = f"{sender_node(channel)}/message_attachments", {}
        if uses_instagram_login(channel):
            path = f"{channel.address}/messageattachments"
        elif channel.kind == "instagram":
            fields["platform"] = "INSTAGRAM"
        fields["message"] = json.dumps({"attachment": told})
        said = graph.upload(path, fields, "filedata", (each.name, each.read(), each.content_type))
        attachment_id = str(said.get("attachment_id") or "")
        parts.append({"attachment": {"type": kind, "payload": {"attachment_id": attachment_id}}})
    if not parts:
        raise PermanentFailure("There is nothing to send.", reason_code="empty")
    return parts


def _say(channel: Channel, graph: Graph, bodies: list[dict[str, Any]]) -> Sent:
    """Send the parts in order. Once one has left, trouble with the next leaves it to a person."""
    path = f"{sender_node(channel)}/messages"
    first = graph.post_once(path, bodies[0])
    for number, body in enumerate(bodies[1:], start=2):
        try:
            graph.post_once(path, body)
        except ConnectorFailure as failure:
            raise UncertainOutcome(
                f"Only {number - 1} of {len(bodies)} parts left. {failure.message}"
            ) from failure
    return Sent(external_id=str(first.get("message_id") or ""))


def _check_text(channel: Channel, text: str) -> None:
    if channel.kind == "instagram" and len(text.encode()) > MAX_INSTAGRAM_BYTES:
        raise _too_long(MAX_INSTAGRAM_BYTES, "bytes (an accented letter has two, an emoji four)")
    if channel.kind == "facebook" and len(text) > MAX_MESSENGER_CHARS:
        raise _too_long(MAX_MESSENGER_CHARS, "characters")


def _too_long(limit: int, unit: str) -> PermanentFailure:
    return PermanentFailure(f"One message takes {limit} {unit}.", reason_code="too_long")


def _file_kind(content_type: str) -> str:
    kind = content_type.partition("/")[0]
    return kind if kind in ("image", "video", "audio") else "file"


def moderate(channel: Channel, external_id: str, action: str) -> None:
    """Hide, unhide, like, unlike or delete a comment; raises connector failures."""
    graph = graph_of(channel)
    is_facebook = channel.kind == "facebook"
    if action in ("hide", "unhide"):
        graph.post(external_id, {"is_hidden" if is_facebook else "hide": action == "hide"})
    elif action == "delete":
        graph.delete(external_id)
    elif action == "like" and is_facebook:
        graph.post(f"{external_id}/likes")
    elif action == "unlike" and is_facebook:
        graph.delete(f"{external_id}/likes")
    else:
        raise PermanentFailure("Instagram lets apps like nothing.", reason_code="unsupported")
