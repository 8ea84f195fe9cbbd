"""The walk over every minute finds what it is there to find: calendars with one mistake each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from automation.sla.business_hours import Calendar, Span
from tests.sla.test_business_hours import BERLIN, MINUTE, walk

NIGHTS = Calendar(
    BERLIN, tuple(Span(day, 22 * 60, 30 * 60) for day in range(7)), frozenset({date(2026, 3, 27)})
)
TO_23_59 = Calendar(BERLIN, (Span(4, 9 * 60, 1439),))
BEGINS = datetime(2026, 3, 26, tzinfo=UTC)
MINUTES = 4 * 1440 + 720


def without_summer_time(calendar: Calendar) -> Calendar:
    return replace(calendar, zone=ZoneInfo("Etc/GMT-1"))


def in_another_zone(calendar: Calendar) -> Calendar:
    return replace(calendar, zone=ZoneInfo("UTC"))


def without_holidays(calendar: Calendar) -> Calendar:
    return replace(calendar, holidays=frozenset())


def cut_at_midnight(calendar: Calendar) -> Calendar:
    return replace(
        calendar, spans=tuple(Span(each.weekday, each.opens, 1440) for each in calendar.spans)
    )


def a_minute_longer(calendar: Calendar) -> Calendar:
    return replace(
        calendar,
        spans=tuple(Span(each.weekday, each.opens, each.closes + 1) for each in calendar.spans),
    )


def agrees(told: Calendar, meant: Calendar) -> tuple[bool, bool]:
    """Whether the calendar says of every minute, and of their sum, what was meant."""
    walked = list(walk(meant, BEGINS, MINUTES))
    says_same = all(told.is_open(at) == is_open for at, is_open in walked)
    total = 60 * sum(is_open for _, is_open in walked)
    return says_same, told.between(BEGINS, BEGINS + MINUTES * MINUTE) == total


@pytest.mark.parametrize("meant", [NIGHTS, TO_23_59])
def test_without_a_mistake_the_walk_agrees(meant: Calendar):
    assert agrees(meant, meant) == (True, True)


@pytest.mark.parametrize(
    ("mistake", "meant"),
    [
        (without_summer_time, NIGHTS),
        (in_another_zone, NIGHTS),
        (without_holidays, NIGHTS),
        (cut_at_midnight, NIGHTS),
        (a_minute_longer, TO_23_59),
    ],
)
def test_the_walk_sees_a_mistake(mistake: Callable[[Calendar], Calendar], meant: Calendar):
    """G15.1: DST, zone, holidays, midnight, 23:59."""
    says_same, _ = agrees(mistake(meant), meant)
    assert not says_same


@pytest.mark.parametrize("mistake", [without_summer_time, without_holidays, cut_at_midnight])
def test_their_sum_sees_it_too(mistake: Callable[[Calendar], Calendar]):
    _, has_same_sum = agrees(mistake(NIGHTS), NIGHTS)
    assert not has_same_sum
