"""The shop's own settings over HTTP: who may change them, what is refused, who hears of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.accounts.models import Organization, User
from helpdesk.events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[..., Any]
CHANGES = {
    "name": "Linden & Loom Berlin",
    "language": "de",
    "time_zone": "Europe/Berlin",
    "undo_send_seconds": 20,
    "reopen_within_days": 30,
    "csat_is_enabled": False,
    "csat_delay_seconds": 3600,
    "csat_pause_days": 7,
    "joins_automatically": True,
    "join_within_hours": 48,
    "order_data_max_age_hours": 6,
}


def told() -> list[Event]:
    return list(Event.objects.filter(type="organization.updated"))


def test_an_admin_changes_everything_once_and_everybody_hears_of_it(api_as: Api, ada: User):
    client = api_as(ada)
    changed = client.patch("/api/v1/organization", CHANGES)
    assert changed.status_code == 200
    record = changed.json()
    assert record["settings"] | {"name": record["name"]} == CHANGES
    (event,) = told()
    assert event.payload["organization"] == record
    assert event.payload["change"]["reopen_within_days"] == [14, 30]
    assert client.get("/api/v1/bootstrap").json()["organization"] == record
    assert client.patch("/api/v1/organization", CHANGES).status_code == 200
    assert len(told()) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"language": "tlh"}, "language"),
        ({"undo_send_seconds": 7}, "undo_send_seconds"),
        ({"reopen_within_days": -1}, "reopen_within_days"),
        ({"join_within_hours": 0}, "join_within_hours"),
        ({"order_data_max_age_hours": 0}, "order_data_max_age_hours"),
        ({"name": " "}, "name"),
        ({"slug": "other"}, "slug"),
    ],
)
def test_what_makes_no_sense_is_named_and_nothing_changes(
    api_as: Api, ada: User, change: dict[str, Any], field: str
):
    before = Organization.objects.filter(pk=ada.organization_id).values().get()
    answer = api_as(ada).patch("/api/v1/organization", {"csat_pause_days": 3, **change})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == field
    assert Organization.objects.filter(pk=ada.organization_id).values().get() == before
    assert told() == []


def test_other_shops_keep_theirs(api_as: Api, ada: User, dee: User):
    before = Organization.objects.filter(pk=dee.organization_id).values().get()
    api_as(ada).patch("/api/v1/organization", CHANGES)
    assert Organization.objects.filter(pk=dee.organization_id).values().get() == before
