"""The CSAT report, counted from the surveys themselves: nothing is kept that could drift.

A survey belongs to the day it was sent (sent, response rate) and its answer to the day it was
given (average, distribution, comments, agents). Days are those of the organization's time zone.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Avg, Count, F, Q, QuerySet, StdDev
from django.db.models.functions import TruncDate

from automation.csat.models import CsatSurvey
from automation.reports.period import Period
from helpdesk.accounts.models import Organization, User
from helpdesk.accounts.selectors import hidden_teams_of
from helpdesk.lib.clock import iso

LOW_SCORE = 2
MIN_RATED_FOR_AVERAGE = 5
MAX_COMMENTS = 50
_Z95 = 1.96


def csat_report(
    organization: Organization, period: Period, *, reader: User | None = None
) -> dict[str, Any]:
    """Everything of GET /reports/csat, in a constant number of queries.

    ``reader`` reads comments only of tickets they may see; figures count all tickets.
    """
    answered = _answered(organization, period)
    return {
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "tiles": tiles(organization, period),
        "previous": tiles(organization, period.before()),
        "days": _days(answered, period),
        "distribution": _distribution(answered),
        "comments": _comments(answered, reader),
        "agents": _agents(answered),
        "min_rated": MIN_RATED_FOR_AVERAGE,
    }


def tiles(organization: Organization, period: Period) -> dict[str, Any]:
    """The figures on top. ``response_rate`` is of the surveys sent in the period, 0 to 1."""
    sent = CsatSurvey.objects.filter(
        organization=organization, sent_at__gte=period.begin, sent_at__lt=period.end
    ).aggregate(n=Count("pk"), replied=Count("pk", filter=Q(answered_at__isnull=False)))
    given = _answered(organization, period).aggregate(
        n=Count("pk"), average=Avg("score"), low=Count("pk", filter=Q(score__lte=LOW_SCORE))
    )
    return {
        "average": _rounded(given["average"]),
        "response_rate": round(sent["replied"] / sent["n"], 4) if sent["n"] else None,
        "sent": sent["n"],
        "answered": given["n"],
        "low": given["low"],
    }


def _answered(organization: Organization, period: Period) -> QuerySet[CsatSurvey]:
    return CsatSurvey.objects.filter(
        organization=organization,
        answered_at__gte=period.begin,
        answered_at__lt=period.end,
        score__isnull=False,
    )


def _days(answered: QuerySet[CsatSurvey], period: Period) -> list[dict[str, Any]]:
    """Average per day with its 95 % band; days without an answer are there with n = 0."""
    rows = (
        answered.annotate(day=TruncDate("answered_at", tzinfo=period.zone))
        .values("day")
        .annotate(n=Count("pk"), average=Avg("score"), deviation=StdDev("score", sample=True))
        .order_by("day")
    )
    by_day = {row["day"]: row for row in rows}
    return [_day(day, by_day.get(day)) for day in period.days]


def _day(day: date, row: Mapping[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {"date": day.isoformat(), "average": None, "n": 0, "low": None, "high": None}
    low, high = band(row["average"], row["deviation"], row["n"])
    return {
        "date": day.isoformat(),
        "average": _rounded(row["average"]),
        "n": row["n"],
        "low": low,
        "high": high,
    }


def band(average: float, deviation: float | None, n: int) -> tuple[float | None, float | None]:
    """The 95 % band of a mean (normal approximation), within 1 to 5; none for one answer."""
    if n < 2 or deviation is None:
        return None, None
    half = _Z95 * deviation / math.sqrt(n)
    return _rounded(max(1.0, average - half)), _rounded(min(5.0, average + half))


def _distribution(answered: QuerySet[CsatSurvey]) -> dict[str, int]:
    rows: Iterable[tuple[int, int]] = answered.values_list("score").annotate(n=Count("pk"))
    counts = dict(rows)
    return {str(score): counts.get(score, 0) for score in range(1, 6)}


def _comments(answered: QuerySet[CsatSurvey], reader: User | None) -> list[dict[str, Any]]:
    """Newest first."""
    hidden = hidden_teams_of(reader) if reader else None
    seen = answered.exclude(ticket__team__in=hidden) if hidden else answered
    rows = (
        seen.exclude(comment="")
        .select_related("ticket", "customer")
        .order_by("-answered_at", "-pk")[:MAX_COMMENTS]
    )
    return [
        {
            "score": row.score,
            "comment": row.comment,
            "ticket_id": str(row.ticket_id),
            "number": row.ticket.number,
            "customer_name": row.customer.name,
            "at": iso(row.answered_at),
        }
        for row in rows
    ]


def _agents(answered: QuerySet[CsatSurvey]) -> list[dict[str, Any]]:
    """Who was rated; an average is shown only from MIN_RATED_FOR_AVERAGE answers."""
    rows = list(
        answered.filter(user__isnull=False)
        .values(person=F("user_id"))
        .annotate(
            rated=Count("pk"),
            average=Avg("score"),
            low=Count("pk", filter=Q(score__lte=LOW_SCORE)),
        )
        .order_by("-rated", "person")
    )
    names = _names([row["person"] for row in rows])
    return [
        {
            "user_id": str(row["person"]),
            "name": names.get(row["person"], ""),
            "rated": row["rated"],
            "average": _rounded(row["average"]) if row["rated"] >= MIN_RATED_FOR_AVERAGE else None,
            "low": row["low"],
        }
        for row in rows
    ]


def _names(user_ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    return dict(User.objects.filter(pk__in=user_ids).values_list("pk", "name"))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 3)
