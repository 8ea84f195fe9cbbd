"""A tracker of EasyPost in our words. Pure: no network, no database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.models import ShipmentStatus
from integrations.commerce.normal_form import ScanData
from integrations.commerce.parcels import TrackData

Told = dict[str, Any]
_STATUS = {
    "unknown": ShipmentStatus.PENDING,
    "pre_transit": ShipmentStatus.INFO_RECEIVED,
    "in_transit": ShipmentStatus.IN_TRANSIT,
    "out_for_delivery": ShipmentStatus.OUT_FOR_DELIVERY,
    "available_for_pickup": ShipmentStatus.READY_FOR_PICKUP,
    "delivered": ShipmentStatus.DELIVERED,
    "return_to_sender": ShipmentStatus.EXCEPTION,
    "failure": ShipmentStatus.EXCEPTION,
    "cancelled": ShipmentStatus.EXCEPTION,
    "error": ShipmentStatus.EXCEPTION,
}
_TROUBLE = {
    "return_to_sender": "Goes back to the sender",
    "failure": "Delivery failed",
    "cancelled": "The shipment was cancelled",
    "error": "The carrier reports an error",
}
_ATTEMPTED = {"attempted_delivery", "delivery_attempted"}
_RETURNED = {"returned", "return_delivered"}


def read_tracker(told: Any) -> TrackData:
    """The tracker; raises InvalidInput where it is not what the API describes."""
    try:
        return _tracker(told)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"This is no tracker of EasyPost: {error!r}"[:300]) from error


def _tracker(told: Told) -> TrackData:
    details = told.get("tracking_details") or []
    scans = tuple(sorted((_scan(each) for each in details), key=lambda each: each.at))
    status = _status(str(told["status"]), str(told.get("status_detail") or ""))
    newest = scans[-1].text if scans else ""
    problem = _TROUBLE.get(str(told["status"]), "") or (
        newest if status == ShipmentStatus.ATTEMPT_FAILED else ""
    )
    moving = [each.at for each in scans if each.status not in (
        ShipmentStatus.PENDING, ShipmentStatus.INFO_RECEIVED)]  # fmt: skip
    there = [each.at for each in scans if each.status == ShipmentStatus.DELIVERED]
    return TrackData(
        number=str(told["tracking_code"]),
        status=status,
        updated_at=_needed(told["updated_at"]),
        source="easypost",
        external_id=str(told.get("id") or ""),
        carrier=str(told.get("carrier") or ""),
        tracking_url=str(told.get("public_url") or ""),
        problem=problem[:200],
        shipped_at=moving[0] if moving else None,
        estimated_at=_moment(told.get("est_delivery_date")),
        delivered_at=(there[-1] if there else None) if status == ShipmentStatus.DELIVERED else None,
        signed_by=str(told.get("signed_by") or ""),
        scans=scans,
    )


def _status(status: str, detail: str) -> str:
    if status == "return_to_sender" and detail in _RETURNED:
        return ShipmentStatus.RETURNED
    if detail in _ATTEMPTED and status != "delivered":
        return ShipmentStatus.ATTEMPT_FAILED
    return _STATUS[status]


def _scan(told: Told) -> ScanData:
    place = told.get("tracking_location") or {}
    return ScanData(
        at=_needed(told["datetime"]),
        status=_status(str(told.get("status") or "unknown"), str(told.get("status_detail") or "")),
        text=str(told.get("description") or told.get("message") or "")[:300],
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
