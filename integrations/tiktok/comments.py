"""Comments under ads: asked for per ad group, and brought into the normal form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from inbox.connector import Arrived, Item, Polled
from inbox.inbound import Details, InboundMessage, SenderHandle
from integrations.tiktok.client import TikTokApi, tiktok_of
from tickets.models import Channel, HandleKind

OVERLAP = timedelta(minutes=15)
MAX_PAGES = 20
PAGE = 100
SUBJECT_CHARS = 80
_NEEDED = ("ad_id", "tiktok_item_id", "comment_id")


def poll(channel: Channel, cursor: dict[str, Any]) -> Polled:
    """New comments of each ad group; TikTok counts in days, so doubles are told by their ids."""
    began = now()
    try:
        since = datetime.fromisoformat(str(cursor.get("since")))
    except ValueError:
        return Polled([], {"since": began.isoformat()})
    api, floor = tiktok_of(channel), since - OVERLAP
    items: list[Item] = []
    for group in _groups(channel):
        found = [
            Arrived(_text(each.get("comment_id")), {"comment": each})
            for each in _comments(api, channel, group, floor, began)
            if _text(each.get("comment_id"))
            and _text(each.get("user_id"))
            and not _is_ours(channel, each)
        ]
        items += reversed(found)
    return Polled(items, {"since": began.isoformat()})


def _groups(channel: Channel) -> list[str]:
    given = channel.config.get("ad_groups")
    return [_text(each) for each in given if _text(each)] if isinstance(given, list) else []


def _comments(
    api: TikTokApi, channel: Channel, group: str, floor: datetime, until: datetime
) -> Iterator[dict[str, Any]]:
    """The newest first, until they are older than wanted."""
    query: dict[str, Any] = {
        "advertiser_id": channel.address, "search_field": "ADGROUP_ID", "search_value": group,
        "start_time": f"{floor:%Y-%m-%d}", "end_time": f"{until:%Y-%m-%d}",
        "sort_field": "CREATE_TIME", "sort_type": "DESC", "page_size": PAGE,
    }  # fmt: skip
    for number in range(1, MAX_PAGES + 1):
        page = api.get("/comment/list/", {**query, "page": number})
        rows = page.get("comments") or page.get("list") or []
        rows = [each for each in rows if isinstance(each, dict)] if isinstance(rows, list) else []
        for each in rows:
            at = _moment(each.get("create_time"))
            if at is not None and at < floor:
                return
            yield each
        if len(rows) < PAGE:
            return


def _is_ours(channel: Channel, comment: dict[str, Any]) -> bool:
    return _text(comment.get("user_id")) in (
        str(channel.config.get("identity_id") or "-"), _text(comment.get("identity_id")) or "-",
    )  # fmt: skip


def parse(channel: Channel, raw: bytes) -> InboundMessage:
    """A comment in normal form; raises InvalidInput."""
    try:
        return _as_inbound(json.loads(raw)["comment"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput("This comment from TikTok cannot be read.") from error


def _as_inbound(comment: dict[str, Any]) -> InboundMessage:
    comment_id, author = _text(comment["comment_id"]), _text(comment["user_id"])
    if not comment_id or not author:
        raise InvalidInput("A comment without an id or an author.")
    name = _text(comment.get("user_name") or comment.get("username"))
    text = _text(comment.get("content") or comment.get("text"))
    top = _text(comment.get("original_comment_id")).strip("0") and _text(
        comment.get("original_comment_id")
    )
    line = " ".join(text.split())
    return InboundMessage(
        sender=SenderHandle(
            kind=HandleKind.TIKTOK, value=author[:320], name=name[:200], is_verified=True
        ),
        external_id=comment_id,
        subject=line if len(line) <= SUBJECT_CHARS else f"{line[: SUBJECT_CHARS - 1]}…",
        text=text,
        sent_at=_moment(comment.get("create_time")),
        is_sender_verified=True,
        content_key=hashlib.sha256(f"tiktok:{comment_id}".encode()).hexdigest(),
        thread_key=f"comment:{top or comment_id}:{author}",
        thread={
            "form": "comment", "is_public": True,
            **{name: _text(comment.get(name)) for name in _NEEDED},
        },
        details=Details(
            is_public=True, post={"id": _text(comment.get("tiktok_item_id")), "kind": "ad"}
        ),
    )  # fmt: skip


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.replace("\x00", "")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _moment(value: Any) -> datetime | None:
    """``2026-11-22 10:00:00`` in UTC, or seconds."""
    try:
        if _text(value).isdigit():
            return datetime.fromtimestamp(int(value), UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
