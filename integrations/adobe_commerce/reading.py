"""An order of Magento in normal form. Pure: no network, no database. Times there are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.models import FinancialStatus, FulfillmentStatus, ShipmentStatus
from integrations.commerce.money import minor_of
from integrations.commerce.normal_form import (
    AddressData,
    FulfillmentData,
    LineQuantity,
    OrderData,
    OrderLineData,
    PaymentData,
    RefundData,
    StoreCustomerData,
)

Told = dict[str, Any]
_CLOSED = ("canceled", "closed", "complete")


@dataclass(frozen=True)
class OrderTold:
    """What the shop says of one order: itself, its credit memos and its shipments."""

    order: Told
    memos: tuple[Told, ...] = ()
    shipments: tuple[Told, ...] = ()


def read_order(told: OrderTold, *, shop: str = "") -> OrderData:
    """The order; raises InvalidInput where it is not what the API describes."""
    try:
        return _order(told, shop)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"This is no order of Magento: {error!r}"[:300]) from error


def _order(every: OrderTold, shop: str) -> OrderData:
    told = every.order
    currency = str(told["order_currency_code"])
    store_currency = str(told.get("base_currency_code") or currency)
    state = str(told["state"])

    def minor(name: str) -> int:
        return minor_of(told.get(name) or 0, currency)

    placed_at, changed_at = moment(told.get("created_at")), moment(told.get("updated_at"))
    if placed_at is None or changed_at is None:
        raise ValueError("the dates are missing")
    paid, back = minor("total_paid"), minor("total_refunded")
    address = shipping_address_of(told)
    return OrderData(
        external_id=str(told["entity_id"]),
        number=f"#{told.get('increment_id') or told['entity_id']}",
        placed_at=placed_at,
        updated_at=changed_at,
        currency=currency,
        total_minor=max(minor("grand_total"), 0),
        subtotal_minor=minor("subtotal"),
        shipping_minor=minor("shipping_incl_tax") or minor("shipping_amount"),
        discount_minor=abs(minor("discount_amount")),
        tax_minor=minor("tax_amount"),
        financial_status=_financial(told, state, paid, back, minor("grand_total")),
        fulfillment_status=_fulfillment(items_of(told), state),
        customer=_customer(told, address, changed_at),
        email=str(told.get("customer_email") or ""),
        phone=str(address.get("telephone") or ""),
        payment_method=payment_method_of(told),
        cancelled_at=changed_at if _is_cancelled(told, state) else None,
        shipping_address=_address(address),
        billing_address=_address(told.get("billing_address") or {}),
        note=str(told.get("customer_note") or ""),
        lines=tuple(_line(each, currency) for each in items_of(told)),
        fulfillments=_parcels(every.shipments),
        refunds=tuple(_refunds(every.memos, currency)),
        payments=_payments(told, paid, placed_at),
        captured_minor=paid,
        refundable_minor=max(paid - back, 0),
        is_on_hold=state == "holded",
        can_cancel=why_not_cancel(told) == "",
        cannot_cancel_reason=why_not_cancel(told),
        can_edit_address=state not in _CLOSED and bool(address.get("entity_id")),
        discount_codes=(str(told["coupon_code"]),) if told.get("coupon_code") else (),
        store_currency=store_currency if store_currency != currency else "",
        store_total_minor=minor_of(told.get("base_grand_total") or 0, store_currency)
        if store_currency != currency
        else None,
        admin_url=f"{shop}/admin/sales/order/view/order_id/{told['entity_id']}" if shop else "",
    )


def moment(said: object) -> datetime | None:
    """``2026-11-20 08:00:00``, which is UTC."""
    return datetime.fromisoformat(str(said)).replace(tzinfo=UTC) if said else None


def items_of(told: Told) -> list[Told]:
    """What was bought: the chosen variant hangs below its product and is not counted again."""
    return [
        each
        for each in told.get("items") or []
        if not each.get("parent_item_id") and float(each.get("qty_ordered") or 0) > 0
    ]


def shipping_address_of(told: Told) -> Told:
    """Where it goes; the bill's address where nothing is shipped."""
    assignments = (told.get("extension_attributes") or {}).get("shipping_assignments") or []
    for each in assignments:
        address = ((each or {}).get("shipping") or {}).get("address")
        if isinstance(address, dict) and address:
            return address
    return {**(told.get("billing_address") or {}), "entity_id": None}


def payment_method_of(told: Told) -> str:
    """As people say it, as far as the shop keeps it."""
    payment = told.get("payment") or {}
    names = [str(each) for each in payment.get("additional_information") or [] if each]
    name = names[0] if names else str(payment.get("method") or "")
    last = str(payment.get("cc_last4") or "")
    return f"{name} •{last}"[:60] if last else name[:60]


def is_fully_invoiced(told: Told) -> bool:
    """All is paid and billed: Magento refunds such an order, it no longer cancels it."""
    return all(
        float(each.get("qty_invoiced") or 0) + float(each.get("qty_canceled") or 0)
        >= float(each.get("qty_ordered") or 0)
        for each in items_of(told)
    )


def has_shipped(told: Told) -> bool:
    """Whether anything left the shop."""
    return any(float(each.get("qty_shipped") or 0) > 0 for each in items_of(told))


