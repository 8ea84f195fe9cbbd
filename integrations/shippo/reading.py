"""A track of Shippo in our words. Pure: no network, no database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.models import ShipmentStatus
from integrations.commerce.normal_form import ScanData
from integrations.commerce.parcels import TrackData

Told = dict[str, Any]
_STATUS = {
    "UNKNOWN": ShipmentStatus.PENDING,
    "PRE_TRANSIT": ShipmentStatus.INFO_RECEIVED,
    "TRANSIT": ShipmentStatus.IN_TRANSIT,
    "DELIVERED": ShipmentStatus.DELIVERED,
    "RETURNED": ShipmentStatus.RETURNED,
    "FAILURE": ShipmentStatus.EXCEPTION,
}
_CLOSER = {
    "out_for_delivery": ShipmentStatus.OUT_FOR_DELIVERY,
    "delivery_attempted": ShipmentStatus.ATTEMPT_FAILED,
    "pickup_available": ShipmentStatus.READY_FOR_PICKUP,
    "return_to_sender": ShipmentStatus.EXCEPTION,
}
"""What a substatus says more than its status."""
_TROUBLED = (ShipmentStatus.EXCEPTION, ShipmentStatus.ATTEMPT_FAILED)


def read_track(told: Any) -> TrackData | None:
    """The track, or None where Shippo knows nothing of the number yet.

    Raises InvalidInput where it is not what the API describes.
    """
    try:
        return _track(told)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"This is no track of Shippo: {error!r}"[:300]) from error


def _track(told: Told) -> TrackData | None:
    number, newest = str(told["tracking_number"]), told.get("tracking_status")
    if not newest:
        return None
    history = [each for each in told.get("tracking_history") or [] if each.get("status_date")]
    scans = tuple(sorted((_scan(each) for each in history), key=lambda each: each.at))
    status = _status(newest)
    moving = [each.at for each in scans if each.status not in (
        ShipmentStatus.PENDING, ShipmentStatus.INFO_RECEIVED)]  # fmt: skip
    at = _moment(newest.get("status_date"))
    return TrackData(
        number=number,
        status=status,
        updated_at=_moment(newest.get("object_updated")) or _needed(newest.get("status_date")),
        source="shippo",
        external_id=str(newest.get("object_id") or ""),
        carrier=str(told.get("carrier") or ""),
        problem=str(newest.get("status_details") or "")[:200] if status in _TROUBLED else "",
        shipped_at=moving[0] if moving else None,
        estimated_at=_moment(told.get("eta")),
        delivered_at=at if status == ShipmentStatus.DELIVERED else None,
        scans=scans,
    )


def _status(told: Told) -> str:
    sub = str((told.get("substatus") or {}).get("code") or "").lower()
    status = str(told["status"])
    if sub in _CLOSER and status not in ("DELIVERED", "RETURNED"):
        return _CLOSER[sub]
    return _STATUS[status]


def _scan(told: Told) -> ScanData:
    place = told.get("location") or {}
    return ScanData(
        at=_needed(told["status_date"]),
        status=_status(told),
        text=str(told.get("status_details") or "")[:300],
        place=", ".join(
            str(place[name]) for name in ("city", "state", "country") if place.get(name)
        )[:200],
    )


def _needed(said: Any) -> datetime:
    moment = _moment(said)
    if moment is None:
        raise ValueError("a time is missing")
    return moment


def _moment(said: Any) -> datetime | None:
    if not said:
        return None
    moment = datetime.fromisoformat(str(said))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
