"""Asking a server what is new: mentions, hashtags, and what became of the posts we have.

The cursor knows the newest notification, the newest post of each hashtag, and the last posts seen.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import PermanentFailure
from inbox.connector import Amended, Item, Polled
from integrations.mastodon.client import MastodonClient
from integrations.mastodon.posts import edit_of, external_id_of, item_of, post_item
from tickets.models import Channel

Record = dict[str, Any]

PAGE = 40
KEPT_POSTS = 20
BEFORE_US = timedelta(hours=1)
"""What was written this long before the first look still becomes a ticket."""


def read(channel: Channel, cursor: Record) -> Polled:
    """One page of everything since the cursor."""
    client, own_id = MastodonClient(channel), str(channel.config.get("account_id", ""))
    items: list[Item] = []
    recent = [str(each) for each in cursor.get("recent") or []]
    found, newest, has_more = _mentions(client, str(cursor.get("newest") or ""))
    for each in found:
        root = _root(client, each.get("status") or {})
        items.append(item_of(each, own_id, client.host, root))
        recent.append(str((each.get("status") or {}).get("id") or ""))
    heard: dict[str, str] = {}
    for tag in _tags(channel):
        known = str((cursor.get("tags") or {}).get(tag) or "")
        posts, heard[tag], more = _tagged(client, tag, known)
        has_more = has_more or more
        items += [
            post_item(each, own_id, client.host, root=_root(client, each), heard=f"#{tag}")
            for each in posts
        ]
        recent += [str(each["id"]) for each in posts]
    recent = list(dict.fromkeys(each for each in recent if each))[-KEPT_POSTS:]
    changes, recent = _changes(client, recent, own_id)
    after = {"newest": newest, "tags": heard, "recent": recent}
    return Polled([*items, *changes], after, has_more=has_more)


def _mentions(client: MastodonClient, newest: str) -> tuple[list[Record], str, bool]:
    return _page(client, "/api/v1/notifications", [("types[]", "mention")], newest)


def _tagged(client: MastodonClient, tag: str, newest: str) -> tuple[list[Record], str, bool]:
    return _page(client, f"/api/v1/timelines/tag/{tag}", [], newest)


def _page(
    client: MastodonClient, path: str, asked: list[tuple[str, str]], newest: str
) -> tuple[list[Record], str, bool]:
    """What came after the newest known, oldest first; the first time that of the last hour."""
    after = [("min_id", newest)] if newest else []
    found = client.listed(path, [*asked, ("limit", str(PAGE)), *after])
    found = sorted(found, key=lambda each: _number(each["id"]))
    last = str(found[-1]["id"]) if found else newest or "0"
    if not newest:
        return [each for each in found if _is_new(each)], last, False
    return found, last, len(found) >= PAGE


def _root(client: MastodonClient, status: Record) -> str:
    """The post that the conversation began with; itself where it answers nothing."""
    answered = status.get("in_reply_to_id")
    if not answered:
        return str(status.get("id") or "")
    try:
        above = (client.get(f"/api/v1/statuses/{status['id']}/context") or {}).get("ancestors")
    except PermanentFailure:
        above = None
    return str(above[0]["id"]) if above else str(answered)


def _changes(
    client: MastodonClient, recent: list[str], own_id: str
) -> tuple[list[Item], list[str]]:
    """What was edited or deleted of the last posts; servers before 4.3 cannot be asked for many."""
    if not recent:
        return [], recent
    try:
        found = client.listed("/api/v1/statuses", [("id[]", each) for each in recent])
    except PermanentFailure:
        return [], recent
    there = {str(each["id"]) for each in found}
    edits = [edit_of(each, own_id, client.host) for each in found]
    gone = [each for each in recent if each not in there]
    deleted = [Amended(external_id_of(client.host, each), is_deleted=True) for each in gone]
    return [*(each for each in edits if each), *deleted], [each for each in recent if each in there]


def _tags(channel: Channel) -> list[str]:
    told = channel.config.get("hashtags") or []
    cleaned = [str(each).strip().lstrip("#") for each in told]
    return [each for each in dict.fromkeys(cleaned) if each.isalnum() or "_" in each]


def _is_new(told: Record) -> bool:
    return now() - datetime.fromisoformat(str(told["created_at"])) < BEFORE_US


def _number(value: object) -> int:
    return int(str(value)) if str(value).isdigit() else 0
