"""Reading Medusa's orders: its JSON to the normal form. Pure, no network.

Medusa writes amounts in whole currency units. What was received back is taken off an order's own
total, and so is every refund beyond that (as a credit line): both are added again here, because
an order's total is what was bought, and refunds are told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from integrations.commerce.models import (
    FinancialStatus,
    FulfillmentStatus,
    ReturnState,
    ReturnStatus,
    ShipmentStatus,
)
from integrations.commerce.money import minor_of
from integrations.commerce.normal_form import (
    AddressData,
    FulfillmentData,
    LineQuantity,
    OrderData,
    OrderLineData,
    PaymentData,
    RefundData,
    ReturnData,
    StoreCustomerData,
)
from integrations.commerce.tracking_numbers import carrier_of, tracking_link, tracking_number_of

Json = dict[str, Any]

FIELDS = ",".join(
    (
        "id,display_id,custom_display_id,status,version,email,currency_code,locale,metadata",
        "canceled_at,created_at,updated_at,region_id,sales_channel_id,customer_id",
        "total,item_subtotal,tax_total,discount_total,shipping_subtotal,credit_line_total",
        "*items,*items.adjustments,*items.tax_lines,*shipping_address,*billing_address",
        "*shipping_methods,*customer,promotions.code",
        "*payment_collections,*payment_collections.payments",
        "*payment_collections.payments.refunds,*payment_collections.payments.captures",
        "*fulfillments,*fulfillments.labels,*fulfillments.items,fulfillments.shipping_option.name",
        "*returns,*returns.items,*returns.items.reason",
        "*returns.fulfillments,*returns.fulfillments.labels",
    )
)
"""What is asked for with every order, in one request."""

RETURN_STATES = {
    "requested": ReturnState.APPROVED,
    "partially_received": ReturnState.IN_TRANSIT,
    "received": ReturnState.RECEIVED,
    "canceled": ReturnState.CANCELLED,
}
"""A return that Medusa calls ``open`` is being put together and is none yet."""
METHODS = {"pp_system_default": "Manual payment"}


def order_of(raw: Json, *, admin_url: str) -> OrderData:
    """The order. Raises KeyError, TypeError or ValueError where it is no order of Medusa's."""
    currency = str(raw["currency_code"]).upper()
    shipping_address = _address(raw.get("shipping_address"))
    captured, refunded = captured_minor(raw), refunded_minor(raw)
    number = raw.get("custom_display_id") or f"#{raw['display_id']}"
    live = live_fulfillments(raw)
    why_not = why_not_cancel(raw)
    return OrderData(
        external_id=str(raw["id"]),
        number=str(number),
        placed_at=moment(raw["created_at"]),
        updated_at=max(_moments(raw)),
        currency=currency,
        total_minor=max(total_minor(raw), 0),
        subtotal_minor=sum(
            minor_of(each["unit_price"], currency) * _count(each["quantity"])
            for each in raw.get("items") or []
        ),
        shipping_minor=minor_of(raw.get("shipping_subtotal") or 0, currency),
        discount_minor=minor_of(raw.get("discount_total") or 0, currency),
        tax_minor=minor_of(raw.get("tax_total") or 0, currency),
        financial_status=_financial_status(raw, captured, refunded),
        fulfillment_status=_fulfillment_status(raw),
        return_status=_return_status(raw),
        customer=_customer(raw),
        email=str(raw.get("email") or ""),
        phone=shipping_address.phone or str((raw.get("customer") or {}).get("phone") or ""),
        payment_method=next((_method(each) for each in payments_of(raw)), ""),
        packed_at=min(
            (moment(each["packed_at"]) for each in live if each.get("packed_at")), default=None
        ),
        cancelled_at=_moment_or_none(raw.get("canceled_at")),
        shipping_address=shipping_address,
        billing_address=_address(raw.get("billing_address")),
        tags=_tags(raw),
        note=str((raw.get("metadata") or {}).get("note") or ""),
        lines=tuple(_line(each, raw, currency) for each in raw.get("items") or []),
        fulfillments=tuple(parcel for each in live for parcel in _parcels(each)),
        refunds=tuple(_refunds(raw)),
        returns=tuple(_returns(raw, currency)),
        payments=tuple(_payments(raw)),
        captured_minor=captured,
        can_cancel=not why_not,
        cannot_cancel_reason=why_not,
        can_edit_address=raw["status"] != "canceled",
        refundable_minor=max(captured - refunded, 0),
        discount_codes=tuple(str(each["code"]) for each in _dicts(raw.get("promotions"))),
        admin_url=f"{admin_url}/orders/{raw['id']}",
    )


