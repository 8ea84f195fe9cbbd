"""Which hours hold for a channel, a team or a store, as a Calendar to count with."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Sum

from automation.sla.business_hours import DAY_MINUTES, Calendar, Span
from automation.sla.models import BusinessCalendar, CalendarUse, UsedBy
from helpdesk.accounts.models import Organization
from helpdesk.events.outbox import current_unit

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class HasId(Protocol):
    """A channel, a team, a store."""

    pk: Any


Of = HasId | uuid.UUID | str | None


@dataclass(frozen=True)
class Calendars:
    """All calendars of an organization, read once."""

    zone: str
    by_id: dict[uuid.UUID, Calendar]
    used: dict[tuple[str, uuid.UUID], uuid.UUID]
    default_id: uuid.UUID | None

    def id_for(self, *, channel: Of = None, team: Of = None, store: Of = None) -> uuid.UUID | None:
        """The calendar of the channel, else the team, else the store, else the default one."""
        asked = ((UsedBy.CHANNEL, channel), (UsedBy.TEAM, team), (UsedBy.STORE, store))
        for kind, what in asked:
            found = self.used.get((kind, _id(what))) if what is not None else None
            if found is not None:
                return found
        return self.default_id

    def get(self, calendar_id: uuid.UUID | None) -> Calendar:
        """The calendar of that id; around the clock for None or one that is gone."""
        found = self.by_id.get(calendar_id) if calendar_id else None
        return found or Calendar(ZoneInfo(self.zone))


def calendar_of(
    organization: Organization, *, channel: Of = None, team: Of = None, store: Of = None
) -> Calendar:
    """The hours that hold there; around the clock in the shop's zone where none are set."""
    kept = calendars_of(organization)
    return kept.get(kept.id_for(channel=channel, team=team, store=store))


def calendars_of(organization: Organization) -> Calendars:
    """Every calendar; two small queries per unit of work unless one changed."""
    unit = current_unit()
    seen = unit.kept if unit else {}
    key = (BusinessCalendar, organization.pk)
    found: Calendars | None = seen.get(key)
    if found is None:
        found = seen[key] = _read(organization)
    return found


def calendar_from(calendar: BusinessCalendar) -> Calendar:
    """What a row says, to count with."""
    return Calendar(ZoneInfo(calendar.time_zone), spans_of(calendar.week), _Holidays(calendar))


def spans_of(week: dict[str, Any]) -> tuple[Span, ...]:
    """The spans of a checked week; a close at or before the opening is on the day after."""
    found = []
    for weekday, name in enumerate(WEEKDAYS):
        for opens_at, closes_at in week.get(name) or ():
            opens, closes = minutes_of(opens_at), minutes_of(closes_at)
            found.append(Span(weekday, opens, closes if closes > opens else closes + DAY_MINUTES))
    return tuple(found)


def minutes_of(time: str) -> int:
    """``"09:30"`` as minutes after midnight."""
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


class _Holidays:
    """The days of a calendar on which it is closed; a country's are looked up year by year."""

    def __init__(self, calendar: BusinessCalendar) -> None:
        self._own = {date.fromisoformat(each["date"]) for each in calendar.closed_days}
        self._country, self._region = calendar.country, calendar.region
        self._official: Container[date] | None = None

    def __contains__(self, day: object) -> bool:
        if day in self._own:
            return True
        if not self._country:
            return False
        if self._official is None:
            from automation.sla.holidays_of import official_holidays

            self._official = official_holidays(self._country, self._region)
        return day in self._official


_Stamp = tuple[Any, ...]
_kept: dict[uuid.UUID, tuple[_Stamp, Calendars]] = {}
_lock = threading.Lock()


def _read(organization: Organization) -> Calendars:
    stamp = _stamp_of(organization)
    with _lock:
        kept = _kept.get(organization.pk)
    if kept is not None and kept[0] == stamp:
        return kept[1]
    rows = list(BusinessCalendar.objects.filter(organization=organization))
    uses = CalendarUse.objects.filter(organization=organization)
    calendars = Calendars(
        organization.time_zone,
        {each.pk: calendar_from(each) for each in rows},
        {(each.kind, each.object_id): each.calendar_id for each in uses},
        next((each.pk for each in rows if each.is_default), None),
    )
    with _lock:
        _kept[organization.pk] = (stamp, calendars)
    return calendars


def _stamp_of(organization: Organization) -> _Stamp:
    """Differs whenever a calendar, or who keeps it, is another."""
    of = BusinessCalendar.objects.filter(organization=organization)
    uses = CalendarUse.objects.filter(organization=organization)
    row = of.aggregate(Count("pk"), Sum("version"), Max("updated_at"))
    used = uses.aggregate(Count("pk"), Max("pk"))
    return (organization.time_zone, *row.values(), *used.values())


def _id(what: Of) -> uuid.UUID:
    if isinstance(what, uuid.UUID):
        return what
    return uuid.UUID(what) if isinstance(what, str) else what.pk  # type: ignore[union-attr]
