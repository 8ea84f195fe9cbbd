"""What Slack's calls did not bring: rooms are read again, a page at a time, every two minutes.

A lost call leaves no trace, so each room is read from a little before where the last round ended:
its new messages, and the new answers in threads that began up to three days ago. The last minute
is left to the calls. What came already is known by its id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, PermanentFailure
from inbox.connector import Arrived, Item, Polled
from integrations.slack.client import SlackClient
from integrations.slack.events import items_of
from tickets.models import Channel

Record = dict[str, Any]

ROUND_SECONDS = 120
LEFT_TO_CALLS_SECONDS = 60
THREAD_SECONDS = 3 * 24 * 3600
PAGE = 20
"""Each message of a page may be a thread that is asked for: so many calls at most."""
REPLY_PAGES = 5
ROOM_PAGES = 10
TYPES = "public_channel,private_channel,mpim,im"


def read(channel: Channel, cursor: Record) -> Polled:
    """The next page of the round that is under way; nothing between two rounds."""
    at = now().timestamp()
    if not cursor.get("rooms"):
        if at < float(cursor.get("next_at") or 0):
            return Polled([], cursor)
        return _begin(channel, cursor, at)
    room = cursor["rooms"][0]
    client, until = SlackClient(channel), str(cursor["until"])
    last = str(cursor["last"].get(room["id"]) or cursor["new_since"])
    try:
        found, page = _page(client, room["id"], last, until, str(cursor.get("page") or ""))
        items = list(_news(client, channel, room, found, last))
    except PermanentFailure:
        items, page = [], ""
    if page:
        return Polled(items, {**cursor, "page": page}, has_more=True)
    rest = cursor["rooms"][1:]
    after = {
        **cursor, "rooms": rest, "page": "", "last": {**cursor["last"], room["id"]: until},
    }  # fmt: skip
    if not rest:
        after = {**after, "next_at": at + ROUND_SECONDS, "new_since": until}
    return Polled(items, after, has_more=bool(rest))


def _begin(channel: Channel, cursor: Record, at: float) -> Polled:
    """Which rooms there are. The very first round only remembers where they are."""
    until = f"{at - LEFT_TO_CALLS_SECONDS:.6f}"
    rooms = _rooms(SlackClient(channel), channel.config)
    known = cursor.get("last") or {}
    after = {
        "rooms": rooms, "until": until, "page": "",
        "last": {each["id"]: known[each["id"]] for each in rooms if each["id"] in known},
        "new_since": cursor.get("new_since") or until,
    }  # fmt: skip
    if not rooms or not cursor:
        after = {**after, "rooms": [], "next_at": at + ROUND_SECONDS}
    return Polled([], after, has_more=bool(after["rooms"]))


def _rooms(client: SlackClient, config: Record) -> list[Record]:
    """Where the bot is and customers may write."""
    wanted, team = set(config.get("channels") or []), set(config.get("team_places") or [])
    found: list[Record] = []
    page = ""
    for _ in range(ROOM_PAGES):
        query = {"types": TYPES, "exclude_archived": "true", "limit": "200"}
        said = client.get("users.conversations", **query, **({"cursor": page} if page else {}))
        for each in said.get("channels") or []:
            kind = "im" if each.get("is_im") else "channel"
            room = str(each["id"])
            if room not in team and (not wanted or room in wanted or kind == "im"):
                is_shared = bool(each.get("is_ext_shared"))
                found.append({"id": room, "kind": kind, "is_ext_shared": is_shared})
        page = _next_page(said)
        if not page:
            break
    return found


def _page(
    client: SlackClient, room: str, last: str, until: str, page: str
) -> tuple[list[Record], str]:
    """Messages of the room, newest first, and the name of the page with older ones."""
    query = {
        "channel": room, "oldest": f"{float(last) - THREAD_SECONDS:.6f}", "latest": until,
        "limit": str(PAGE),
    }  # fmt: skip
    said = client.get("conversations.history", **query, **({"cursor": page} if page else {}))
    return list(said.get("messages") or []), _next_page(said) if said.get("has_more") else ""


def _news(
    client: SlackClient, channel: Channel, room: Record, found: list[Record], last: str
) -> Iterator[Item]:
    """Of these messages the new ones, and the new answers below any of them, oldest first."""
    for message in reversed(found):
        if float(message["ts"]) > float(last):
            yield from _items(channel, room, message)
        if float(message.get("latest_reply") or 0) > float(last):
            for reply in _replies(client, room["id"], message["ts"], last):
                yield from _items(channel, room, reply)


def _replies(client: SlackClient, room: str, ts: str, last: str) -> list[Record]:
    """The answers in a thread since then; Slack gives the first message with them."""
    found: list[Record] = []
    page = ""
    for _ in range(REPLY_PAGES):
        query = {"channel": room, "ts": ts, "oldest": last, "limit": "200"}
        said = client.get("conversations.replies", **query, **({"cursor": page} if page else {}))
        found += [each for each in said.get("messages") or [] if each.get("ts") != ts]
        page = _next_page(said) if said.get("has_more") else ""
        if not page:
            break
    return found


def _items(channel: Channel, room: Record, message: Record) -> list[Item]:
    """The message as if Slack had called; what is none is passed by."""
    event = {**message, "type": "message", "channel": room["id"], "channel_type": room["kind"]}
    call = {
        "event": event, "is_ext_shared_channel": room["is_ext_shared"],
        "team_id": channel.config.get("team_id"),
    }  # fmt: skip
    try:
        found = items_of(call, channel.config)
    except InvalidInput:
        return []
    return [replace(each, external_id=each.key) for each in found if isinstance(each, Arrived)]


def _next_page(said: Record) -> str:
    return str((said.get("response_metadata") or {}).get("next_cursor") or "")
