"""Reads of notifications; all start from the person they are for."""

from __future__ import annotations

from typing import TypedDict

from django.db.models import Q, QuerySet

from helpdesk.accounts.models import User
from helpdesk.lib.pagination import Page, decode_cursor, encode_cursor
from helpdesk.notifications.models import Notification
from tickets.selectors import as_uuid, tickets_visible_to

MAX_UNREAD = 500
"""Nobody reads further back; the bell then says 99+ anyway."""


def notifications_of(user: User) -> QuerySet[Notification]:
    """What is listed below the person's bell, on tickets that they may still see."""
    return Notification.objects.filter(may_see(user), user=user, is_listed=True)


def may_see(user: User) -> Q:
    """News about tickets that the person may still see, about channels, stores and orders."""
    return Q(ticket__in=tickets_visible_to(user)) | Q(
        ~Q(channel=None) | ~Q(store=None) | ~Q(order_action=None), ticket=None
    )


class UnreadRecord(TypedDict):
    id: str
    ticket_id: str | None


def unread_of(user: User) -> list[UnreadRecord]:
    """The person's unread notifications, newest first: enough for the bell and for open tickets."""
    found = notifications_of(user).filter(read_at=None).order_by("-pk")
    return [
        {"id": str(each.pk), "ticket_id": str(each.ticket_id) if each.ticket_id else None}
        for each in found.only("pk", "ticket_id")[:MAX_UNREAD]
    ]


def list_notifications(user: User, *, after: str | None, limit: int) -> Page[Notification]:
    """One page, newest first."""
    found = (
        notifications_of(user)
        .select_related("ticket__customer", "channel", "store", "order_action__order")
        .order_by("-pk")
    )
    if after:
        found = found.filter(pk__lt=as_uuid(decode_cursor(after, 1)[0], "after"))
    rows = list(found[: limit + 1])
    is_more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, encode_cursor([str(rows[-1].pk)]) if is_more else None)
