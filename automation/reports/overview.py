"""The overview: how much came in and went out, how long people waited, and what is still open."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, DateTimeField, DurationField, F, Q, QuerySet, Sum, Value
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, TruncDate

from automation.reports.frame import (
    Days,
    Frame,
    Json,
    Kind,
    MiddleAndMost,
    Percentile,
    bars,
    line,
    points,
    ratio,
    table,
    tiles,
    told_apart,
)
from automation.reports.models import MessageSide
from automation.reports.scope import Scope
from helpdesk.lib.clock import now

TILES = {
    "created": Kind("count", drill=True),
    "closed": Kind("count", "up", drill=True),
    "first_response": Kind("seconds", "down", of="first_replies", drill=True),
    "resolution": Kind("seconds", "down", of="resolved"),
    "one_touch": Kind("share", "up", of="closed", drill=True),
    "first_response_p90": Kind("seconds", "down", of="first_replies"),
    "resolution_p90": Kind("seconds", "down", of="resolved"),
    "next_response": Kind("seconds", "down", of="next_replies", drill=True),
    "next_response_p90": Kind("seconds", "down", of="next_replies"),
    "reopened": Kind("count", "down", drill=True),
    "reopen_rate": Kind("share", "down", of="reopened"),
    "zero_touch": Kind("share", "up", of="closed", drill=True),
    "received": Kind("count"),
    "sent": Kind("count"),
    "messages_per_ticket": Kind("ratio", "down", of="closed"),
    "backlog": Kind("count", "down", drill=True),
    "backlog_age": Kind("seconds", "down", of="backlog"),
}
DAYS = {
    "created": Kind("count", drill=True),
    "closed": Kind("count", drill=True),
    "reopened": Kind("count", drill=True),
    "received": Kind("count"),
    "sent": Kind("count"),
    "first_response": Kind("seconds", of="first_replies"),
    "next_response": Kind("seconds", of="next_replies"),
    "resolution": Kind("seconds", of="resolved"),
    "one_touch": Kind("share", of="closed"),
}
MAX_LINES = 12
LINES = {
    "created": "volume",
    "closed": "volume",
    "reopened": "volume",
    "received": "messages",
    "sent": "messages",
    "first_response": None,
    "next_response": None,
    "resolution": None,
}
AGES = {"under_1d": 0, "1_to_3d": 1, "3_to_7d": 3, "7_to_30d": 7, "over_30d": 30}
IS_AGENT = Q(side=MessageSide.AGENT)
_PERCENTILES = ("resolution", "first_response", "next_response")
IS_NEXT = IS_AGENT & Q(is_first=False, wait_seconds__isnull=False)


def overview(scope: Scope, *, compare: bool) -> Frame:
    """Constant in queries: some ten for each of the two periods."""
    earlier = scope.before() if compare else None
    days, before = by_day(scope), by_day(earlier) if earlier else None
    lines = [_line(scope, key, days, before, group=group) for key, group in LINES.items()]
    return Frame(
        tiles=tiles(TILES, figures(scope), figures(earlier) if earlier else None),
        series=[*lines, *stack(scope, "channel_kind", "by_channel")],
        bars=[bars("backlog_age", "count", backlog_ages(scope), drill=True)],
        heat=[{"key": "received", "unit": "count", "cells": heat(scope)}],
        tables=[
            table(
                "days",
                DAYS,
                [(str(each), str(each), _day(days, each)) for each in scope.period.days],
            )
        ],
    )


def figures(scope: Scope) -> Json:
    """Every figure on top of the overview."""
    return {**flow(scope), **_backlog(scope)}


def flow(scope: Scope) -> Json:
    """Every figure of what happened in the period; what is left at its end is not among them."""
    return with_shares(
        {
            **scope.created().aggregate(created=Count("pk")),
            **scope.closings().aggregate(**closing_figures(scope)),
            **scope.reopenings().aggregate(reopened=Count("pk")),
            **scope.messages().aggregate(**message_figures(scope)),
        }
    )


def closing_figures(scope: Scope) -> Json:
    """What is asked of closings."""
    return {
        "closed": Count("pk"),
        "resolved": Count(scope.took),
        "resolution": MiddleAndMost(scope.took),
        "one": Count("pk", filter=Q(agent_messages=1)),
        "none": Count("pk", filter=Q(agent_messages=0)),
        "automated": Count("pk", filter=Q(is_automated=True)),
        "messages": Sum(F("customer_messages") + F("agent_messages")),
    }


def message_figures(scope: Scope) -> Json:
    """What is asked of messages."""
    return {
        "received": Count("pk", filter=Q(side=MessageSide.CUSTOMER)),
        "sent": Count("pk", filter=IS_AGENT),
        "first_replies": Count("pk", filter=Q(is_first=True)),
        "first_response": MiddleAndMost(scope.wait, filter=Q(is_first=True)),
        "next_replies": Count("pk", filter=IS_NEXT),
        "next_response": MiddleAndMost(scope.wait, filter=IS_NEXT),
    }


def with_shares(found: Json) -> Json:
    """The figures with what follows from them: percentiles by name, and shares."""
    closed = found.get("closed") or 0
    return {
        **told_apart(found, _PERCENTILES),
        "one_touch": ratio(found.get("one"), closed),
        "zero_touch": ratio(found.get("none"), closed),
        "automation_rate": ratio(found.get("automated"), closed),
        "messages_per_ticket": ratio(found.get("messages") or 0, closed),
        "reopen_rate": ratio(found.get("reopened"), closed + (found.get("reopened") or 0)),
    }


def _until(scope: Scope) -> datetime:
    """The end of the period, or now while it still runs."""
    return min(scope.period.end, now())


def _backlog(scope: Scope) -> Json:
    age = Value(_until(scope), DateTimeField()) - F("created_at")
    row = scope.backlog().aggregate(
        backlog=Count("pk"), age=Percentile(age, 0.5, output_field=DurationField())
    )
    middle: timedelta | None = row["age"]
    return {
        "backlog": row["backlog"],
        "backlog_age": None if middle is None else middle.total_seconds(),
    }


def backlog_ages(scope: Scope) -> list[tuple[str, str, int]]:
    """How many open tickets are how old."""
    row = scope.backlog().aggregate(
        **{key: Count("pk", filter=age_between(scope, key)) for key in AGES}
    )
    return [(key, "", row[key]) for key in AGES]


def age_between(scope: Scope, key: str) -> Q:
    """Tickets of this age when the period ended."""
    steps = [*AGES.values(), None]
    youngest, oldest = AGES[key], steps[list(AGES).index(key) + 1]
    until = _until(scope)
    wanted = Q(created_at__lte=until - timedelta(days=youngest)) if youngest else Q()
    return wanted if oldest is None else wanted & Q(created_at__gt=until - timedelta(days=oldest))


def by_day(scope: Scope) -> dict[date, Json]:
    """The figures of each day; four queries."""
    days: dict[date, Json] = {}
    for rows, column, figures_of in (
        (scope.created(), "created_at", {"created": Count("pk")}),
        (scope.closings(), "closed_at", closing_figures(scope)),
        (scope.reopenings(), "reopened_at", {"reopened": Count("pk")}),
        (scope.messages(), "at", message_figures(scope)),
    ):
        for row in _per_day(rows, column, scope).annotate(**figures_of).order_by():
            days.setdefault(row["day"], {}).update(row)
    return {day: with_shares(row) for day, row in days.items()}


def _per_day(rows: QuerySet[Any], column: str, scope: Scope) -> QuerySet[Any, dict[str, Any]]:
    return rows.annotate(day=TruncDate(column, tzinfo=scope.period.zone)).values("day")


def stack(scope: Scope, column: str, group: str) -> list[Json]:
    """Tickets created per day, a line for each value of the column, the commonest first."""
    rows = _per_day(scope.created(), "created_at", scope).values("day", column)
    found: dict[str, dict[date, Json]] = {}
    for row in rows.annotate(created=Count("pk")).order_by():
        found.setdefault(row[column], {})[row["day"]] = row
    sums = {key: sum(row["created"] for row in days.values()) for key, days in found.items()}
    return [
        line(
            key,
            "count",
            points(scope.period.days, found[key], "created"),
            None,
            group=group,
            drill=True,
        )
        for key in sorted(found, key=lambda each: (-sums[each], each))[:MAX_LINES]
    ]


def heat(scope: Scope) -> list[list[int]]:
    """Messages received by weekday (Monday first) and hour of the local day."""
    cells = [[0] * 24 for _ in range(7)]
    zone = scope.period.zone
    rows = (
        scope.messages()
        .filter(side=MessageSide.CUSTOMER)
        .annotate(weekday=ExtractIsoWeekDay("at", tzinfo=zone), hour=ExtractHour("at", tzinfo=zone))
        .values("weekday", "hour")
        .annotate(n=Count("pk"))
        .order_by()
    )
    for row in rows:
        cells[row["weekday"] - 1][row["hour"]] = row["n"]
    return cells


def _line(
    scope: Scope, key: str, days: Days, before: Days | None, *, group: str | None = None
) -> Json:
    kind = DAYS[key]
    empty = 0 if kind.unit == "count" else None

    def told(which: Scope, rows: Days) -> list[Json]:
        return points(which.period.days, rows, key, of=kind.of, empty=empty)

    return line(
        key,
        kind.unit,
        told(scope, days),
        None if before is None else told(scope.before(), before),
        group=group,
        drill=kind.drill,
    )


def _day(days: Days, day: date) -> Json:
    row = days.get(day, {})
    return {
        key: (row.get(key) or 0) if kind.unit == "count" else row.get(key)
        for key, kind in DAYS.items()
    }
