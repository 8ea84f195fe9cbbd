"""Asking Meta: what a lost webhook would have told, and the words that webhooks leave out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from helpdesk.lib.clock import now
from inbox.connector import Arrived, Item, Person, Polled
from integrations.meta.client import Graph, graph_of, sender_node, uses_instagram_login
from integrations.meta.webhooks import moment, read_event, text_of
from tickets.models import Channel

OVERLAP = timedelta(minutes=10)
MAX_CONVERSATIONS = 200
MAX_MESSAGES = 500
MAX_POSTS = 25
_MESSAGE = "id,created_time,from,to,message,sticker,attachments"
_COMMENT = "id,message,from,created_time,parent{id},permalink_url,attachment"
_REPLY = "id,text,timestamp,from,username,parent_id"
_KINDS = (("image_data", "image"), ("video_data", "video"), ("file_url", "file"))


def poll(channel: Channel, cursor: dict[str, Any]) -> Polled:
    """What came since the last look, in the shape of webhooks: doubles are told by their ids."""
    began = now()
    since = moment(cursor.get("since"))
    if since is None:
        return Polled([], {"since": began.timestamp()})
    graph, floor = graph_of(channel), since - OVERLAP
    items = [*_messages(channel, graph, floor)]
    if channel.kind == "facebook":
        items += [*_page_comments(channel, graph, floor), *_page_tags(channel, graph, floor)]
    else:
        items += [*_media_comments(channel, graph, floor), *_media_tags(channel, graph, floor)]
    return Polled(items, {"since": began.timestamp()})


def words_of_mention(channel: Channel, value: dict[str, Any]) -> dict[str, Any]:
    """What was said where we were mentioned; raises the errors of ``vendor_api.call``."""
    graph = graph_of(channel)
    comment_id = _plain_id(value.get("comment_id"))
    media_id, post_id = _plain_id(value.get("media_id")), _plain_id(value.get("post_id"))
    if channel.kind == "facebook":
        found = comment_id or post_id
        return graph.get(found, fields="message,permalink_url,created_time,from") if found else {}
    if comment_id:
        inner = f"mentioned_comment.comment_id({comment_id}){{id,text,timestamp,username}}"
        said = graph.get(channel.address, fields=inner).get("mentioned_comment")
    elif media_id:
        names = "id,caption,timestamp,username,permalink"
        inner = f"mentioned_media.media_id({media_id}){{{names}}}"
        said = graph.get(channel.address, fields=inner).get("mentioned_media")
    else:
        said = None
    return said if isinstance(said, dict) else {}


def person(channel: Channel, value: str) -> Person:
    """Who has this handle (``account:id``); nobody, where the person does not let Meta tell."""
    account, _, person_id = value.partition(":")
    if account != channel.address or not person_id.isdigit():
        return Person()
    names = "name" if channel.kind == "facebook" else "name,username"
    said = graph_of(channel).profile(person_id, fields=names)
    name, username = text_of(said.get("name")), text_of(said.get("username"))
    return Person((name or username)[:200], f"@{username}"[:200] if username else name[:200])


# --- Conversations --------------------------------------------------------------------------------


def _messages(channel: Channel, graph: Graph, floor: datetime) -> Iterator[Item]:
    """Messages of the conversations that went on, the oldest first in each."""
    query: dict[str, Any] = {"fields": "id,updated_time", "limit": 50}
    query["platform"] = "INSTAGRAM" if channel.kind == "instagram" else "MESSENGER"
    node = channel.address if uses_instagram_login(channel) else sender_node(channel)
    for count, each in enumerate(graph.pages(f"{node}/conversations", **query)):
        changed_at = moment(each.get("updated_time"))
        if count >= MAX_CONVERSATIONS or (changed_at is not None and changed_at < floor):
            return
        conversation = _plain_id(each.get("id"))
        newest_first = []
        if conversation:
            edge = graph.pages(f"{conversation}/messages", fields=_MESSAGE, limit=50)
            newest_first = list(_newer(edge, "created_time", floor, MAX_MESSAGES))
        for message in reversed(newest_first):
            yield from read_event(channel.address, _as_event(channel, message))


def _as_event(channel: Channel, message: dict[str, Any]) -> dict[str, Any]:
    """A message of the conversations API as the webhook would have told it."""
    sender = message.get("from") if isinstance(message.get("from"), dict) else {}
    at = moment(message.get("created_time"))
    attachments = []
    for each in (message.get("attachments") or {}).get("data") or []:
        for name, kind in _KINDS:
            held = each.get(name)
            url = held.get("url") if isinstance(held, dict) else held
            if url:
                payload = {"url": url, "name": text_of(each.get("name"))}
                attachments.append({"type": kind, "payload": payload})
                break
    if message.get("sticker"):
        attachments.append({"type": "sticker", "payload": {"url": message["sticker"]}})
    return {
        "sender": sender,
        "recipient": {"id": channel.address},
        "timestamp": int(at.timestamp() * 1000) if at else None,
        "message": {
            "mid": message.get("id"), "text": message.get("message"), "attachments": attachments,
        },
    }  # fmt: skip


# --- Comments and mentions ------------------------------------------------------------------------


def _page_comments(channel: Channel, graph: Graph, floor: datetime) -> Iterator[Item]:
    """New comments under the page's newest posts, and what visitors posted on the page."""
    names = "id,message,permalink_url,created_time,from"
    comments = f"comments.filter(stream).order(reverse_chronological).limit(50){{{_COMMENT}}}"
    feed = graph.pages(f"{channel.address}/feed", fields=f"{names},{comments}", limit=MAX_POSTS)
    for count, post in enumerate(feed):
        if count >= MAX_POSTS:
            return
        if _is_foreign(channel, post) and _is_new(post, "created_time", floor):
            yield _arrived(channel, "post", "post_id", post, post)
        found = (post.get("comments") or {}).get("data") or []
        for comment in reversed([each for each in found if _is_new(each, "created_time", floor)]):
            if _is_foreign(channel, comment):
                yield _arrived(channel, "comment", "comment_id", comment, post)


