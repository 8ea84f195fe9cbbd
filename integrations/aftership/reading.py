"""A tracking of AfterShip in our words. Pure: no network, no database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.models import ShipmentStatus
from integrations.commerce.normal_form import ScanData
from integrations.commerce.parcels import TrackData

Told = dict[str, Any]
_STATUS = {
    "Pending": ShipmentStatus.PENDING,
    "InfoReceived": ShipmentStatus.INFO_RECEIVED,
    "InTransit": ShipmentStatus.IN_TRANSIT,
    "OutForDelivery": ShipmentStatus.OUT_FOR_DELIVERY,
    "AttemptFail": ShipmentStatus.ATTEMPT_FAILED,
    "AvailableForPickup": ShipmentStatus.READY_FOR_PICKUP,
    "Delivered": ShipmentStatus.DELIVERED,
    "Exception": ShipmentStatus.EXCEPTION,
    "Expired": ShipmentStatus.EXCEPTION,
}
_RETURNED = {"Exception_010", "Exception_011"}
"""Subtags of parcels that go, or went, back to the sender."""
_TROUBLED = (
    ShipmentStatus.EXCEPTION,
    ShipmentStatus.ATTEMPT_FAILED,
)


def read_tracking(told: Any) -> TrackData:
    """The tracking; raises InvalidInput where it is not what the API describes."""
    try:
        return _tracking(told)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"This is no tracking of AfterShip: {error!r}"[:300]) from error


def _tracking(told: Told) -> TrackData:
    status = _status(str(told["tag"]), str(told.get("subtag") or ""))
    updated_at = _moment(told.get("updated_at"))
    if updated_at is None:
        raise ValueError("updated_at is missing")
    scans = tuple(_scan(each) for each in told.get("checkpoints") or [])
    message = str(told.get("subtag_message") or "")
    return TrackData(
        number=str(told["tracking_number"]),
        status=status,
        updated_at=updated_at,
        source="aftership",
        external_id=str(told.get("id") or ""),
        carrier=str(told.get("slug") or ""),
        tracking_url=str(told.get("courier_tracking_link") or ""),
        problem=message if status in _TROUBLED else "",
        shipped_at=_moment(told.get("shipment_pickup_date")),
        estimated_at=_expected(told),
        delivered_at=_moment(told.get("shipment_delivery_date"))
        or (scans[-1].at if scans and status == ShipmentStatus.DELIVERED else None),
        signed_by=str(told.get("signed_by") or ""),
        scans=scans,
    )


def _status(tag: str, subtag: str) -> str:
    if subtag in _RETURNED:
        return ShipmentStatus.RETURNED if subtag == "Exception_011" else ShipmentStatus.EXCEPTION
    return _STATUS[tag]


def _scan(told: Told) -> ScanData:
    at = _moment(told.get("checkpoint_time")) or _moment(told.get("created_at"))
    if at is None:
        raise ValueError("a checkpoint has no time")
    place = ", ".join(
        str(told[name]) for name in ("city", "state", "country_region_name") if told.get(name)
    )
    return ScanData(
        at=at,
        status=_status(str(told.get("tag") or "InTransit"), str(told.get("subtag") or "")),
        text=str(told.get("message") or told.get("subtag_message") or "")[:300],
        place=(str(told.get("location") or "") or place)[:200],
    )


def _expected(told: Told) -> datetime | None:
    """The carrier's own estimate, else AfterShip's; the latest moment of a span."""
    newest = told.get("latest_estimated_delivery") or {}
    courier = told.get("courier_estimated_delivery_date") or {}
    guessed = told.get("aftership_estimated_delivery_date") or {}
    for said in (
        newest.get("datetime_max") or newest.get("datetime"),
        courier.get("estimated_delivery_date_max") or courier.get("estimated_delivery_date"),
        guessed.get("estimated_delivery_date_max") or guessed.get("estimated_delivery_date"),
    ):
        if said:
            return _moment(said)
    return None


def _moment(said: Any) -> datetime | None:
    """ISO 8601; times without a zone are the carrier's local ones and are taken as UTC."""
    if not said:
        return None
    moment = datetime.fromisoformat(str(said))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
