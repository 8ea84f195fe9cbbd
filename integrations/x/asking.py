"""Asking X: mentions, direct messages, and the searches that the shop listens to.

Ids of X grow with time and hold it, so an id is the only cursor that is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import ConnectorFailure, PermanentFailure, TemporaryFailure
from inbox.connector import Arrived, Item, Polled
from integrations.x.client import XApi, account_api
from integrations.x.webhooks import dicts, text_of
from tickets.models import Channel

EPOCH_MS = 1288834974657
OVERLAP = timedelta(minutes=2)
SEARCH_REACHES_BACK = timedelta(days=6, hours=20)
MAX_SEARCHES = 10
_POSTS = {
    "max_results": 100,
    "post.fields": "created_at,conversation_id,entities,lang,attachments",
    "expansions": "author_id,in_reply_to_user_id,referenced_posts,attachments.media_keys",
    "user.fields": "name,username",
    "media.fields": "type,url,preview_image_url,variants",
}
_EVENTS = {
    "max_results": 100,
    "event_types": "MessageCreate",
    "dm_event.fields": "attachments,created_at,dm_conversation_id,entities,event_type,id,text",
    "expansions": "sender_id,attachments.media_keys",
    "user.fields": "name,username",
    "media.fields": "type,url,preview_image_url,variants",
}


def poll(channel: Channel, cursor: dict[str, Any]) -> Polled:
    """What came since the last look; one resource that X refuses does not stop the others."""
    start = id_at(now() - OVERLAP)
    api = account_api(channel)
    sources: dict[str, Callable[[str], list[Arrived]]] = {
        "mentions": lambda since: _mentions(channel, api, since),
        "dms": lambda since: _direct_messages(channel, api, since),
    }
    for query in _searches(channel):
        sources[f"search:{query}"] = lambda since, query=query: _search(  # type: ignore[misc]
            channel, api, query, since
        )
    items: list[Item] = []
    reached: dict[str, Any] = {}
    failures: list[ConnectorFailure] = []
    for name, ask in sources.items():
        reached[name] = since = str(cursor.get(name) or start)
        if name not in cursor:
            continue
        try:
            found = ask(since)
        except (TemporaryFailure, PermanentFailure) as failure:
            failures.append(failure)
            continue
        ordered: list[Arrived] = sorted(found, key=_number)
        items += ordered
        reached[name] = str(max([int(since), *map(_number, found)]))
    if failures and len(failures) == len([each for each in sources if each in cursor]):
        raise failures[0]
    return Polled(items, reached)


def _number(item: Arrived) -> int:
    return int(item.key)


def _searches(channel: Channel) -> list[str]:
    given = channel.config.get("searches")
    texts = [str(each).strip()[:512] for each in given] if isinstance(given, list) else []
    return list(dict.fromkeys(each for each in texts if each))[:MAX_SEARCHES]


def _mentions(channel: Channel, api: XApi, since: str) -> list[Arrived]:
    query = {**_POSTS, "since_id": since}
    return _posts(channel, api, f"/2/users/{channel.address}/mentions", query, "")


def _search(channel: Channel, api: XApi, query: str, since: str) -> list[Arrived]:
    oldest = id_at(now() - SEARCH_REACHES_BACK)
    asked = {**_POSTS, "query": query, "since_id": str(max(int(since), int(oldest)))}
    return _posts(channel, api, "/2/tweets/search/recent", asked, query)


def _posts(
    channel: Channel, api: XApi, path: str, query: dict[str, Any], search: str
) -> list[Arrived]:
    found = []
    for page in api.pages(path, query):
        users, media = _included(page)
        for post in dicts(page.get("data")):
            author, post_id = text_of(post.get("author_id")), text_of(post.get("id"))
            if not post_id.isdigit() or not author or author == channel.address:
                continue
            named = dicts(post.get("referenced_posts")) or dicts(post.get("referenced_tweets"))
            kinds = {text_of(each.get("type")): text_of(each.get("id")) for each in named}
            if "retweeted" in kinds or "reposted" in kinds:
                continue
            keys = (post.get("attachments") or {}).get("media_keys") or []
            payload = {
                "form": "post", "account": channel.address, "search": search,
                "post": {**post, "in_reply_to": kinds.get("replied_to", "")},
                "author": users.get(author) or {"id": author},
                "media": [media[each] for each in keys if each in media],
            }  # fmt: skip
            found.append(Arrived(post_id, payload, channel.address))
    return found


def _direct_messages(channel: Channel, api: XApi, since: str) -> list[Arrived]:
    found: list[Arrived] = []
    for page in api.pages("/2/dm_events", dict(_EVENTS)):
        users, media = _included(page)
        for event in dicts(page.get("data")):
            event_id, sender = text_of(event.get("id")), text_of(event.get("sender_id"))
            if not event_id.isdigit():
                continue
            if int(event_id) <= int(since):
                return found
            if sender and sender != channel.address:
                keys = (event.get("attachments") or {}).get("media_keys") or []
                payload = {
                    "form": "dm", "account": channel.address, "event": event,
                    "author": users.get(sender) or {"id": sender},
                    "media": [media[each] for each in keys if each in media],
                }  # fmt: skip
                found.append(Arrived(event_id, payload, channel.address))
    return found


def _included(page: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The users and files of a page, by what posts call them."""
    told = page.get("includes") if isinstance(page.get("includes"), dict) else {}
    users = {text_of(each.get("id")): each for each in dicts((told or {}).get("users"))}
    media = {
        text_of(each.get("media_key")): {
            **each, "url": each.get("url") or each.get("preview_image_url"),
        }
        for each in dicts((told or {}).get("media"))
    }  # fmt: skip
    return users, media


def id_at(at: datetime) -> str:
    """The smallest id that X gave at that moment."""
    return str(max(int(at.timestamp() * 1000) - EPOCH_MS, 0) << 22)
