"""Reading what a server tells: a notification or a post → what it is, and its normal form. Pure."""

from __future__ import annotations

import mimetypes
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from helpdesk.lib.errors import InvalidInput
from inbox.connector import Amended, Arrived, Ignored, Item
from inbox.inbound import (
    Details,
    InboundAttachment,
    InboundMessage,
    SenderHandle,
    content_key_of,
    first_words,
)
from integrations.mastodon.text import plain
from tickets.models import HandleKind, TicketKind

Record = dict[str, Any]

PUBLIC = ("public", "unlisted")
_KINDS = {"image": "image/jpeg", "gifv": "video/mp4", "video": "video/mp4", "audio": "audio/mpeg"}


def item_of(notification: Record, own_id: str, host: str, root: str = "") -> Item:
    """What a notification is; raises InvalidInput for what is none."""
    try:
        kind = str(notification["type"])
        if kind != "mention":
            return Ignored(f"{kind[:40]} does not concern us")
        return post_item(notification["status"], own_id, host, root=root, heard="mention")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("This is not a notification of Mastodon.") from error


def post_item(status: Record, own_id: str, host: str, *, root: str, heard: str) -> Item:
    """A post that mentions us, or that we heard by a hashtag; our own are echoes."""
    try:
        if str(status["account"]["id"]) == own_id:
            return Ignored("Written by ourselves")
        external_id = external_id_of(host, status["id"])
        told = {"status": status, "root": root or str(status["id"]), "heard": heard, "host": host}
        return Arrived(key=external_id, payload=told)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("This is not a post of Mastodon.") from error


def edit_of(status: Record, own_id: str, host: str) -> Item | None:
    """The change that an edited post is; None if it was not edited."""
    try:
        if not status.get("edited_at"):
            return None
        return Amended(external_id_of(host, status["id"]), text=text_of(status, own_id))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("This is not a post of Mastodon.") from error


def inbound_of(payload: Record, own_id: str) -> InboundMessage:
    """A post in normal form; raises InvalidInput if it is none."""
    try:
        return _inbound_of(payload["status"], payload, own_id)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("This post of Mastodon cannot be read.") from error


def external_id_of(host: str, status_id: object) -> str:
    """Unique among servers: each counts posts for itself."""
    if not str(status_id).strip():
        raise ValueError("no id")
    return f"{host}:{status_id}"


def full_name(account: Record, host: str) -> str:
    """``user@server``, also for people of our own server."""
    name = str(account["acct"]).lower()
    return name if "@" in name else f"{name}@{host}"


def text_of(status: Record, own_id: str) -> str:
    """The words, after their content warning, without the mention of us that they begin with."""
    text = plain(str(status.get("content") or ""))
    mine = [str(each["acct"]) for each in status.get("mentions") or [] if str(each["id"]) == own_id]
    for acct in mine:
        name = re.escape(acct.partition("@")[0])
        text = re.sub(rf"^@{name}(@[\w.-]+)?\s+", "", text, count=1, flags=re.IGNORECASE)
    poll = status.get("poll") or {}
    options = [f"- {each.get('title', '')}" for each in poll.get("options") or []]
    warning = str(status.get("spoiler_text") or "").strip()
    body = "\n".join([each for each in (text, *options) if each])
    return "\n\n".join(each for each in (warning, body) if each)


def _inbound_of(status: Record, payload: Record, own_id: str) -> InboundMessage:
    account, host = status["account"], str(payload["host"])
    external_id = external_id_of(host, status["id"])
    sender, text = full_name(account, host), text_of(status, own_id)
    answered = status.get("in_reply_to_id")
    return InboundMessage(
        sender=SenderHandle(
            kind=HandleKind.MASTODON, value=sender, name=str(account.get("display_name") or ""),
            is_verified=True, label=f"@{sender}",
        ),
        external_id=external_id,
        subject=first_words(text, "Mastodon"),
        text=text,
        attachments=[_file(each) for each in status.get("media_attachments") or []],
        in_reply_to=external_id_of(host, answered) if answered else "",
        sent_at=datetime.fromisoformat(str(status["created_at"])),
        is_sender_verified=True,
        content_key=content_key_of("mastodon", external_id),
        thread_key=f"{payload['root']}:{account['id']}",
        thread={
            "status_id": str(status["id"]), "acct": str(account["acct"]),
            "visibility": str(status.get("visibility") or "public"),
            "spoiler_text": str(status.get("spoiler_text") or ""),
        },
        details=_details(status),
        ticket_kind=_kind(status, payload, own_id),
    )  # fmt: skip


def _details(status: Record) -> Details:
    details = Details(is_public=status.get("visibility") in PUBLIC)
    if str(status.get("url") or "").startswith("http"):
        details["permalink"] = str(status["url"])
    return details


def _kind(status: Record, payload: Record, own_id: str) -> str:
    """Who answers us, writes to us alone or begins with our name asks us; others speak of us."""
    if payload["heard"] != "mention":
        return TicketKind.MENTION
    is_direct = status.get("visibility") == "direct"
    answers_us = str(status.get("in_reply_to_account_id") or "") == own_id
    words = plain(str(status.get("content") or ""))
    mine = [each for each in status.get("mentions") or [] if str(each["id"]) == own_id]
    first = words.split(None, 1)[0].lower() if words.split() else ""
    names = {f"@{str(each['acct']).partition('@')[0].lower()}" for each in mine}
    begins = any(first == name or first.startswith(f"{name}@") for name in names)
    return TicketKind.REQUEST if is_direct or answers_us or begins else TicketKind.MENTION


def _file(file: Record) -> InboundAttachment:
    """The largest form there is; the address is public."""
    url = str(file.get("url") or file.get("remote_url") or "")
    kind = _KINDS.get(str(file.get("type")), "application/octet-stream")
    name = urlsplit(url).path.rpartition("/")[2]
    return InboundAttachment(
        name=name or "file",
        content_type=mimetypes.guess_type(name)[0] or kind,
        source={"url": url},
    )
