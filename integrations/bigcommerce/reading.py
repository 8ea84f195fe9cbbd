"""BigCommerce's order → our normal form. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.bigcommerce.client import Told
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

INCOMPLETE, PENDING, SHIPPED, PARTLY_SHIPPED, REFUNDED, CANCELLED, DECLINED = range(7)
AWAITING_PAYMENT, AWAITING_PICKUP, AWAITING_SHIPMENT, COMPLETED, AWAITING_FULFILLMENT = range(7, 12)
VERIFYING, DISPUTED, PARTLY_REFUNDED = range(12, 15)

CANCELS = frozenset({PENDING, REFUNDED, AWAITING_PAYMENT})
"""Where an order is cancelled and nothing goes back."""
CANCELS_AND_REFUNDS = frozenset(
    {AWAITING_FULFILLMENT, AWAITING_SHIPMENT, AWAITING_PICKUP, VERIFYING}
)
REFUNDS = CANCELS_AND_REFUNDS | {COMPLETED, SHIPPED, PARTLY_REFUNDED, PARTLY_SHIPPED}
ON_THE_WAY = frozenset({SHIPPED, PARTLY_SHIPPED, COMPLETED})
_UNPAID = frozenset({INCOMPLETE, PENDING, CANCELLED, DECLINED, AWAITING_PAYMENT})
_FINANCIAL = {
    "authorized": "authorized", "captured": "paid", "paid": "paid", "refunded": "refunded",
    "partially refunded": "partially_refunded", "void": "voided", "void pending": "voided",
    "declined": "voided",
}  # fmt: skip
_PAYMENT = {
    "authorized": "authorized", "captured": "captured", "paid": "captured", "refunded": "captured",
    "partially refunded": "captured", "void": "voided", "declined": "failed",
}  # fmt: skip


def order_of(
    told: Told, shipments: list[Told], refunds: list[Told], *, admin: str = ""
) -> OrderData:
    """The order; raises InvalidInput where it is not what an order should be."""
    try:
        return _order(told, shipments, refunds, admin)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("BigCommerce's order is not what an order should be.") from error


def _order(told: Told, shipments: list[Told], refunds: list[Told], admin: str) -> OrderData:
    number, currency = str(told["id"]), str(told["currency_code"] or told["default_currency_code"])
    status = int(told["status_id"])
    changed_at = moment(told["date_modified"])
    total, refunded = minor(told, "total_inc_tax"), minor(told, "refunded_amount")
    financial = financial_status(told)
    captured = 0 if financial in ("pending", "authorized", "voided") else total
    refusal = cancel_refusal(told)
    return OrderData(
        external_id=number,
        number=number,
        placed_at=moment(told["date_created"]),
        updated_at=changed_at,
        currency=currency,
        total_minor=total,
        financial_status=financial,
        fulfillment_status=fulfillment_status(told),
        customer=_customer(told, changed_at),
        email=text((told.get("billing_address") or {}).get("email"), 320),
        phone=text((told.get("billing_address") or {}).get("phone"), 60),
        subtotal_minor=minor(told, "subtotal_inc_tax"),
        shipping_minor=minor(told, "shipping_cost_inc_tax"),
        discount_minor=minor(told, "discount_amount") + minor(told, "coupon_discount"),
        tax_minor=minor(told, "total_tax"),
        payment_method=text(told.get("payment_method"), 60),
        cancelled_at=changed_at if status == CANCELLED else None,
        shipping_address=next(iter(address_of(each) for each in consignments(told)), AddressData()),
        billing_address=address_of(told.get("billing_address") or {}),
        note=text(told.get("staff_notes"), 20_000),
        lines=tuple(_line(each, currency) for each in lines_of(told)),
        fulfillments=tuple(_parcel(each) for each in shipments),
        refunds=tuple(_refund(each, currency) for each in refunds if _back(each, currency) > 0),
        payments=tuple(_payments(told, currency)),
        captured_minor=captured,
        store_currency=_store_currency(told, currency),
        is_on_hold=status == VERIFYING,
        hold_reason="Manual verification required" if status == VERIFYING else "",
        can_cancel=not refusal,
        cannot_cancel_reason=refusal,
        can_edit_address=status in CANCELS | CANCELS_AND_REFUNDS and status != REFUNDED,
        refundable_minor=max(captured - refunded, 0) if status in REFUNDS else 0,
        admin_url=f"{admin}/manage/orders/{number}" if admin else "",
    )


def cancel_refusal(told: Told) -> str:
    """Why it is not cancelled, in the codes of ``ActionRefused``; empty if it can be."""
    status = int(told["status_id"])
    if status == CANCELLED:
        return "already_cancelled"
    if status in ON_THE_WAY or int(told.get("items_shipped") or 0):
        return "already_shipped"
    if status in CANCELS | CANCELS_AND_REFUNDS:
        return ""
    return "already_refunded" if status == PARTLY_REFUNDED else "closed"


def financial_status(told: Told) -> str:
    """From what went back, else from the payment, else (paid by hand) from the status."""
    total, back = minor(told, "total_inc_tax"), minor(told, "refunded_amount")
    if back:
        return "refunded" if back >= total else "partially_refunded"
    said = _FINANCIAL.get(str(told.get("payment_status") or "").lower())
    if said:
        return said
    has_said = bool(told.get("payment_status"))
    return "pending" if has_said or int(told["status_id"]) in _UNPAID else "paid"


def fulfillment_status(told: Told) -> str:
    """From the status and from how many items were sent."""
    status, sent = int(told["status_id"]), int(told.get("items_shipped") or 0)
    if status in (SHIPPED, COMPLETED) or (sent and sent >= int(told.get("items_total") or 0)):
        return "fulfilled"
    return "partial" if status == PARTLY_SHIPPED or sent else "unfulfilled"


def consignments(told: Told) -> list[Told]:
    """Where goods go: each is an address with lines."""
    found = told.get("consignments") or {}
    return list(found.get("shipping") or []) if isinstance(found, dict) else []


def lines_of(told: Told) -> list[Told]:
    """The order's lines over all consignments, downloads included."""
    found = told.get("consignments") or {}
    if not isinstance(found, dict):
        return []
    groups = [*(found.get("shipping") or []), *(found.get("pickups") or [])]
    groups += found.get("downloads") or []
    return [line for each in groups for line in each.get("line_items") or []]


