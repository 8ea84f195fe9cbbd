"""Reviews: asked for, compared with what they were, and brought into the normal form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, PermanentFailure
from inbox.connector import Amended, Arrived, Item, Polled
from inbox.inbound import Details, InboundMessage, SenderHandle, content_key_of, first_words
from integrations.trustpilot import products
from integrations.trustpilot.client import GONE, TrustpilotApi, trustpilot_of, unit_id_of
from integrations.trustpilot.reading import (
    NO_WORDS,
    fingerprint,
    moment,
    rating,
    record,
    records,
)
from integrations.trustpilot.reading import text as text_of
from tickets.models import Channel, HandleKind, TicketKind

OVERLAP = timedelta(minutes=30)
AT_ONCE = 100
MAX_PAGES = 50
WATCHED = 300
MAX_LOOKED_FOR = 20


def poll(channel: Channel, cursor: dict[str, Any]) -> Polled:
    """New reviews, and what became of the newest ones that we know.

    Trustpilot lists reviews by when they were written, edited or not: so the newest are read every
    time and compared. One that is missing among them is asked for by its id.
    """
    began = now()
    since = moment(cursor.get("since"))
    if since is None:
        return Polled([], {"since": began.isoformat(), "reviews": {}})
    api, floor = trustpilot_of(channel), since - OVERLAP
    known: dict[str, dict[str, Any]] = dict(cursor.get("reviews") or {})
    listed, is_whole = _newest(api, unit_id_of(api, channel.address), floor)
    items: list[Item] = []
    for review in reversed(listed):
        items += _news(review, known, floor)
    for gone in _missing(api, known, listed, is_whole):
        del known[gone]
        items.append(Amended(gone, is_deleted=True))
    newest = sorted(known.items(), key=lambda each: str(each[1].get("at")))[-WATCHED:]
    return Polled(items, {"since": began.isoformat(), "reviews": dict(newest)})


def _newest(api: TrustpilotApi, unit_id: str, floor: datetime) -> tuple[list[dict[str, Any]], bool]:
    """The newest hundred and all since ``floor``, newest first; and whether these are all."""
    found: dict[str, dict[str, Any]] = {}
    path = f"private/business-units/{unit_id}/reviews"
    for page in range(1, MAX_PAGES + 1):
        said = api.get(path, {"orderBy": "createdat.desc", "perPage": AT_ONCE, "page": page})
        rows = [each for each in records(said.get("reviews")) if isinstance(each.get("id"), str)]
        found.update((each["id"], each) for each in rows if each["id"] not in found)
        if len(rows) < AT_ONCE:
            return list(found.values()), True
        oldest = moment(rows[-1].get("createdAt"))
        if oldest is None or oldest < floor:
            break
    return list(found.values()), False


def _news(
    review: dict[str, Any], known: dict[str, dict[str, Any]], floor: datetime
) -> Iterator[Item]:
    """The review if it is new, and what changed since we saw it."""
    review_id, at = review["id"], moment(review.get("createdAt"))
    before, is_hidden = known.get(review_id), _is_hidden(review)
    seen = {
        "at": str(review.get("createdAt") or ""),
        "as": fingerprint([_words(review), rating(review.get("stars"))]),
        "hidden": is_hidden,
    }
    known[review_id] = seen
    is_new = at is None or at >= floor
    if is_new:
        yield Arrived(review_id, {"review": review}, external_id=review_id)
    if before == seen or (before is None and is_new and not is_hidden):
        return
    details: dict[str, Any] = {"rating": stars} if (stars := rating(review.get("stars"))) else {}
    if before and before.get("hidden") and not is_hidden:
        details["is_deleted"] = False
    yield Amended(review_id, text=_words(review), is_deleted=is_hidden, details=details)


def _missing(
    api: TrustpilotApi,
    known: dict[str, dict[str, Any]],
    listed: list[dict[str, Any]],
    is_whole: bool,
) -> list[str]:
    """Reviews that should be in the list, are not, and that Trustpilot says are gone."""
    here = {each["id"] for each in listed}
    oldest = min((str(each.get("createdAt") or "") for each in listed), default="")
    absent = [
        review_id
        for review_id, each in known.items()
        if review_id not in here and (is_whole or str(each.get("at")) > oldest)
    ]
    return [each for each in absent[-MAX_LOOKED_FOR:] if not _is_there(api, each)]


def _is_there(api: TrustpilotApi, review_id: str) -> bool:
    try:
        api.get(f"private/reviews/{review_id}")
    except PermanentFailure as failure:
        return failure.reason_code != GONE
    return True


def parse(channel: Channel, raw: bytes) -> InboundMessage:
    """A review in normal form; raises InvalidInput."""
    try:
        told = json.loads(raw)
        if "product_review" in told:
            return products.as_inbound(told["product_review"])
        return _as_inbound(told["review"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput("This review from Trustpilot cannot be read.") from error


def _as_inbound(review: dict[str, Any]) -> InboundMessage:
    review_id, text = str(review["id"]), _words(review)
    consumer = record(review.get("consumer"))
    author, name = str(consumer["id"]), text_of(consumer.get("displayName"))
    address = f"https://www.trustpilot.com/reviews/{review_id}"
    details = Details(is_public=True, permalink=address, post=_post(review, address))
    if stars := rating(review.get("stars")):
        details["rating"] = stars
    claims = {
        "email": text_of(review.get("referralEmail")), "order": text_of(review.get("referenceId")),
    }  # fmt: skip
    if any(claims.values()):
        details["claims"] = {each: value for each, value in claims.items() if value}
    return InboundMessage(
        sender=SenderHandle(
            kind=HandleKind.REVIEWER, value=f"trustpilot:{author}"[:320], name=name[:200],
            label=name[:120],
        ),
        external_id=review_id,
        subject=first_words(text_of(review.get("title")), otherwise=first_words(text)),
        text=text,
        sent_at=moment(review.get("createdAt")),
        content_key=content_key_of("trustpilot", review_id),
        thread_key=f"review:{review_id}",
        thread={"form": "review", "review_id": review_id, "is_public": True},
        details=details,
        ticket_kind=TicketKind.REVIEW,
        starts_anew=True,
    )  # fmt: skip


def _post(review: dict[str, Any], address: str) -> dict[str, str]:
    unit = record(review.get("businessUnit"))
    name = text_of(unit.get("identifyingName"))
    url = f"https://www.trustpilot.com/review/{name}" if name else address
    post = {"id": text_of(unit.get("id")), "title": text_of(unit.get("displayName")), "url": url}
    return {each: value for each, value in post.items() if value}


def _words(review: dict[str, Any]) -> str:
    """Title and text; Trustpilot makes a title of the first words where the author gave none."""
    title, text = text_of(review.get("title")), text_of(review.get("text"))
    if not text:
        return title or NO_WORDS
    return text if text.startswith(title.rstrip("….").rstrip()) else f"{title}\n\n{text}"


def _is_hidden(review: dict[str, Any]) -> bool:
    return record(review.get("reportData")).get("reviewVisibility") == "hidden"
