"""Whole days from a calendar file (RFC 5545): what is needed of it is three lines of an event.

A library would read the other nine tenths of the format as well; days that repeat by a rule are
counted as left out instead of guessed.
"""

from __future__ import annotations

from datetime import date, timedelta

from helpdesk.lib.errors import InvalidInput

MAX_CHARS = 500_000
MAX_DAYS = 1000
_LONGEST = timedelta(days=31)


def days_of(text: str) -> tuple[list[dict[str, str]], int]:
    """The days on which events take all day, by date, and how many events were left out.

    Raises InvalidInput naming ``text`` for anything that is no calendar file.
    """
    if len(text) > MAX_CHARS or "BEGIN:VCALENDAR" not in text:
        raise InvalidInput.field("text", "This is not a calendar file (.ics).")
    found: dict[str, str] = {}
    left_out = 0
    for event in _events(text):
        days = _days(event)
        left_out += not days
        for day in days:
            found.setdefault(day.isoformat(), event.get("SUMMARY", "")[:100] or "Closed")
    if len(found) > MAX_DAYS:
        raise InvalidInput.field("text", f"At most {MAX_DAYS} days.")
    return [
        {"date": each, "name": name, "source": "file"} for each, name in sorted(found.items())
    ], left_out


def _events(text: str) -> list[dict[str, str]]:
    """The events with their properties; folded lines are one, parameters are left aside."""
    unfolded = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "")
    events: list[dict[str, str]] = []
    is_inside = False
    for line in unfolded.split("\n"):
        if line == "BEGIN:VEVENT":
            is_inside = True
            events.append({})
        elif line == "END:VEVENT":
            is_inside = False
        elif is_inside and ":" in line:
            name, _, value = line.partition(":")
            plain = value.replace("\\,", ",").replace("\\;", ";").replace("\\n", " ")
            events[-1].setdefault(name.split(";")[0].upper(), plain.strip())
    return events


def _days(event: dict[str, str]) -> list[date]:
    begins = _date(event.get("DTSTART", ""))
    if begins is None or "RRULE" in event:
        return []
    ends = _date(event.get("DTEND", "")) or begins + timedelta(days=1)
    if not begins < ends <= begins + _LONGEST:
        return []
    return [begins + timedelta(days=each) for each in range((ends - begins).days)]


def _date(value: str) -> date | None:
    """A date without a time, ``20261225``."""
    if len(value) != 8 or not value.isascii() or not value.isdigit():
        return None
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return None
