"""The orders of the ticket list, and the keyset that continues each of them.

A list is ordered by some keys, all in one direction, so that the page after a row is found by one
comparison of rows, however deep it lies. Groups are a first key before those of the sort.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, F, QuerySet
from django.db.models.expressions import RawSQL

from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.pagination import decode_cursor, encode_cursor
from tickets.models import Priority, Status, Ticket

_NEVER = "9999-12-31T00:00:00Z"


@dataclass(frozen=True)
class _Key:
    """Something to order by: its SQL, its value in a row that was read, how a cursor holds it."""

    sql: str
    alias: str
    parse: Callable[[Any], Any]
    write: Callable[[Any], Any] = lambda value: value


def _time(text: Any) -> datetime:
    return datetime.fromisoformat(str(text))


def _written(at: datetime) -> str:
    return at.isoformat()


def _ranked(column: str, values: list[str]) -> str:
    cases = " ".join(f"WHEN '{value}' THEN {rank}" for rank, value in enumerate(values))
    return f"CASE {column} {cases} ELSE {len(values)} END"


_T = '"tickets_ticket".'
_RANK = _Key(f'{_T}"queue_rank"', "_rank", int)
_LAST = _Key(f'{_T}"last_message_at"', "_last", _time, _written)
_ID = _Key(f'{_T}"id"', "_id", lambda text: uuid.UUID(str(text)), str)
_WAITING = _Key(
    f"""COALESCE({_T}"waiting_since", '{_NEVER}'::timestamptz)""", "_waiting", _time, _written
)
_CREATED = _Key(f'{_T}"created_at"', "_created", _time, _written)
_UPDATED = _Key(f'{_T}"updated_at"', "_updated", _time, _written)
_URGENCY = _Key(_ranked(f'{_T}"priority"', list(Priority.values)), "_urgency", int)
_STATUS = _Key(_ranked(f'{_T}"status"', list(Status.values)), "_status", int)
_NAME = 'SELECT "name" || \' \' || "id"::text FROM "accounts_user" WHERE "id" = '
_ASSIGNEE = _Key(f"""COALESCE(({_NAME}{_T}"assignee_id"), '') COLLATE "C\"""", "_assignee", str)
_CHANNEL = _Key(
    f"""({_T}"channel_kind" || ' ' || {_T}"channel_id"::text) COLLATE "C\"""", "_channel", str
)


def _turned(key: _Key) -> _Key:
    """The same the other way round; ids, which only tell ties apart, stay."""
    if key is _ID:
        return key
    if key.parse is _time:
        sql = f"-EXTRACT(EPOCH FROM {key.sql})"
        return _Key(sql, f"{key.alias}_turned", lambda text: Decimal(str(text)), str)
    return _Key(f"-({key.sql})", f"{key.alias}_turned", key.parse, key.write)


@dataclass(frozen=True)
class _Order:
    keys: tuple[_Key, ...]
    is_down: bool


_SORTS = {
    "queue": _Order((_RANK, _LAST, _ID), is_down=True),
    "newest": _Order((_LAST, _ID), is_down=True),
    "oldest": _Order((_LAST, _ID), is_down=False),
    "created": _Order((_CREATED, _ID), is_down=True),
    "created_oldest": _Order((_CREATED, _ID), is_down=False),
    "updated": _Order((_UPDATED, _ID), is_down=True),
    "waiting": _Order((_WAITING, _LAST, _ID), is_down=False),
    "priority": _Order((_turned(_URGENCY), _LAST, _ID), is_down=True),
}
_RANKED_GROUPS = {"status": _STATUS, "priority": _URGENCY}
_NAMED_GROUPS = {"assignee": _ASSIGNEE, "channel": _CHANNEL}


def order_of(sort: str, group: str = "") -> _Order:
    """The order of a list; raises InvalidInput naming ``sort`` or ``group``.

    Days follow the last message, so lists by day run by it, newest first unless asked otherwise.
    """
    if sort not in _SORTS:
        raise InvalidInput.field("sort", f"Choose from: {', '.join(_SORTS)}.")
    if group == "day":
        return _SORTS["oldest" if sort == "oldest" else "newest"]
    order = _SORTS[sort]
    if group in _RANKED_GROUPS:
        key = _RANKED_GROUPS[group]
        return _Order((_turned(key) if order.is_down else key, *order.keys), order.is_down)
    if group in _NAMED_GROUPS:
        keys = tuple(_turned(key) for key in order.keys) if order.is_down else order.keys
        return _Order((_NAMED_GROUPS[group], *keys), is_down=False)
    if group:
        groups = ["day", *_RANKED_GROUPS, *_NAMED_GROUPS]
        raise InvalidInput.field("group", f"Choose from: {', '.join(sorted(groups))}.")
    return order


def in_order(tickets: QuerySet[Ticket], order: _Order, after: str | None) -> QuerySet[Ticket]:
    """The tickets in this order, beginning after the row that the cursor names."""
    aliases = {
        key.alias: RawSQL(key.sql, [])  # noqa: S611 (our own constants)
        for key in order.keys
    }
    ordered = tickets.annotate(**aliases).order_by(
        *(F(key.alias).desc() if order.is_down else F(key.alias).asc() for key in order.keys)
    )
    if not after:
        return ordered
    values = _values(order, after)
    left = ", ".join(key.sql for key in order.keys)
    right = ", ".join("%s" for _ in order.keys)
    sign = "<" if order.is_down else ">"
    beyond = RawSQL(f"({left}) {sign} ({right})", values, output_field=BooleanField())  # noqa: S611
    return ordered.filter(beyond)


def cursor_after(row: Ticket, order: _Order) -> str:
    """The cursor of the page that begins after this row of :func:`in_order`."""
    return encode_cursor([key.write(getattr(row, key.alias)) for key in order.keys])


def place_in(order: _Order, after: str) -> tuple[Any, ...]:
    """The row that the cursor names, by the keys of the order; raises InvalidInput."""
    return tuple(_values(order, after))


def _values(order: _Order, after: str) -> list[Any]:
    texts = decode_cursor(after, len(order.keys))
    try:
        return [key.parse(text) for key, text in zip(order.keys, texts, strict=True)]
    except (TypeError, ValueError, ArithmeticError) as error:
        raise InvalidInput.field("after", "This page cursor is not valid.") from error
