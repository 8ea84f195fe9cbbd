"""The only way to announce a change: inside one unit of work, numbered as its last statement.

``unit_of_work`` opens the one transaction of an action (nested actions join it). ``record`` only
buffers; repeated changes of one object are merged (before of the first, after of the last) and
payloads are built at the end, so an event shows the state that is committed with it. The flush
takes the organization's counter last: numbers follow commit order and a rollback leaves no hole.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from helpdesk.events import catalog, doorbell
from helpdesk.events.actor import SYSTEM, Actor
from helpdesk.events.models import Event, EventCounter
from helpdesk.lib.clock import now

Change = dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Origin:
    """Who acts, on behalf of which client, because of which event.

    ``at`` is given only where history is brought in from elsewhere (imports, the demo).
    """

    actor: Actor = SYSTEM
    client_id: str = ""
    cause: int | None = None
    depth: int = 0
    at: datetime | None = None


@dataclass
class _Pending:
    organization_id: uuid.UUID
    type: str
    object_type: str
    object_id: uuid.UUID
    ticket_id: uuid.UUID | None
    origin: Origin
    payload: Callable[[], dict[str, Any]]
    change: Change


@dataclass
class UnitOfWork:
    """The events of one transaction, waiting for their numbers."""

    pending: dict[tuple[Any, ...], _Pending] = field(default_factory=dict)
    numbered: list[Event] = field(default_factory=list)
    kept: dict[Any, Any] = field(default_factory=dict)
    """Rows locked in this transaction: actions share one instance, so payloads show its end."""
    closing: dict[Any, Callable[[], None]] = field(default_factory=dict)
    """What is still to be written once everything else is; run before events are numbered."""

    def add(self, new: _Pending) -> None:
        key = (new.organization_id, new.type, new.object_id, new.origin)
        known = self.pending.pop(key, None)
        if known is not None:
            new.change = _merge(known.change, new.change)
        self.pending[key] = new

    def flush(self) -> None:
        """Number and store what was recorded; must be the last statement of the transaction."""
        for close in self.closing.values():
            close()
        self.closing.clear()
        by_organization: dict[uuid.UUID, list[_Pending]] = {}
        for item in self.pending.values():
            by_organization.setdefault(item.organization_id, []).append(item)
        built = {
            organization_id: [(item, _payload_of(item)) for item in items]
            for organization_id, items in by_organization.items()
        }
        self.pending.clear()
        for organization_id in sorted(built):
            self._store(organization_id, built[organization_id])

    def _store(
        self, organization_id: uuid.UUID, items: list[tuple[_Pending, dict[str, Any]]]
    ) -> None:
        last = _take_numbers(organization_id, len(items))
        at = now()
        events = [
            Event(
                organization_id=organization_id,
                seq=last - len(items) + index,
                type=item.type,
                version=catalog.version_of(item.type),
                object_type=item.object_type,
                object_id=item.object_id,
                ticket_id=item.ticket_id,
                payload=payload,
                actor=item.origin.actor.as_json(),
                client_id=item.origin.client_id,
                cause=item.origin.cause,
                depth=item.origin.depth,
                at=item.origin.at or at,
            )
            for index, (item, payload) in enumerate(items, start=1)
        ]
        _insert(organization_id, events)
        self.numbered.extend(events)
        transaction.on_commit(lambda: doorbell.ring(organization_id), robust=True)


_INSERT = """
INSERT INTO events_event (organization_id, seq, type, version, object_type, object_id, ticket_id,
  payload, actor, client_id, cause, depth, at)
SELECT %s, event.* FROM jsonb_to_recordset(%s::jsonb) AS event (seq bigint, type text,
  version smallint, object_type text, object_id uuid, ticket_id uuid, payload jsonb, actor jsonb,
  client_id text, cause bigint, depth smallint, at timestamptz)
"""
_COLUMNS = (
    "seq",
    "type",
    "version",
    "object_type",
    "object_id",
    "ticket_id",
    "payload",
    "actor",
    "client_id",
    "cause",
    "depth",
    "at",
)


def _insert(organization_id: uuid.UUID, events: list[Event]) -> None:
    """All of them as one JSON text: this runs for every mail, and arrays of JSON cost far more."""
    rows = [{name: getattr(event, name) for name in _COLUMNS} for event in events]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [organization_id, json.dumps(rows, default=_plain)])


def _plain(value: Any) -> str:
    """Ids and moments of an event's own columns; payloads are plain already."""
    if isinstance(value, uuid.UUID | datetime):
        return str(value)
    raise TypeError(f"{type(value).__name__} in an event")


_current: ContextVar[UnitOfWork | None] = ContextVar("unit_of_work", default=None)
_origin: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 (frozen)


@contextmanager
def unit_of_work(
    *,
    actor: Actor | None = None,
    client_id: str | None = None,
    cause: int | None = None,
    depth: int | None = None,
    at: datetime | None = None,
) -> Iterator[UnitOfWork]:
    """One transaction with its events; joins the one that is already open.

    The origin given here holds for everything recorded inside. Opening it inside somebody
    else's plain ``atomic`` block raises RuntimeError: the counter would not be taken last.
    """
    outer = _origin.get()
    origin = Origin(
        actor=actor or outer.actor,
        client_id=outer.client_id if client_id is None else client_id,
        cause=outer.cause if cause is None else cause,
        depth=outer.depth if depth is None else depth,
        at=at or outer.at,
    )
    origin_token = _origin.set(origin)
    try:
        joined = _current.get()
        if joined is not None:
            yield joined
            return
        with transaction.atomic(durable=True):
            unit = UnitOfWork()
            unit_token = _current.set(unit)
            try:
                yield unit
                unit.flush()
            finally:
                _current.reset(unit_token)
    finally:
        _origin.reset(origin_token)


def current_unit() -> UnitOfWork | None:
    """The unit of work that is open, or None."""
    return _current.get()


def current_origin() -> Origin:
    """Who is acting now."""
    return _origin.get()


def record(
    type: str,
    *,
    organization_id: uuid.UUID,
    object_type: str,
    object_id: uuid.UUID,
    payload: Callable[[], dict[str, Any]],
    ticket_id: uuid.UUID | None = None,
    change: Change | None = None,
) -> None:
    """Announce a change; raises RuntimeError outside a unit of work, KeyError for unknown types."""
    unit = _current.get()
    if unit is None:
        raise RuntimeError(f"{type} was recorded outside a unit of work")
    catalog.version_of(type)
    unit.add(
        _Pending(
            organization_id,
            type,
            object_type,
            object_id,
            ticket_id,
            _origin.get(),
            payload,
            dict(change or {}),
        )
    )


def _merge(first: Change, second: Change) -> Change:
    merged = dict(first)
    for name, (before, after) in second.items():
        merged[name] = (merged[name][0], after) if name in merged else (before, after)
    return merged


def _payload_of(item: _Pending) -> dict[str, Any]:
    payload = item.payload()
    if item.change:
        payload["change"] = {name: list(pair) for name, pair in item.change.items()}
    return payload


def _take_numbers(organization_id: uuid.UUID, count: int) -> int:
    """Add ``count`` to the organization's counter and return its new value; locks the row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE events_eventcounter SET last_seq = last_seq + %s "
            "WHERE organization_id = %s RETURNING last_seq",
            [count, organization_id],
        )
        row = cursor.fetchone()
    if row is None:
        EventCounter.objects.get_or_create(organization_id=organization_id)
        EventCounter.objects.filter(pk=organization_id).update(last_seq=F("last_seq") + count)
        return EventCounter.objects.values_list("last_seq", flat=True).get(pk=organization_id)
    return int(row[0])
