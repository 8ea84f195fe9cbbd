"""One word for where an order stands, from its money, its parcels and the time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models

from integrations.commerce.models import (
    FinancialStatus,
    Fulfillment,
    FulfillmentStatus,
    Order,
    ReturnStatus,
    ShipmentStatus,
)

STALLED_AFTER = timedelta(days=4)
"""A parcel on its way without a scan for this long is shown as stalled."""


class OrderState(models.TextChoices):
    """What an agent would answer to "where is it?"."""

    PAYMENT_PENDING = "payment_pending", "Payment pending"
    UNFULFILLED = "unfulfilled", "Unfulfilled"
    PICKING = "picking", "Picking"
    PACKED = "packed", "Packed"
    PARTIALLY_SHIPPED = "partially_shipped", "Partially shipped"
    SHIPPED = "shipped", "Shipped"
    IN_TRANSIT = "in_transit", "In transit"
    OUT_FOR_DELIVERY = "out_for_delivery", "Out for delivery"
    READY_FOR_PICKUP = "ready_for_pickup", "Ready for pickup"
    STALLED = "stalled", "Stalled"
    EXCEPTION = "exception", "Delivery problem"
    DELIVERED = "delivered", "Delivered"
    RETURN_REQUESTED = "return_requested", "Return requested"
    RETURNED = "returned", "Returned"
    REFUNDED = "refunded", "Refunded"
    CANCELLED = "cancelled", "Cancelled"


_OF_PARCEL = {
    ShipmentStatus.PENDING: OrderState.SHIPPED,
    ShipmentStatus.INFO_RECEIVED: OrderState.SHIPPED,
    ShipmentStatus.OUT_FOR_DELIVERY: OrderState.OUT_FOR_DELIVERY,
    ShipmentStatus.READY_FOR_PICKUP: OrderState.READY_FOR_PICKUP,
    ShipmentStatus.ATTEMPT_FAILED: OrderState.EXCEPTION,
    ShipmentStatus.EXCEPTION: OrderState.EXCEPTION,
    ShipmentStatus.RETURNED: OrderState.RETURNED,
}


def state_of(order: Order, at: datetime) -> OrderState:
    """Where the order (with prefetched parcels) stands at that moment."""
    if order.cancelled_at is not None:
        return OrderState.CANCELLED
    if order.return_status == ReturnStatus.RETURNED:
        return OrderState.RETURNED
    if order.financial_status == FinancialStatus.REFUNDED:
        return OrderState.REFUNDED
    if order.return_status == ReturnStatus.REQUESTED:
        return OrderState.RETURN_REQUESTED
    if order.fulfillment_status == FulfillmentStatus.PARTIAL:
        return OrderState.PARTIALLY_SHIPPED
    if order.fulfillment_status == FulfillmentStatus.FULFILLED:
        return _state_of_parcels(list(order.fulfillments.all()), at)
    return _state_before_shipping(order)


def _state_before_shipping(order: Order) -> OrderState:
    if order.financial_status == FinancialStatus.PENDING:
        return OrderState.PAYMENT_PENDING
    if order.packed_at is not None:
        return OrderState.PACKED
    return OrderState.UNFULFILLED if order.pick_at is None else OrderState.PICKING


def _state_of_parcels(parcels: list[Fulfillment], at: datetime) -> OrderState:
    """The parcel that is not there yet decides; delivered only when all are."""
    waiting = [each for each in parcels if each.status != ShipmentStatus.DELIVERED]
    if not parcels:
        return OrderState.SHIPPED
    if not waiting:
        return OrderState.DELIVERED
    parcel = waiting[0]
    if parcel.status == ShipmentStatus.IN_TRANSIT:
        seen_at = parcel.last_scan_at or parcel.shipped_at
        is_stalled = seen_at is not None and at - seen_at > STALLED_AFTER
        return OrderState.STALLED if is_stalled else OrderState.IN_TRANSIT
    return _OF_PARCEL[ShipmentStatus(parcel.status)]
