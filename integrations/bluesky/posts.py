"""Reading what Bluesky tells: notifications and direct messages → normal form. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput
from inbox.connector import Arrived, Ignored, Item
from inbox.inbound import (
    Details,
    InboundAttachment,
    InboundMessage,
    SenderHandle,
    content_key_of,
    first_words,
)
from tickets.models import HandleKind, TicketKind

Record = dict[str, Any]

HEARD = ("mention", "reply", "quote")
LINK = "https://bsky.app/profile/{did}/post/{rkey}"
POST = "app.bsky.feed.post"


def item_of(notification: Record, view: Record, own_did: str) -> Item:
    """What a notification is; ``view`` is the post as it is shown, for its pictures."""
    try:
        reason = str(notification["reason"])
        if reason not in HEARD:
            return Ignored(f"{reason[:40]} does not concern us")
        if str(notification["author"]["did"]) == own_did:
            return Ignored("Written by ourselves")
        told = {name: notification[name] for name in ("uri", "cid", "author", "reason", "record")}
        return Arrived(key=_uri(told), payload={"post": {**told, "images": _images(view)}})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("This is not a notification of Bluesky.") from error


def message_item(message: Record, convo: Record, own_did: str) -> Item:
    """What a direct message is."""
    try:
        did = str(message["sender"]["did"])
        if did == own_did:
            return Ignored("Written by ourselves")
        if "text" not in message:
            return Ignored("A deleted or a system message")
        people = [each for each in convo.get("members") or [] if each.get("did") == did]
        told = {
            "id": str(message["id"]), "text": str(message["text"]), "sentAt": message["sentAt"],
            "convo": str(convo["id"]), "author": {"did": did, **(people[0] if people else {})},
        }  # fmt: skip
        return Arrived(key=f"{told['convo']}:{told['id']}", payload={"message": told})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("This is not a direct message of Bluesky.") from error


def inbound_of(payload: Record, own_handle: str) -> InboundMessage:
    """A post or a direct message in normal form; raises InvalidInput if it is neither."""
    try:
        if "message" in payload:
            return _direct(payload["message"])
        return _post(payload["post"], own_handle)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("This post of Bluesky cannot be read.") from error


def _direct(message: Record) -> InboundMessage:
    external_id, text = f"{message['convo']}:{message['id']}", str(message["text"])
    return InboundMessage(
        sender=_sender(message["author"]),
        external_id=external_id,
        subject=first_words(text, "Bluesky"),
        text=text,
        sent_at=datetime.fromisoformat(str(message["sentAt"])),
        is_sender_verified=True,
        content_key=content_key_of("bluesky", external_id),
        thread_key=f"convo:{message['convo']}",
        thread={"convo_id": str(message["convo"])},
        details=Details(is_public=False),
    )


def _post(post: Record, own_handle: str) -> InboundMessage:
    uri, record = _uri(post), post["record"]
    if record.get("$type", POST) != POST:
        raise ValueError("not a post")
    text, reply = _text(record), record.get("reply") or {}
    here = {"uri": uri, "cid": str(post["cid"])}
    root = _ref(reply.get("root")) or here
    author = post["author"]
    return InboundMessage(
        sender=_sender(author),
        external_id=uri,
        subject=first_words(text, "Bluesky"),
        text=text,
        attachments=[_file(url, number) for number, url in enumerate(post.get("images") or [])],
        in_reply_to=str((reply.get("parent") or {}).get("uri") or ""),
        sent_at=datetime.fromisoformat(str(record["createdAt"])),
        is_sender_verified=True,
        content_key=content_key_of("bluesky", uri),
        thread_key=f"{root['uri']}:{author['did']}",
        thread={"root": root, "parent": here},
        details=Details(
            is_public=True,
            permalink=LINK.format(did=author["did"], rkey=uri.rpartition("/")[2]),
        ),
        ticket_kind=_kind(str(post["reason"]), text, own_handle),
    )


def _kind(reason: str, text: str, own_handle: str) -> str:
    """Who answers us or begins with our name asks us; others speak of us."""
    begins = text.lower().startswith(f"@{own_handle.lstrip('@').lower()}")
    is_asked = reason == "reply" or (reason == "mention" and begins)
    return TicketKind.REQUEST if is_asked else TicketKind.MENTION


def _sender(author: Record) -> SenderHandle:
    did, handle = str(author["did"]), str(author.get("handle") or "")
    if not did.startswith("did:"):
        raise ValueError("no did")
    return SenderHandle(
        kind=HandleKind.BLUESKY, value=did, name=str(author.get("displayName") or ""),
        is_verified=True, label=f"@{handle}" if handle else "",
    )  # fmt: skip


def _text(record: Record) -> str:
    """The words; a link that is shown short gets its whole address back."""
    raw = str(record.get("text") or "").encode()
    for facet in sorted(
        record.get("facets") or [], key=lambda each: -int(each["index"]["byteStart"])
    ):
        start, end = int(facet["index"]["byteStart"]), int(facet["index"]["byteEnd"])
        uri = next((str(x["uri"]) for x in facet.get("features") or [] if x.get("uri")), "")
        if (
            uri
            and 0 <= start < end <= len(raw)
            and raw[start:end].decode("utf-8", "replace") != uri
        ):
            raw = raw[:start] + uri.encode() + raw[end:]
    return raw.decode("utf-8", "replace")


def _images(view: Record) -> list[str]:
    """The addresses of a post's pictures, whatever stands beside them."""
    embed = view.get("embed") or {}
    shown = embed.get("images") or (embed.get("media") or {}).get("images") or []
    return [str(each["fullsize"]) for each in shown if each.get("fullsize")]


def _file(url: str, number: int) -> InboundAttachment:
    return InboundAttachment(
        name=f"picture {number + 1}.jpg", content_type="image/jpeg", source={"url": url}
    )


def _uri(post: Record) -> str:
    uri = str(post["uri"])
    if not uri.startswith("at://"):
        raise ValueError("no at-uri")
    return uri


def _ref(value: Any) -> dict[str, str] | None:
    return {"uri": str(value["uri"]), "cid": str(value["cid"])} if value else None
