"""Which calendar holds where, and the holidays it knows."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from automation.models import BusinessCalendar, CalendarUse
from automation.sla.calendars import calendar_of
from automation.sla.holidays_of import holidays_in, known_regions, official_holidays
from helpdesk.lib.ids import new_id
from tests.factories import make_channel

WEEK = {"mon": [["09:00", "17:00"]], "fri": [["22:00", "06:00"]], "sun": [["00:00", "24:00"]]}
MONDAY_TEN = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_a_channel_keeps_its_own_hours_then_its_team_s_then_the_shop_s(organization):
    """G15.1"""
    channel, team_id = make_channel(organization), new_id()
    assert calendar_of(organization, channel=channel).is_open(MONDAY_TEN)

    never = BusinessCalendar.objects.create(
        organization=organization, name="Never", time_zone="UTC", week={}, is_default=True
    )
    assert not calendar_of(organization, channel=channel).is_open(MONDAY_TEN)
    office = BusinessCalendar.objects.create(
        organization=organization, name="Office", time_zone="Asia/Tokyo", week=WEEK
    )
    CalendarUse.objects.create(
        organization=organization, calendar=office, kind="team", object_id=team_id
    )
    kept = calendar_of(organization, channel=channel, team=str(team_id))
    assert kept.next_open(MONDAY_TEN) == datetime(2026, 11, 27, 13, 0, tzinfo=UTC)
    assert kept.next_change(datetime(2026, 11, 28, tzinfo=UTC)) == datetime(
        2026, 11, 28, 15, 0, tzinfo=UTC
    )
    CalendarUse.objects.create(
        organization=organization, calendar=never, kind="channel", object_id=channel.pk
    )
    both = calendar_of(organization, channel=channel.pk, team=team_id)
    assert both.next_open(MONDAY_TEN) is None


@pytest.mark.django_db
def test_a_calendar_that_changed_is_read_anew_and_its_holidays_count(organization):
    """G15.1"""
    row = BusinessCalendar.objects.create(
        organization=organization, name="Shop", time_zone="UTC", week=WEEK, is_default=True
    )
    assert calendar_of(organization).is_open(MONDAY_TEN)
    row.closed_days = [{"date": "2026-11-23", "name": "Stocktaking", "source": "own"}]
    row.version += 1
    row.save()
    assert not calendar_of(organization).is_open(MONDAY_TEN)
    row.closed_days, row.country, row.region = [], "DE", "BY"
    row.version += 1
    row.save()
    kept = calendar_of(organization)
    assert kept.is_open(MONDAY_TEN)
    assert not kept.is_open(datetime(2027, 3, 29, 10, 0, tzinfo=UTC))  # Easter Monday


def test_holidays_are_known_by_country_region_and_language():
    assert date(2027, 1, 6) in official_holidays("DE", "BY")
    assert date(2027, 1, 6) not in official_holidays("DE")
    assert "BY" in known_regions()["DE"]
    assert dict(holidays_in("DE", "BY", 2027, language="de"))[date(2027, 1, 6)] == (
        "Heilige Drei Könige"
    )
