"""What automation took off people's hands, and which macros they use."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.db.models import Count, F, Func, Max, Q, QuerySet, TextField
from django.db.models.functions import TruncDate

from automation.csat.models import SurveyKind
from automation.macros.models import Macro, MacroUse
from automation.reports.frame import (
    MIN_RATED_FOR_AVERAGE,
    Frame,
    Json,
    Kind,
    bars,
    line,
    points,
    table,
    tiles,
)
from automation.reports.models import ClosingFigures
from automation.reports.overview import closing_figures, with_shares
from automation.reports.scope import Scope
from automation.rules.models import RuleRun, RunOutcome
from helpdesk.lib.errors import InvalidInput

SECONDS_SAVED = {
    "reply_with_macro": 120,
    "add_note": 30,
    "post_to_slack": 30,
    "notify": 30,
    "assign_person": 10,
    "assign_team": 10,
    "assign_by_turn": 10,
}
OTHER_SECONDS_SAVED = 5
"""What an agent would have needed for an action: an assumption, stated in the report."""
WISMO_INTENTS = ("order_status", "shipping/status")
IS_WISMO = Q(is_automated=True, of_intent__in=WISMO_INTENTS)
MOST_BARS = 12
_ACTED = (RunOutcome.ACTED, RunOutcome.PARTLY)
TILES = {
    "automation_rate": Kind("share", "up", of="closed"),
    "automated": Kind("count", "up", drill=True),
    "closed": Kind("count", drill=True),
    "wismo_avoided": Kind("count", "up", drill=True),
    "runs": Kind("count", drill=True),
    "time_saved": Kind("seconds", "up", of="runs"),
}
RULES = {
    "runs": Kind("count"),
    "tickets": Kind("count", drill=True),
    "failed": Kind("count", drill=True),
    "time_saved": Kind("seconds"),
}
MACROS = {
    "uses": Kind("count"),
    "tickets": Kind("count", drill=True),
    "agents": Kind("count"),
    "rated": Kind("count"),
    "csat": Kind("stars"),
}


def automation(scope: Scope, *, compare: bool) -> Frame:
    """Tickets resolved without a person's message within 72 hours, and what each rule did."""
    rules = _rules(scope)
    before = scope.before() if compare else None
    return Frame(
        tiles=tiles(TILES, figures(scope), figures(before) if before else None),
        series=[
            _per_day("runs", _runs, "at", scope, before),
            _per_day("automated", _automated, "closed_at", scope, before),
        ],
        bars=[
            bars(
                "by_rule",
                "count",
                [(key, name, row["tickets"]) for key, name, row in rules[:MOST_BARS]],
            )
        ],
        tables=[
            table("rules", RULES, rules),
            table("assumptions", {"seconds": Kind("seconds")}, _assumptions()),
        ],
    )


def figures(scope: Scope) -> Json:
    """The figures on top. WISMO avoided: questions for an order that no person had to answer."""
    found: Json = scope.closings().aggregate(
        **closing_figures(scope), wismo_avoided=Count("pk", filter=IS_WISMO)
    )
    saved = _saved(scope)
    return with_shares(found) | {
        "runs": _runs(scope).count(),
        "time_saved": sum(saved.values()),
    }


def _rules(scope: Scope) -> list[tuple[str, str, Json]]:
    saved = _saved(scope)
    rows = (
        _runs(scope, *_ACTED, RunOutcome.ERROR)
        .values("rule_id")
        .annotate(
            name=Max("rule_name"),
            runs=Count("pk", filter=Q(outcome__in=_ACTED)),
            tickets=Count("ticket", distinct=True),
            failed=Count("pk", filter=Q(outcome__in=[RunOutcome.PARTLY, RunOutcome.ERROR])),
        )
        .order_by("-runs", "rule_id")
    )
    return [
        (_id(row["rule_id"]), row["name"], row | {"time_saved": saved[row["rule_id"]]})
        for row in rows
    ]


def _id(rule_id: uuid.UUID | None) -> str:
    """A rule that is gone has no id, but keeps its name."""
    return "" if rule_id is None else str(rule_id)


def _saved(scope: Scope) -> dict[uuid.UUID | None, int]:
    """Seconds by rule: each action of each run, times what a person would have needed."""
    kinds = Func(
        F("actions"),
        template="jsonb_path_query(%(expressions)s, '$[*].type') #>> '{}'",
        output_field=TextField(),
    )
    rows = _runs(scope).values("rule_id").annotate(kind=kinds, n=Count("pk")).order_by()
    saved: dict[uuid.UUID | None, int] = defaultdict(int)
    for row in rows:
        saved[row["rule_id"]] += row["n"] * SECONDS_SAVED.get(row["kind"], OTHER_SECONDS_SAVED)
    return saved


def _assumptions() -> list[tuple[str, str, Json]]:
    known = [(key, key, {"seconds": seconds}) for key, seconds in SECONDS_SAVED.items()]
    return [*known, ("other", "", {"seconds": OTHER_SECONDS_SAVED})]


