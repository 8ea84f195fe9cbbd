"""Where parcels really are: what tracking services say, laid over what the platforms say.

Platforms often know no more than “shipped”. A tracking service knows each scan; its word stands in
the order's own parcels (``Fulfillment``), so that lists, macros, rules and the panel all say the
same, and it stays there when the platform tells the order anew.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from django.db.models.functions import Upper

from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import InvalidInput
from integrations.commerce.models import Fulfillment, Order, ParcelTrack, ShipmentStatus
from integrations.commerce.normal_form import ScanData

MAX_SCANS = 100
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
OVER = (ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED)


@dataclass(frozen=True)
class TrackData:
    """A parcel as a tracking service tells it at ``updated_at``; never a patch."""

    number: str
    status: str
    updated_at: datetime
    source: str
    external_id: str = ""
    carrier: str = ""
    tracking_url: str = ""
    problem: str = ""
    shipped_at: datetime | None = None
    estimated_at: datetime | None = None
    delivered_at: datetime | None = None
    signed_by: str = ""
    scans: tuple[ScanData, ...] = ()

    def digest(self) -> str:
        """A fingerprint of everything said."""
        return hashlib.sha256(json.dumps(asdict(self), default=str).encode()).hexdigest()


class Parcel(Protocol):
    """What a parcel's truth is laid over."""

    status: str
    problem: str
    carrier: str
    tracking_url: str
    shipped_at: datetime | None
    estimated_at: datetime | None
    delivered_at: datetime | None
    last_scan_at: datetime | None
    events: list[dict[str, Any]]


def clean_number(number: str) -> str:
    """The form tracking numbers are compared in."""
    return "".join(number.split()).upper()[:120]


def check_track(data: TrackData) -> None:
    """Raises InvalidInput naming what cannot be stored."""
    if not clean_number(data.number):
        raise InvalidInput.field("number", "A parcel needs its tracking number.")
    if data.status not in ShipmentStatus.values:
        raise InvalidInput.field("status", f"“{data.status}” is not one of our words.")
    if data.updated_at.tzinfo is None:
        raise InvalidInput.field("updated_at", "The time must say its time zone.")


def keep_track(organization_id: uuid.UUID, data: TrackData, *, as_of: datetime) -> bool:
    """Keep what was said, in the caller's unit of work; False where it is old news.

    May come twice and in any order: the newest word stays.
    """
    check_track(data)
    number, digest = clean_number(data.number), data.digest()
    track = _locked(organization_id, number, data)
    if track.source_digest == digest:
        ParcelTrack.objects.filter(pk=track.pk, as_of__lt=as_of).update(as_of=as_of)
        return False
    if (data.updated_at, digest) <= (track.source_updated_at, track.source_digest):
        return False
    fields = asdict(data)
    scans = sorted(data.scans, key=lambda each: each.at)[-MAX_SCANS:]
    fields |= {"number": number, "scans": [{**asdict(each), "at": iso(each.at)} for each in scans]}
    source_updated_at = fields.pop("updated_at")
    for name, value in fields.items():
        setattr(track, name, _cut(track, name, value))
    track.source_updated_at, track.source_digest, track.as_of = source_updated_at, digest, as_of
    track.save()
    return True


def note_asked(organization_id: uuid.UUID, number: str, source: str) -> None:
    """Remember that the parcel was asked for now, also where nothing is known of it."""
    clean = clean_number(number)
    known = ParcelTrack.objects.filter(organization_id=organization_id, number=clean)
    if not known.update(as_of=now()):
        empty = ParcelTrack(
            organization_id=organization_id, number=clean, source=source,
            status=ShipmentStatus.INFO_RECEIVED, source_updated_at=_NEVER, as_of=now(),
        )  # fmt: skip
        ParcelTrack.objects.bulk_create([empty], ignore_conflicts=True)


def _locked(organization_id: uuid.UUID, number: str, data: TrackData) -> ParcelTrack:
    found = ParcelTrack.objects.select_for_update(no_key=True).filter(
        organization_id=organization_id, number=number
    )
    track = found.first()
    if track is None:
        empty = ParcelTrack(
            organization_id=organization_id,
            number=number,
            source=data.source,
            status=data.status,
            source_updated_at=_NEVER,
            as_of=now(),
        )
        ParcelTrack.objects.bulk_create([empty], ignore_conflicts=True)
        track = found.get()
    return track


def _cut(track: ParcelTrack, name: str, value: Any) -> Any:
    most = getattr(track._meta.get_field(name), "max_length", None)
    return value[:most] if most and isinstance(value, str) else value