def _page_tags(channel: Channel, graph: Graph, floor: datetime) -> Iterator[Item]:
    """Posts of others that name the page."""
    names = "id,message,permalink_url,created_time,from"
    edge = graph.pages(f"{channel.address}/tagged", fields=names, limit=MAX_POSTS)
    for post in _newer(edge, "created_time", floor, MAX_POSTS):
        if _is_foreign(channel, post):
            yield _mentioned(channel, {"post_id": post.get("id"), "item": "post"}, post)


def _arrived(
    channel: Channel, form: str, name: str, told: dict[str, Any], post: dict[str, Any]
) -> Arrived:
    external_id = text_of(told.get("id"))
    value = {
        "item": form, "verb": "add", name: external_id, "post_id": text_of(post.get("id")),
        "message": told.get("message"), "from": told.get("from"),
        "created_time": told.get("created_time"), "permalink_url": told.get("permalink_url"),
        "parent_id": text_of((told.get("parent") or {}).get("id")),
        "post": {name: post.get(name) for name in ("permalink_url", "message")},
        "photo": _picture_of(told),
    }  # fmt: skip
    payload = {"form": form, "account": channel.address, "value": value, "time": None}
    return Arrived(external_id, payload, channel.address)


def _picture_of(told: dict[str, Any]) -> str:
    media = (told.get("attachment") or {}).get("media") or {}
    return text_of((media.get("image") or {}).get("src"))


def _media_comments(channel: Channel, graph: Graph, floor: datetime) -> Iterator[Item]:
    """New comments under the account's newest media, and the answers to them."""
    query = {"fields": f"id,caption,permalink,comments.limit(50){{{_REPLY},replies{{{_REPLY}}}}}"}
    edge = graph.pages(f"{channel.address}/media", limit=MAX_POSTS, **query)
    for count, media in enumerate(edge):
        if count >= MAX_POSTS:
            return
        for comment in (media.get("comments") or {}).get("data") or []:
            answers = (comment.get("replies") or {}).get("data") or []
            for each in (comment, *({**a, "parent_id": comment.get("id")} for a in answers)):
                if _is_new(each, "timestamp", floor) and _is_foreign(channel, each):
                    yield _commented(channel, each, media)


def _commented(channel: Channel, told: dict[str, Any], media: dict[str, Any]) -> Arrived:
    author = {"username": told.get("username"), **(told.get("from") or {})}
    value = {
        "id": told.get("id"), "text": told.get("text"), "from": author,
        "timestamp": told.get("timestamp"), "parent_id": text_of(told.get("parent_id")),
        "media": {name: media.get(name) for name in ("id", "permalink", "caption")},
    }  # fmt: skip
    payload = {"form": "ig_comment", "account": channel.address, "value": value, "time": None}
    return Arrived(text_of(told.get("id")), payload, channel.address)


def _media_tags(channel: Channel, graph: Graph, floor: datetime) -> Iterator[Item]:
    """Media of others on which the account is tagged."""
    names = "id,caption,permalink,timestamp,username"
    edge = graph.pages(f"{channel.address}/tags", fields=names, limit=MAX_POSTS)
    for media in _newer(edge, "timestamp", floor, MAX_POSTS):
        if _is_foreign(channel, media) and text_of(media.get("username")):
            yield _mentioned(channel, {"media_id": media.get("id")}, media)


def _mentioned(channel: Channel, value: dict[str, Any], words: dict[str, Any]) -> Arrived:
    payload = {
        "form": "mention", "account": channel.address, "value": value, "words": words, "time": None,
    }  # fmt: skip
    return Arrived(f"mention:{text_of(words.get('id'))}", payload, channel.address)


# --- Small readings -------------------------------------------------------------------------------


def _newer(
    rows: Iterator[dict[str, Any]], name: str, floor: datetime, limit: int
) -> Iterator[dict[str, Any]]:
    """Rows that come newest first, until they are older than wanted."""
    for count, each in enumerate(rows):
        if count >= limit or not _is_new(each, name, floor):
            return
        yield each


def _is_new(told: dict[str, Any], name: str, floor: datetime) -> bool:
    at = moment(told.get(name))
    return at is None or at >= floor


def _is_foreign(channel: Channel, told: dict[str, Any]) -> bool:
    """Whether somebody is named as its author who is not us."""
    author = told.get("from") if isinstance(told.get("from"), dict) else {}
    person = text_of((author or {}).get("id"))
    if channel.kind == "facebook":
        return bool(person) and person != channel.address
    own_name = str(channel.config.get("username") or "")
    username = text_of(told.get("username") or (author or {}).get("username"))
    return person != channel.address and (not own_name or username != own_name)


def _plain_id(value: Any) -> str:
    """An id that may stand in a path: webhooks are signed, but nothing is taken on trust."""
    text = text_of(value)
    return text if text and all(each.isalnum() or each in "_-:." for each in text) else ""
