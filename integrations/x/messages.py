"""From X's words to the normal form: posts and direct messages."""

from __future__ import annotations

import hashlib
import html
import json
from typing import Any
from urllib.parse import urlsplit

from helpdesk.lib.errors import InvalidInput
from inbox.inbound import Details, InboundAttachment, InboundMessage, SenderHandle
from integrations.x.webhooks import dicts, moment, text_of
from tickets.models import Channel, HandleKind, TicketKind

SUBJECT_CHARS = 80
MAX_TEXT_CHARS = 30_000
MAX_FILES = 10


def parse(channel: Channel, raw: bytes) -> InboundMessage:
    """An arrival as ``webhooks`` or ``asking`` kept it; raises InvalidInput."""
    try:
        told = json.loads(raw)
        return _FORMS[told["form"]](channel, told)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput("This arrival from X cannot be read.") from error


def _post(channel: Channel, told: dict[str, Any]) -> InboundMessage:
    post, account = told["post"], text_of(told.get("account")) or channel.address
    post_id = text_of(post["id"])
    sender = _sender(told)
    text = _readable(post, told.get("media"))
    root = text_of(post.get("conversation_id")) or post_id
    username = sender.label.removeprefix("@") or "i/web"
    return InboundMessage(
        sender=sender,
        external_id=_needed(post_id),
        subject=_subject(text),
        text=text,
        in_reply_to=text_of(post.get("in_reply_to")),
        attachments=_files(told.get("media")),
        sent_at=moment(post.get("created_at")),
        is_sender_verified=True,
        content_key=_key(post_id),
        thread_key=f"post:{root}:{sender.value}",
        thread={
            "form": "post", "account": account, "post_id": post_id, "author": sender.value,
            "is_public": True,
        },
        details=Details(is_public=True, permalink=f"https://x.com/{username}/status/{post_id}"),
        flags=["listening"] if told.get("search") else [],
        ticket_kind=_kind(channel, account, told, text),
    )  # fmt: skip


def _kind(channel: Channel, account: str, told: dict[str, Any], text: str) -> str:
    """An answer to us, or words that begin with our name, are meant for us; others name us."""
    if told.get("search"):
        return TicketKind.MENTION
    username = str(channel.config.get("username") or "").lower()
    is_answer = text_of(told["post"].get("in_reply_to_user_id")) == account
    is_called = bool(username) and text.lower().startswith(f"@{username}")
    return TicketKind.REQUEST if is_answer or is_called else TicketKind.MENTION


def _direct_message(channel: Channel, told: dict[str, Any]) -> InboundMessage:
    event, account = told["event"], text_of(told.get("account")) or channel.address
    event_id = text_of(event["id"])
    sender = _sender(told)
    text = _readable(event, told.get("media"))
    return InboundMessage(
        sender=sender,
        external_id=_needed(event_id),
        subject=_subject(text),
        text=text,
        attachments=_files(told.get("media")),
        sent_at=moment(event.get("created_at")),
        is_sender_verified=True,
        content_key=_key(event_id),
        thread_key=f"dm:{account}:{sender.value}",
        thread={"form": "dm", "account": account, "author": sender.value},
    )


def _sender(told: dict[str, Any]) -> SenderHandle:
    author = told["author"]
    username = text_of(author.get("username"))
    return SenderHandle(
        kind=HandleKind.X,
        value=_needed(text_of(author["id"]))[:320],
        name=(text_of(author.get("name")) or username)[:200],
        label=f"@{username}"[:200] if username else "",
        is_verified=True,
    )


def _readable(told: dict[str, Any], media: Any) -> str:
    """The words with real addresses instead of shortened ones, without links to its own files."""
    text = text_of(told.get("text"))
    entities = told.get("entities") if isinstance(told.get("entities"), dict) else {}
    for each in dicts((entities or {}).get("urls")):
        short, real = text_of(each.get("url")), text_of(each.get("expanded_url"))
        if short.startswith("https://t.co/") and real and media and "/photo/" in real:
            text = text.replace(short, "")
        elif short.startswith("https://t.co/") and real:
            text = text.replace(short, real)
    for each in dicts(media):
        if text_of(each.get("link")).startswith("https://t.co/"):
            text = text.replace(text_of(each["link"]), "")
    return html.unescape(text).strip()[:MAX_TEXT_CHARS]


def _files(media: Any) -> list[InboundAttachment]:
    files = []
    for each in dicts(media)[:MAX_FILES]:
        url, content_type = text_of(each.get("url")), "image/jpeg"
        videos = [
            v for v in dicts(each.get("variants")) if v.get("content_type") == "video/mp4"
        ]  # fmt: skip
        if videos:
            best = max(videos, key=lambda v: v.get("bit_rate") or v.get("bitrate") or 0)
            url, content_type = text_of(best.get("url")), "video/mp4"
        if url.startswith(("https://", "http://")):
            name = urlsplit(url).path.rsplit("/", 1)[-1][:120] or "picture"
            files.append(InboundAttachment(name, content_type, source={"url": url}))
    return files


def _subject(text: str) -> str:
    line = " ".join(text.split())
    if len(line) <= SUBJECT_CHARS:
        return line
    return f"{line[: SUBJECT_CHARS - 1].rsplit(' ', 1)[0]}…"


def _needed(value: str) -> str:
    if not value:
        raise InvalidInput("It has no id.")
    return value


def _key(external_id: str) -> str:
    return hashlib.sha256(f"x:{external_id}".encode("utf-8", "replace")).hexdigest()


_FORMS = {"post": _post, "dm": _direct_message}
