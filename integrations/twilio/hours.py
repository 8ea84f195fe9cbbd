"""When the phone is answered: lines like ``mon-fri 09:00-17:30``, and holidays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from helpdesk.lib.errors import InvalidInput

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LINE = re.compile(
    r"(?P<from>[a-z]{3})(?:\s*[-\u2013]\s*(?P<to>[a-z]{3}))?\s+"
    r"(?P<begin>\d{1,2}:\d{2})\s*[-\u2013]\s*(?P<end>\d{1,2}:\d{2})"
)


@dataclass(frozen=True)
class Hours:
    """Spans in minutes after midnight by weekday; without any it is always open."""

    zone: ZoneInfo
    spans: dict[int, list[tuple[int, int]]]
    holidays: frozenset[date]

    @classmethod
    def of(cls, config: dict[str, Any]) -> Hours:
        """Reads a channel's settings; raises InvalidInput naming the field."""
        try:
            zone = ZoneInfo(str(config.get("time_zone") or "UTC"))
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InvalidInput.field("time_zone", "There is no such time zone.") from error
        spans: dict[int, list[tuple[int, int]]] = {}
        for line in _lines(config.get("hours")):
            days, span = _span(line)
            for day in days:
                spans.setdefault(day, []).append(span)
        return cls(zone, spans, _holidays(config.get("holidays")))

    def is_open(self, at: datetime) -> bool:
        """Whether somebody answers at that moment."""
        local = at.astimezone(self.zone)
        if local.date() in self.holidays:
            return False
        minute = local.hour * 60 + local.minute
        today = self.spans.get(local.weekday(), [])
        return not self.spans or any(begin <= minute < end for begin, end in today)


def _span(line: str) -> tuple[list[int], tuple[int, int]]:
    problem = InvalidInput.field("hours", "Write lines like mon-fri 09:00-17:30.")
    found = _LINE.fullmatch(line.strip().lower())
    if found is None or found["from"] not in DAYS or (found["to"] or "mon") not in DAYS:
        raise problem
    first = DAYS.index(found["from"])
    last = DAYS.index(found["to"]) if found["to"] else first
    count = (last - first) % 7 + 1
    begin, end = _minutes(found["begin"]), _minutes(found["end"])
    if not 0 <= begin < end <= 24 * 60:
        raise problem
    return [(first + each) % 7 for each in range(count)], (begin, end)


def _minutes(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)


def _holidays(told: Any) -> frozenset[date]:
    try:
        return frozenset(date.fromisoformat(line.strip()) for line in _lines(told))
    except ValueError as error:
        raise InvalidInput.field("holidays", "Write dates like 2026-12-25.") from error


def _lines(told: Any) -> list[str]:
    found = told.splitlines() if isinstance(told, str) else told or []
    return [str(each) for each in found if str(each).strip()]
