"""What X calls us with: the challenge, posts, direct messages, deletions, receipts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.signatures import fits_base64
from inbox.connector import (
    Amended,
    Arrived,
    Ignored,
    Item,
    Refused,
    Reported,
    WebhookAnswer,
    WebhookRequest,
)
from tickets.models import Channel

MAX_ITEMS = 1000
_TOKEN = re.compile(r"[A-Za-z0-9_=+/.\-]{1,200}")
"""What we sign for anybody who asks: never something that could be a body (they begin with {)."""


def verify(channel: Channel, request: WebhookRequest) -> None:
    """A challenge may come from anybody; everything else is signed over its exact bytes."""
    secret = str(decrypt(channel.secrets).get("consumer_secret") or "")
    if request.method == "GET":
        if not secret or not _TOKEN.fullmatch(request.query.get("crc_token", "")):
            raise Refused("This is not X's challenge.")
        return
    signature = request.headers.get("x-twitter-webhooks-signature", "")
    if not fits_base64(secret, request.body, signature, prefix="sha256="):
        raise Refused("The signature does not fit.")


def answer(channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
    """The challenge, signed with the secret that X and we share."""
    if request.method != "GET":
        return None
    secret = str(decrypt(channel.secrets).get("consumer_secret") or "")
    token = request.query["crc_token"]
    digest = hmac.new(secret.encode(), token.encode(), hashlib.sha256).digest()
    told = {"response_token": f"sha256={base64.b64encode(digest).decode()}"}
    return WebhookAnswer(json.dumps(told).encode(), "application/json", is_final=True)


def split(channel: Channel, request: WebhookRequest) -> list[Item]:
    """What is in a call, in order. Raises InvalidInput where it is not a call of X's."""
    try:
        told = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The call is not JSON.") from error
    if not isinstance(told, dict):
        raise InvalidInput("The call is not a JSON object.")
    account = text_of(told.get("for_user_id")) or channel.address
    users = told.get("users") if isinstance(told.get("users"), dict) else {}
    items: list[Item] = [_post(account, each) for each in dicts(told.get("tweet_create_events"))]
    items += [
        _direct_message(account, each, users or {})
        for each in dicts(told.get("direct_message_events"))
    ]
    for each in dicts(told.get("tweet_delete_events")):
        status = each.get("status") if isinstance(each.get("status"), dict) else {}
        items.append(Amended(text_of((status or {}).get("id")), is_deleted=True))
    for each in dicts(told.get("direct_message_mark_read_events")):
        at = moment(each.get("created_timestamp"))
        items.append(Reported("read", external_id=text_of(each.get("last_read_event_id")), at=at))
    if not items:
        names = ", ".join(sorted(str(each) for each in told if each != "for_user_id"))
        items.append(Ignored(f"Nothing for us: {names[:100]}"))
    return items[:MAX_ITEMS]


def _post(account: str, post: dict[str, Any]) -> Item:
    """A post as version 1.1 tells it, in the shape in which version 2 does."""
    user = post.get("user") if isinstance(post.get("user"), dict) else {}
    author, post_id = text_of((user or {}).get("id_str")), text_of(post.get("id_str"))
    if not author or not post_id:
        return Ignored("A post without an author or an id")
    if author == account:
        return Ignored("Our own post")
    if isinstance(post.get("retweeted_status"), dict):
        return Ignored("A repost")
    longer = post.get("extended_tweet") if isinstance(post.get("extended_tweet"), dict) else {}
    longer = longer or {}
    entities = longer.get("entities") or post.get("entities")
    held = longer.get("extended_entities") or post.get("extended_entities") or {}
    told = {
        "id": post_id,
        "text": longer.get("full_text") or post.get("full_text") or post.get("text"),
        "author_id": author,
        "created_at": text_of(post.get("timestamp_ms")) or _as_iso(post.get("created_at")),
        "in_reply_to_user_id": text_of(post.get("in_reply_to_user_id_str")),
        "in_reply_to": text_of(post.get("in_reply_to_status_id_str")),
        "conversation_id": "" if post.get("in_reply_to_status_id_str") else post_id,
        "entities": entities if isinstance(entities, dict) else {},
        "lang": post.get("lang"),
    }
    payload = {
        "form": "post", "account": account, "post": told,
        "author": {"id": author, "name": (user or {}).get("name"),
                   "username": (user or {}).get("screen_name")},
        "media": [_media(each) for each in dicts(held.get("media"))],
    }  # fmt: skip
    return Arrived(post_id, payload, account)


def _direct_message(account: str, event: dict[str, Any], users: dict[str, Any]) -> Item:
    created = event.get("message_create")
    if event.get("type") != "message_create" or not isinstance(created, dict):
        return Ignored("A direct message event of another kind")
    sender, event_id = text_of(created.get("sender_id")), text_of(event.get("id"))
    if not sender or not event_id:
        return Ignored("A direct message without a sender or an id")
    if sender == account:
        return Ignored("Our own direct message")
    data = created.get("message_data") if isinstance(created.get("message_data"), dict) else {}
    data = data or {}
    media = (data.get("attachment") or {}).get("media")
    user = users.get(sender) if isinstance(users.get(sender), dict) else {}
    payload = {
        "form": "dm", "account": account,
        "event": {
            "id": event_id, "text": data.get("text"), "sender_id": sender,
            "created_at": text_of(event.get("created_timestamp")),
            "entities": data.get("entities") or {},
        },
        "author": {"id": sender, "name": (user or {}).get("name"),
                   "username": (user or {}).get("screen_name")},
        "media": [_media(media)] if isinstance(media, dict) else [],
    }  # fmt: skip
    return Arrived(event_id, payload, account)


def _media(told: dict[str, Any]) -> dict[str, Any]:
    video = told.get("video_info") if isinstance(told.get("video_info"), dict) else {}
    return {
        "type": told.get("type"), "url": told.get("media_url_https"),
        "variants": dicts((video or {}).get("variants")), "link": told.get("url"),
    }  # fmt: skip


def text_of(value: Any) -> str:
    """A text, or a number as text; anything else is no text."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def dicts(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; of anything else, none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def moment(value: Any) -> datetime | None:
    """A time of X's: milliseconds, or ISO 8601."""
    try:
        if isinstance(value, str) and not value.isdigit():
            found = datetime.fromisoformat(value)
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        return datetime.fromtimestamp(int(value) / 1000, UTC) if value else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _as_iso(value: Any) -> str:
    """``Wed Oct 10 20:19:24 +0000 2018``, as version 1.1 writes it."""
    try:
        return datetime.strptime(str(value), "%a %b %d %H:%M:%S %z %Y").isoformat()
    except ValueError:
        return ""
