"""Opening hours against a walk over every minute.

G15.1: DST both ways, shifts over midnight, a close at 23:59, holidays, another zone, 24/7, never.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation.sla.business_hours import ALWAYS, Calendar, Span

MINUTE = timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")
WORKDAYS = tuple(Span(day, 9 * 60, 17 * 60) for day in range(5))

ZONES = [
    "Europe/Berlin",  # an hour at 01:00 UTC, in March and October
    "America/New_York",
    "America/Havana",  # midnight itself is skipped and repeated
    "Australia/Lord_Howe",  # half an hour
    "Asia/Kathmandu",  # +05:45
    "Africa/Casablanca",  # the other way round, around Ramadan
    "Pacific/Apia",  # skipped a whole day in 2011
    "Asia/Tokyo",
    "UTC",
]
BEGINNINGS = [
    datetime(2026, 3, 28, tzinfo=UTC),
    datetime(2026, 10, 24, tzinfo=UTC),
    datetime(2026, 3, 7, tzinfo=UTC),
    datetime(2026, 10, 31, tzinfo=UTC),
    datetime(2026, 4, 4, tzinfo=UTC),
    datetime(2026, 10, 3, tzinfo=UTC),
    datetime(2026, 2, 14, tzinfo=UTC),
    datetime(2011, 12, 29, tzinfo=UTC),
    datetime(2026, 12, 24, tzinfo=UTC),
]


@st.composite
def spans(draw: st.DrawFn) -> Span:
    """Any span, often one that ends at 23:59, at midnight or behind it."""
    opens = draw(st.sampled_from([0, 60, 150, 540, 1320, 1439]) | st.integers(0, 1439))
    ends = [each for each in (150, 1020, 1439, 1440, 1800, 2880) if each > opens]
    closes = draw(st.sampled_from(ends) | st.integers(opens + 1, 2880))
    return Span(draw(st.integers(0, 6)), opens, closes)


@st.composite
def calendars(draw: st.DrawFn, begins: datetime) -> Calendar:
    days = st.integers(-1, 4).map(lambda each: (begins + timedelta(days=each)).date())
    week = st.just(ALWAYS) | st.lists(spans(), max_size=6).map(tuple)
    return Calendar(
        ZoneInfo(draw(st.sampled_from(ZONES))),
        draw(week),
        draw(st.frozensets(days, max_size=2)),
    )


def is_open_by_the_wall(calendar: Calendar, at: datetime) -> bool:
    """What is promised, said as plainly as can be."""
    wall = at.astimezone(calendar.zone)
    if wall.date() in calendar.holidays:
        return False
    minute = wall.weekday() * 1440 + wall.hour * 60 + wall.minute
    return any(
        span.opens <= (minute - span.weekday * 1440) % (7 * 1440) < span.closes
        for span in calendar.spans
    )


def walk(calendar: Calendar, begins: datetime, minutes: int) -> Iterator[tuple[datetime, bool]]:
    for number in range(minutes):
        at = begins + number * MINUTE
        yield at, is_open_by_the_wall(calendar, at)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_opening_hours_equal_a_walk_over_every_minute(data):
    """G15.1"""
    begins = data.draw(st.sampled_from(BEGINNINGS)) + data.draw(st.integers(0, 1500)) * MINUTE
    calendar = data.draw(calendars(begins))
    length = data.draw(st.integers(1, 3 * 1440))
    walked = list(walk(calendar, begins, length))
    open_minutes = [at for at, is_open in walked if is_open]

    assert [at for at, _ in walked if calendar.is_open(at)] == open_minutes
    assert calendar.between(begins, begins + length * MINUTE) == 60 * len(open_minutes)
    if not open_minutes:
        opens = calendar.next_open(begins)
        assert opens is None or opens >= begins + length * MINUTE
        return
    assert calendar.next_open(begins) == open_minutes[0]
    wanted = data.draw(st.integers(1, len(open_minutes)))
    assert calendar.add(begins, wanted * 60) == open_minutes[wanted - 1] + MINUTE
    changed = next((at for at, is_open in walked if is_open != walked[0][1]), None)
    if changed is not None:
        assert calendar.next_change(begins) == changed


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_adding_and_measuring_are_opposites_to_the_second(data):
    begins = data.draw(st.sampled_from(BEGINNINGS))
    begins += timedelta(seconds=data.draw(st.integers(0, 200_000)))
    calendar = data.draw(calendars(begins))
    seconds = data.draw(st.integers(1, 14 * 86400))
    due = calendar.add(begins, seconds)
    if due is None:
        assert calendar.is_never_open
        return
    assert calendar.between(begins, due) == seconds
    assert calendar.between(begins, due - timedelta(seconds=1)) == seconds - 1
    middle = begins + (due - begins) / 2
    parts = calendar.between(begins, middle) + calendar.between(middle, due)
    assert parts == pytest.approx(seconds)


def test_a_night_that_repeats_an_hour_is_longer_by_it_and_one_that_skips_it_shorter():
    """G15.1"""
    nights = Calendar(BERLIN, (Span(5, 22 * 60, 30 * 60),))
    autumn, spring = datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 3, 28, tzinfo=UTC)
    assert nights.between(autumn, autumn + timedelta(days=2)) == 9 * 3600
    assert nights.between(spring, spring + timedelta(days=2)) == 7 * 3600


def test_a_close_at_23_59_leaves_out_one_minute_and_one_at_24_00_none():
    """G15.1"""
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    zone = ZoneInfo("UTC")
    short = Calendar(zone, tuple(Span(day, 0, 1439) for day in range(7)))
    assert short.between(monday, monday + timedelta(days=7)) == 7 * 1439 * 60
    assert short.is_open(monday + timedelta(hours=23, minutes=58, seconds=59))
    assert not short.is_open(monday + timedelta(hours=23, minutes=59))
    whole = Calendar(zone, ALWAYS)
    assert whole.add(monday, 14 * 86400) == monday + timedelta(days=14)
    assert whole.next_change(monday) is None


def test_holidays_are_skipped_and_another_zone_opens_at_another_time():
    """G15.1"""
    eve = datetime(2026, 12, 24, 15, 0, tzinfo=UTC)
    closed = frozenset({date(2026, 12, 25), date(2026, 12, 28)})
    berlin = Calendar(BERLIN, WORKDAYS, closed)
    assert berlin.add(eve, 3600 + 60) == datetime(2026, 12, 29, 8, 1, tzinfo=UTC)
    tokyo = Calendar(ZoneInfo("Asia/Tokyo"), WORKDAYS)
    assert tokyo.next_open(eve) == datetime(2026, 12, 25, 0, 0, tzinfo=UTC)


def test_what_never_opens_says_so():
    """G15.1"""
    at = datetime(2026, 11, 22, tzinfo=UTC)
    never = Calendar(BERLIN, ())
    assert (never.next_open(at), never.add(at, 60), never.next_change(at)) == (None, None, None)
    assert never.between(at, at + timedelta(days=400)) == 0
    assert never.add(at, 0) == at

    class EveryDay:
        def __contains__(self, day: object) -> bool:
            return True

    assert Calendar(BERLIN, WORKDAYS, EveryDay()).add(at, 60) is None


@pytest.mark.parametrize("span", [(7, 0, 60), (0, 1440, 1500), (0, 60, 60), (0, 0, 2881)])
def test_a_span_that_cannot_be_is_refused(span):
    with pytest.raises(ValueError, match="a span"):
        Span(*span)
