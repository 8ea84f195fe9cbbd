"""An order as it stood at an earlier moment, from the dates that it carries itself.

What has no date (tags, notes, a hold) stays as it is now.
"""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from integrations.commerce.models import (
    FinancialStatus,
    Fulfillment,
    FulfillmentStatus,
    Order,
    ReturnStatus,
    ShipmentStatus,
)

_GIVEN_BACK = (FinancialStatus.REFUNDED, FinancialStatus.PARTIALLY_REFUNDED)


def rewind(order: Order, at: datetime) -> Order | None:
    """A copy of the order (with prefetched parts) as it stood then; None before it was placed."""
    if order.placed_at > at:
        return None
    then = copy.copy(order)
    parts: dict[str, Any] = dict(getattr(order, "_prefetched_objects_cache", {}))
    sent = [_parcel_then(each, at) for each in order.fulfillments.all() if _was_sent(each, at)]
    returns = [each for each in order.returns.all() if _is_before(each.requested_at, at)]
    refunds = [each for each in order.refunds.all() if each.refunded_at <= at]
    then.fulfillment_status = _fulfillment_then(order, len(sent), at)
    if not returns and order.returns.all():
        then.return_status = ReturnStatus.NONE
    if order.financial_status in _GIVEN_BACK and len(refunds) < len(order.refunds.all()):
        is_any = FinancialStatus.PARTIALLY_REFUNDED if refunds else FinancialStatus.PAID
        then.financial_status = is_any
    for name in ("cancelled_at", "packed_at", "pick_at"):
        if not _is_before(getattr(order, name), at):
            setattr(then, name, None)
    if then.cancelled_at is None and order.financial_status == FinancialStatus.VOIDED:
        then.financial_status = FinancialStatus.AUTHORIZED
    then._prefetched_objects_cache = {  # type: ignore[attr-defined]
        **parts,
        "fulfillments": _listed(order.fulfillments.all(), sent),
        "returns": _listed(order.returns.all(), returns),
        "refunds": _listed(order.refunds.all(), refunds),
    }
    return then


def _listed(queryset: Any, rows: list[Any]) -> Any:
    """A query set that has these rows and asks nobody."""
    listed = queryset.all()
    listed._result_cache, listed._prefetch_done = rows, True
    return listed


def _is_before(moment: datetime | None, at: datetime) -> bool:
    """Something without a date is taken to have been so already."""
    return moment is None or moment <= at


def _was_sent(parcel: Fulfillment, at: datetime) -> bool:
    return _is_before(parcel.shipped_at, at)


def _fulfillment_then(order: Order, sent: int, at: datetime) -> str:
    parcels = len(order.fulfillments.all())
    if sent == parcels or not parcels:
        return order.fulfillment_status
    return FulfillmentStatus.PARTIAL if sent else FulfillmentStatus.UNFULFILLED


def _parcel_then(parcel: Fulfillment, at: datetime) -> Fulfillment:
    """The parcel by its last scan before that moment."""
    scans = [each for each in parcel.events if _scanned_at(each) is not None]
    known = [each for each in scans if _is_before(_scanned_at(each), at)]
    is_changed = len(known) < len(scans) or not _is_before(parcel.delivered_at, at)
    if not is_changed:
        return parcel
    then = copy.copy(parcel)
    then.events = known
    then.status = known[-1].get("status") or ShipmentStatus.IN_TRANSIT if known else "in_transit"
    then.last_scan_at = _scanned_at(known[-1]) if known else None
    if not _is_before(parcel.delivered_at, at):
        then.delivered_at = None
        if then.status == ShipmentStatus.DELIVERED:
            then.status = ShipmentStatus.IN_TRANSIT
    then.problem = parcel.problem if then.status == parcel.status else ""
    return then


def _scanned_at(scan: dict[str, Any]) -> datetime | None:
    said = scan.get("at")
    return datetime.fromisoformat(said) if isinstance(said, str) else None
