"""Counts everything afresh: after an upgrade, a restored backup or changed hours of business."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from django.db import transaction

from automation.reports.counting import count_tickets
from automation.reports.subscriber import NAME
from helpdesk.events.dispatch import create_cursors
from helpdesk.events.models import SubscriberCursor
from tickets.models import Ticket

BATCH = 200


def rebuild(organization_id: uuid.UUID) -> int:
    """Make every row of the organization anew; returns how many tickets were looked at.

    Batch by batch, each with the subscriber's cursor locked, so that what happens meanwhile is
    never overwritten by what was true before. A rebuild that was killed is simply run again.
    """
    create_cursors(organization_id)
    return sum(_recount(organization_id, each) for each in _batches(organization_id))


def _batches(organization_id: uuid.UUID) -> Iterator[list[uuid.UUID]]:
    """The ids of every ticket, in their order."""
    tickets = Ticket.objects.filter(organization_id=organization_id).order_by("pk")
    after = uuid.UUID(int=0)
    while ids := list(tickets.filter(pk__gt=after).values_list("pk", flat=True)[:BATCH]):
        yield ids
        after = ids[-1]


def _recount(organization_id: uuid.UUID, ids: list[uuid.UUID]) -> int:
    with transaction.atomic():
        SubscriberCursor.objects.select_for_update(no_key=True).get(
            organization_id=organization_id, subscriber=NAME
        )
        count_tickets(ids)
    return len(ids)
