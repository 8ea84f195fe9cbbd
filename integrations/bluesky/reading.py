"""Asking Bluesky what is new: notifications, direct messages, and posts that are gone.

Notifications come newest first. A walk begins at the newest, goes down to what is known, page by
page, and only then is what it began with known: a walk that was cut short is taken up again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from helpdesk.lib.clock import now
from inbox.connector import Amended, Item, Polled
from integrations.bluesky.client import BlueskyClient
from integrations.bluesky.posts import HEARD, item_of, message_item
from tickets.models import Channel

Record = dict[str, Any]

PAGE = 25
CONVERSATIONS = 50
MESSAGES = 50
KEPT_POSTS = 25
MAX_MESSAGE_PAGES = 10
BEFORE_US = timedelta(hours=1)


def read(channel: Channel, cursor: Record) -> Polled:
    """One page of notifications and what is new in conversations."""
    client = BlueskyClient(channel)
    items, after, has_more = _notifications(client, cursor)
    if channel.config.get("direct_messages", True) and not cursor.get("walk"):
        told, after["rev"] = _messages(client, str(cursor.get("rev") or ""))
        items += told
    return Polled(items, after, has_more=has_more)


def _notifications(client: BlueskyClient, cursor: Record) -> tuple[list[Item], Record, bool]:
    known = str(cursor.get("known") or (now() - BEFORE_US).isoformat())
    walk = str(cursor.get("walk") or "")
    asked: Record = {"reasons": list(HEARD), "limit": PAGE}
    page = client.get(
        "app.bsky.notification.listNotifications", {**asked, "cursor": walk} if walk else asked
    )
    found = [each for each in page.get("notifications") or [] if isinstance(each, dict)]
    new = [each for each in found if _at(each) >= _moment(known)]
    begun = str(cursor.get("begun") or "") or (str(new[0]["indexedAt"]) if new else known)
    goes_on = bool(new) and len(new) == len(found) and bool(page.get("cursor"))
    recent = [str(each) for each in cursor.get("recent") or []]
    shown, gone = _shown(client, [*recent, *(str(each.get("uri") or "") for each in new)])
    items: list[Item] = [
        item_of(each, shown.get(str(each.get("uri")), {}), client.did) for each in reversed(new)
    ]
    items += [Amended(each, is_deleted=True) for each in gone if each in recent]
    after: Record = {
        "known": known if goes_on else begun,
        "begun": begun if goes_on else "",
        "walk": str(page.get("cursor") or "") if goes_on else "",
        "recent": [each for each in shown if each][-KEPT_POSTS:],
        "rev": cursor.get("rev", ""),
    }
    return items, after, goes_on


def _shown(client: BlueskyClient, uris: list[str]) -> tuple[dict[str, Record], list[str]]:
    """Posts as they are shown now, in the order asked for, and those that are not there."""
    wanted = list(dict.fromkeys(each for each in uris if each))
    views: dict[str, Record] = {}
    for start in range(0, len(wanted), PAGE):
        told = client.get("app.bsky.feed.getPosts", {"uris": wanted[start : start + PAGE]})
        views.update({str(each["uri"]): each for each in told.get("posts") or []})
    shown = {each: views[each] for each in wanted if each in views}
    return shown, [each for each in wanted if each not in views]


def _messages(client: BlueskyClient, rev: str) -> tuple[list[Item], str]:
    """Direct messages after a revision; revisions sort as text. The first time of the last hour."""
    told = client.chat("listConvos", {"limit": CONVERSATIONS})
    convos = [each for each in told.get("convos") or [] if str(each.get("rev")) > rev]
    items: list[Item] = []
    for convo in reversed(convos):
        messages = _messages_of(client, convo, rev)
        items += [message_item(each, convo, client.did) for each in reversed(messages)]
    return items, max([rev, *(str(each["rev"]) for each in convos)])


def _messages_of(client: BlueskyClient, convo: Record, rev: str) -> list[Record]:
    """Newest first, down to what is known."""
    found: list[Record] = []
    asked: Record = {"convoId": str(convo["id"]), "limit": MESSAGES}
    for _ in range(MAX_MESSAGE_PAGES):
        page = client.chat("getMessages", asked)
        messages = page.get("messages") or []
        new = [each for each in messages if _is_new(each, rev)]
        found += new
        if len(new) < len(messages) or not messages or not page.get("cursor"):
            break
        asked = {**asked, "cursor": page["cursor"]}
    return found


def _is_new(message: Record, rev: str) -> bool:
    if rev:
        return str(message.get("rev")) > rev
    return now() - _moment(str(message.get("sentAt"))) < BEFORE_US


def _at(notification: Record) -> datetime:
    return _moment(str(notification["indexedAt"]))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
