"""Who changed service levels, hours and surveys is on record, with what was before and after."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


def on_record() -> list[tuple[str, str, str, bool, dict[str, Any]]]:
    """The actor, kind, name, whether it is gone, and the change of every entry."""
    return [
        (each.actor["name"], said["kind"], said["name"], said["is_deleted"], said["change"])
        for each in Event.objects.filter(type="setting.updated").order_by("seq")
        for said in [each.payload]
    ]


def test_a_policy_leaves_who_made_changed_and_deleted_it(ada, api_as):
    client = api_as(ada)
    made = client.post("/api/v1/sla/policies", {"name": "Gold", "first_reply": 3600}).json()
    address = f"/api/v1/sla/policies/{made['id']}"
    client.patch(address, {"first_reply": 7200})
    client.patch(address, {"first_reply": 7200})
    client.delete(address)

    first, second, third = on_record()
    assert first[:4] == (ada.name, "sla_policy", "Gold", False)
    assert first[4]["first_reply"] == [None, 3600]
    assert second == (ada.name, "sla_policy", "Gold", False, {"first_reply": [3600, 7200]})
    assert third[3:] == (True, third[4])
    assert third[4]["first_reply"] == [7200, None]


def test_hours_and_surveys_leave_it_too_and_what_is_refused_leaves_nothing(ada, api_as):
    client = api_as(ada)
    office = {"name": "Office", "week": {"mon": [["09:00", "17:00"]]}}
    made = client.post("/api/v1/calendars", office).json()
    address = f"/api/v1/calendars/{made['id']}"
    client.patch(address, {"week": {"mon": [["08:00", "17:00"]]}})
    assert client.patch(address, {"time_zone": "Moon"}).status_code == 422
    client.patch("/api/v1/settings/surveys", {"accent": "#aa0000", "pause_days": 7})

    _, hours, surveys = on_record()
    week = [{"mon": [["09:00", "17:00"]]}, {"mon": [["08:00", "17:00"]]}]
    assert hours == (ada.name, "calendar", "Office", False, {"week": week})
    change = {"accent": ["", "#aa0000"], "pause_days": [14, 7]}
    assert surveys == (ada.name, "surveys", "", False, change)
