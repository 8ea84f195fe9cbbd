"""Asking a tracking service for the parcels that somebody still waits for.

The one that was asked for longest ago comes first; a service that calls by itself is asked rarely.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol, TypeVar

import structlog
from django.db.models import DateTimeField, F, OuterRef, Q, Subquery

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, PermanentFailure
from integrations.commerce.actions import note_track
from integrations.commerce.connector import ParcelAsked, TracksParcels
from integrations.commerce.models import Fulfillment, Order, ParcelTrack, Store
from integrations.commerce.parcels import OVER, clean_number, note_asked, promise_of
from integrations.commerce.selectors import with_parts

OPEN_FOR = timedelta(days=90)
"""A parcel that is not there after this long is not asked for any more."""
AGAIN_AFTER = timedelta(hours=6)
AT_ONCE = 500

Told = TypeVar("Told")
log = structlog.get_logger()


class Paces(Protocol):
    """A worker's turn: it keeps the service's pace, and it ends."""

    @property
    def is_over(self) -> bool: ...

    def paced(self, call: Callable[[], Told]) -> Told: ...


def ask_for_open(store: Store, connector: TracksParcels, run: Paces) -> int:
    """Ask for each open parcel whose turn it is; returns how many were asked for."""
    count = 0
    for parcel in _open_parcels(store):
        if run.is_over:
            break
        asked = _asked(parcel)
        try:
            told = run.paced(lambda: connector.track(store, asked))  # noqa: B023 (at once)
            if told is not None:
                note_track(store.organization_id, told)
        except (PermanentFailure, InvalidInput) as problem:
            log.info("parcel.unknown", store_id=str(store.pk), reason=problem.message)
        note_asked(store.organization_id, asked.number, store.kind)
        count += 1
    return count


def _open_parcels(store: Store) -> list[Fulfillment]:
    """Open parcels, the one that was asked for longest ago first; each number once."""
    last = ParcelTrack.objects.filter(
        organization_id=store.organization_id, number=OuterRef("tracking_number")
    ).values("as_of")
    found = (
        Fulfillment.objects.filter(
            order__organization_id=store.organization_id,
            order__placed_at__gte=now() - OPEN_FOR,
        )
        .exclude(tracking_number="")
        .exclude(status__in=OVER)
        .annotate(asked_at=Subquery(last, output_field=DateTimeField()))
        .filter(Q(asked_at=None) | Q(asked_at__lte=now() - AGAIN_AFTER))
        .select_related("order")
        .order_by(F("asked_at").asc(nulls_first=True), "-order__placed_at", "pk")[:AT_ONCE]
    )
    return list({clean_number(each.tracking_number): each for each in found}.values())


def _asked(parcel: Fulfillment) -> ParcelAsked:
    order = with_parts(Order.objects.filter(pk=parcel.order_id)).get()
    return ParcelAsked(
        number=parcel.tracking_number,
        carrier=parcel.carrier,
        order_number=order.number,
        country_code=str(order.shipping_address.get("country_code") or ""),
        promised_at=promise_of(order),
    )
