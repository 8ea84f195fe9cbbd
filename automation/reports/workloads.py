"""The same figures for each channel, agent, tag or intent: who and what makes how much work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Count, F, Func, QuerySet

from automation.reports.frame import Frame, Json, Kind, bars, rounded, table, tiles
from automation.reports.models import MessageSide
from automation.reports.overview import (
    TILES,
    closing_figures,
    flow,
    message_figures,
    with_shares,
)
from automation.reports.scope import Scope
from helpdesk.accounts.models import User

COLUMNS = {
    "created": Kind("count", drill=True),
    "closed": Kind("count", drill=True),
    "reopened": Kind("count", drill=True),
    "received": Kind("count"),
    "sent": Kind("count"),
    "first_response": Kind("seconds"),
    "first_response_p90": Kind("seconds"),
    "next_response": Kind("seconds"),
    "resolution": Kind("seconds"),
    "resolution_p90": Kind("seconds"),
    "one_touch": Kind("share"),
    "messages_per_ticket": Kind("ratio"),
    "automation_rate": Kind("share"),
}
AVERAGE = "average"
MAX_ROWS = 200
_TOP = ("created", "closed", "reopened", "received", "sent", "first_response", "resolution")

Names = Callable[[Iterable[Any]], Mapping[Any, str]]


def channels(scope: Scope, *, compare: bool) -> Frame:
    """By channel kind."""
    return _workload("channels", scope, compare=compare, rows=_by(scope, _plain("channel_kind")))


def intents(scope: Scope, *, compare: bool) -> Frame:
    """By what the customers want; tickets nobody understood stand under no name."""
    return _workload("intents", scope, compare=compare, rows=_by(scope, _plain("intent")))


def tags(scope: Scope, *, compare: bool) -> Frame:
    """By tag; a ticket with two tags counts for both."""

    def of(rows: QuerySet[Any], prefix: str) -> QuerySet[Any]:
        return rows.annotate(key=Func(F(f"{prefix}tags"), function="unnest"))

    return _workload("tags", scope, compare=compare, rows=_by(scope, of))


def agents(scope: Scope, *, compare: bool) -> Frame:
    """By agent: tickets are their assignee's, replies those they wrote. Whoever may not see each
    colleague's figures sees their own, and the average of all."""
    found = _by(scope, _plain("agent_id"), message_key="user_id")
    found.pop(None, None)
    names = dict(
        User.objects.filter(organization=scope.organization, pk__in=found).values_list("pk", "name")
    )
    known = {str(pk): found[pk] for pk in names}
    frame = _workload(
        "agents",
        scope,
        compare=compare,
        rows=known if scope.can_see_all else {k: v for k, v in known.items()
                                              if k == str(scope.reader.pk)},
        labels={str(pk): name for pk, name in names.items()},
    )  # fmt: skip
    frame.tables[0]["rows"].append(
        {"key": AVERAGE, "label": "", "values": average(known.values()), "hidden": []}
    )
    return frame


def average(rows: Iterable[Json]) -> Json:
    """The mean of each column over the agents who have one."""
    many = list(rows)
    told: Json = {}
    for column in COLUMNS:
        values = [row[column] for row in many if row.get(column) is not None]
        told[column] = rounded(sum(values) / len(values), 3) if values else None
    return told


def _plain(column: str) -> Callable[[QuerySet[Any], str], QuerySet[Any]]:
    def of(rows: QuerySet[Any], prefix: str) -> QuerySet[Any]:
        return rows.annotate(key=F(f"{prefix}{column}"))

    return of


def _by(
    scope: Scope,
    of: Callable[[QuerySet[Any], str], QuerySet[Any]],
    *,
    message_key: str | None = None,
) -> dict[Any, Json]:
    """The figures of each key, in four queries (five where replies belong to their writer)."""
    sources = [
        (of(scope.created(), ""), {"created": Count("pk")}),
        (of(scope.closings(), "of_"), closing_figures(scope)),
        (of(scope.reopenings(), "of_"), {"reopened": Count("pk")}),
    ]
    asked = message_figures(scope)
    if message_key is None:
        sources.append((of(scope.messages(), "of_"), asked))
    else:
        received = {"received": asked.pop("received")}
        ours = scope.messages().filter(side=MessageSide.AGENT)
        theirs = scope.messages().filter(side=MessageSide.CUSTOMER)
        sources += [
            (ours.annotate(key=F(message_key)), asked),
            (of(theirs, "of_"), received),
        ]
    found: dict[Any, Json] = {}
    for rows, wanted in sources:
        for row in rows.values("key").annotate(**wanted).order_by():
            found.setdefault(row["key"], {}).update(row)
    return {
        key: with_shares({"created": 0, "closed": 0, "reopened": 0, "received": 0, "sent": 0} | row)
        for key, row in found.items()
    }


def _workload(
    key: str,
    scope: Scope,
    *,
    compare: bool,
    rows: Mapping[Any, Json],
    labels: Mapping[str, str] | None = None,
) -> Frame:
    """Top figures of all, the busiest as bars, and the table."""
    order = sorted(rows, key=lambda each: (-rows[each]["created"], str(each)))[:MAX_ROWS]
    label = labels or {str(each): str(each) for each in rows}
    kinds = {each: TILES[each] for each in _TOP}
    before = flow(scope.before()) if compare else None
    return Frame(
        tiles=tiles(kinds, flow(scope), before),
        bars=[
            bars(
                "created",
                "count",
                [(str(each), label[str(each)], rows[each]["created"]) for each in order[:12]],
                drill=True,
            )
        ],
        tables=[table(key, COLUMNS, [(str(each), label[str(each)], rows[each]) for each in order])],
    )
