"""From Meta's words to the normal form: messages, comments, posts, mentions, recommendations."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import urlsplit

from helpdesk.lib.errors import InvalidInput
from inbox.inbound import Details, InboundAttachment, InboundMessage, SenderHandle
from integrations.meta.webhooks import moment, text_of
from tickets.models import Channel, TicketKind

SUBJECT_CHARS = 80
MAX_FILES = 20
MAX_TEXT_CHARS = 20_000
UNSHOWN = "[A message of a kind that Meta does not pass on. Open it there to see it.]"
UNREAD = "[Meta did not give us the words of this mention. Open it there to see it.]"
_TYPES = {
    "image": "image/jpeg",
    "sticker": "image/png",
    "video": "video/mp4",
    "ig_reel": "video/mp4",
    "reel": "video/mp4",
    "audio": "audio/mp4",
    "story_mention": "image/jpeg",
    "file": "application/octet-stream",
}
_LINKS = {"share", "fallback", "post", "ig_post", "template", "product", "event"}


def parse(channel: Channel, raw: bytes) -> InboundMessage:
    """An arrival as ``webhooks`` or ``asking`` kept it; raises InvalidInput."""
    try:
        told = json.loads(raw)
        read = _FORMS[told["form"]]
        account = text_of(told["account"]) or channel.address
        return read(channel.kind, account, told)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput("This arrival from Meta cannot be read.") from error


# --- Messages -------------------------------------------------------------------------------------


def _message(kind: str, account: str, told: dict[str, Any]) -> InboundMessage:
    event = told["event"]
    message = event.get("message") or {}
    postback = event.get("postback") or {}
    psid = text_of(event["sender"]["id"])
    if not psid:
        raise InvalidInput("A message without a sender.")
    mid = text_of(message.get("mid") or postback.get("mid"))
    external_id = mid or f"postback:{psid}:{text_of(event.get('timestamp'))}"
    lines, files, details = _attachments(message.get("attachments"))
    text = text_of(message.get("text")) or text_of(postback.get("title") or postback.get("payload"))
    if message.get("is_unsupported"):
        lines.append(UNSHOWN)
    _note_context(event, message, details, lines)
    whole = "\n".join(each for each in (text, *lines) if each)
    return InboundMessage(
        sender=_sender(kind, account, {"id": psid, **_named(event["sender"])}),
        external_id=external_id,
        subject=subject_of(whole),
        text=whole[:MAX_TEXT_CHARS],
        in_reply_to=text_of((message.get("reply_to") or {}).get("mid")),
        attachments=files,
        sent_at=moment(event.get("timestamp")),
        is_sender_verified=True,
        content_key=_key(external_id),
        thread_key=f"{account}:{psid}",
        thread={"form": "message", "account": account, "psid": psid},
        details=details,
        flags=[name for name in ("quick_reply", "postback") if name in message or name in event],
    )


def _attachments(given: Any) -> tuple[list[str], list[InboundAttachment], Details]:
    """What came along: lines for what is no file, files to be fetched, and what else is known."""
    lines: list[str] = []
    files: list[InboundAttachment] = []
    details = Details()
    for each in (given if isinstance(given, list) else [])[:MAX_FILES]:
        kind = text_of(each.get("type")) or "file"
        payload = each.get("payload") if isinstance(each.get("payload"), dict) else {}
        url = _url(payload.get("url") or each.get("url"))
        if kind == "location" or "coordinates" in payload:
            lines.append(_note_location(payload, details))
        elif kind in _LINKS:
            title = text_of(each.get("title") or payload.get("title"))
            lines.append(" ".join(part for part in (title, url) if part) or UNSHOWN)
        elif url:
            files.append(file_at(url, _TYPES.get(kind, ""), text_of(payload.get("name"))))
            if kind == "story_mention":
                lines.append("[Mentioned you in their story]")
                details["post"] = {"kind": "story", "url": url}
        else:
            lines.append(UNSHOWN)
    return lines, files, details


def _note_location(payload: dict[str, Any], details: Details) -> str:
    place = payload.get("coordinates") or {}
    latitude, longitude = place.get("lat"), place.get("long")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return UNSHOWN
    details["location"] = {"latitude": latitude, "longitude": longitude}
    return f"{latitude}, {longitude}"


def _note_context(
    event: dict[str, Any], message: dict[str, Any], details: Details, lines: list[str]
) -> None:
    """What a message answers or where its author came from."""
    story = (message.get("reply_to") or {}).get("story")
    if isinstance(story, dict):
        details["post"] = {
            "kind": "story", "id": text_of(story.get("id")), "url": _url(story.get("url")),
        }  # fmt: skip
    referral = message.get("referral") or (event.get("postback") or {}).get("referral")
    if isinstance(referral, dict):
        names = ("source", "type", "ad_id", "ref", "product")
        found = {each: referral[each] for each in names if referral.get(each)}
        details["context"] = {"referral": found}


# --- What is public -------------------------------------------------------------------------------


def _comment(kind: str, account: str, told: dict[str, Any]) -> InboundMessage:
    value = told["value"]
    comment_id, post_id = text_of(value["comment_id"]), text_of(value.get("post_id"))
    parent = text_of(value.get("parent_id"))
    top = parent if parent and parent != post_id else comment_id
    post = value.get("post") if isinstance(value.get("post"), dict) else {}
    return _public(
        kind, account, told, external_id=comment_id, key=f"comment:{top}", form="comment",
        text=text_of(value.get("message")), author=value["from"],
        permalink=_url(value.get("permalink_url")) or f"https://www.facebook.com/{comment_id}",
        post={"id": post_id, "url": _url(post.get("permalink_url")),
              "text": text_of(post.get("message"))[:500]},
        thread={"comment_id": comment_id, "post_id": post_id},
        files=_media_of(value),
    )  # fmt: skip


def _post(kind: str, account: str, told: dict[str, Any]) -> InboundMessage:
    value = told["value"]
    post_id = text_of(value["post_id"])
    return _public(
        kind, account, told, external_id=post_id, key=f"post:{post_id}", form="post",
        text="\n".join(
            each for each in (text_of(value.get("message")), _link_of(value)) if each
        ),
        author=value["from"],
        permalink=_url(value.get("permalink_url")) or f"https://www.facebook.com/{post_id}",
        thread={"post_id": post_id}, files=_media_of(value),
    )  # fmt: skip


def _instagram_comment(kind: str, account: str, told: dict[str, Any]) -> InboundMessage:
    value = told["value"]
    comment_id = text_of(value["id"])
    media = value.get("media") if isinstance(value.get("media"), dict) else {}
    top = text_of(value.get("parent_id")) or comment_id
    return _public(
        kind, account, told, external_id=comment_id, key=f"comment:{top}", form="comment",
        text=text_of(value.get("text")), author=value["from"],
        permalink=_url(value.get("permalink")) or _url(media.get("permalink")),
        post={"id": text_of(media.get("id")), "url": _url(media.get("permalink")),
              "text": text_of(media.get("caption"))[:500]},
        thread={"comment_id": comment_id, "media_id": text_of(media.get("id"))},
    )  # fmt: skip


def _mention(kind: str, account: str, told: dict[str, Any]) -> InboundMessage:
    """Somebody spoke of us elsewhere. ``words`` are what was fetched when it came, if it could."""
    value, words = told["value"], told.get("words") or {}
    names = ("comment_id", "media_id", "post_id")
    external_id = next(text_of(value[each]) for each in names if value.get(each))
    author = _author_of(value, words)
    text = text_of(words.get("message") or words.get("text") or words.get("caption"))
    text = text or text_of(value.get("message"))
    link = _url(words.get("permalink_url") or words.get("permalink"))
    if not link and kind == "facebook":
        link = f"https://www.facebook.com/{external_id}"
    return _public(
        kind, account, told, external_id=external_id, key=f"mention:{external_id}",
        form="mention", text=text or UNREAD, author=author, permalink=link,
        thread={each: text_of(value[each]) for each in names if value.get(each)},
        ticket_kind=TicketKind.MENTION,
        sent_at=words.get("created_time") or words.get("timestamp"),
    )  # fmt: skip


def _author_of(value: dict[str, Any], words: dict[str, Any]) -> dict[str, str]:
    """Who mentioned us; Instagram tells the name alone, which is theirs and nobody else's now."""
    given = words.get("from") if isinstance(words.get("from"), dict) else {}
    username = text_of((given or {}).get("username") or words.get("username"))
    return {
        "id": text_of((given or {}).get("id") or value.get("sender_id")),
        "name": text_of((given or {}).get("name") or value.get("sender_name")),
        "username": username,
    }