# Money


def payments_of(raw: Json) -> list[Json]:
    """Every payment of the order, oldest first."""
    found = [
        payment
        for collection in _dicts(raw.get("payment_collections"))
        for payment in _dicts(collection.get("payments"))
    ]
    return sorted(found, key=lambda each: (str(each["created_at"]), str(each["id"])))


def total_minor(raw: Json) -> int:
    """What was bought, before anything came back."""
    parts = [raw["total"], raw.get("credit_line_total")]
    parts += [each.get("return_received_total") for each in _dicts(raw.get("items"))]
    bought = sum((Decimal(str(each or 0)) for each in parts), Decimal())
    return minor_of(bought, str(raw["currency_code"]).upper())


def left_minor(payment: Json) -> int:
    """How much of this payment can go back still."""
    return _sum(payment, "captures") - _sum(payment, "refunds")


def captured_minor(raw: Json) -> int:
    """The money taken in."""
    return sum(_sum(each, "captures") for each in payments_of(raw))


def refunded_minor(raw: Json) -> int:
    """The money given back."""
    return sum(_sum(each, "refunds") for each in payments_of(raw))


def authorized_minor(raw: Json) -> int:
    """Money that is set aside at the customer's bank and not taken."""
    return sum(
        minor_of(each["amount"], str(each["currency_code"]).upper())
        for each in payments_of(raw)
        if not each.get("canceled_at") and not each.get("captures")
    )


def _sum(payment: Json, name: str) -> int:
    currency = str(payment["currency_code"]).upper()
    return sum(minor_of(each["amount"], currency) for each in _dicts(payment.get(name)))


def _financial_status(raw: Json, captured: int, refunded: int) -> str:
    if captured:
        if refunded >= captured:
            return FinancialStatus.REFUNDED
        if refunded:
            return FinancialStatus.PARTIALLY_REFUNDED
        is_all = captured >= total_minor(raw)
        return FinancialStatus.PAID if is_all else FinancialStatus.PARTIALLY_PAID
    if raw["status"] == "canceled":
        return FinancialStatus.VOIDED
    if authorized_minor(raw):
        return FinancialStatus.AUTHORIZED
    return FinancialStatus.PENDING if total_minor(raw) else FinancialStatus.PAID


def _method(payment: Json) -> str:
    """``pp_stripe_stripe`` → ``Stripe``."""
    name = str(payment.get("provider_id") or "")
    return METHODS.get(name) or name.removeprefix("pp_").partition("_")[0].capitalize()


def _payments(raw: Json) -> Iterator[PaymentData]:
    for each in payments_of(raw):
        currency = str(each["currency_code"]).upper()
        state = "authorized"
        if each.get("canceled_at"):
            state = "voided"
        if each.get("captures"):
            state = "captured"
        yield PaymentData(
            external_id=str(each["id"]),
            state=state,
            amount_minor=_sum(each, "captures") or minor_of(each["amount"], currency),
            method=_method(each),
            at=_moment_or_none(each.get("captured_at")) or moment(each["created_at"]),
        )


def _refunds(raw: Json) -> Iterator[RefundData]:
    for payment in payments_of(raw):
        currency = str(payment["currency_code"]).upper()
        for each in _dicts(payment.get("refunds")):
            yield RefundData(
                external_id=str(each["id"]),
                amount_minor=minor_of(each["amount"], currency),
                refunded_at=moment(each["created_at"]),
                reason=str((each.get("refund_reason") or {}).get("label") or "")[:200],
                method=_method(payment),
            )


# Goods


def live_fulfillments(raw: Json) -> list[Json]:
    """The parcels that were not taken back, oldest first."""
    found = [each for each in _dicts(raw.get("fulfillments")) if not each.get("canceled_at")]
    return sorted(found, key=lambda each: (str(each["created_at"]), str(each["id"])))


def why_not_cancel(raw: Json) -> str:
    """The reason (a word of ``ActionRefused``) why Medusa would not cancel it; empty if it would."""
    if raw["status"] == "canceled":
        return "already_cancelled"
    if raw["status"] in ("completed", "archived"):
        return "closed"
    live = live_fulfillments(raw)
    if any(each.get("shipped_at") or each.get("delivered_at") for each in live):
        return "already_shipped"
    return "too_late" if live else ""