def why_not_cancel(told: Told) -> str:
    """A reason code, or nothing where it can be cancelled (or refunded whole before it ships)."""
    state = str(told["state"])
    if state == "canceled":
        return "already_cancelled"
    if state == "closed":
        return "already_refunded"
    if has_shipped(told) or state == "complete":
        return "already_shipped"
    if state == "payment_review":
        return "payment_pending"
    return "on_hold" if state == "holded" else ""


def _is_cancelled(told: Told, state: str) -> bool:
    """Refunded whole before anything was shipped is cancelled, for everybody but Magento."""
    return state == "canceled" or (state == "closed" and not has_shipped(told))


def _financial(told: Told, state: str, paid: int, back: int, total: int) -> str:
    if paid and back >= paid:
        return FinancialStatus.REFUNDED
    if back:
        return FinancialStatus.PARTIALLY_REFUNDED
    if paid:
        return FinancialStatus.PAID if paid >= total else FinancialStatus.PARTIALLY_PAID
    if state == "canceled":
        return FinancialStatus.VOIDED
    authorized = float(told.get("payment_authorization_amount") or 0) or float(
        (told.get("payment") or {}).get("amount_authorized") or 0
    )
    return FinancialStatus.AUTHORIZED if authorized else FinancialStatus.PENDING


def _fulfillment(items: list[Told], state: str) -> str:
    goods = [each for each in items if not each.get("is_virtual")]
    shipped = sum(float(each.get("qty_shipped") or 0) for each in goods)
    wanted = sum(
        float(each.get("qty_ordered") or 0)
        - float(each.get("qty_canceled") or 0)
        - max(float(each.get("qty_refunded") or 0) - float(each.get("qty_shipped") or 0), 0)
        for each in goods
    )
    if state == "complete" or (shipped and shipped >= wanted):
        return FulfillmentStatus.FULFILLED
    return FulfillmentStatus.PARTIAL if shipped else FulfillmentStatus.UNFULFILLED


def _customer(told: Told, address: Told, changed_at: datetime) -> StoreCustomerData | None:
    email, number = str(told.get("customer_email") or ""), told.get("customer_id")
    if not number and not email:
        return None
    first = told.get("customer_firstname") or address.get("firstname") or ""
    last = told.get("customer_lastname") or address.get("lastname") or ""
    return StoreCustomerData(
        external_id=str(number) if number else f"guest:{email.strip().lower()}"[:120],
        updated_at=changed_at,
        name=f"{first} {last}".strip()[:200],
        emails=(email,) if email else (),
        phones=(str(address["telephone"]),) if address.get("telephone") else (),
    )


def _address(told: Told) -> AddressData:
    street = told.get("street") or []
    return AddressData(
        name=f"{told.get('firstname') or ''} {told.get('lastname') or ''}".strip(),
        company=str(told.get("company") or ""),
        street="\n".join(str(each) for each in street if each),
        postcode=str(told.get("postcode") or ""),
        city=str(told.get("city") or ""),
        region=str(told.get("region") or ""),
        country_code=str(told.get("country_id") or "")[:2],
        phone=str(told.get("telephone") or ""),
    )


def _line(told: Told, currency: str) -> OrderLineData:
    options = (told.get("product_option") or {}).get("extension_attributes") or {}
    chosen = options.get("configurable_item_options") or []
    return OrderLineData(
        title=str(told.get("name") or "")[:300],
        variant=str(told.get("sku") or "")[:200] if chosen else "",
        quantity=round(float(told["qty_ordered"])),
        price_minor=minor_of(told.get("price_incl_tax") or told.get("price") or 0, currency),
        discount_minor=abs(minor_of(told.get("discount_amount") or 0, currency)),
        sku=str(told.get("sku") or "")[:120],
        external_id=str(told["item_id"]),
        product_id=str(told.get("product_id") or ""),
        fulfilled_quantity=round(float(told.get("qty_shipped") or 0)),
        refunded_quantity=round(float(told.get("qty_refunded") or 0)),
    )


def _parcels(shipments: tuple[Told, ...]) -> tuple[FulfillmentData, ...]:
    return tuple(
        _parcel(shipment, track)
        for shipment in shipments
        for track in shipment.get("tracks") or [{}]
    )


def _parcel(shipment: Told, track: Told) -> FulfillmentData:
    return FulfillmentData(
        external_id=f"{shipment['entity_id']}:{track.get('entity_id') or 0}",
        status=ShipmentStatus.IN_TRANSIT,
        carrier=str(track.get("title") or track.get("carrier_code") or "")[:80],
        tracking_number=str(track.get("track_number") or "")[:120],
        shipped_at=moment(shipment.get("created_at")),
        lines=tuple(
            LineQuantity(str(each["order_item_id"]), round(float(each.get("qty") or 0)))
            for each in shipment.get("items") or []
        ),
    )


def _refunds(memos: tuple[Told, ...], currency: str) -> list[RefundData]:
    found = []
    for each in memos:
        amount, at = (
            minor_of(each.get("grand_total") or 0, currency),
            moment(each.get("created_at")),
        )
        if amount > 0 and at is not None:
            found.append(RefundData(str(each["entity_id"]), amount, at))
    return found


def _payments(told: Told, paid: int, at: datetime) -> tuple[PaymentData, ...]:
    payment = told.get("payment") or {}
    if not paid:
        return ()
    reference = str(payment.get("last_trans_id") or payment.get("entity_id") or told["entity_id"])
    return (PaymentData(reference[:120], "captured", paid, payment_method_of(told)[:80], at),)
