"""What Meta calls us with: proven by its signature, taken apart into what we know."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.signatures import fits_hex
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

OBJECTS = {"facebook": "page", "instagram": "instagram"}
MAX_ITEMS = 1000
_EDITED = {"edit", "edited", "update"}
_REMOVED = {"remove", "delete", "block"}
_POSTS = {"post", "status", "photo", "video", "share", "link", "note", "album", "event"}


def verify(channel: Channel, request: WebhookRequest) -> None:
    """The handshake has the token we gave, every other call a signature over its exact bytes."""
    secrets = decrypt(channel.secrets)
    if request.method == "GET":
        wanted = str(secrets.get("verify_token") or channel.config.get("verify_token") or "")
        given = request.query.get("hub.verify_token", "")
        if request.query.get("hub.mode") != "subscribe" or not wanted:
            raise Refused("This is not Meta's handshake.")
        if not compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
            raise Refused("The verify token is not the one of this channel.")
        return
    signature = request.headers.get("x-hub-signature-256", "")
    if not fits_hex(str(secrets.get("app_secret", "")), request.body, signature, prefix="sha256="):
        raise Refused("The signature does not fit.")


def answer(request: WebhookRequest) -> WebhookAnswer | None:
    """Meta's challenge back to it; anything else is simply taken."""
    if request.method != "GET":
        return None
    challenge = request.query.get("hub.challenge", "")[:200]
    return WebhookAnswer(challenge.encode(), is_final=True)


def split(channel: Channel, request: WebhookRequest) -> list[Item]:
    """What is in a call, in order. Raises InvalidInput where it is not a call of Meta's."""
    told = read_body(request.body)
    entries = told.get("entry")
    if not isinstance(entries, list):
        raise InvalidInput("A call of Meta has a list of entries.")
    if told.get("object") != OBJECTS[channel.kind]:
        return [Ignored(f"About {str(told.get('object'))[:40]}, not this kind of channel")]
    items: list[Item] = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise InvalidInput("An entry of Meta's call is not an object.")
        items += _entry(entry)
    return items[:MAX_ITEMS] or [Ignored("Nothing in it")]