def _review(kind: str, account: str, told: dict[str, Any]) -> InboundMessage:
    value = told["value"]
    story_id = text_of(value["open_graph_story_id"])
    verdict = text_of(value.get("recommendation_type")).lower()
    lead = {"positive": "[Recommends you]", "negative": "[Does not recommend you]"}.get(verdict, "")
    text = "\n".join(each for each in (lead, text_of(value.get("review_text"))) if each)
    rating = value.get("rating")
    return _public(
        kind, account, told, external_id=story_id, key=f"review:{story_id}", form="post",
        text=text or "[A recommendation without words]",
        author={"id": value.get("reviewer_id"), "name": value.get("reviewer_name")},
        permalink=f"https://www.facebook.com/{story_id}", thread={"post_id": story_id},
        ticket_kind=TicketKind.REVIEW,
        rating=rating if isinstance(rating, int) and 1 <= rating <= 5 else
        {"positive": 5, "negative": 1}.get(verdict, 0),
    )  # fmt: skip


def _public(
    kind: str,
    account: str,
    told: dict[str, Any],
    *,
    external_id: str,
    key: str,
    form: str,
    text: str,
    author: dict[str, Any],
    permalink: str,
    thread: dict[str, Any],
    post: dict[str, str] | None = None,
    files: list[InboundAttachment] | None = None,
    ticket_kind: str = TicketKind.REQUEST,
    rating: int = 0,
    sent_at: Any = None,
) -> InboundMessage:
    """Something everybody can read. Each author of a thread has a conversation of their own."""
    if not external_id:
        raise InvalidInput("Something public without an id.")
    sender = _sender(kind, account, author)
    at = moment(sent_at) or moment(told["value"].get("created_time"))
    at = at or moment(told["value"].get("timestamp")) or moment(told.get("time"))
    details = Details(is_public=True)
    if permalink:
        details["permalink"] = permalink
    known = {name: each for name, each in (post or {}).items() if each}
    if known:
        details["post"] = known
    if rating:
        details["rating"] = rating
    return InboundMessage(
        sender=sender,
        external_id=external_id,
        subject=subject_of(text),
        text=text[:MAX_TEXT_CHARS],
        attachments=files or [],
        sent_at=at,
        is_sender_verified=sender.is_verified,
        content_key=_key(external_id),
        thread_key=f"{key}:{sender.value}",
        thread={
            **thread, "form": form, "account": account, "author": sender.value, "is_public": True,
        },
        details=details,
        ticket_kind=ticket_kind,
    )  # fmt: skip


