"""What has happened with a customer on all channels and in all stores, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import TruncDate

from automation.csat.models import CsatSurvey, SurveyState
from helpdesk.accounts.models import User
from helpdesk.accounts.permissions import may
from helpdesk.lib.clock import iso
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.pagination import Page, decode_cursor, encode_cursor
from integrations.commerce.models import Order
from integrations.commerce.selectors import orders_query
from tickets.models import Customer, CustomerMerge, CustomerNote, Message, MessageKind
from tickets.selectors import tickets_visible_to

_SPOKEN = (MessageKind.CUSTOMER, MessageKind.REPLY)


@dataclass(frozen=True)
class Happening:
    """One line of the timeline; ``key`` settles ties."""

    at: datetime
    key: str
    type: str
    data: dict[str, Any]


def history_of(user: User, customer: Customer, *, after: str | None, limit: int) -> Page[Happening]:
    """One page; keyset, so that the last page costs what the first does."""
    before = _moment(after)
    sources: list[Callable[[], Iterable[Happening]]] = [
        lambda: _tickets(user, customer, before, limit),
        lambda: _messages(user, customer, before, limit),
        lambda: _surveys(user, customer, before, limit),
        lambda: _merges(customer, before, limit),
        lambda: _notes(customer, before, limit),
    ]
    if may(user, "order.view"):
        sources.append(lambda: _orders(customer, before, limit))
    found = sorted(
        (each for source in sources for each in source()),
        key=lambda each: (each.at, each.key),
        reverse=True,
    )
    if before is not None:
        found = [each for each in found if (each.at, each.key) < before]
    shown = found[:limit]
    has_more = len(found) > limit
    cursor = encode_cursor([shown[-1].at.isoformat(), shown[-1].key]) if has_more else None
    return Page(shown, cursor)


_Before = tuple[datetime, str] | None


def _moment(after: str | None) -> _Before:
    if not after:
        return None
    at, key = decode_cursor(after, 2)
    try:
        moment = datetime.fromisoformat(str(at))
    except ValueError as error:
        raise InvalidInput.field("after", "This page cursor is not valid.") from error
    if moment.tzinfo is None:
        raise InvalidInput.field("after", "This page cursor is not valid.")
    return moment, str(key)


def _page(rows: QuerySet[Any, Any], column: str, before: _Before, limit: int) -> QuerySet[Any, Any]:
    """The newest rows up to the cursor's moment; what ties with it is sorted out later.

    Rows of one moment are few, yet some spare ones keep a tie from hiding the next page.
    """
    if before is not None:
        rows = rows.filter(**{f"{column}__lte": before[0]})
    return rows.order_by(f"-{column}", "-pk")[: limit + 20]


def _tickets(user: User, customer: Customer, before: _Before, limit: int) -> Iterable[Happening]:
    rows = tickets_visible_to(user).filter(customer=customer)
    for each in _page(rows, "created_at", before, limit):
        data = {
            "ticket_id": str(each.pk),
            "number": each.number,
            "subject": each.subject,
            "status": each.status,
            "channel_kind": each.channel_kind,
        }
        yield Happening(each.created_at, f"ticket-{each.pk}", "ticket", data)


def _messages(user: User, customer: Customer, before: _Before, limit: int) -> Iterable[Happening]:
    """What was said, a line for each day, ticket and channel."""
    zone = ZoneInfo(user.organization.time_zone)
    rows = (
        Message.objects.filter(
            ticket__in=tickets_visible_to(user).filter(customer=customer), kind__in=_SPOKEN
        )
        .annotate(day=TruncDate("created_at", tzinfo=zone))
        .values("day", "ticket_id", "ticket__number", "ticket__subject", "channel_kind")
        .annotate(
            at=Max("created_at"),
            count=Count("pk"),
            from_customer=Count("pk", filter=Q(kind=MessageKind.CUSTOMER)),
        )
    )
    if before is not None:
        rows = rows.filter(at__lte=before[0])
    for each in rows.order_by("-at")[: limit + 20]:
        data = {
            "ticket_id": str(each["ticket_id"]),
            "number": each["ticket__number"],
            "subject": each["ticket__subject"],
            "channel_kind": each["channel_kind"],
            "count": each["count"],
            "from_customer": each["from_customer"],
        }
        key = f"messages-{each['ticket_id']}-{each['day']}-{each['channel_kind']}"
        yield Happening(each["at"], key, "messages", data)


def _orders(customer: Customer, before: _Before, limit: int) -> Iterable[Happening]:
    rows = orders_query(customer)
    if rows is None:
        return
    each: Order
    for each in _page(rows.select_related("store"), "placed_at", before, limit):
        data = {
            "order_id": str(each.pk),
            "number": each.number,
            "store": each.store.name,
            "total_minor": each.total_minor,
            "currency": each.currency,
            "financial_status": each.financial_status,
            "fulfillment_status": each.fulfillment_status,
            "is_cancelled": each.cancelled_at is not None,
        }
        yield Happening(each.placed_at, f"order-{each.pk}", "order", data)


def _surveys(user: User, customer: Customer, before: _Before, limit: int) -> Iterable[Happening]:
    rows = CsatSurvey.objects.filter(
        ticket__in=tickets_visible_to(user).filter(customer=customer),
        state=SurveyState.ANSWERED,
        answered_at__isnull=False,
    ).select_related("ticket")
    for each in _page(rows, "answered_at", before, limit):
        data = {
            "ticket_id": str(each.ticket_id),
            "number": each.ticket.number,
            "score": each.score,
            "comment": each.comment,
        }
        yield Happening(each.answered_at, f"csat-{each.pk}", "csat", data)


def _merges(customer: Customer, before: _Before, limit: int) -> Iterable[Happening]:
    rows = CustomerMerge.objects.filter(survivor=customer).select_related("source", "by")
    for each in _page(rows, "merged_at", before, limit):
        data = {
            "merge_id": str(each.pk),
            "name": each.before["source"]["name"],
            "by": each.by.name if each.by else "",
            "undone_at": iso(each.undone_at),
        }
        yield Happening(each.merged_at, f"merge-{each.pk}", "merge", data)


def _notes(customer: Customer, before: _Before, limit: int) -> Iterable[Happening]:
    rows = CustomerNote.objects.filter(customer=customer)
    for each in _page(rows, "created_at", before, limit):
        data = {"note_id": str(each.pk), "text": each.text[:300], "by": each.author_name}
        yield Happening(each.created_at, f"note-{each.pk}", "note", data)