def read_body(body: bytes) -> dict[str, Any]:
    """The JSON object of a call; raises InvalidInput."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The call is not JSON.") from error
    if not isinstance(told, dict):
        raise InvalidInput("The call is not a JSON object.")
    return told


def _entry(entry: dict[str, Any]) -> list[Item]:
    account = text_of(entry.get("id"))
    items: list[Item] = []
    for event in _dicts(entry.get("messaging")):
        items += read_event(account, event)
    for _ in _dicts(entry.get("standby")):
        items.append(Ignored("Another app has this conversation"))
    for change in _dicts(entry.get("changes")):
        value = change.get("value")
        if isinstance(value, dict):
            items += _change(account, text_of(change.get("field")), value, entry.get("time"))
        else:
            items.append(Ignored("A change without a value"))
    return items


# --- Messenger and Instagram messages -------------------------------------------------------------


def read_event(account: str, event: dict[str, Any]) -> list[Item]:
    """One event of a conversation."""
    message = event.get("message")
    if isinstance(message, dict):
        return [_message(account, event, message)]
    if isinstance(event.get("postback"), dict):
        return [_postback(account, event, event["postback"])]
    for name in ("message_edit", "message_edits"):
        if isinstance(event.get(name), dict):
            edit = event[name]
            return [Amended(text_of(edit.get("mid")), text=text_of(edit.get("text")))]
    if isinstance(event.get("delivery"), dict):
        mids = event["delivery"].get("mids")
        at = moment(event["delivery"].get("watermark"))
        return [
            Reported("delivered", external_id=each, at=at)
            for each in (mids if isinstance(mids, list) else [])
            if isinstance(each, str)
        ] or [Ignored("Delivered up to a time, no message named")]
    if isinstance(event.get("read"), dict):
        return [_read(account, event, event["read"])]
    known = next((each for each in ("reaction", "referral", "optin") if each in event), "")
    return [Ignored(f"A {known}" if known else "An event we have no use for")]


def _message(account: str, event: dict[str, Any], message: dict[str, Any]) -> Item:
    mid, sender = text_of(message.get("mid")), _id(event.get("sender"))
    if message.get("is_echo") or sender == account:
        return Ignored("An echo of what the page sent")
    if not mid or not sender:
        return Ignored("A message without an id or a sender")
    if message.get("is_deleted"):
        return Amended(mid, is_deleted=True)
    return Arrived(mid, {"form": "message", "account": account, "event": event}, account)


def _postback(account: str, event: dict[str, Any], postback: dict[str, Any]) -> Item:
    sender = _id(event.get("sender"))
    if not sender or sender == account:
        return Ignored("A postback without a sender")
    key = text_of(postback.get("mid")) or f"postback:{sender}:{text_of(event.get('timestamp'))}"
    return Arrived(key, {"form": "message", "account": account, "event": event}, account)


def _read(account: str, event: dict[str, Any], read: dict[str, Any]) -> Item:
    at = moment(event.get("timestamp"))
    if read.get("mid"):
        return Reported("read", external_id=text_of(read["mid"]), at=at)
    return Ignored("Read up to a time, no message named")


# --- Comments, posts, mentions, recommendations ---------------------------------------------------


def _change(account: str, field: str, value: dict[str, Any], time: Any) -> list[Item]:
    if field in ("messages", "messaging_postbacks", "message_edit", "messaging_seen"):
        return read_event(account, value)
    if field == "feed":
        return [_feed(account, value, time)]
    if field in ("comments", "live_comments"):
        return [_instagram_comment(account, value, time)]
    if field in ("mention", "mentions"):
        return [_mention(account, value, time)]
    if field == "ratings":
        return [_rating(account, value, time)]
    return [Ignored(f"The field {field[:40]}")]


def _feed(account: str, value: dict[str, Any], time: Any) -> Item:
    item, verb = text_of(value.get("item")), text_of(value.get("verb")) or "add"
    is_comment = item == "comment"
    if not is_comment and item not in _POSTS:
        return Ignored(f"A {item[:40] or 'change'} on the page")
    external_id = text_of(value.get("comment_id" if is_comment else "post_id"))
    if _id(value.get("from")) == account:
        return Ignored("The page's own post or comment")
    if not external_id:
        return Ignored("A post or comment without an id")
    if verb in _REMOVED:
        return Amended(external_id, is_deleted=True)
    if verb in _EDITED:
        return Amended(external_id, text=text_of(value.get("message")))
    if verb in ("hide", "unhide"):
        return Amended(external_id, details={"is_hidden": verb == "hide"})
    if verb != "add":
        return Ignored(f"A post or comment: {verb[:40]}")
    if not _id(value.get("from")):
        return Ignored("A post or comment without an author")
    payload = {
        "form": "comment" if is_comment else "post", "account": account, "value": value,
        "time": time,
    }  # fmt: skip
    return Arrived(external_id, payload, account)


def _instagram_comment(account: str, value: dict[str, Any], time: Any) -> Item:
    author = value.get("from") if isinstance(value.get("from"), dict) else {}
    if account in (_id(author), text_of((author or {}).get("self_ig_scoped_id"))):
        return Ignored("The account's own comment")
    external_id = text_of(value.get("id"))
    if not external_id or not _id(author):
        return Ignored("A comment without an id or an author")
    payload = {"form": "ig_comment", "account": account, "value": value, "time": time}
    return Arrived(external_id, payload, account)


def _mention(account: str, value: dict[str, Any], time: Any) -> Item:
    if (text_of(value.get("verb")) or "add") != "add":
        return Ignored("A mention that was changed")
    if text_of(value.get("sender_id")) == account:
        return Ignored("The page mentioned itself")
    names = ("comment_id", "media_id", "post_id")
    external_id = next((text_of(value[each]) for each in names if value.get(each)), "")
    if not external_id:
        return Ignored("A mention of nothing")
    payload = {"form": "mention", "account": account, "value": value, "time": time}
    return Arrived(f"mention:{external_id}", payload, account)


def _rating(account: str, value: dict[str, Any], time: Any) -> Item:
    external_id = text_of(value.get("open_graph_story_id"))
    item, verb = value.get("item"), text_of(value.get("verb")) or "add"
    if item != "rating" or not external_id:
        return Ignored("About a recommendation, not one itself")
    if verb in _REMOVED:
        return Amended(external_id, is_deleted=True)
    if verb in _EDITED:
        return Amended(external_id, text=text_of(value.get("review_text")))
    payload = {"form": "review", "account": account, "value": value, "time": time}
    return Arrived(external_id, payload, account)


# --- Small readings -------------------------------------------------------------------------------


def text_of(value: Any) -> str:
    """A text, or a number as text; anything else is no text."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def moment(value: Any) -> datetime | None:
    """A time of Meta's: seconds, milliseconds, or ISO 8601."""
    try:
        if isinstance(value, str) and not value.isdigit():
            found = datetime.fromisoformat(value)
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        if isinstance(value, bool) or value in (None, 0, "0"):
            return None
        seconds = float(value)
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _id(value: Any) -> str:
    return text_of(value.get("id")) if isinstance(value, dict) else ""


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
