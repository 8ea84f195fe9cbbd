"""Business hours in conditions: at the moment that is judged, whenever that is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from automation.rules.conditions import evaluate
from automation.rules.fields import check_conditions, rule_fields_of
from automation.rules.snapshot import Snapshot
from automation.sla.models import BusinessCalendar
from helpdesk.lib.errors import InvalidInput
from tests.factories import make_channel, make_customer
from tickets.models import Ticket

OPEN = {"field": "hours.is_open", "operator": "is", "value": True}
HOLIDAY = {"field": "hours.is_holiday", "operator": "is", "value": True}
LATE = {"field": "hours.open", "operator": "contains_any_of", "value": ["Late team"]}
MONDAY, WINTER_EVENING = (
    datetime(2026, 7, 6, 7, 30, tzinfo=UTC),
    datetime(2026, 12, 7, 18, tzinfo=UTC),
)
CHRISTMAS = datetime(2026, 12, 25, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_conditions_ask_for_the_tickets_hours_and_for_calendars_by_name(organization):
    channel = make_channel(organization)
    ticket = Ticket(
        organization=organization, channel=channel, customer=make_customer(organization)
    )

    def holds(tree: dict[str, object], at: datetime) -> bool:
        return evaluate(tree, Snapshot(ticket, None, at=at), {}, at=at).is_match

    assert holds(OPEN, CHRISTMAS)
    assert not holds(HOLIDAY, CHRISTMAS)
    weekdays = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    shop = {"organization": organization, "time_zone": "Europe/Berlin"}
    BusinessCalendar.objects.create(
        **shop, name="Shop", week=weekdays, is_default=True,
        closed_days=[{"date": "2026-12-25", "name": "Christmas", "source": "own"}],
    )  # fmt: skip
    BusinessCalendar.objects.create(**shop, name="Late team", week={"mon": [["18:00", "23:00"]]})

    assert holds(OPEN, MONDAY), "9:30 in Berlin, in summer"
    assert not holds(LATE, MONDAY)
    assert not holds(OPEN, WINTER_EVENING)
    assert holds(LATE, WINTER_EVENING), "19:00 in Berlin, in winter"
    assert not holds(OPEN, CHRISTMAS)
    assert holds(HOLIDAY, CHRISTMAS)
    assert rule_fields_of(organization.pk)["hours.open"].choices == ("Late team", "Shop")
    check_conditions({"all": [OPEN, LATE]}, organization_id=organization.pk)
    with pytest.raises(InvalidInput) as caught:
        check_conditions({**LATE, "value": ["Night"]}, organization_id=organization.pk)
    assert caught.value.errors[0].path == "conditions.value"
