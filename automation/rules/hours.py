"""Business hours in conditions: whether the ticket's own are on, and which calendars are open.

A ticket's hours are those of its channel, else its team, else the shop's. Without any calendar
the shop is open around the clock, and nothing is a holiday.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any

from automation.sla.business_hours import Calendar
from automation.sla.calendars import Calendars, calendars_of
from automation.sla.models import BusinessCalendar
from helpdesk.accounts.models import Organization
from helpdesk.events.outbox import current_unit
from tickets.fields import Field
from tickets.models import Ticket

_FIELDS = [
    Field("hours.is_open", "Within the ticket’s business hours", "flag"),
    Field("hours.is_holiday", "Holiday in the ticket’s business hours", "flag"),
    Field("hours.open", "Business hours that are on", "set"),
]
HOURS_FIELDS: dict[str, Field] = {each.name: each for each in _FIELDS}


class OpeningHours:
    """The calendars of an organization, read when first asked for."""

    def __init__(self, organization_id: uuid.UUID) -> None:
        self._organization_id = organization_id

    @cached_property
    def _calendars(self) -> Calendars:
        return calendars_of(Organization.objects.get(pk=self._organization_id))

    @cached_property
    def _names(self) -> dict[uuid.UUID, str]:
        return calendar_names(self._organization_id)

    def read(self, name: str, ticket: Ticket, at: datetime) -> Any:
        """The value of one of HOURS_FIELDS; raises KeyError."""
        return _READ[name](self, ticket, at)

    def of_ticket(self, ticket: Ticket) -> Calendar:
        """The calendar that holds for the ticket."""
        found = self._calendars.id_for(channel=ticket.channel_id, team=ticket.team_id)
        return self._calendars.get(found)

    def open_at(self, at: datetime) -> list[str]:
        """The names of the calendars that are open then."""
        by_id = self._calendars.by_id
        return sorted(
            name for pk, name in self._names.items() if pk in by_id and by_id[pk].is_open(at)
        )


def opening_hours(organization_id: uuid.UUID) -> OpeningHours:
    """Read once per unit of work, however many rules ask."""
    unit = current_unit()
    if unit is None:
        return OpeningHours(organization_id)
    found: OpeningHours = unit.kept.setdefault(
        (OpeningHours, organization_id), OpeningHours(organization_id)
    )
    return found


def calendar_names(organization_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """What the calendars are called."""
    found = BusinessCalendar.objects.filter(organization_id=organization_id)
    return dict(found.values_list("pk", "name"))


def _is_holiday(hours: OpeningHours, ticket: Ticket, at: datetime) -> bool:
    calendar = hours.of_ticket(ticket)
    return at.astimezone(calendar.zone).date() in calendar.holidays


_READ: dict[str, Callable[[OpeningHours, Ticket, datetime], Any]] = {
    "hours.is_open": lambda hours, ticket, at: hours.of_ticket(ticket).is_open(at),
    "hours.is_holiday": _is_holiday,
    "hours.open": lambda hours, ticket, at: hours.open_at(at),
}