def minor(told: Told, name: str) -> int:
    """An amount of the order in the minor unit of its currency."""
    return minor_of(told.get(name) or 0, str(told["currency_code"]))


def moment(value: Any) -> datetime:
    """A time: v2 writes it as mails do, v3 as ISO 8601."""
    said = str(value)
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        found = parsedate_to_datetime(said)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def text(value: Any, longest: int) -> str:
    """Words that can be stored."""
    return str(value or "").replace("\0", "").strip()[:longest]


def address_of(told: Told) -> AddressData:
    """An address; its street is both lines."""
    streets = [text(told.get(name), 200) for name in ("street_1", "street_2")]
    names = [text(told.get(name), 100) for name in ("first_name", "last_name")]
    return AddressData(
        name=" ".join(filter(None, names)),
        company=text(told.get("company"), 200),
        street=", ".join(filter(None, streets)),
        postcode=text(told.get("zip"), 40),
        city=text(told.get("city"), 120),
        region=text(told.get("state"), 120),
        country_code=text(told.get("country_iso2"), 2),
        phone=text(told.get("phone"), 60),
    )


def _customer(told: Told, changed_at: datetime) -> StoreCustomerData | None:
    """The account; a guest has none."""
    number = int(told.get("customer_id") or 0)
    if not number:
        return None
    billing = told.get("billing_address") or {}
    email, phone = text(billing.get("email"), 320), text(billing.get("phone"), 60)
    return StoreCustomerData(
        external_id=str(number),
        updated_at=changed_at,
        name=address_of(billing).name,
        language=text(told.get("customer_locale"), 12),
        emails=(email,) if email else (),
        phones=(phone,) if phone else (),
    )


def _line(told: Told, currency: str) -> OrderLineData:
    options = [text(each.get("display_value"), 80) for each in told.get("product_options") or []]
    discounts = told.get("applied_discounts") or []
    return OrderLineData(
        title=text(told["name"], 300) or "—",
        quantity=int(told["quantity"]),
        price_minor=minor_of(told["price_inc_tax"], currency),
        variant=" / ".join(filter(None, options))[:200],
        sku=text(told.get("sku"), 120),
        external_id=str(told["id"]),
        product_id=str(told.get("product_id") or ""),
        fulfilled_quantity=int(told.get("quantity_shipped") or 0),
        refunded_quantity=int(told.get("quantity_refunded") or 0),
        discount_minor=sum(minor_of(each.get("amount") or 0, currency) for each in discounts),
    )


def _parcel(told: Told) -> FulfillmentData:
    carrier = told.get("shipping_provider_display_name") or told.get("tracking_carrier")
    return FulfillmentData(
        external_id=str(told["id"]),
        status="in_transit",
        carrier=text(carrier or told.get("shipping_provider"), 80),
        tracking_number=text(told.get("tracking_number"), 120),
        tracking_url=text(told.get("tracking_link") or told.get("generated_tracking_link"), 1000),
        shipped_at=moment(told["date_created"]),
        lines=tuple(
            LineQuantity(str(each["order_product_id"]), int(each["quantity"]))
            for each in told.get("items") or []
        ),
    )


def _back(told: Told, currency: str) -> int:
    declined = [each for each in told.get("payments") or [] if each.get("is_declined")]
    lost = sum(minor_of(each.get("amount") or 0, currency) for each in declined)
    return minor_of(told.get("total_amount") or 0, currency) - lost


def _refund(told: Told, currency: str) -> RefundData:
    reasons = [text(each.get("reason"), 200) for each in told.get("items") or []]
    ways = {text(each.get("provider_id"), 40) for each in told.get("payments") or []}
    return RefundData(
        external_id=str(told["id"]),
        amount_minor=_back(told, currency),
        refunded_at=moment(told["created"]),
        reason=next(filter(None, [text(told.get("reason"), 200), *reasons]), ""),
        method=", ".join(sorted(ways - {""}))[:80],
    )


def _payments(told: Told, currency: str) -> list[PaymentData]:
    """What BigCommerce says of the payment on the order itself."""
    state = _PAYMENT.get(str(told.get("payment_status") or "").lower())
    if state is None:
        return []
    method = text(told.get("payment_method"), 80)
    total = minor_of(told["total_inc_tax"], currency)
    return [PaymentData(f"order-{told['id']}", state, total, method, moment(told["date_created"]))]


def _store_currency(told: Told, currency: str) -> str:
    own = text(told.get("store_default_currency_code"), 3)
    return own if own and own != currency else ""
