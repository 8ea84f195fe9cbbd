"""The days a report is about: whole ones, of the organization's own time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from helpdesk.accounts.models import Organization
from helpdesk.lib.errors import InvalidInput

MAX_DAYS = 366


@dataclass(frozen=True)
class Period:
    """Whole days, both ends included, in one time zone."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.first, time(), self.zone)

    @property
    def end(self) -> datetime:
        """The moment after the last day."""
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def before(self) -> Period:
        """As many days, right before this period."""
        length = timedelta(days=len(self.days))
        return Period(self.first - length, self.last - length, self.zone)


def period_of(first: str, last: str, organization: Organization) -> Period:
    """The period between two ISO dates; raises InvalidInput naming ``from`` or ``to``."""
    begin, end = _date("from", first), _date("to", last)
    if end < begin:
        raise InvalidInput.field("to", "The end lies before the beginning.")
    if (end - begin).days >= MAX_DAYS:
        raise InvalidInput.field("to", f"A report covers at most {MAX_DAYS} days.")
    return Period(begin, end, ZoneInfo(organization.time_zone))


def _date(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput.field(name, "Write a date like 2026-11-21.") from error
