"""The tickets behind a figure."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from automation.csat.models import SurveyKind
from automation.reports import automatic, promises, revenue, satisfaction
from automation.reports.frame import Json
from automation.reports.overview import AGES, IS_NEXT, age_between
from automation.reports.period import Period
from automation.reports.scope import Scope, check_reader
from helpdesk.lib.errors import InvalidInput
from tickets.models import Ticket
from tickets.selectors import tickets_visible_to

_DIMENSIONS = {
    "channels": "channel_kind",
    "by_channel": "channel_kind",
    "agents": "agent_id",
    "tags": "tags__contains",
    "intents": "intent",
}
_SCORES = {"low": Q(score__lte=2), "promoters": Q(score__gte=9), "detractors": Q(score__lte=6),
           "passives": Q(score__in=[7, 8]), "answered": Q()}  # fmt: skip


def tickets_behind(name: str, cell: str, scope: Scope) -> QuerySet[Ticket]:
    """The tickets that a cell counts and its reader may see; raises InvalidInput naming ``cell``.

    ``cell`` is what the figure is called, ``created``, then a day or row, then the column.
    """
    check_reader(scope)
    key, _, rest = cell.partition(":")
    row, _, column = rest.partition(":") if key != "tags" else rest.rpartition(":")
    if key == "tags" and not row:
        row, column = rest, ""
    ids: Any
    if name in ("csat", "nps"):
        ids = _of_surveys(name, key, row, scope)
    elif name == "sla":
        clocks = promises.clocks_behind(scope, key, row, column)
        ids = None if clocks is None else clocks.values("ticket")
    elif name == "orders" and cell == "converted":
        ids = revenue.tickets_that_sold(scope)
    elif name == "macros" or (name == "automation" and key in ("runs", "rules")):
        ids = automatic.rows_behind(name, scope, key, row, column)
    elif key == "backlog_age":
        if row not in AGES:
            raise _unknown(cell)
        ids = scope.backlog().filter(age_between(scope, row)).values("pk")
    elif key in _DIMENSIONS and name == key:
        ids = _measure(column or "created", scope, _row_of(key, row, scope))
    elif key == "created" and name in _DIMENSIONS and row:
        ids = _measure("created", scope, _row_of(name, row, scope))
    else:
        ids = _measure(column or key, scope, {}, day=row)
        if ids is None and name == "overview" and row:
            ids = _of_channel(key, scope, row)
    if ids is None:
        raise _unknown(cell)
    return tickets_visible_to(scope.reader).filter(pk__in=ids)


def _of_channel(kind: str, scope: Scope, day: str) -> QuerySet[Any] | None:
    """The tickets that a kind of channel began on a day: a part of the pile by channel."""
    if not scope.created().filter(channel_kind=kind).exists():
        return None
    return _on(scope, day).created().filter(channel_kind=kind).values("pk")


def _measure(key: str, scope: Scope, of: Json, *, day: str = "") -> QuerySet[Any] | None:
    """Ids of the tickets that count for this figure, on one day or all of them. Closings are those
    that held until the period's end, whatever the day."""
    closings_of = scope.closings()
    if day:
        scope = _on(scope, day)
        closings_of = closings_of.filter(
            closed_at__gte=scope.period.begin, closed_at__lt=scope.period.end
        )
    about = {f"of_{column}": value for column, value in of.items()}
    if key == "created":
        return scope.created().filter(**of).values("pk")
    if key == "backlog":
        return scope.backlog().filter(**of).values("pk")
    if key == "reopened":
        return scope.reopenings().filter(**about).values("figures")
    closings: dict[str, Q] = {
        "closed": Q(),
        "one_touch": Q(agent_messages=1),
        "zero_touch": Q(agent_messages=0),
        "automated": Q(is_automated=True),
        "wismo_avoided": automatic.IS_WISMO,
    }
    if key in closings:
        return closings_of.filter(closings[key], **about).values("figures")
    replies = {"first_response": Q(is_first=True), "next_response": IS_NEXT}
    if key in replies:
        return scope.messages().filter(replies[key], **about).values("figures")
    return None


def _row_of(key: str, row: str, scope: Scope) -> Json:
    column = _DIMENSIONS[key]
    if key == "tags":
        return {column: [row]}
    if key != "agents":
        return {column: row}
    try:
        agent = uuid.UUID(row)
    except ValueError as error:
        raise _unknown(f"{key}:{row}") from error
    if agent != scope.reader.pk and not scope.can_see_all:
        raise _unknown(f"{key}:{row}")
    return {column: agent}


def _of_surveys(name: str, key: str, row: str, scope: Scope) -> QuerySet[Any]:
    kind = SurveyKind.CSAT if name == "csat" else SurveyKind.NPS
    if key == "average" and row:
        return satisfaction.answered(_on(scope, row), kind).values("ticket")
    rows = satisfaction.answered(scope, kind)
    if key == "scores" and row.isdigit():
        return rows.filter(score=int(row)).values("ticket")
    wanted = _SCORES.get(row if key == "groups" else key)
    if wanted is None:
        raise _unknown(f"{key}:{row}")
    return rows.filter(wanted).values("ticket")


def _on(scope: Scope, day: str) -> Scope:
    try:
        only = date.fromisoformat(day)
    except ValueError as error:
        raise _unknown(day) from error
    return replace(scope, period=Period(only, only, scope.period.zone))


def _unknown(cell: str) -> InvalidInput:
    return InvalidInput.field("cell", f"Nothing here is counted as “{cell}”.")
