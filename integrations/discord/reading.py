"""Asking Discord what is new: which threads moved, what was written there, what was changed since.

The cursor knows per place (direct messages, thread, text channel) the newest message and the last
ones seen. Of direct messages the gateway tells that there are some (``gateway``), and nothing more
is taken from it. A message is read once; besides, a few places are read again each time, in turn, to see edits and
deletions of what is recent.
"""

from __future__ import annotations

from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import ConnectorFailure, NeedsReauthorization, TemporaryFailure
from inbox.connector import Amended, Item, Polled
from integrations.discord.client import DiscordClient
from integrations.discord.messages import edit_of, external_id_of, item_of, snowflake_at
from tickets.models import Channel

Record = dict[str, Any]

PAGE = 100
PLACES_PER_POLL = 20
AGAIN_PER_POLL = 3
KEPT_IDS = 30
FORGET_SECONDS = 30 * 24 * 3600
RECENT_SECONDS = 24 * 3600


def read(channel: Channel, cursor: Record) -> Polled:
    """One page of what came since the cursor; raises what Discord refuses."""
    client = DiscordClient(channel)
    at = now().timestamp()
    since = int(cursor.get("since") or snowflake_at(at))
    seen: dict[str, Record] = {name: {**each} for name, each in cursor.get("seen", {}).items()}
    places = [*_private_places(cursor.get("heard") or {}), *_places(channel, client)]
    moved = [each for each in places if _has_news(each, seen.get(each["id"]), since)]
    items: list[Item] = []
    has_more = len(moved) > PLACES_PER_POLL
    for place in moved[:PLACES_PER_POLL]:
        known = seen.setdefault(place["id"], {"last": _first_last(place, since), "ids": []})
        found = _news(client, place, int(known["last"]))
        items += [item_of(each, place) for each in found]
        _note(known, found, at)
        if len(found) == PAGE:
            has_more = True
        elif "rung" in place:
            known["rung"] = place["rung"]
    turn = int(cursor.get("turn") or 0)
    items += _changes(client, places, seen, turn, at)
    private = {each["id"] for each in places if each["kind"] == "dm"}
    after = {"since": str(since), "seen": _kept(seen, at, private), "turn": turn + AGAIN_PER_POLL}
    return Polled(items, after, has_more=has_more)


def _private_places(heard: Record) -> list[Record]:
    """The conversations with one person that the gateway told of.

    ``rung`` changes with each message that was heard, and for all of them when the gateway began
    anew: what was written in between was not heard.
    """
    line = str((heard.get("line") or {}).get("id") or "")
    return [
        {
            "id": name, "kind": "dm", "name": "", "guild_id": "", "newest": int(newest),
            "rung": f"{line}:{newest}",
        }
        for name, newest in (heard.get("places") or {}).items()
    ]  # fmt: skip


def _places(channel: Channel, client: DiscordClient) -> list[Record]:
    """The threads that are open and the text channels that were chosen."""
    guild = str(channel.config.get("guild_id", ""))
    chosen = {str(each) for each in channel.config.get("channels") or []}
    told = client.get(f"/guilds/{guild}/threads/active") or {}
    threads = [
        {
            "id": str(each["id"]), "kind": "thread", "name": str(each.get("name") or ""),
            "guild_id": guild, "newest": int(each.get("last_message_id") or each["id"]),
        }
        for each in told.get("threads") or []
        if not chosen or {str(each.get("parent_id")), str(each["id"])} & chosen
    ]  # fmt: skip
    channels = [
        {"id": str(each), "kind": "text", "name": "", "guild_id": guild, "newest": None}
        for each in channel.config.get("text_channels") or []
    ]
    return [*channels, *threads]


def _has_news(place: Record, known: Record | None, since: int) -> bool:
    """A thread tells its newest message; a text channel has to be asked; a doorbell rings."""
    if "rung" in place:
        return bool(place["rung"] != (known or {}).get("rung"))
    if place["newest"] is None:
        return True
    return bool(place["newest"] > (int(known["last"]) if known else since))


def _first_last(place: Record, since: int) -> int:
    """Behind which message reading a place begins. What was heard came after we were connected,
    also where it came before the first time we asked."""
    begin = min(since, place["newest"] - 1) if place["kind"] == "dm" else since
    return max(int(place["id"]) - 1, begin)


def _news(client: DiscordClient, place: Record, last: int) -> list[Record]:
    """What was written after ``last``, oldest first; a place that is closed to us now has none."""
    path = f"/channels/{place['id']}/messages"
    try:
        found = client.get(path, after=str(last), limit=PAGE) or []
    except (TemporaryFailure, NeedsReauthorization):
        raise
    except ConnectorFailure:
        return []
    return sorted(found, key=lambda each: int(each["id"]))


def _note(known: Record, found: list[Record], at: float) -> None:
    if found:
        known["last"] = max(int(each["id"]) for each in found)
        known["ids"] = [*known["ids"], *(str(each["id"]) for each in found)][-KEPT_IDS:]
        known["at"] = at


def _changes(
    client: DiscordClient, places: list[Record], seen: dict[str, Record], turn: int, at: float
) -> list[Item]:
    """Read a few recent places again: what was edited, what is not there any more."""
    recent = [
        each
        for each in places
        if seen.get(each["id"], {}).get("ids")
        and at - float(seen[each["id"]].get("at") or 0) < RECENT_SECONDS
    ]
    items: list[Item] = []
    for offset in range(min(AGAIN_PER_POLL, len(recent))):
        place = recent[(turn + offset) % len(recent)]
        items += _changed(client, place, seen[place["id"]])
    return items


def _changed(client: DiscordClient, place: Record, known: Record) -> list[Item]:
    first = int(known["ids"][0])
    found = _news(client, place, first - 1)
    if not found:
        return []
    edits = [edit_of(each, place) for each in found if str(each["id"]) in known["ids"]]
    there = {str(each["id"]) for each in found}
    gone = [
        each for each in known["ids"] if each not in there and int(each) <= int(found[-1]["id"])
    ]
    known["ids"] = [each for each in known["ids"] if each not in gone]
    deleted = [Amended(external_id_of(place["id"], {"id": each}), is_deleted=True) for each in gone]
    return [*(each for each in edits if each is not None), *deleted]


def _kept(seen: dict[str, Record], at: float, private: set[str]) -> dict[str, Record]:
    """Places silent for a month are forgotten: read again they give doubles, never gaps.

    The private ones are kept as long as they are told: nobody says whether they have moved since.
    """
    kept = {}
    for name, each in seen.items():
        silent = at - float(each.get("at") or at)
        if silent < FORGET_SECONDS or name in private:
            ids = each["ids"] if silent < RECENT_SECONDS else []
            kept[name] = {**each, "last": str(each["last"]), "ids": ids}
    return kept
