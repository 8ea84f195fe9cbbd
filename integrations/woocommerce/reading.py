"""A WooCommerce order in normal form. Pure: no network, no database."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.models import FinancialStatus, FulfillmentStatus, ShipmentStatus
from integrations.commerce.money import minor_of
from integrations.commerce.normal_form import (
    AddressData,
    FulfillmentData,
    OrderData,
    OrderLineData,
    PaymentData,
    RefundData,
    StoreCustomerData,
)

Told = dict[str, Any]
_SHIPPED = {"completed", "shipped", "delivered"}
_PARTLY_SHIPPED = {"partial-shipped", "partially-shipped"}
_ENDED = {"cancelled", "refunded", "failed", "trash"}
_OPEN = {"pending", "on-hold", "processing"}
TRACKING_META = "_wc_shipment_tracking_items"


def read_order(told: Told, refunds: list[Told] | None = None, *, shop: str = "") -> OrderData:
    """The order; ``refunds`` are the shop's own records of them, with their dates.

    Raises InvalidInput where it is not what the API describes.
    """
    try:
        return _order(told, refunds or [], shop)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"This is no order of WooCommerce: {error!r}"[:300]) from error


def _order(told: Told, refunds: list[Told], shop: str) -> OrderData:
    currency = str(told["currency"])
    status = str(told["status"])
    billing, shipping = told.get("billing") or {}, told.get("shipping") or {}
    total = minor_of(told["total"], currency)
    back = [_refund(each, currency) for each in refunds]
    returned = sum(each.amount_minor for each in back if each is not None)
    paid_at = moment(told, "date_paid")
    changed_at = moment(told, "date_modified") or moment(told, "date_created")
    placed_at = moment(told, "date_created")
    if placed_at is None or changed_at is None:
        raise ValueError("the dates are missing")
    captured = total if paid_at is not None else 0
    was_shipped = moment(told, "date_completed") is not None or status in _SHIPPED
    is_cancelled = status == "cancelled" or (status == "refunded" and not was_shipped)
    return OrderData(
        external_id=str(told["id"]),
        number=f"#{told.get('number') or told['id']}",
        placed_at=placed_at,
        updated_at=changed_at,
        currency=currency,
        total_minor=max(total, 0),
        subtotal_minor=sum(minor_of(each.get("subtotal") or 0, currency) for each in _lines(told)),
        shipping_minor=minor_of(told.get("shipping_total") or 0, currency),
        discount_minor=minor_of(told.get("discount_total") or 0, currency),
        tax_minor=minor_of(told.get("total_tax") or 0, currency),
        financial_status=_financial(status, total, returned, paid_at),
        fulfillment_status=_fulfillment(status, was_shipped),
        customer=_customer(told, billing, changed_at),
        email=str(billing.get("email") or ""),
        phone=str(shipping.get("phone") or billing.get("phone") or ""),
        payment_method=str(told.get("payment_method_title") or ""),
        cancelled_at=changed_at if is_cancelled else None,
        shipping_address=_address(shipping if any(shipping.values()) else billing),
        billing_address=_address(billing),
        note=str(told.get("customer_note") or ""),
        lines=tuple(_line(each, currency) for each in _lines(told)),
        fulfillments=_parcels(told, status),
        refunds=tuple(each for each in back if each is not None),
        payments=_payments(told, captured, paid_at),
        captured_minor=captured,
        refundable_minor=max(captured - returned, 0),
        is_on_hold=status == "on-hold",
        can_cancel=status in _OPEN,
        cannot_cancel_reason="" if status in _OPEN else _why_not(status),
        can_edit_address=status in _OPEN,
        discount_codes=tuple(str(each.get("code")) for each in told.get("coupon_lines") or []),
        admin_url=f"{shop}/wp-admin/post.php?post={told['id']}&action=edit" if shop else "",
    )


def moment(told: Told, name: str) -> datetime | None:
    """A time of the order, in UTC: the API writes the GMT ones without a zone."""
    said = told.get(f"{name}_gmt")
    return datetime.fromisoformat(str(said)).replace(tzinfo=UTC) if said else None


def refunded_quantities(refunds: list[Told]) -> dict[str, int]:
    """How many of each line went back already; refunds count them below zero."""
    sums: dict[str, int] = {}
    for refund in refunds:
        for each in refund.get("line_items") or []:
            line = next(
                (
                    str(meta.get("value"))
                    for meta in each.get("meta_data") or []
                    if meta.get("key") == "_refunded_item_id"
                ),
                "",
            )
            sums[line] = sums.get(line, 0) + abs(int(each.get("quantity") or 0))
    return sums


def _lines(told: Told) -> list[Told]:
    return [each for each in told.get("line_items") or [] if int(each.get("quantity") or 0) > 0]


def _line(told: Told, currency: str) -> OrderLineData:
    quantity = int(told["quantity"])
    subtotal = minor_of(told.get("subtotal") or 0, currency)
    image = told.get("image") if isinstance(told.get("image"), dict) else {}
    return OrderLineData(
        title=html.unescape(str(told.get("parent_name") or told.get("name") or ""))[:300],
        variant=_variant(told),
        quantity=quantity,
        price_minor=round(subtotal / quantity),
        discount_minor=max(subtotal - minor_of(told.get("total") or 0, currency), 0),
        sku=str(told.get("sku") or "")[:120],
        external_id=str(told["id"]),
        product_id=str(told.get("variation_id") or told.get("product_id") or ""),
        image_url=str((image or {}).get("src") or "")[:1000],
    )


def _variant(told: Told) -> str:
    chosen = [
        str(each.get("display_value") or each.get("value") or "")
        for each in told.get("meta_data") or []
        if isinstance(each.get("value"), str) and not str(each.get("key") or "").startswith("_")
    ]
    return " · ".join(html.unescape(each) for each in chosen if each)[:200]


def _refund(told: Told, currency: str) -> RefundData | None:
    """A refund, from its own record or from the few words that an order has of it."""
    amount = abs(minor_of(told.get("amount") or told.get("total") or 0, currency))
    at = moment(told, "date_created")
    if not amount or at is None:
        return None
    return RefundData(str(told["id"]), amount, at, str(told.get("reason") or "")[:200])


def _financial(status: str, total: int, returned: int, paid_at: datetime | None) -> str:
    if status == "refunded" or (returned and returned >= total):
        return FinancialStatus.REFUNDED
    if returned:
        return FinancialStatus.PARTIALLY_REFUNDED
    if paid_at is not None:
        return FinancialStatus.PAID
    return FinancialStatus.VOIDED if status in _ENDED else FinancialStatus.PENDING


def _fulfillment(status: str, was_shipped: bool) -> str:
    if was_shipped:
        return FulfillmentStatus.FULFILLED
    return FulfillmentStatus.PARTIAL if status in _PARTLY_SHIPPED else FulfillmentStatus.UNFULFILLED


def _why_not(status: str) -> str:
    if status == "cancelled":
        return "already_cancelled"
    if status == "refunded":
        return "already_refunded"
    return "already_shipped" if status in _SHIPPED | _PARTLY_SHIPPED else "closed"


def _customer(told: Told, billing: Told, changed_at: datetime) -> StoreCustomerData | None:
    email, number = str(billing.get("email") or ""), int(told.get("customer_id") or 0)
    if not number and not email:
        return None
    return StoreCustomerData(
        external_id=str(number) if number else f"guest:{email.strip().lower()}"[:120],
        updated_at=changed_at,
        name=_name(billing),
        emails=(email,) if email else (),
        phones=(str(billing["phone"]),) if billing.get("phone") else (),
    )


def _name(address: Told) -> str:
    parts = (str(address.get("first_name") or ""), str(address.get("last_name") or ""))
    return " ".join(part.strip() for part in parts if part.strip())[:200]


def _address(told: Told) -> AddressData:
    street = [str(told.get("address_1") or ""), str(told.get("address_2") or "")]
    return AddressData(
        name=_name(told),
        company=str(told.get("company") or ""),
        street="\n".join(part for part in street if part),
        postcode=str(told.get("postcode") or ""),
        city=str(told.get("city") or ""),
        region=str(told.get("state") or ""),
        country_code=str(told.get("country") or ""),
        phone=str(told.get("phone") or ""),
    )


def _payments(told: Told, captured: int, paid_at: datetime | None) -> tuple[PaymentData, ...]:
    if paid_at is None or not captured:
        return ()
    reference = str(told.get("transaction_id") or told["id"])[:120]
    method = str(told.get("payment_method_title") or "")[:80]
    return (PaymentData(reference, "captured", captured, method, paid_at),)


def _parcels(told: Told, status: str) -> tuple[FulfillmentData, ...]:
    """Core knows no parcels: they lie in what the two common tracking plugins write down."""
    found: list[FulfillmentData] = []
    for meta in told.get("meta_data") or []:
        if meta.get("key") == TRACKING_META and isinstance(meta.get("value"), list):
            found += [_parcel(each, status) for each in meta["value"] if isinstance(each, dict)]
    return tuple(found)


def _parcel(told: Told, status: str) -> FulfillmentData:
    shipped = str(told.get("date_shipped") or "")
    number = str(told.get("tracking_number") or "")[:120]
    return FulfillmentData(
        external_id=str(told.get("tracking_id") or number)[:120],
        status=ShipmentStatus.DELIVERED if status == "delivered" else ShipmentStatus.IN_TRANSIT,
        carrier=str(told.get("custom_tracking_provider") or told.get("tracking_provider") or "")[
            :80
        ],
        tracking_number=number,
        tracking_url=str(told.get("custom_tracking_link") or told.get("tracking_link") or "")[
            :1000
        ],
        shipped_at=datetime.fromtimestamp(int(shipped), UTC) if shipped.isdigit() else None,
    )