def tracks_of(organization_id: uuid.UUID, numbers: Iterable[str]) -> dict[str, ParcelTrack]:
    """What is known of these parcels, by clean number; one query, none for none."""
    wanted = {clean_number(each) for each in numbers} - {""}
    if not wanted:
        return {}
    found = ParcelTrack.objects.filter(organization_id=organization_id, number__in=wanted).exclude(
        source_digest=""
    )
    return {each.number: each for each in found}


def lay_over(parcel: Parcel, track: ParcelTrack) -> bool:
    """Let the parcel say what the tracking service says; returns whether anything changed.

    Where the platform knows a later scan, or that the parcel is over, the platform's word stays.
    """
    newest = track.scans[-1]["at"] if track.scans else None
    seen_at = datetime.fromisoformat(newest) if newest else None
    if parcel.last_scan_at is not None and (seen_at is None or parcel.last_scan_at > seen_at):
        return False
    if parcel.status in OVER and track.status not in OVER:
        return False
    before = _words(parcel)
    parcel.status, parcel.problem = track.status, track.problem
    parcel.carrier = parcel.carrier or track.carrier
    parcel.tracking_url = parcel.tracking_url or track.tracking_url
    parcel.shipped_at = track.shipped_at or parcel.shipped_at
    parcel.estimated_at = track.estimated_at or parcel.estimated_at
    parcel.delivered_at = track.delivered_at or parcel.delivered_at
    if track.scans:
        parcel.events, parcel.last_scan_at = track.scans, seen_at
    return _words(parcel) != before


def lay_tracks_over(organization_id: uuid.UUID, parcels: list[Fulfillment]) -> None:
    """Lay what is known over parcels that are about to be stored; one query at most."""
    tracks = tracks_of(organization_id, (each.tracking_number for each in parcels))
    for each in parcels:
        track = tracks.get(clean_number(each.tracking_number))
        if track is not None:
            lay_over(each, track)


def _words(parcel: Parcel) -> tuple[Any, ...]:
    return (
        parcel.status, parcel.problem, parcel.carrier, parcel.tracking_url, parcel.shipped_at,
        parcel.estimated_at, parcel.delivered_at, parcel.events,
    )  # fmt: skip


def parcels_with(organization_id: uuid.UUID, number: str) -> list[Fulfillment]:
    """The parcels of orders that bear this number, locked with their orders until commit."""
    clean = clean_number(number)
    ids = list(
        Fulfillment.objects.alias(upper=Upper("tracking_number"))
        .filter(order__organization_id=organization_id, upper__in={number.upper(), clean.upper()})
        .exclude(tracking_number="")
        .values_list("order_id", flat=True)
    )
    list(Order.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
    return list(
        Fulfillment.objects.filter(order_id__in=ids, tracking_number__in={number, clean})
        .select_related("order")
        .order_by("order_id", "position")
    )


# --- What it means --------------------------------------------------------------------------------

LATE_AFTER = timedelta(hours=12)
"""A promised day is over when this much of the next one is gone."""
JUST_DELIVERED = timedelta(days=7)
"""“It says delivered, but I have nothing” is believed of a parcel delivered not longer ago."""


def promise_of(order: Order) -> datetime | None:
    """When the customer may expect the last parcel: what the store promised, else the carrier."""
    estimates = [each.estimated_at for each in order.fulfillments.all() if each.estimated_at]
    return order.promised_at or (max(estimates) if estimates else None)


def is_late(order: Order, at: datetime) -> bool:
    """A promise that was missed: the day is over and not everything is there."""
    promised = promise_of(order)
    if promised is None or order.cancelled_at is not None:
        return False
    parcels = list(order.fulfillments.all())
    is_there = bool(parcels) and all(each.status in OVER for each in parcels)
    return not is_there and at > promised + LATE_AFTER


def conflict_in(order: Order) -> str:
    """What does not fit together in what we know, as a code; empty where all does.

    An answer that relies on it would be wrong one way or the other: a person must look.
    """
    parcels = list(order.fulfillments.all())
    moving = [
        each
        for each in parcels
        if each.status not in (ShipmentStatus.PENDING, ShipmentStatus.INFO_RECEIVED)
    ]
    if order.cancelled_at is not None and any(each.status not in OVER for each in moving):
        return "cancelled_but_moving"
    if order.fulfillment_status == "unfulfilled" and moving:
        return "unfulfilled_but_moving"
    if any(each.status == ShipmentStatus.DELIVERED and each.delivered_at and each.shipped_at
           and each.delivered_at < each.shipped_at for each in parcels):  # fmt: skip
        return "delivered_before_shipped"
    return ""