def shipped_quantity(item: Json) -> int:
    """How many of the line have left (or, where nothing is sent, were handed over)."""
    detail = item.get("detail") or {}
    told = [detail.get("shipped_quantity"), detail.get("delivered_quantity")]
    if item.get("requires_shipping") is False:
        told.append(detail.get("fulfilled_quantity"))
    return min(max(_count(each) for each in told), _count(item["quantity"]))


def unit_minor(item: Json, currency: str) -> int:
    """What one of the line cost with its tax, less its discounts."""
    bought = _count(item["quantity"])
    if not bought:
        return 0
    paid = minor_of(item.get("total") or 0, currency)
    paid += minor_of(item.get("return_received_total") or 0, currency)
    return paid // bought


def _fulfillment_status(raw: Json) -> str:
    wanted = [each for each in _dicts(raw.get("items")) if _count(each["quantity"])]
    shipped = [shipped_quantity(each) for each in wanted]
    if not any(shipped):
        return FulfillmentStatus.UNFULFILLED
    is_all = all(n >= _count(each["quantity"]) for n, each in zip(shipped, wanted, strict=True))
    return FulfillmentStatus.FULFILLED if is_all else FulfillmentStatus.PARTIAL


def _line(item: Json, raw: Json, currency: str) -> OrderLineData:
    created_at = moment(item["created_at"])
    is_later = (created_at - moment(raw["created_at"])).total_seconds() > 1
    return OrderLineData(
        external_id=str(item["id"]),
        title=str(item.get("product_title") or item.get("title") or "")[:300],
        variant=str(item.get("variant_title") or item.get("subtitle") or "")[:200],
        sku=str(item.get("variant_sku") or "")[:120],
        product_id=str(item.get("product_id") or ""),
        quantity=_count(item["quantity"]),
        fulfilled_quantity=shipped_quantity(item),
        price_minor=minor_of(item["unit_price"], currency),
        discount_minor=minor_of(item.get("discount_total") or 0, currency),
        image_url=_web_address(item.get("thumbnail")),
        added_at=created_at if is_later else None,
    )


def _parcels(fulfillment: Json) -> Iterator[FulfillmentData]:
    """One for each label: a fulfilment in two boxes has two tracking numbers."""
    labels = sorted(_dicts(fulfillment.get("labels")), key=lambda each: str(each["id"])) or [{}]
    delivered_at = _moment_or_none(fulfillment.get("delivered_at"))
    shipped_at = _moment_or_none(fulfillment.get("shipped_at"))
    lines = tuple(
        LineQuantity(line=str(each["line_item_id"]), quantity=_count(each["quantity"]))
        for each in _dicts(fulfillment.get("items"))
        if each.get("line_item_id")
    )
    for position, label in enumerate(labels):
        number = str(label.get("tracking_number") or "")[:120]
        carrier = _carrier(fulfillment, number)
        link = _web_address(label.get("tracking_url"))
        yield FulfillmentData(
            external_id=f"{fulfillment['id']}/{label['id']}" if position else fulfillment["id"],
            status=_shipment_status(shipped_at, delivered_at, is_labelled=bool(label)),
            carrier=carrier,
            tracking_number=number,
            tracking_url=link or tracking_link(number, carrier) or "",
            shipped_at=shipped_at,
            delivered_at=delivered_at,
            lines=() if position else lines,
        )


def _carrier(fulfillment: Json, number: str) -> str:
    """Medusa does not say who carries a parcel: its way of sending may, or the number does."""
    told = (fulfillment.get("metadata") or {}).get("carrier")
    if told:
        return str(told)[:80]
    way = str((fulfillment.get("shipping_option") or {}).get("name") or "")
    named = carrier_of(way) or carrier_of(str(fulfillment.get("provider_id") or ""))
    if named:
        return named.name
    found = tracking_number_of(number) if number else None
    return found.carrier_name if found else ""


def _shipment_status(
    shipped_at: datetime | None, delivered_at: datetime | None, *, is_labelled: bool
) -> str:
    if delivered_at:
        return ShipmentStatus.DELIVERED
    if shipped_at:
        return ShipmentStatus.IN_TRANSIT
    return ShipmentStatus.INFO_RECEIVED if is_labelled else ShipmentStatus.PENDING


