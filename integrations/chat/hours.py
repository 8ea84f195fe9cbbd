"""When somebody answers: days with hours in one time zone, and holidays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from helpdesk.lib.errors import InvalidInput

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LOOK_AHEAD_DAYS = 60
MAX_SPANS = 4
MAX_HOLIDAYS = 400
_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")
_WHOLE_DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class Hours:
    """Spans per weekday in minutes after midnight, local time; without days it is always open."""

    time_zone: ZoneInfo
    days: dict[str, list[tuple[int, int]]]
    holidays: frozenset[date]

    @classmethod
    def of(cls, told: dict[str, Any] | None) -> Hours | None:
        """Reads what is stored; None means: always open. Raises InvalidInput naming ``hours``."""
        if not told:
            return None
        try:
            zone = ZoneInfo(str(told.get("time_zone") or "UTC"))
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InvalidInput.field("hours.time_zone", "There is no such time zone.") from error
        days = told.get("days") or {}
        if not isinstance(days, dict) or set(days) - set(DAYS):
            raise InvalidInput.field("hours.days", f"Days are {', '.join(DAYS)}.")
        return cls(zone, {each: _spans(each, days.get(each)) for each in DAYS}, _holidays(told))

    def is_open(self, at: datetime) -> bool:
        """Whether somebody answers at that moment."""
        local = at.astimezone(self.time_zone)
        minute = local.hour * 60 + local.minute
        return any(begin <= minute < end for begin, end in self._on(local.date()))

    def opens_at(self, at: datetime) -> datetime | None:
        """When it opens next; None while it is open, or if it does not within two months."""
        if self.is_open(at):
            return None
        today = at.astimezone(self.time_zone).date()
        for ahead in range(LOOK_AHEAD_DAYS):
            day = today + timedelta(days=ahead)
            for begin, _ in sorted(self._on(day)):
                moment = datetime.combine(day, time(begin // 60, begin % 60), tzinfo=self.time_zone)
                if moment > at:
                    return moment
        return None

    def _on(self, day: date) -> list[tuple[int, int]]:
        return [] if day in self.holidays else self.days[DAYS[day.weekday()]]


def _spans(day: str, told: Any) -> list[tuple[int, int]]:
    if told is None:
        return []
    problem = InvalidInput.field(f"hours.days.{day}", "Write pairs like 09:00 and 17:30.")
    if not isinstance(told, list) or len(told) > MAX_SPANS:
        raise problem
    spans = []
    for pair in told:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise problem
        found = [_CLOCK.fullmatch(str(each)) for each in pair]
        if not all(found):
            raise problem
        begin, end = (int(each[1]) * 60 + int(each[2]) for each in found if each)
        if not begin < end <= _WHOLE_DAY_MINUTES:
            raise problem
        spans.append((begin, end))
    return spans


def _holidays(told: dict[str, Any]) -> frozenset[date]:
    listed = told.get("holidays") or []
    if not isinstance(listed, list) or len(listed) > MAX_HOLIDAYS:
        raise InvalidInput.field("hours.holidays", "Write dates like 2026-12-25.")
    try:
        return frozenset(date.fromisoformat(str(each)) for each in listed)
    except ValueError as error:
        raise InvalidInput.field("hours.holidays", "Write dates like 2026-12-25.") from error
