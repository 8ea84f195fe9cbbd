"""Reviews of products: a list of their own at Trustpilot, answered by comments in a conversation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import PermanentFailure
from inbox.connector import Amended, Arrived, Item, OutboundMessage, Sent
from inbox.inbound import Details, InboundMessage, SenderHandle, content_key_of, first_words
from integrations.trustpilot import reading
from integrations.trustpilot.client import TrustpilotApi, trustpilot_of, unit_id_of
from tickets.models import Channel, HandleKind, TicketKind

FORM = "product_review"
OVERLAP = timedelta(minutes=30)
AT_ONCE = 100
MAX_PAGES = 20
WATCHED = 300


def news(channel: Channel, cursor: dict[str, Any]) -> tuple[list[Item], dict[str, Any]]:
    """New reviews of products and edits of those seen last; and where to go on."""
    began = now()
    since = reading.moment(cursor.get("since"))
    if since is None:
        return [], {"since": began.isoformat(), "reviews": {}}
    api, floor = trustpilot_of(channel), since - OVERLAP
    known: dict[str, str] = dict(cursor.get("reviews") or {})
    items: list[Item] = []
    for review in reversed(_newest(api, unit_id_of(api, channel.address), floor)):
        review_id, said = review["id"], reading.fingerprint([_words(review), _rating(review)])
        before, at = known.pop(review_id, None), reading.moment(review.get("createdAt"))
        known[review_id] = said
        if before is None and (at is None or at >= floor):
            key = external_id_of(review_id)
            items.append(Arrived(key, {"product_review": review}, external_id=key))
        elif before is not None and before != said:
            rating = _rating(review)
            details = {"rating": rating} if rating else {}
            items.append(Amended(external_id_of(review_id), text=_words(review), details=details))
    newest = dict(list(known.items())[-WATCHED:])
    return items, {"since": began.isoformat(), "reviews": newest}


def external_id_of(review_id: str) -> str:
    """Reviews of products have numbers of their own."""
    return f"product:{review_id}"


def as_inbound(review: dict[str, Any]) -> InboundMessage:
    """A review of a product in normal form; raises KeyError or InvalidInput where it is none."""
    review_id, text = str(review["id"]), _words(review)
    consumer, product = reading.record(review.get("consumer")), reading.record(review["product"])
    author = reading.text(consumer.get("id")) or f"review:{review_id}"
    name = reading.text(consumer.get("name")) or reading.text(consumer.get("displayName"))
    url = reading.text(product.get("productUrl"))
    post = {
        "id": reading.text(product.get("sku")) or reading.text(product.get("id")),
        "title": reading.text(product.get("name")),
        "url": url if url.startswith(("https://", "http://")) else "",
    }
    details = Details(is_public=True, post={key: said for key, said in post.items() if said})
    if rating := _rating(review):
        details["rating"] = rating
    claims = {
        "email": reading.text(consumer.get("email")),
        "order": reading.text(review.get("referenceId")),
    }
    if any(claims.values()):
        details["claims"] = {each: said for each, said in claims.items() if said}
    return InboundMessage(
        sender=SenderHandle(
            kind=HandleKind.REVIEWER, value=f"trustpilot:{author}"[:320], name=name[:200],
            label=name[:120],
        ),
        external_id=external_id_of(review_id),
        subject=first_words(text),
        text=text,
        sent_at=reading.moment(review.get("createdAt")),
        content_key=content_key_of("trustpilot", external_id_of(review_id)),
        thread_key=external_id_of(review_id),
        thread={"form": FORM, "review_id": review_id, "is_public": True},
        details=details,
        ticket_kind=TicketKind.REVIEW,
        starts_anew=True,
    )  # fmt: skip


def send(
    channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
) -> Sent:
    """A comment in the review's conversation, which is begun where there is none yet."""
    api, review_id = trustpilot_of(channel), message.thread["review_id"]
    conversation = _conversation(api, review_id)
    if not conversation:
        api.begin(f"private/product-reviews/{review_id}/create-conversation")
        conversation = _conversation(api, review_id)
    if not conversation:
        raise PermanentFailure("Trustpilot lets nobody answer this review.")
    before_irreversible()
    body = {"content": message.text, "integrationId": str(message.id)}
    said = api.say(f"private/conversations/{conversation}/comments", body)
    return Sent(external_id=f"comment:{said['id']}" if said.get("id") else "")


def find_comments(channel: Channel, message: OutboundMessage) -> list[str]:
    """Ids of comments under the review that say what this message says."""
    api = trustpilot_of(channel)
    conversation = _conversation(api, message.thread["review_id"])
    if not conversation:
        return []
    told = api.get(f"private/conversations/{conversation}").get("comments")
    return [
        f"comment:{each['id']}"
        for each in reading.records(told)
        if reading.text(each.get("content")) == message.text.strip() and each.get("id")
    ]


def _conversation(api: TrustpilotApi, review_id: str) -> str:
    return reading.text(api.get(f"private/product-reviews/{review_id}").get("conversationId"))


def _newest(api: TrustpilotApi, unit_id: str, floor: datetime) -> list[dict[str, Any]]:
    """Page after page, until one holds nothing of interest any more; newest first."""
    found: dict[str, dict[str, Any]] = {}
    path = f"private/product-reviews/business-units/{unit_id}/reviews"
    for page in range(1, MAX_PAGES + 1):
        said = api.get(path, {"perPage": AT_ONCE, "page": page})
        rows = reading.records(said.get("productReviews"))
        found.update((each["id"], each) for each in rows if isinstance(each.get("id"), str))
        times = [reading.moment(each.get("createdAt")) for each in rows]
        if len(rows) < AT_ONCE or not any(each is None or each >= floor for each in times):
            break
    return sorted(found.values(), key=lambda each: str(each.get("createdAt")), reverse=True)


def _words(review: dict[str, Any]) -> str:
    return reading.text(review.get("content")) or reading.NO_WORDS


def _rating(review: dict[str, Any]) -> int | None:
    return reading.rating(review.get("stars"))
