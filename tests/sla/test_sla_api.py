"""Policies and calendars by the API; what is wrong is refused by its name."""

from __future__ import annotations

import pytest

from automation.sla.ical import days_of
from helpdesk.lib.errors import InvalidInput

FILE = """BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261224
DTEND;VALUE=DATE:20261227
SUMMARY:Winter\\, closed
 \x20days
END:VEVENT
BEGIN:VEVENT
DTSTART:20261201T100000Z
SUMMARY:A meeting
END:VEVENT
END:VCALENDAR
"""


def test_a_calendar_file_gives_its_whole_days_and_counts_the_rest():
    days, left_out = days_of(FILE)
    assert [each["date"] for each in days] == ["2026-12-24", "2026-12-25", "2026-12-26"]
    assert (days[0]["name"], left_out) == ("Winter, closed days", 1)
    with pytest.raises(InvalidInput):
        days_of("hello")


@pytest.mark.django_db(transaction=True)
def test_an_admin_makes_hours_and_a_policy_that_counts_in_them(ada, api_as):
    client = api_as(ada)
    week = {"mon": [["09:00", "23:59"]], "fri": [["22:00", "06:00"]]}
    made = client.post("/api/v1/calendars", {"name": "Office", "week": week, "country": "DE"})
    assert made.status_code == 201, made.json()
    office = made.json()
    assert (office["is_default"], office["week"]["mon"]) == (True, [["09:00", "24:00"]])
    assert any(each["date"].endswith("-12-25") for each in office["holidays"])

    values = {"name": "VIP", "first_reply": 3600, "hours": "calendar", "calendar": office["id"]}
    policy = client.post("/api/v1/sla/policies", values).json()
    assert (policy["calendar"], policy["first_reply"]) == (office["id"], 3600)
    assert client.delete(f"/api/v1/calendars/{office['id']}").json()["code"] == "in_use"
    address = f"/api/v1/sla/policies/{policy['id']}"
    changed = client.patch(address, {"warnings": [{"percent": 75}], "is_active": False}).json()
    assert (changed["warnings"], changed["is_active"]) == ([{"percent": 75}], False)
    assert client.delete(address).status_code == 204
    assert client.delete(f"/api/v1/calendars/{office['id']}").status_code == 204


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"first_reply": 59}, "first_reply"),
        ({"resolution": 14 * 86400 + 1}, "resolution"),
        ({}, "first_reply"),
        ({"first_reply": 60, "hours": "calendar"}, "calendar"),
        ({"first_reply": 60, "warnings": [{"percent": 100}]}, "warnings.0"),
        ({"first_reply": 7200, "resolution": 3600}, "resolution"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(ada, api_as, wrong, field):
    answer = api_as(ada).post("/api/v1/sla/policies", {"name": "Gold", **wrong})
    assert answer.status_code == 422
    assert [each["path"] for each in answer.json()["errors"]] == [field]
