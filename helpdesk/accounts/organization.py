"""Every write to the shop itself: its name, and the settings that hold for everybody."""

from __future__ import annotations

import uuid
import zoneinfo
from typing import Any

from helpdesk.accounts.models import Organization
from helpdesk.accounts.records import organization_record
from helpdesk.events.outbox import Change, record, unit_of_work
from helpdesk.lib.errors import InvalidInput

EDITABLE = (
    "name",
    "language",
    "time_zone",
    "undo_send_seconds",
    "reopen_within_days",
    "csat_is_enabled",
    "csat_delay_seconds",
    "csat_pause_days",
    "joins_automatically",
    "join_within_hours",
    "order_data_max_age_hours",
)


def change_organization(organization_id: uuid.UUID, values: dict[str, Any]) -> Organization:
    """Change any of EDITABLE; nothing changed says nothing. Raises InvalidInput naming the field."""
    zone = values.get("time_zone")
    if zone is not None and zone not in zoneinfo.available_timezones():
        raise InvalidInput.field("time_zone", "This is not the name of a time zone.")
    with unit_of_work():
        organization = Organization.objects.select_for_update().get(pk=organization_id)
        change: Change = {}
        for name in EDITABLE:
            if name in values and values[name] != getattr(organization, name):
                change[name] = (getattr(organization, name), values[name])
                setattr(organization, name, values[name])
        if change:
            organization.save(update_fields=list(change))
            record(
                "organization.updated",
                organization_id=organization.pk,
                object_type="organization",
                object_id=organization.pk,
                payload=lambda: {
                    "organization": organization_record(organization),
                    "change": change,
                },
            )
    return organization
