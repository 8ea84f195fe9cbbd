"""When a report is due, and which days it is about: DST, ends of months, years."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from automation.reports.mails.rhythm import (
    finished_period,
    last_moment,
    next_moment,
    period_before,
)

BERLIN = ZoneInfo("Europe/Berlin")
RHYTHMS = ("daily", "weekly", "monthly")


def at(text: str) -> datetime:
    """A wall clock in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("rhythm", "hour", "after", "due"),
    [
        ("daily", 8, "2026-11-20T07:59", "2026-11-20T08:00"),
        ("daily", 8, "2026-11-20T08:00", "2026-11-21T08:00"),
        ("weekly", 8, "2026-11-20T09:00", "2026-11-23T08:00"),
        ("weekly", 8, "2026-11-23T08:00", "2026-11-30T08:00"),
        ("monthly", 0, "2026-12-31T23:59", "2027-01-01T00:00"),
        ("monthly", 8, "2027-01-31T12:00", "2027-02-01T08:00"),
        ("daily", 8, "2026-10-24T09:00", "2026-10-25T08:00"),  # 24 hours are 25 here
        ("daily", 8, "2026-03-28T09:00", "2026-03-29T08:00"),  # and 23 here
        ("daily", 2, "2026-03-28T09:00", "2026-03-29T03:00"),  # 2:00 is left out that night
    ],
)
def test_a_report_is_due_at_its_hour_of_the_shops_day(rhythm, hour, after, due):
    assert next_moment(rhythm, hour, at(after), BERLIN) == at(due).astimezone(UTC)


def test_an_hour_that_the_clock_has_twice_is_one_moment():
    first = next_moment("daily", 2, at("2026-10-24T12:00"), BERLIN)
    assert first == datetime(2026, 10, 25, 0, tzinfo=UTC)
    assert next_moment("daily", 2, first, BERLIN) == datetime(2026, 10, 26, 1, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns", "Pacific/Apia"])
@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_due_moments_follow_each_other_and_their_periods_meet(rhythm, zone):
    """For two years at every hour: no period is left out, none comes twice."""
    place = ZoneInfo(zone)
    for hour in (0, 2, 3, 23):
        moment = next_moment(rhythm, hour, datetime(2025, 12, 31, 12, tzinfo=UTC), place)
        before = finished_period(rhythm, moment, place)
        for _ in range(60 if rhythm != "daily" else 800):
            following = next_moment(rhythm, hour, moment, place)
            assert last_moment(rhythm, hour, following - timedelta(seconds=1), place) == moment
            assert last_moment(rhythm, hour, following, place) == following
            period = finished_period(rhythm, following, place)
            assert period.first == before.last + timedelta(days=1)
            assert period_before(rhythm, period) == before
            moment, before = following, period


@pytest.mark.parametrize(
    ("rhythm", "now", "first", "last"),
    [
        ("daily", "2027-03-01T08:00", "2027-02-28", "2027-02-28"),
        ("weekly", "2026-11-23T08:00", "2026-11-16", "2026-11-22"),
        ("weekly", "2026-11-29T23:00", "2026-11-16", "2026-11-22"),
        ("monthly", "2028-03-01T08:00", "2028-02-01", "2028-02-29"),
        ("monthly", "2027-01-01T00:00", "2026-12-01", "2026-12-31"),
    ],
)
def test_a_report_is_about_the_newest_period_that_is_over(rhythm, now, first, last):
    period = finished_period(rhythm, at(now), BERLIN)
    assert (period.first, period.last) == (date.fromisoformat(first), date.fromisoformat(last))
