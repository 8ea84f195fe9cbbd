"""When a report is due, and which days it is about. Pure; hours are those of the shop's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from automation.reports.models import Rhythm
from automation.reports.period import Period

_DAY = timedelta(days=1)


def next_moment(rhythm: str, hour: int, after: datetime, zone: ZoneInfo) -> datetime:
    """The first due moment after ``after``. An hour that the clock leaves out comes right after
    the gap, one that it has twice comes once."""
    day = after.astimezone(zone).date()
    while not (_is_day(rhythm, day) and _at(day, hour, zone) > after):
        day += _DAY
    return _at(day, hour, zone)


def last_moment(rhythm: str, hour: int, until: datetime, zone: ZoneInfo) -> datetime:
    """The last due moment that is not after ``until``."""
    day = until.astimezone(zone).date()
    while not (_is_day(rhythm, day) and _at(day, hour, zone) <= until):
        day -= _DAY
    return _at(day, hour, zone)


def finished_period(rhythm: str, at: datetime, zone: ZoneInfo) -> Period:
    """The newest day, week or month that is over."""
    today = at.astimezone(zone).date()
    if rhythm == Rhythm.DAILY:
        return Period(today - _DAY, today - _DAY, zone)
    if rhythm == Rhythm.WEEKLY:
        monday = today - _DAY * today.weekday()
        return Period(monday - 7 * _DAY, monday - _DAY, zone)
    last = today.replace(day=1) - _DAY
    return Period(last.replace(day=1), last, zone)


def period_before(rhythm: str, period: Period) -> Period:
    """What a mail compares with: the day, week or month before, however long that was."""
    if rhythm != Rhythm.MONTHLY:
        return period.before()
    last = period.first - _DAY
    return Period(last.replace(day=1), last, period.zone)


def _is_day(rhythm: str, day: date) -> bool:
    if rhythm == Rhythm.WEEKLY:
        return day.weekday() == 0
    return rhythm == Rhythm.DAILY or day.day == 1


def _at(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour), zone).astimezone(UTC)
