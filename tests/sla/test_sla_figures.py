"""The report on service levels against a recount from the clocks themselves."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from automation.models import SlaClock
from automation.reports.catalog import report
from automation.reports.period import period_of
from automation.reports.scope import Filters, Scope
from automation.sla.models import ClockState, Target
from tests.factories import make_channel, receive_mail

pytestmark = pytest.mark.django_db

FIRST, LAST = "2026-11-02", "2026-11-08"
BEGIN, END = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 9, tzinfo=UTC)


def seeded_clocks(organization: Any) -> list[SlaClock]:
    """Clocks that ended, were late, run late, were dropped, inside the week and around it."""
    dice = random.Random(8)
    ticket = receive_mail(make_channel(organization), "Where is it?").ticket
    made = []
    for _ in range(120):
        stopped = BEGIN + timedelta(minutes=dice.randrange(-2000, 12_000))
        state = dice.choices([ClockState.DONE, ClockState.DROPPED], [9, 1])[0]
        made.append(
            SlaClock(
                organization=organization, ticket=ticket, target=dice.choice(Target.values),
                policy_name=dice.choice(["Gold", "Everybody"]), goal_seconds=3600, state=state,
                started_at=stopped, stopped_at=stopped, taken_seconds=dice.randrange(10, 9000),
                breached_at=stopped if dice.random() < 0.3 else None,
            )
        )  # fmt: skip
    late = SlaClock(
        organization=organization, ticket=ticket, target=Target.RESOLUTION, policy_name="Gold",
        goal_seconds=60, started_at=BEGIN, breached_at=BEGIN,
    )  # fmt: skip
    return list(SlaClock.objects.bulk_create([*made, late]))


def percentile(values: list[float], share: float) -> float:
    """Between the two neighbours, as a person would by hand."""
    ranked = sorted(values)
    place = share * (len(ranked) - 1)
    low = int(place)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (place - low)


def recount(clocks: list[SlaClock]) -> dict[str, Any]:
    taken = [each.taken_seconds or 0 for each in clocks]
    met = [each for each in clocks if each.breached_at is None]
    return {
        "done": len(clocks),
        "achieved": len(met) / len(clocks),
        "missed": len(clocks) - len(met),
        "taken": percentile(taken, 0.5),
        "taken_p90": percentile(taken, 0.9),
    }


def test_medians_and_ninths_per_policy_and_target_equal_a_recount(organization, ada):
    """G8.5 for service levels: p50 and p90 of what ended in the week, and what is late and open."""
    organization.time_zone = "UTC"
    organization.save()
    clocks = seeded_clocks(organization)
    ended = [
        each
        for each in clocks
        if each.state == ClockState.DONE and each.stopped_at and BEGIN <= each.stopped_at < END
    ]
    assert 60 < len(ended) < len(clocks)

    scope = Scope(organization, period_of(FIRST, LAST, organization), ada, Filters())
    answer = report("sla", scope, compare=False)
    tables = {each["key"]: each for each in answer["tables"]}
    for key, column in (("policies", "policy_name"), ("targets", "target")):
        rows = {each["key"]: each["values"] for each in tables[key]["rows"]}
        names = {getattr(each, column) for each in ended}
        assert set(rows) == names
        for name in names:
            counted = recount([each for each in ended if getattr(each, column) == name])
            told = {part: rows[name][part] for part in counted}
            assert told == pytest.approx(counted, abs=0.51), (name, told, counted)
    tiles = {each["key"]: each["value"] for each in answer["tiles"]}
    assert (tiles["done"], tiles["breached_open"]) == (len(ended), 1)
