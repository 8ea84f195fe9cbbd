"""Time that counts only while the shop is open."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime

from automation.sla.calendars import calendars_of
from helpdesk.accounts.models import Organization
from tickets.models import Ticket

OpenTime = Callable[[datetime, datetime], float]


def open_time_of(
    organization_ids: Iterable[uuid.UUID],
) -> Callable[[Ticket, uuid.UUID | None], OpenTime]:
    """By ticket and store: the seconds of business between two moments, by the hours that hold
    for its channel, else its team, else the store; all hours where none are set."""
    kept = {
        each.pk: calendars_of(each)
        for each in Organization.objects.filter(pk__in=set(organization_ids))
    }

    def of(ticket: Ticket, store_id: uuid.UUID | None) -> OpenTime:
        known = kept[ticket.organization_id]
        wanted = known.id_for(channel=ticket.channel_id, team=ticket.team_id, store=store_id)
        return known.get(wanted).between

    return of
