"""How long a rule waits, and on which days it runs: as it is written, checked and read."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from helpdesk.lib.errors import FieldError, InvalidInput

SINCE = ("our_message", "customer_message")
"""Whose message nobody has answered."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
LONGEST = timedelta(days=90)


def parse_wait(value: Any) -> timedelta | None:
    """``30s``, ``15m``, ``2h`` or ``7d``; None if it is no duration up to 90 days."""
    if not isinstance(value, str) or value[-1:] not in _UNITS:
        return None
    amount = value[:-1]
    if not (amount.isascii() and amount.isdigit()) or len(amount) > 7:
        return None
    found = timedelta(**{_UNITS[value[-1]]: int(amount)})
    return found if timedelta(0) < found <= LONGEST else None


def clean_wait(value: Any) -> dict[str, str] | None:
    """``{"after": "15m", "since": "our_message"}`` or None; raises InvalidInput."""
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) - {"after", "since"}:
        raise InvalidInput.field("wait", "Say how long, and after whose message.")
    errors = []
    if parse_wait(value.get("after")) is None:
        message = "Write a duration like 30s, 15m, 2h or 7d, at most 90 days."
        errors.append(FieldError("wait.after", "invalid", message))
    since = value.get("since") or SINCE[0]
    if since not in SINCE:
        errors.append(FieldError("wait.since", "invalid", f"Choose from: {', '.join(SINCE)}."))
    if errors:
        raise InvalidInput(errors[0].message, errors=errors)
    return {"after": value["after"], "since": str(since)}


def clean_schedule(value: Any) -> dict[str, Any] | None:
    """``{"days": ["mon"], "at": "09:00"}`` or None; raises InvalidInput."""
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) - {"days", "at"}:
        raise InvalidInput.field("schedule", "Say on which days and at what time.")
    errors = []
    days = value.get("days")
    if not isinstance(days, list):
        days = []
    if not days or not all(each in DAYS for each in days):
        errors.append(FieldError("schedule.days", "invalid", f"Choose from: {', '.join(DAYS)}."))
    at = _parse_time(value.get("at"))
    if at is None:
        errors.append(FieldError("schedule.at", "invalid", "Write a time like 09:00."))
    if errors or at is None:
        raise InvalidInput(errors[0].message, errors=errors)
    return {"days": [each for each in DAYS if each in days], "at": at.strftime("%H:%M")}


def next_time(schedule: dict[str, Any], after: datetime, zone: tzinfo) -> datetime:
    """The first moment of the schedule after this one, by the clock on the wall in that zone.

    A time that the change to summer time leaves out comes an hour later; one that happens twice
    counts once.
    """
    at = _parse_time(schedule["at"]) or time(9)
    first = after.astimezone(zone).date()
    for days in range(9):
        day = first + timedelta(days=days)
        if DAYS[day.weekday()] not in schedule["days"]:
            continue
        moment = datetime.combine(day, at, tzinfo=zone).astimezone(after.tzinfo)
        if moment > after:
            return moment
    raise AssertionError("a schedule has at least one day")


def _parse_time(value: Any) -> time | None:
    if not isinstance(value, str) or len(value) != 5:
        return None
    try:
        return time.fromisoformat(value)
    except ValueError:
        return None