# --- Parts ----------------------------------------------------------------------------------------


def _sender(kind: str, account: str, author: dict[str, Any]) -> SenderHandle:
    """Ids are those of people as this account sees them: the account is part of the handle.

    A mere username can have another owner tomorrow, so it proves nobody.
    """
    person, username = text_of(author.get("id")), text_of(author.get("username"))
    if not person and username:
        return SenderHandle(
            kind=kind, value=f"{account}:@{username}"[:320], name=username, label=f"@{username}",
        )  # fmt: skip
    if not person:
        raise InvalidInput("Nobody is named as its author.")
    return SenderHandle(
        kind=kind,
        value=f"{account}:{person}"[:320],
        name=(text_of(author.get("name")) or username)[:200],
        label=f"@{username}"[:200] if username else "",
        is_verified=True,
    )


def _named(sender: dict[str, Any]) -> dict[str, str]:
    return {name: text_of(sender.get(name)) for name in ("name", "username")}


def _media_of(value: dict[str, Any]) -> list[InboundAttachment]:
    """Photos and videos of a post or comment."""
    many = value.get("photos") if isinstance(value.get("photos"), list) else []
    urls = dict.fromkeys(
        url for url in (_url(each) for each in (value.get("photo"), *(many or []))) if url
    )
    files = [file_at(each, "image/jpeg") for each in urls]
    if value.get("item") in ("photo", "comment", "post", "status") and not files:
        link = _url(value.get("link")) if value.get("item") == "photo" else ""
        files = [file_at(link, "image/jpeg")] if link else []
    video = _url(value.get("video"))
    return [*files, *([file_at(video, "video/mp4")] if video else [])][:MAX_FILES]


def _link_of(value: dict[str, Any]) -> str:
    return "" if value.get("item") in ("photo", "video") else _url(value.get("link"))


def file_at(url: str, content_type: str, name: str = "") -> InboundAttachment:
    """A file that lies at an address for a while."""
    last = urlsplit(url).path.rsplit("/", 1)[-1]
    return InboundAttachment(
        name=(name or (last if "." in last else ""))[:120] or "attachment",
        content_type=content_type or "application/octet-stream",
        source={"url": url},
    )


def subject_of(text: str) -> str:
    """The first words, to call the conversation by."""
    line = " ".join(text.split())
    if len(line) <= SUBJECT_CHARS:
        return line
    return f"{line[: SUBJECT_CHARS - 1].rsplit(' ', 1)[0]}…"


def _url(value: Any) -> str:
    text = text_of(value).strip()
    return text if text.startswith(("https://", "http://")) else ""


def _key(external_id: str) -> str:
    return hashlib.sha256(f"meta:{external_id}".encode("utf-8", "replace")).hexdigest()


_FORMS = {
    "message": _message,
    "comment": _comment,
    "post": _post,
    "ig_comment": _instagram_comment,
    "mention": _mention,
    "review": _review,
}
