"""CSAT and NPS, counted from the surveys themselves.

A survey belongs to the day it was sent (sent, response rate) and its answer to the day it was
given. A score counts for everybody who worked on the ticket, each by their share.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db.models import Avg, Case, Count, FloatField, Q, QuerySet, StdDev, Value, When
from django.db.models.functions import TruncDate

from automation.csat.models import CsatSurvey, SurveyKind
from automation.reports.frame import (
    MIN_RATED_FOR_AVERAGE,
    Frame,
    Json,
    Kind,
    bars,
    line,
    ratio,
    rounded,
    table,
    tiles,
)
from automation.reports.period import Period
from automation.reports.scope import Scope
from helpdesk.accounts.models import User
from helpdesk.accounts.selectors import hidden_teams_of
from helpdesk.lib.clock import iso

AVERAGE = "average"
MAX_COMMENTS = 50
ROLLING_DAYS = 28
_Z95 = 1.96
_LOW, _PROMOTER, _DETRACTOR = Q(score__lte=2), Q(score__gte=9), Q(score__lte=6)
_RESPONSE = {
    "response_rate": Kind("share", "up", of="sent"),
    "sent": Kind("count"),
    "answered": Kind("count", "up", drill=True),
}
CSAT_TILES = {
    "average": Kind("stars", "up", of="answered"),
    **_RESPONSE,
    "low": Kind("count", "down", drill=True),
    "recovered": Kind("count", "up"),
}
NPS_TILES = {
    "nps": Kind("score", "up", of="answered"),
    **_RESPONSE,
    "promoters": Kind("count", "up", drill=True),
    "passives": Kind("count"),
    "detractors": Kind("count", "down", drill=True),
}
AGENTS = {
    "rated": Kind("count"),
    "average": Kind("stars"),
    "low": Kind("count"),
    "comment_rate": Kind("share"),
}


def csat(scope: Scope, *, compare: bool) -> Frame:
    """How content customers were, 1 to 5."""
    rows = answered(scope, SurveyKind.CSAT)
    counts = dict(rows.values_list("score").annotate(n=Count("pk")).order_by())
    return Frame(
        tiles=tiles(
            CSAT_TILES, csat_figures(scope), csat_figures(scope.before()) if compare else None
        ),
        series=[
            line(
                "average",
                "stars",
                _days(scope, rows),
                _days(scope.before(), answered(scope.before(), SurveyKind.CSAT))
                if compare
                else None,
                drill=True,
            )
        ],
        bars=[
            bars("scores", "count", [(str(n), "", counts.get(n, 0)) for n in range(1, 6)],
                 drill=True)
        ],
        tables=[table("agents", AGENTS, _agents(scope, rows))],
        comments=_comments(scope, rows),
    )  # fmt: skip


def nps(scope: Scope, *, compare: bool) -> Frame:
    """Whether customers would recommend the shop: promoters less detractors, -100 to 100."""
    rows = answered(scope, SurveyKind.NPS)
    figures = nps_figures(scope)
    before = scope.before() if compare else None
    groups = [(key, "", figures[key]) for key in ("promoters", "passives", "detractors")]
    return Frame(
        tiles=tiles(NPS_TILES, figures, nps_figures(before) if before else None),
        series=[
            line("nps_rolling", "score", _rolling(scope), _rolling(before) if before else None)
        ],
        bars=[bars("groups", "count", groups, drill=True)],
        comments=_comments(scope, rows),
    )


def csat_figures(scope: Scope) -> Json:
    """The figures on top of CSAT."""
    found = answered(scope, SurveyKind.CSAT).aggregate(
        answered=Count("pk"),
        average=Avg("score"),
        low=Count("pk", filter=_LOW),
        recovered=Count("pk", filter=Q(recovered_at__isnull=False)),
    )
    return {**found, **_response(scope, SurveyKind.CSAT)}


def nps_figures(scope: Scope) -> Json:
    """The figures on top of NPS."""
    found = answered(scope, SurveyKind.NPS).aggregate(
        answered=Count("pk"),
        promoters=Count("pk", filter=_PROMOTER),
        detractors=Count("pk", filter=_DETRACTOR),
        nps=Avg(
            Case(
                When(_PROMOTER, then=Value(100.0)),
                When(_DETRACTOR, then=Value(-100.0)),
                default=Value(0.0),
                output_field=FloatField(),
            )
        ),
    )
    passives = found["answered"] - found["promoters"] - found["detractors"]
    return {**found, "passives": passives, **_response(scope, SurveyKind.NPS)}


def answered(scope: Scope, kind: str) -> QuerySet[CsatSurvey]:
    """Surveys that were answered in the period."""
    return _surveys(scope, kind).filter(
        answered_at__gte=scope.period.begin, answered_at__lt=scope.period.end, score__isnull=False
    )


def _surveys(scope: Scope, kind: str) -> QuerySet[CsatSurvey]:
    wanted = scope.filters
    pairs: Json = {
        "ticket__channel_kind": wanted.channel,
        "ticket__team_id": wanted.team,
        "ticket__tags__contains": None if wanted.tag is None else [wanted.tag],
        "store_id": wanted.store,
    }
    found = CsatSurvey.objects.filter(
        organization=scope.organization,
        kind=kind,
        **{key: value for key, value in pairs.items() if value is not None},
    )
    if wanted.agent is None:
        return found
    return found.filter(
        Q(credits__contains=[{"user_id": str(wanted.agent)}]) | Q(credits=[], user=wanted.agent)
    )


def _response(scope: Scope, kind: str) -> Json:
    sent = (
        _surveys(scope, kind)
        .filter(sent_at__gte=scope.period.begin, sent_at__lt=scope.period.end)
        .aggregate(n=Count("pk"), replied=Count("pk", filter=Q(answered_at__isnull=False)))
    )
    return {"sent": sent["n"], "response_rate": ratio(sent["replied"], sent["n"])}


def _days(scope: Scope, rows: QuerySet[CsatSurvey]) -> list[Json]:
    """Average per day with its 95 % band."""
    found = (
        rows.annotate(day=TruncDate("answered_at", tzinfo=scope.period.zone))
        .values("day")
        .annotate(n=Count("pk"), average=Avg("score"), deviation=StdDev("score", sample=True))
        .order_by()
    )
    by_day = {row["day"]: row for row in found}
    told = []
    for day in scope.period.days:
        row: Json = dict(by_day.get(day, {"n": 0, "average": None, "deviation": None}))
        low, high = band(row["average"], row["deviation"], row["n"])
        told.append(
            {
                "day": day.isoformat(),
                "value": rounded(row["average"]),
                "n": row["n"],
                "low": low,
                "high": high,
            }
        )
    return told


def _rolling(scope: Scope) -> list[Json]:
    """NPS of the 28 days until each day: one day alone has too few answers to tell anything."""
    period = scope.period
    ahead = timedelta(days=ROLLING_DAYS - 1)
    longer = replace(scope, period=Period(period.first - ahead, period.last, period.zone))
    rows = {
        row["day"]: row
        for row in answered(longer, SurveyKind.NPS)
        .annotate(day=TruncDate("answered_at", tzinfo=period.zone))
        .values("day")
        .annotate(
            n=Count("pk"),
            balance=Count("pk", filter=_PROMOTER) - Count("pk", filter=_DETRACTOR),
        )
        .order_by()
    }
    told = []
    for day in period.days:
        window = [rows[each] for n in range(ROLLING_DAYS) if (each := day - timedelta(n)) in rows]
        n = sum(row["n"] for row in window)
        balance = sum(row["balance"] for row in window)
        is_told = n >= MIN_RATED_FOR_AVERAGE
        told.append(
            {
                "day": day.isoformat(),
                "value": rounded(balance * 100 / n) if is_told else None,
                "n": n,
            }
        )
    return told


def band(average: float | None, deviation: float | None, n: int) -> tuple[Any, Any]:
    """The 95 % band of a mean (normal approximation), within 1 to 5; none for one answer."""
    if average is None or deviation is None or n < 2:
        return None, None
    half = _Z95 * deviation / math.sqrt(n)
    return rounded(max(1.0, average - half)), rounded(min(5.0, average + half))


def _agents(scope: Scope, rows: QuerySet[CsatSurvey]) -> list[tuple[str, str, Json]]:
    """Who was rated; an average is shown only from MIN_RATED_FOR_AVERAGE answers."""
    weights: dict[str, list[tuple[float, int, bool]]] = defaultdict(list)
    for user_id, credits, score, comment in rows.values_list(
        "user_id", "credits", "score", "comment"
    ):
        alone: list[Json] = [{"user_id": str(user_id), "share": 1.0}]
        for each in credits or alone:
            weights[each["user_id"]].append((each["share"], score or 0, bool(comment)))
    names = {
        str(pk): name
        for pk, name in User.objects.filter(organization=scope.organization).values_list(
            "pk", "name"
        )
    }
    order = sorted(weights, key=lambda each: (-len(weights[each]), each))
    told = [
        (each, names[each], _rating(weights[each]))
        for each in order
        if each in names and (scope.can_see_all or each == str(scope.reader.pk))
    ]
    everybody = [each for rated in weights.values() for each in rated]
    return [*told, (AVERAGE, "", _rating(everybody) | {"rated": None, "low": None})]


def _rating(rated: Iterable[tuple[float, int, bool]]) -> Json:
    """Of one agent: the mean score by their shares."""
    known = list(rated)
    weight = sum(share for share, *_ in known)
    is_told = len(known) >= MIN_RATED_FOR_AVERAGE and weight > 0
    return {
        "rated": len(known),
        "average": sum(share * score for share, score, _ in known) / weight if is_told else None,
        "low": sum(score <= 2 for _, score, _ in known),
        "comment_rate": ratio(sum(has for *_, has in known), len(known)),
        "hidden": [] if is_told else ["average"],
    }


def _comments(scope: Scope, rows: QuerySet[CsatSurvey]) -> list[Json]:
    """Newest first, of tickets that the reader may see."""
    hidden = hidden_teams_of(scope.reader)
    seen = rows.exclude(ticket__team__in=hidden) if hidden else rows
    found = (
        seen.exclude(comment="")
        .select_related("ticket", "customer", "user")
        .order_by("-answered_at", "-pk")[:MAX_COMMENTS]
    )
    return [
        {
            "score": row.score,
            "comment": row.comment,
            "ticket_id": str(row.ticket_id),
            "number": row.ticket.number,
            "customer_name": row.customer.name,
            "user_name": row.user.name if row.user and _is_named(scope, row) else "",
            "at": iso(row.answered_at),
            "recovered": row.recovered_at is not None,
            "intent": row.comment_intent,
        }
        for row in found
    ]


def _is_named(scope: Scope, row: CsatSurvey) -> bool:
    return scope.can_see_all or row.user_id == scope.reader.pk
