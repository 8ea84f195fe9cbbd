"""Reviews: asked for, compared with what they were, and brought into the normal form.

Yotpo writes numbers and flags now as themselves, now as text: both are read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, PermanentFailure
from inbox.connector import Amended, Arrived, AskNow, Ignored, Item, Polled
from inbox.inbound import Details, InboundMessage, SenderHandle, content_key_of, first_words
from integrations.yotpo.client import GONE, YotpoApi, yotpo_of
from tickets.models import Channel, HandleKind, TicketKind

OVERLAP = timedelta(hours=3)
"""What the list says may be an hour old."""
AT_ONCE = 100
MAX_PAGES = 50
WATCHED = 2000
NO_WORDS = "[A rating without words]"
ANONYMOUS = "anonymoususer"


def poll(channel: Channel, cursor: dict[str, Any]) -> Polled:
    """Reviews that were written, edited, taken from the page or deleted since.

    Yotpo knows days, not moments: what has not changed since we saw it is passed over.
    """
    began = now()
    since, start = _moment(cursor.get("since")), _moment(cursor.get("start"))
    if since is None or start is None:
        at = began.isoformat()
        return Polled([], {"since": at, "start": at, "reviews": {}})
    api = yotpo_of(channel)
    known: dict[str, dict[str, Any]] = dict(cursor.get("reviews") or {})
    items: list[Item] = []
    seen: dict[str, dict[str, Any]] = {}
    rows = _changed(api, (since - OVERLAP).date().isoformat())
    for row in sorted(rows, key=lambda each: str(each.get("created_at") or "")):
        review_id = _text(row.get("id"))
        seen[review_id] = {"as": _print(row), "hidden": _is_hidden(row)}
        if seen[review_id] != known.get(review_id):
            items += _news(api, row, known.get(review_id), start - OVERLAP)
    watched = dict(list(seen.items())[-WATCHED:])
    return Polled(
        items, {"since": began.isoformat(), "start": start.isoformat(), "reviews": watched}
    )


def _changed(api: YotpoApi, day: str) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    query = {"count": AT_ONCE, "since_updated_at": day, "deleted": "true"}
    for page in range(1, MAX_PAGES + 1):
        rows = api.reviews({**query, "page": page})
        found.update((_text(each["id"]), each) for each in rows if _text(each.get("id")))
        if len(rows) < AT_ONCE:
            break
    return list(found.values())


def _news(
    api: YotpoApi, row: dict[str, Any], before: dict[str, Any] | None, start: datetime
) -> Iterator[Item]:
    """The review if it is new, and what changed since we saw it."""
    review_id, is_hidden = _text(row["id"]), _is_hidden(row)
    created, updated = _moment(row.get("created_at")), _moment(row.get("updated_at"))
    if before is None and (created is None or created >= start) and not _is(row, "deleted"):
        told = {"review": row, "more": _more(api, review_id)}
        yield Arrived(review_id, told, external_id=review_id)
    is_edited = created is not None and updated is not None and updated > created
    if before is None and not is_edited and not is_hidden:
        return
    details: dict[str, Any] = {"rating": rating} if (rating := _rating(row)) else {}
    if before and before.get("hidden") and not is_hidden:
        details["is_deleted"] = False
    yield Amended(review_id, text=_words(row), is_deleted=is_hidden, details=details)


def _more(api: YotpoApi, review_id: str) -> dict[str, Any]:
    """Who wrote it and about which product: the list does not say."""
    try:
        return api.review(review_id)
    except PermanentFailure as failure:
        if failure.reason_code == GONE:
            return {}
        raise


def named_in(body: bytes, store_id: str) -> list[Item]:
    """What a webhook is about. Nobody signed it: only the review's id is taken, and asked for."""
    try:
        told = json.loads(body)
        event, data = told["event"], told["data"]
        review_id, store = _text(data["id"]), _text(data.get("app_key"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput("This is not a call of Yotpo.") from error
    if event not in ("review_create", "review_updated"):
        return [Ignored(f"{str(event)[:60]} does not concern us")]
    if store and store != store_id:
        return [Ignored("A review of another store")]
    if not (review_id.isascii() and review_id.isdigit()) or len(review_id) > 20:
        raise InvalidInput("This call of Yotpo names no review.")
    if event == "review_updated":
        return [AskNow(f"review {review_id} changed")]
    return [Arrived(review_id, {"ask": review_id}, external_id=review_id)]


def asked_for(channel: Channel, raw: bytes) -> bytes:
    """An arrival of a webhook with what Yotpo says of the review; any other as it is.

    Raises InvalidInput where Yotpo has no such review of this store.
    """
    if b'"ask"' not in raw:
        return raw
    told = json.loads(raw)
    if not isinstance(told, dict) or "ask" not in told or "review" in told:
        return raw
    review = _more(yotpo_of(channel), _text(told["ask"]))
    store = _text(review.get("app_key"))
    if _text(review.get("id")) != _text(told["ask"]) or (store and store != channel.address):
        raise InvalidInput("Yotpo has no such review of this store.")
    return json.dumps({"review": review, "more": review}).encode()


def parse(channel: Channel, raw: bytes) -> InboundMessage:
    """A review in normal form; raises InvalidInput."""
    try:
        told = json.loads(raw)
        return _as_inbound(told["review"], told["more"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput("This review from Yotpo cannot be read.") from error


def _as_inbound(row: dict[str, Any], more: dict[str, Any]) -> InboundMessage:
    review_id, text = _text(row["id"]), _words(row)
    if not review_id:
        raise InvalidInput("A review without an id.")
    user = _dict(more.get("user"))
    name = _text(row.get("name")) or _text(user.get("display_name"))
    details = Details(is_public=True)
    if rating := _rating(row):
        details["rating"] = rating
    post = _product(row, more)
    if post:
        details["post"] = post
    if "url" in post:
        details["permalink"] = post["url"]
    if email := _text(row.get("email")):
        details["claims"] = {"email": email}
    return InboundMessage(
        sender=SenderHandle(
            kind=HandleKind.REVIEWER, value=_author(review_id, user, more)[:320],
            name=name[:200], label=name[:120],
        ),
        external_id=review_id,
        subject=first_words(_text(row.get("title")), otherwise=first_words(text)),
        text=text,
        sent_at=_moment(row.get("created_at")),
        content_key=content_key_of("yotpo", review_id),
        thread_key=f"review:{review_id}",
        thread={"form": "review", "review_id": review_id, "is_public": True},
        details=details,
        flags=["unpublished"] if _is(row, "archived") else [],
        ticket_kind=TicketKind.REVIEW,
        starts_anew=True,
    )  # fmt: skip


def _author(review_id: str, user: dict[str, Any], more: dict[str, Any]) -> str:
    """Who signed in at Yotpo is the same person next time; anybody else is known by the review."""
    kind, user_id = _text(more.get("user_type")).lower(), _text(user.get("id"))
    if not user_id or not kind or kind == ANONYMOUS:
        return f"yotpo:review:{review_id}"
    return f"yotpo:{kind}:{user_id}"


def _product(row: dict[str, Any], more: dict[str, Any]) -> dict[str, str]:
    listed = more.get("products")
    first = _dict(listed[0]) if isinstance(listed, list) and listed else {}
    product = _dict(first.get("Product")) or first
    url = _text(product.get("product_url"))
    post = {
        "id": _text(row.get("sku")) or _text(product.get("id")),
        "title": _text(product.get("name")),
        "url": url if url.startswith(("https://", "http://")) else "",
    }
    return {each: value for each, value in post.items() if value}


def _words(row: dict[str, Any]) -> str:
    title, text = _text(row.get("title")), _text(row.get("content"))
    if not text:
        return title or NO_WORDS
    return text if text.startswith(title.rstrip("….").rstrip()) else f"{title}\n\n{text}"


def _rating(row: dict[str, Any]) -> int | None:
    try:
        score = int(row.get("score") or 0)
    except (TypeError, ValueError):
        return None
    return score if 1 <= score <= 5 else None


def _is_hidden(row: dict[str, Any]) -> bool:
    return _is(row, "deleted") or _is(row, "archived")


def _is(row: dict[str, Any], name: str) -> bool:
    return row.get(name) is True or row.get(name) == "true"


def _print(row: dict[str, Any]) -> str:
    said = json.dumps([_words(row), _rating(row)])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return unescape(value).replace("\x00", "").strip() if isinstance(value, str) else ""


def _moment(value: Any) -> datetime | None:
    said = value.removesuffix(" UTC") if isinstance(value, str) else ""
    try:
        found = datetime.fromisoformat(said) if said else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