def _runs(scope: Scope, *outcomes: str) -> QuerySet[RuleRun]:
    return RuleRun.objects.filter(
        scope.about_ticket("ticket__"),
        organization=scope.organization,
        outcome__in=outcomes or _ACTED,
        at__gte=scope.period.begin,
        at__lt=scope.period.end,
    )


def _automated(scope: Scope) -> QuerySet[ClosingFigures]:
    return scope.closings().filter(is_automated=True)


def _per_day(
    key: str,
    rows_of: Callable[[Scope], QuerySet[Any]],
    column: str,
    scope: Scope,
    before: Scope | None,
) -> Json:
    """How many rows each day has, as a line."""

    def told(which: Scope) -> list[Json]:
        days = rows_of(which).annotate(day=TruncDate(column, tzinfo=which.period.zone))
        found = days.values("day").annotate(**{key: Count("pk")}).order_by()
        return points(which.period.days, {row["day"]: row for row in found}, key)

    return line(
        key, "count", told(scope), told(before) if before else None, drill=key == "automated"
    )


def rows_behind(name: str, scope: Scope, key: str, row: str, column: str) -> QuerySet[Any] | None:
    """Ids of the tickets behind a figure of rules or macros: of a tile, or of a row's column."""
    if name == "macros":
        rows: QuerySet[Any] = _uses(scope)
        known, is_row = {"tickets": Q(), "uses": Q()}, key == "macros" and bool(row)
    else:
        rows = _runs(scope, *_ACTED, RunOutcome.ERROR)
        failed = Q(outcome__in=[RunOutcome.PARTLY, RunOutcome.ERROR])
        known = {"tickets": Q(), "failed": failed, "runs": Q(outcome__in=_ACTED)}
        is_row = key == "rules" and bool(row)
    wanted = known.get(column if is_row else key)
    if wanted is None or bool(row) != is_row:
        return None
    of = {"macro_id" if name == "macros" else "rule_id": _uuid(row)} if is_row else {}
    return rows.filter(wanted, **of).values("ticket")


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise InvalidInput.field("cell", f"“{text}” is no row of this report.") from error


def macros(scope: Scope, *, compare: bool) -> Frame:
    """How often each macro was used, and how content customers were afterwards."""
    uses = _uses(scope)
    names = dict(Macro.objects.filter(organization=scope.organization).values_list("pk", "name"))
    rows = {
        row["macro_id"]: row
        for row in uses.values("macro_id")
        .annotate(
            uses=Count("message_id"),
            tickets=Count("ticket", distinct=True),
            agents=Count("user", distinct=True),
        )
        .order_by()
    }
    rated = _rated(uses)
    order = sorted(rows, key=lambda each: (-rows[each]["uses"], str(each)))
    kinds = {
        "uses": Kind("count"),
        "tickets": Kind("count", drill=True),
        "macros": Kind("count"),
    }
    before = scope.before() if compare else None
    return Frame(
        tiles=tiles(kinds, _macro_figures(scope), _macro_figures(before) if before else None),
        series=[_per_day("uses", _uses, "used_at", scope, before)],
        bars=[
            bars("by_macro", "count", [(str(each), names.get(each, ""), rows[each]["uses"])
                                   for each in order[:MOST_BARS]])
        ],
        tables=[
            table(
                "macros",
                MACROS,
                [(str(each), names.get(each, ""), rows[each] | _after(rated[each]))
                 for each in order],
            )
        ],
    )  # fmt: skip


def _macro_figures(scope: Scope) -> Json:
    found: Json = _uses(scope).aggregate(
        uses=Count("message_id"),
        tickets=Count("ticket", distinct=True),
        macros=Count("macro", distinct=True),
    )
    return found


def _rated(uses: QuerySet[MacroUse]) -> dict[Any, list[int]]:
    """By macro, each score given on a ticket after the macro was used there, once."""
    found: dict[Any, list[int]] = defaultdict(list)
    rows = (
        uses.filter(
            ticket__surveys__kind=SurveyKind.CSAT,
            ticket__surveys__score__isnull=False,
            ticket__surveys__answered_at__gte=F("used_at"),
        )
        .values_list("macro_id", "ticket__surveys", "ticket__surveys__score")
        .distinct()
        .order_by()
    )
    for macro_id, _, score in rows:
        found[macro_id].append(score or 0)
    return found


def _after(scores: list[int]) -> Json:
    is_told = len(scores) >= MIN_RATED_FOR_AVERAGE
    return {
        "rated": len(scores),
        "csat": sum(scores) / len(scores) if is_told else None,
        "hidden": [] if is_told else ["csat"],
    }


def _uses(scope: Scope) -> QuerySet[MacroUse]:
    found = MacroUse.objects.filter(
        scope.about_ticket("ticket__", agent=False),
        organization=scope.organization,
        macro__in=Macro.objects.filter(organization=scope.organization),
        used_at__gte=scope.period.begin,
        used_at__lt=scope.period.end,
    )
    agent = scope.filters.agent
    return found if agent is None else found.filter(user=agent)
