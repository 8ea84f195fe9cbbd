"""Comments: asked for page by page, and brought into the normal form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from inbox.connector import Amended, Arrived, Item, Polled
from inbox.inbound import Details, InboundMessage, SenderHandle
from integrations.youtube.client import YouTubeApi, youtube_of
from tickets.models import Channel, HandleKind

OVERLAP = timedelta(minutes=15)
MAX_PAGES = 10
WATCHED = 200
AT_ONCE = 50
SUBJECT_CHARS = 80
_PARTS = {"part": "snippet,replies", "textFormat": "plainText", "maxResults": 100}


def poll(channel: Channel, cursor: dict[str, Any]) -> Polled:
    """New comments, those held for review, and new answers under comments that we have.

    YouTube lists comments by the time of the first in each thread, so the newest threads are
    remembered with their number of answers and looked at again.
    """
    began = now()
    since = _moment(cursor.get("since"))
    if since is None:
        return Polled([], {"since": began.isoformat(), "threads": {}})
    api, floor = youtube_of(channel), since - OVERLAP
    watched: dict[str, int] = dict(cursor.get("threads") or {})
    items: list[Item] = []
    seen: set[str] = set()
    for status in ("published", "heldForReview"):
        for thread in _new_threads(api, channel, status, floor):
            seen.add(thread["id"])
            items += _thread(channel, api, thread, watched, floor)
    for thread in _known_threads(api, [each for each in watched if each not in seen]):
        items += _thread(channel, api, thread, watched, floor)
    newest = dict(sorted(watched.items(), key=lambda each: each[0] in seen)[-WATCHED:])
    return Polled(items, {"since": began.isoformat(), "threads": newest})


def _new_threads(
    api: YouTubeApi, channel: Channel, status: str, floor: datetime
) -> Iterator[dict[str, Any]]:
    query = {
        **_PARTS, "allThreadsRelatedToChannelId": channel.address, "order": "time",
        "moderationStatus": status,
    }  # fmt: skip
    for _ in range(MAX_PAGES):
        page = api.get("commentThreads", query)
        for thread in _dicts(page.get("items")):
            top = _dict(_dict(thread.get("snippet")).get("topLevelComment"))
            at = _moment(_dict(top.get("snippet")).get("publishedAt"))
            if at is not None and at < floor:
                return
            if isinstance(thread.get("id"), str):
                yield thread
        token = page.get("nextPageToken")
        if not token:
            return
        query["pageToken"] = str(token)


def _known_threads(api: YouTubeApi, ids: list[str]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        query = {"part": "snippet,replies", "textFormat": "plainText", "id": some}
        for thread in _dicts(api.get("commentThreads", query).get("items")):
            if isinstance(thread.get("id"), str):
                yield thread


def _thread(
    channel: Channel, api: YouTubeApi, thread: dict[str, Any], watched: dict[str, int],
    floor: datetime,
) -> Iterator[Item]:  # fmt: skip
    """The first comment and the answers that are new; all of them where some were left out."""
    snippet = _dict(thread.get("snippet"))
    count = snippet.get("totalReplyCount")
    count = count if isinstance(count, int) else 0
    answers = _dicts(_dict(thread.get("replies")).get("comments"))
    if count > len(answers) and count != watched.get(thread["id"], 0):
        answers = list(_answers(api, thread["id"]))
    watched[thread["id"]] = count
    top = _dict(snippet.get("topLevelComment"))
    for each in [top, *sorted(answers, key=_published)]:
        yield from _comment(channel, thread["id"], each, floor)


def _answers(api: YouTubeApi, thread_id: str) -> Iterator[dict[str, Any]]:
    query = {"part": "snippet", "parentId": thread_id, "maxResults": 100, "textFormat": "plainText"}
    for _ in range(MAX_PAGES):
        page = api.get("comments", query)
        yield from _dicts(page.get("items"))
        token = page.get("nextPageToken")
        if not token:
            return
        query["pageToken"] = str(token)


def _comment(
    channel: Channel, thread_id: str, comment: dict[str, Any], floor: datetime
) -> Iterator[Item]:
    snippet, comment_id = _dict(comment.get("snippet")), comment.get("id")
    author = _dict(snippet.get("authorChannelId")).get("value")
    published, updated = _moment(snippet.get("publishedAt")), _moment(snippet.get("updatedAt"))
    if not isinstance(comment_id, str) or not isinstance(author, str) or author == channel.address:
        return
    if published is None or published >= floor:
        yield Arrived(comment_id, {"thread_id": thread_id, "comment": comment})
    if updated is not None and updated >= floor and published is not None and updated > published:
        yield Amended(comment_id, text=str(snippet.get("textDisplay") or ""))


def parse(channel: Channel, raw: bytes) -> InboundMessage:
    """A comment in normal form; raises InvalidInput."""
    try:
        told = json.loads(raw)
        return _as_inbound(told["thread_id"], told["comment"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput("This comment from YouTube cannot be read.") from error


def _as_inbound(thread_id: str, comment: dict[str, Any]) -> InboundMessage:
    snippet, comment_id = comment["snippet"], str(comment["id"])
    author = str(snippet["authorChannelId"]["value"])
    name = str(snippet.get("authorDisplayName") or "")
    text = str(snippet.get("textDisplay") or snippet.get("textOriginal") or "").replace("\x00", "")
    video = str(snippet.get("videoId") or "")
    details = Details(is_public=True)
    if video:
        address = f"https://www.youtube.com/watch?v={video}"
        details["permalink"] = f"{address}&lc={comment_id}"
        details["post"] = {"id": video, "url": address}
    is_held = snippet.get("moderationStatus") == "heldForReview"
    return InboundMessage(
        sender=SenderHandle(
            kind=HandleKind.YOUTUBE, value=author[:320], name=name[:200],
            label=name[:200] if name.startswith("@") else "", is_verified=True,
        ),
        external_id=comment_id,
        subject=_subject(text),
        text=text,
        sent_at=_moment(snippet.get("publishedAt")),
        is_sender_verified=True,
        content_key=hashlib.sha256(f"youtube:{comment_id}".encode()).hexdigest(),
        thread_key=f"comment:{thread_id}:{author}",
        thread={"form": "comment", "top_id": thread_id, "is_public": True},
        details=details,
        flags=["held-for-review"] if is_held else [],
    )  # fmt: skip


def _subject(text: str) -> str:
    line = " ".join(text.split())
    if len(line) <= SUBJECT_CHARS:
        return line
    return f"{line[: SUBJECT_CHARS - 1].rsplit(' ', 1)[0]}…"


def _published(comment: dict[str, Any]) -> str:
    return str(_dict(comment.get("snippet")).get("publishedAt") or "")


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
