"""Reads of what came in; all start from the person."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db.models import QuerySet

from helpdesk.accounts.models import User
from helpdesk.accounts.selectors import hidden_teams_of
from helpdesk.lib.errors import InvalidInput, NotFound
from helpdesk.lib.pagination import Page, decode_cursor, encode_cursor
from inbox.models import RawInbound, RawState
from tickets.models import Message, Ticket


def inbound_visible_to(user: User) -> QuerySet[RawInbound]:
    """Arrivals of the person's organization, without their bytes; what became part of a ticket
    is seen by whoever sees the ticket."""
    found = RawInbound.objects.filter(organization_id=user.organization_id).defer("raw")
    hidden = hidden_teams_of(user)
    if not hidden:
        return found
    return found.exclude(ticket_id__in=Ticket.objects.filter(team_id__in=hidden).values("pk"))


def list_inbound(user: User, *, state: str, after: str | None, limit: int) -> Page[RawInbound]:
    """One page of the log, newest first; ``state`` may be empty. Raises InvalidInput."""
    found = inbound_visible_to(user).order_by("-received_at", "-pk")
    if state:
        if state not in RawState.values:
            raise InvalidInput.field("state", f"Choose from: {', '.join(RawState.values)}.")
        found = found.filter(state=state)
    if after:
        found = _beyond(found, after)
    rows = list(found[: limit + 1])
    last = rows[limit - 1] if len(rows) > limit else None
    cursor = encode_cursor([last.received_at.isoformat(), str(last.pk)]) if last else None
    return Page(rows[:limit], cursor)


def get_inbound(user: User, raw_id: uuid.UUID) -> RawInbound:
    """One arrival; raises NotFound."""
    raw = inbound_visible_to(user).filter(pk=raw_id).first()
    if raw is None:
        raise NotFound("This mail doesn't exist, or you can't see it.")
    return raw


def raw_bytes_of(user: User, raw_id: uuid.UUID) -> bytes:
    """The mail as it came; raises NotFound."""
    return bytes(get_inbound(user, raw_id).raw)


def raw_bytes_of_message(user: User, message: Message) -> bytes:
    """The mail that a message was made from; raises NotFound where it did not come as one."""
    if message.raw_id is None:
        raise NotFound("This message did not come by mail.")
    return raw_bytes_of(user, message.raw_id)


def _beyond(found: QuerySet[RawInbound], after: str) -> QuerySet[RawInbound]:
    at, pk = decode_cursor(after, 2)
    try:
        moment, raw_id = datetime.fromisoformat(str(at)), uuid.UUID(str(pk))
    except ValueError as error:
        raise InvalidInput.field("after", "This page cursor is not valid.") from error
    return found.filter(received_at__lte=moment).exclude(received_at=moment, pk__gte=raw_id)