def _returns(raw: Json, currency: str) -> Iterator[ReturnData]:
    for each in _dicts(raw.get("returns")):
        state = RETURN_STATES.get(str(each["status"]))
        if state is None:
            continue
        labels = return_labels(each)
        label = labels[0] if labels else {}
        refund = each.get("refund_amount")
        yield ReturnData(
            external_id=str(each["id"]),
            state=state,
            number=f"R{each['display_id']}" if each.get("display_id") else "",
            outcome="exchange" if each.get("exchange_id") or each.get("exchange") else "refund",
            requested_at=moment(each.get("requested_at") or each["created_at"]),
            refund_minor=None if refund is None else minor_of(refund, currency),
            label_url=_web_address(label.get("label_url")),
            tracking_number=str(label.get("tracking_number") or "")[:120],
            lines=tuple(_returned_line(line) for line in _dicts(each.get("items"))),
        )


def return_labels(back: Json) -> list[Json]:
    """The labels that the shop's carrier made for the way back."""
    return [
        label
        for fulfillment in _dicts(back.get("fulfillments"))
        if not fulfillment.get("canceled_at")
        for label in _dicts(fulfillment.get("labels"))
    ]


def _returned_line(line: Json) -> LineQuantity:
    item, reason = line.get("item") or {}, line.get("reason") or {}
    return LineQuantity(
        line=str(line["item_id"]),
        quantity=_count(line["quantity"]),
        reason=str(reason.get("label") or line.get("note") or "")[:200],
        title=str(item.get("product_title") or item.get("title") or "")[:300],
    )


def _return_status(raw: Json) -> str:
    states = {str(each["status"]) for each in _dicts(raw.get("returns"))}
    if states & {"requested", "partially_received"}:
        return ReturnStatus.REQUESTED
    return ReturnStatus.RETURNED if "received" in states else ReturnStatus.NONE


# People and words


def _customer(raw: Json) -> StoreCustomerData | None:
    told = raw.get("customer") or {}
    if not told.get("id"):
        return None
    address = raw.get("shipping_address") or {}
    name = _name(told) or _name(address)
    emails = {str(each) for each in (raw.get("email"), told.get("email")) if each}
    return StoreCustomerData(
        external_id=str(told["id"]),
        updated_at=moment(told.get("updated_at") or raw["updated_at"]),
        name=name[:200],
        language=str(raw.get("locale") or "")[:12],
        emails=tuple(sorted(emails)),
        phones=(str(told["phone"]),) if told.get("phone") else (),
    )


def _address(raw: Json | None) -> AddressData:
    told = raw or {}
    streets = [str(told[name]) for name in ("address_1", "address_2") if told.get(name)]
    return AddressData(
        name=_name(told),
        company=str(told.get("company") or ""),
        street="\n".join(streets),
        postcode=str(told.get("postal_code") or ""),
        city=str(told.get("city") or ""),
        region=str(told.get("province") or ""),
        country_code=str(told.get("country_code") or "").upper(),
        phone=str(told.get("phone") or ""),
    )


def _name(told: Json) -> str:
    return " ".join(str(told[each]) for each in ("first_name", "last_name") if told.get(each))


def _tags(raw: Json) -> tuple[str, ...]:
    """Medusa's orders have no tags: they lie in ``metadata.tags``, a list or words with commas."""
    told = (raw.get("metadata") or {}).get("tags") or []
    listed = told.split(",") if isinstance(told, str) else told
    if not isinstance(listed, list):
        return ()
    return tuple(str(each).strip() for each in listed if str(each).strip())


# Small readers


def moment(text: Any) -> datetime:
    """``2026-11-22T08:21:51.484Z`` as a moment; raises ValueError."""
    found = datetime.fromisoformat(str(text))
    if found.tzinfo is None:
        raise ValueError(f"“{text}” says no time zone.")
    return found


def _moment_or_none(text: Any) -> datetime | None:
    return moment(text) if text else None


def _moments(raw: Json) -> Iterator[datetime]:
    """When anything about the order changed: a capture does not touch the order's own time."""
    yield moment(raw["updated_at"])
    parts: list[Json] = [
        *_dicts(raw.get("payment_collections")),
        *_dicts(raw.get("fulfillments")),
        *_dicts(raw.get("returns")),
    ]
    for payment in payments_of(raw):
        parts += [payment, *_dicts(payment.get("captures")), *_dicts(payment.get("refunds"))]
    for each in parts:
        if each.get("updated_at"):
            yield moment(each["updated_at"])


def _dicts(value: Iterable[Any] | None) -> list[Json]:
    return [each for each in value or [] if isinstance(each, dict)]


def _count(value: Any) -> int:
    """A quantity; Medusa's are numbers that may be broken, ours are whole."""
    return int(float(value or 0))


def _web_address(value: Any) -> str:
    text = str(value or "")
    return text[:1000] if urlsplit(text).scheme in ("http", "https") else ""
