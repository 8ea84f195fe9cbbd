"""SLA: how many targets were met, and how long they took in the hours of their calendar."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate

from automation.reports.frame import (
    Frame,
    Json,
    Kind,
    Percentile,
    line,
    points,
    ratio,
    table,
    tiles,
)
from automation.reports.scope import Scope
from automation.sla.models import ClockState, SlaClock, Target

_MET = Q(breached_at=None)
COLUMNS = {
    "done": Kind("count", drill=True),
    "achieved": Kind("share"),
    "missed": Kind("count", drill=True),
    "taken": Kind("seconds"),
    "taken_p90": Kind("seconds"),
}
TILES = {
    "achieved": Kind("share", "up", of="done"),
    "done": Kind("count", drill=True),
    "missed": Kind("count", "down", drill=True),
    **{f"{each}_achieved": Kind("share", "up", of=f"{each}_done") for each in Target.values},
    **{f"{each}_taken": Kind("seconds", "down", of=f"{each}_done") for each in Target.values},
    "breached_open": Kind("count", "down", drill=True),
}


def sla(scope: Scope, *, compare: bool) -> Frame:
    """Targets whose clock stopped in the period, and those that are late and still run."""
    days = _by_day(scope)
    before = scope.before() if compare else None
    return Frame(
        tiles=tiles(TILES, figures(scope), figures(before) if before else None),
        series=[
            line(
                "achieved",
                "share",
                points(scope.period.days, days, "achieved", of="done", empty=None),
                points(before.period.days, _by_day(before), "achieved", of="done", empty=None)
                if before
                else None,
            )
        ],
        tables=[
            table("targets", COLUMNS, _rows(scope, "target")),
            table("policies", COLUMNS, _rows(scope, "policy_name")),
        ],
    )


def figures(scope: Scope) -> Json:
    """Of all targets together, and of each."""
    found: Json = _with_share(_done(scope).aggregate(**_counts()))
    for key, _, row in _rows(scope, "target"):
        found |= {f"{key}_{name}": value for name, value in row.items()}
    for each in Target.values:
        found = {f"{each}_done": 0, f"{each}_achieved": None, f"{each}_taken": None} | found
    return {**found, "breached_open": _late(scope).count()}


def clocks_behind(scope: Scope, key: str, row: str, column: str) -> QuerySet[SlaClock] | None:
    """The clocks that a figure counts: of a tile, or of a target's or policy's row."""
    if key == "breached_open":
        return _late(scope)
    wanted = {"done": Q(), "missed": ~_MET}.get(column or key)
    of = {"targets": "target", "policies": "policy_name"}.get(key)
    if wanted is None or bool(of) != bool(row):
        return None
    return _done(scope).filter(wanted, **({of: row} if of else {}))


def _late(scope: Scope) -> QuerySet[SlaClock]:
    running = _clocks(scope).filter(state__in=[ClockState.RUNNING, ClockState.PAUSED])
    return running.filter(breached_at__isnull=False)


def _rows(scope: Scope, column: str) -> list[tuple[str, str, Json]]:
    rows = _done(scope).values(column).annotate(**_counts()).order_by(column)
    return [(row[column], row[column], _with_share(row)) for row in rows]


def _by_day(scope: Scope) -> dict[date, Json]:
    rows = _done(scope).annotate(day=TruncDate("stopped_at", tzinfo=scope.period.zone))
    found = rows.values("day").annotate(**_counts()).order_by()
    return {row["day"]: _with_share(row) for row in found}


def _counts() -> dict[str, Any]:
    return {
        "done": Count("pk"),
        "met": Count("pk", filter=_MET),
        "missed": Count("pk", filter=~_MET),
        "taken": Percentile("taken_seconds", 0.5),
        "taken_p90": Percentile("taken_seconds", 0.9),
    }


def _with_share(row: Any) -> Json:
    return {**row, "achieved": ratio(row["met"], row["done"])}


def _done(scope: Scope) -> QuerySet[SlaClock]:
    return _clocks(scope).filter(
        state=ClockState.DONE,
        stopped_at__gte=scope.period.begin,
        stopped_at__lt=scope.period.end,
    )


def _clocks(scope: Scope) -> QuerySet[SlaClock]:
    return SlaClock.objects.filter(scope.about_ticket("ticket__"), organization=scope.organization)
