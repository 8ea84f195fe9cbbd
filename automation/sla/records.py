"""What the API says of policies and calendars."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from automation.sla.calendars import calendar_from
from automation.sla.models import BusinessCalendar, SlaPolicy, Target
from helpdesk.lib.clock import iso, now


def policy_record(policy: SlaPolicy) -> dict[str, Any]:
    """The whole policy."""
    return {
        "id": str(policy.pk),
        "name": policy.name,
        "conditions": policy.conditions,
        **{each: getattr(policy, each) for each in Target.values},
        "hours": policy.hours,
        "calendar": str(policy.calendar_id) if policy.calendar_id else None,
        "pauses_while_waiting": policy.pauses_while_waiting,
        "pauses_while_snoozed": policy.pauses_while_snoozed,
        "warnings": policy.warnings,
        "alerts": policy.alerts,
        "is_active": policy.is_active,
        "version": policy.version,
    }


def calendar_record(calendar: BusinessCalendar, *, language: str = "en") -> dict[str, Any]:
    """The whole calendar, whether it is open now, until when, and its next holidays."""
    hours, at = calendar_from(calendar), now()
    return {
        "id": str(calendar.pk),
        "name": calendar.name,
        "time_zone": calendar.time_zone,
        "week": calendar.week,
        "country": calendar.country,
        "region": calendar.region,
        "closed_days": calendar.closed_days,
        "is_default": calendar.is_default,
        "uses": [{"kind": each.kind, "id": str(each.object_id)} for each in calendar.uses.all()],
        "version": calendar.version,
        "is_open": hours.is_open(at),
        "next_change": iso(hours.next_change(at)),
        "holidays": _upcoming(calendar, language),
    }


def _upcoming(calendar: BusinessCalendar, language: str) -> list[dict[str, str]]:
    """Closed days of the next twelve months, by date."""
    today = now().date()
    found = {each["date"]: each["name"] for each in calendar.closed_days}
    if calendar.country:
        from automation.sla.holidays_of import holidays_in

        for year in (today.year, today.year + 1):
            for day, name in holidays_in(
                calendar.country, calendar.region, year, language=language
            ):
                found.setdefault(day.isoformat(), name)
    until = today + timedelta(days=365)
    return [
        {"date": each, "name": name}
        for each, name in sorted(found.items())
        if today.isoformat() <= each <= until.isoformat()
    ]
