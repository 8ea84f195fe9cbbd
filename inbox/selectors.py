"""Reads of what came in; all start from the person."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import QuerySet

from helpdesk.accounts.models import User
from helpdesk.accounts.selectors import hidden_teams_of
from helpdesk.lib.errors import InvalidInput, NotFound
from helpdesk.lib.pagination import Page, decode_cursor, encode_cursor
from inbox.models import Hook, HookState, RawInbound, RawState
from tickets.models import Message, Ticket
from tickets.selectors import as_uuid


def inbound_visible_to(user: User) -> QuerySet[RawInbound]:
    """Arrivals of the person's organization, without their bytes; what became part of a ticket
    is seen by whoever sees the ticket."""
    found = RawInbound.objects.filter(organization_id=user.organization_id).defer("raw")
    hidden = hidden_teams_of(user)
    if not hidden:
        return found
    return found.exclude(ticket_id__in=Ticket.objects.filter(team_id__in=hidden).values("pk"))


@dataclass(frozen=True)
class LogPage:
    """Which part of a log: of a channel, in a state, older than the page before."""

    state: str = ""
    channel: str = ""
    after: str | None = None
    limit: int = 50


def list_inbound(user: User, part: LogPage) -> Page[RawInbound]:
    """One page of the log, newest first. Raises InvalidInput."""
    return _page_of(inbound_visible_to(user), part, RawState.values)


Row = TypeVar("Row", RawInbound, Hook)


def hooks_visible_to(user: User) -> QuerySet[Hook]:
    """Calls of vendors, without their bodies. They are for admins: a call may hold anybody's words."""
    return Hook.objects.filter(organization_id=user.organization_id).defer("body", "headers")


def list_hooks(user: User, part: LogPage) -> Page[Hook]:
    """One page of the calls of vendors, newest first. Raises InvalidInput."""
    return _page_of(hooks_visible_to(user), part, HookState.values)


def get_hook(user: User, hook_id: uuid.UUID) -> Hook:
    """One call; raises NotFound."""
    hook = hooks_visible_to(user).filter(pk=hook_id).first()
    if hook is None:
        raise NotFound("This call doesn't exist, or you can't see it.")
    return hook


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


def _page_of(found: QuerySet[Row], part: LogPage, states: list[str]) -> Page[Row]:
    found = found.order_by("-received_at", "-pk")
    if part.state:
        if part.state not in states:
            raise InvalidInput.field("state", f"Choose from: {', '.join(states)}.")
        found = found.filter(state=part.state)
    if part.channel:
        found = found.filter(channel_id=as_uuid(part.channel, "channel"))
    if part.after:
        found = _beyond(found, part.after)
    rows = list(found[: part.limit + 1])
    last = rows[part.limit - 1] if len(rows) > part.limit else None
    cursor = encode_cursor([last.received_at.isoformat(), str(last.pk)]) if last else None
    return Page(rows[: part.limit], cursor)


def _beyond(found: QuerySet[Row], after: str) -> QuerySet[Row]:
    at, pk = decode_cursor(after, 2)
    try:
        moment, raw_id = datetime.fromisoformat(str(at)), uuid.UUID(str(pk))
    except ValueError as error:
        raise InvalidInput.field("after", "This page cursor is not valid.") from error
    return found.filter(received_at__lte=moment).exclude(received_at=moment, pk__gte=raw_id)
