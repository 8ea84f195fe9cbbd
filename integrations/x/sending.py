"""Answering on X: in public under a post, or by direct message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helpdesk.lib.errors import ConnectorFailure, PermanentFailure, UncertainOutcome
from inbox.connector import OutboundMessage, Place, Reach, Sent
from integrations.x.client import XApi, account_api
from integrations.x.weighted import MAX_WEIGHT, weight
from tickets.models import Channel

MAX_LONG_CHARS = 25_000
MAX_DIRECT_CHARS = 10_000
MAX_PICTURES = 4
PUBLIC, PRIVATE = "public", "private"
_PICTURES = {"image/jpeg", "image/png", "image/webp", "image/gif"}


def reach(channel: Channel, place: Place) -> Reach:
    """Posts are answered in public or by direct message; a direct message by another one."""
    if place.last_inbound_at is None or not place.thread:
        return Reach(is_reachable=False, reason="no_conversation")
    if place.thread.get("form") == "post":
        limit = MAX_LONG_CHARS if channel.config.get("long_posts") else MAX_WEIGHT
        return Reach(is_reachable=True, modes=(PUBLIC, PRIVATE), max_public_chars=limit)
    return Reach(is_reachable=True)


def send(
    channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
) -> Sent:
    """Let an answer leave where its conversation is."""
    thread = message.thread
    if not thread:
        raise PermanentFailure(
            "This customer has not written to us on X.", reason_code="no_conversation"
        )
    if str(thread.get("account") or channel.address) != channel.address:
        raise PermanentFailure(
            "This conversation is with another account, which is not connected here.",
            reason_code="no_conversation",
        )
    if thread.get("form") == "post" and message.details.get("mode") != PRIVATE:
        return _send_post(channel, message, before_irreversible)
    return _send_direct(channel, message, before_irreversible)


def _send_post(
    channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
) -> Sent:
    _check_post(channel, message.text)
    _check_pictures(message)
    api = account_api(channel)
    body: dict[str, Any] = {
        "text": message.text,
        "reply": {"in_reply_to_tweet_id": str(message.thread["post_id"])},
    }
    media = _upload(api, message, "tweet")
    if media:
        body["media"] = {"media_ids": media}
    before_irreversible()
    said = api.say("/2/tweets", body)
    return Sent(external_id=str((said.get("data") or {}).get("id") or ""))


def _send_direct(
    channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
) -> Sent:
    """Words go with the first picture; each further picture is a message of its own."""
    if len(message.text) > MAX_DIRECT_CHARS:
        raise _too_long(f"A direct message takes {MAX_DIRECT_CHARS:,} characters.")
    _check_pictures(message)
    api = account_api(channel)
    media = _upload(api, message, "dm")
    first: dict[str, Any] = {"text": message.text} if message.text.strip() else {}
    if media:
        first["attachments"] = [{"media_id": media[0]}]
    if not first:
        raise PermanentFailure("There is nothing to send.", reason_code="empty")
    bodies = [first, *({"attachments": [{"media_id": each}]} for each in media[1:])]
    path = f"/2/dm_conversations/with/{message.thread['author']}/messages"
    before_irreversible()
    said = api.say(path, bodies[0])
    for number, body in enumerate(bodies[1:], start=2):
        try:
            api.say(path, body)
        except ConnectorFailure as failure:
            raise UncertainOutcome(
                f"Only {number - 1} of {len(bodies)} parts left. {failure.message}"
            ) from failure
    return Sent(external_id=str((said.get("data") or {}).get("dm_event_id") or ""))


def _check_post(channel: Channel, text: str) -> None:
    if channel.config.get("long_posts"):
        if len(text) > MAX_LONG_CHARS:
            raise _too_long(f"A long post takes {MAX_LONG_CHARS:,} characters.")
    elif weight(text) > MAX_WEIGHT:
        raise _too_long(
            f"A post takes {MAX_WEIGHT} units and this has {weight(text)}: a web address counts "
            "23, Chinese, Japanese, Korean signs and emoji count two each."
        )


def _check_pictures(message: OutboundMessage) -> None:
    if len(message.files) > MAX_PICTURES:
        raise PermanentFailure("X takes four pictures.", reason_code="unsupported_files")
    for each in message.files:
        if each.content_type not in _PICTURES:
            raise PermanentFailure(
                f"X takes pictures alone from us, and {each.name} is none.",
                reason_code="unsupported_files",
            )


def _upload(api: XApi, message: OutboundMessage, use: str) -> list[str]:
    ids = []
    for each in message.files:
        kind = "gif" if each.content_type == "image/gif" else "image"
        ids.append(api.upload(f"{use}_{kind}", (each.name, each.read(), each.content_type)))
    return ids


def _too_long(words: str) -> PermanentFailure:
    return PermanentFailure(words, reason_code="too_long")


def moderate(channel: Channel, external_id: str, action: str) -> None:
    """Hide or unhide an answer to our post; like or unlike any; delete one of ours."""
    api = account_api(channel)
    if not external_id.isdigit():
        raise PermanentFailure("This is not a post.", reason_code="unsupported")
    if action in ("hide", "unhide"):
        api.change("PUT", f"/2/tweets/{external_id}/hidden", {"hidden": action == "hide"})
    elif action == "like":
        api.change("POST", f"/2/users/{channel.address}/likes", {"tweet_id": external_id})
    elif action == "unlike":
        api.change("DELETE", f"/2/users/{channel.address}/likes/{external_id}")
    elif action == "delete":
        api.change("DELETE", f"/2/tweets/{external_id}")
    else:
        raise PermanentFailure("X does not offer that.", reason_code="unsupported")
