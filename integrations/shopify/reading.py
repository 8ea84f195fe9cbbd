"""Shopify's order → our normal form. Pure; what is missing in a node is simply not known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.models import ReturnState, ReturnStatus
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
    ScanData,
    StoreCustomerData,
)
from integrations.shopify.client import Node, number_of

FINANCIAL = {
    "PENDING": "pending", "AUTHORIZED": "authorized", "EXPIRED": "voided", "VOIDED": "voided",
    "PARTIALLY_PAID": "partially_paid", "PAID": "paid", "REFUNDED": "refunded",
    "PARTIALLY_REFUNDED": "partially_refunded",
}  # fmt: skip
FULFILLMENT = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}
RETURN_STATUS = {
    "RETURN_REQUESTED": ReturnStatus.REQUESTED, "IN_PROGRESS": ReturnStatus.REQUESTED,
    "INSPECTION_COMPLETE": ReturnStatus.RETURNED, "RETURNED": ReturnStatus.RETURNED,
}  # fmt: skip
RETURN_STATE = {
    "REQUESTED": ReturnState.REQUESTED, "OPEN": ReturnState.APPROVED,
    "CLOSED": ReturnState.CLOSED, "DECLINED": ReturnState.DECLINED,
    "CANCELED": ReturnState.CANCELLED,
}  # fmt: skip
SHIPMENT = {
    "SUBMITTED": "pending", "CONFIRMED": "info_received", "LABEL_PRINTED": "info_received",
    "LABEL_PURCHASED": "info_received", "FULFILLED": "in_transit",
    "MARKED_AS_FULFILLED": "in_transit", "CARRIER_PICKED_UP": "in_transit",
    "IN_TRANSIT": "in_transit", "DELAYED": "in_transit", "OUT_FOR_DELIVERY": "out_for_delivery",
    "READY_FOR_PICKUP": "ready_for_pickup", "PICKED_UP": "delivered", "DELIVERED": "delivered",
    "ATTEMPTED_DELIVERY": "attempt_failed", "FAILURE": "exception", "NOT_DELIVERED": "exception",
    "LABEL_VOIDED": "exception",
}  # fmt: skip
PROBLEMS = {
    "DELAYED": "Delayed", "FAILURE": "Delivery failed", "NOT_DELIVERED": "Not delivered",
    "LABEL_VOIDED": "The label was voided", "ATTEMPTED_DELIVERY": "Delivery attempted",
}  # fmt: skip
CANCEL_REASONS = {
    "CUSTOMER": "customer", "FRAUD": "fraud", "INVENTORY": "stock", "STAFF": "staff",
    "DECLINED": "declined", "OTHER": "other",
}  # fmt: skip
_SUMMARY = timedelta(microseconds=1)


def order_of(
    node: Node,
    *,
    admin: str = "",
    added: Mapping[str, Added] | None = None,
    is_whole: bool = True,
) -> OrderData:
    """The order. ``added`` says when lines were added after the purchase, and by which app.

    One that is not whole (of an export, without scans and what is in each parcel) counts as a
    little older, so that the whole one is always believed instead. Raises InvalidInput.
    """
    try:
        return _order(node, admin, added or {}, is_whole)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("Shopify's order is not what an order should be.") from error


def _order(node: Node, admin: str, added: Mapping[str, Added], is_whole: bool) -> OrderData:
    number = str(node["legacyResourceId"])
    currency = str(node["presentmentCurrencyCode"])
    parcels = [each for each in node.get("fulfillments") or [] if each["status"] != "CANCELLED"]
    shipped = _shipped(parcels)
    received, refunded = money(node["totalReceivedSet"]), money(node["totalRefundedSet"])
    refusal = cancel_refusal(node)
    updated_at = _updated_at(node, parcels)
    promised = [
        moment((each.get("deliveryMethod") or {}).get("maxDeliveryDateTime"))
        for each in nodes(node, "fulfillmentOrders")
    ]
    hold = next(iter(holds_of(node)), None)
    return OrderData(
        external_id=number,
        number=text(node["name"], 60),
        placed_at=_needed(node.get("processedAt") or node["createdAt"]),
        updated_at=updated_at if is_whole else updated_at - _SUMMARY,
        currency=currency,
        total_minor=max(money(node["totalPriceSet"]), 0),
        financial_status=FINANCIAL.get(str(node.get("displayFinancialStatus")), "pending"),
        fulfillment_status=FULFILLMENT.get(str(node["displayFulfillmentStatus"]), "unfulfilled"),
        customer=_customer(node),
        email=text(node.get("email"), 320),
        phone=text(node.get("phone"), 60),
        subtotal_minor=money(node.get("subtotalPriceSet")),
        shipping_minor=money(node.get("totalShippingPriceSet")),
        discount_minor=money(node.get("totalDiscountsSet")),
        tax_minor=money(node.get("totalTaxSet")),
        return_status=RETURN_STATUS.get(str(node.get("returnStatus")), ReturnStatus.NONE),
        payment_method=_payment_method(node),
        promised_at=max((each for each in promised if each), default=None),
        cancelled_at=moment(node.get("cancelledAt")),
        cancel_reason=CANCEL_REASONS.get(str(node.get("cancelReason")), ""),
        shipping_address=address_of(node.get("shippingAddress")),
        billing_address=address_of(node.get("billingAddress")),
        tags=tuple(text(each, 60) for each in node.get("tags") or []),
        note=text(node.get("note"), 20_000),
        lines=tuple(_line(each, shipped, added) for each in nodes(node, "lineItems")),
        fulfillments=tuple(_parcel(each) for each in parcels),
        refunds=tuple(_refund(each) for each in node.get("refunds") or [] if _paid_back(each) > 0),
        returns=tuple(_return(each) for each in nodes(node, "returns")),
        payments=tuple(_payments(node)),
        captured_minor=received,
        store_currency=str(node["currencyCode"]) if node["currencyCode"] != currency else "",
        store_total_minor=(
            money(node["totalPriceSet"], "shopMoney") if node["currencyCode"] != currency else None
        ),
        is_on_hold=hold is not None,
        hold_reason=text(hold and (hold.get("reasonNotes") or hold.get("displayReason")), 200),
        can_cancel=not refusal,
        cannot_cancel_reason=refusal,
        can_edit_address=not node.get("cancelledAt") and not is_shipped(node),
        refundable_minor=max(received - refunded, 0) if node.get("refundable", True) else 0,
        discount_codes=tuple(text(each, 80) for each in node.get("discountCodes") or []),
        admin_url=f"{admin}/orders/{number}" if admin else "",
    )


def is_shipped(node: Node) -> bool:
    """Whether anything of it left already."""
    return str(node["displayFulfillmentStatus"]) in FULFILLMENT


def cancel_refusal(node: Node) -> str:
    """Why Shopify would not cancel it, in the codes of ``ActionRefused``; empty if it would."""
    if node.get("cancelledAt"):
        return "already_cancelled"
    if is_shipped(node):
        return "already_shipped"
    if any(
        each["status"] in ("PENDING", "AWAITING_RESPONSE")
        and each["kind"] in ("AUTHORIZATION", "SALE", "CAPTURE")
        for each in node.get("transactions") or []
    ):
        return "payment_pending"
    if any(each["status"] in ("OPEN", "REQUESTED") for each in nodes(node, "returns")):
        return "return_open"
    return ""


def holds_of(node: Node) -> list[Node]:
    """The holds that keep it from being packed."""
    return [
        hold
        for each in nodes(node, "fulfillmentOrders")
        if each["status"] == "ON_HOLD"
        for hold in each.get("fulfillmentHolds") or []
    ]


class Added(NamedTuple):
    """A line came after the purchase; ``by`` names the app that edited the order."""

    at: datetime
    by: str = ""


def added_later(data: Node) -> dict[str, Added]:
    """When each line was added after the purchase, of the answer to ``ADDED_LATER``.

    AfterSell has no API of its own for orders: what it sells is an edit of the order by its app.
    """
    found: dict[str, Added] = {}
    for each in nodes(data.get("order") or {}, "agreements"):
        if each["__typename"] != "OrderEditAgreement":
            continue
        for sale in nodes(each, "sales"):
            line = number_of((sale.get("lineItem") or {}).get("id"))
            if line and sale.get("actionType") == "ORDER":
                found.setdefault(line, Added(_needed(each["happenedAt"]), _app(each)))
    return found


def _app(agreement: Node) -> str:
    app = agreement.get("app") or {}
    named = text(app.get("title"), 60)
    return "AfterSell" if "aftersell" in f"{named} {app.get('handle')}".lower() else named


def nodes(node: Node, name: str) -> list[Node]:
    """What a connection holds: ``nodes`` as asked, or the list an export was put together to."""
    found = node.get(name) or {}
    return list(found) if isinstance(found, list) else list(found.get("nodes") or [])


def money(bag: Any, side: str = "presentmentMoney") -> int:
    """The amount in the minor unit of what the customer paid in (or ``shopMoney``)."""
    if not bag:
        return 0
    return minor_of(bag[side]["amount"], bag[side]["currencyCode"])


def moment(value: Any) -> datetime | None:
    """A time as Shopify writes it."""
    return datetime.fromisoformat(str(value)) if value else None


def text(value: Any, longest: int) -> str:
    """Words that can be stored."""
    return str(value or "").replace("\0", "").strip()[:longest]


def address_of(found: Node | None) -> AddressData:
    """An address; its street is both of Shopify's lines."""
    if not found:
        return AddressData()
    both = [text(found.get(name), 200) for name in ("address1", "address2")]
    return AddressData(
        name=text(found.get("name"), 200),
        company=text(found.get("company"), 200),
        street=", ".join(each for each in both if each),
        postcode=text(found.get("zip"), 40),
        city=text(found.get("city"), 120),
        region=text(found.get("provinceCode") or found.get("province"), 120),
        country_code=text(found.get("countryCodeV2"), 2),
        phone=text(found.get("phone"), 60),
    )


def _needed(value: Any) -> datetime:
    found = moment(value)
    if found is None:
        raise ValueError("a time is missing")
    return found


def _updated_at(node: Node, parcels: list[Node]) -> datetime:
    """The newest change of it or of its parcels: scans do not touch the order itself."""
    times = [_needed(node["updatedAt"])]
    for each in parcels:
        times.append(_needed(each["updatedAt"]))
        times += [_needed(scan["createdAt"]) for scan in nodes(each, "events")]
    return max(times)


def _customer(node: Node) -> StoreCustomerData | None:
    found = node.get("customer")
    if not found:
        return None
    email = (found.get("defaultEmailAddress") or {}).get("emailAddress")
    phone = (found.get("defaultPhoneNumber") or {}).get("phoneNumber")
    return StoreCustomerData(
        external_id=str(found["legacyResourceId"]),
        updated_at=_needed(found["updatedAt"]),
        name=text(found.get("displayName"), 200),
        language=text(found.get("locale"), 12),
        emails=(text(email, 320),) if email else (),
        phones=(text(phone, 60),) if phone else (),
    )


def _shipped(parcels: list[Node]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for parcel in parcels:
        for each in nodes(parcel, "fulfillmentLineItems"):
            line = number_of(each["lineItem"]["id"])
            counts[line] = counts.get(line, 0) + int(each.get("quantity") or 0)
    return counts


def _line(node: Node, shipped: Mapping[str, int], added: Mapping[str, Added]) -> OrderLineData:
    later = added.get(number_of(node["id"]))
    line = number_of(node["id"])
    quantity, current = int(node["quantity"]), int(node["currentQuantity"])
    waiting = int(node.get("unfulfilledQuantity") or 0)
    return OrderLineData(
        title=text(node["title"], 300) or "—",
        quantity=quantity,
        price_minor=money(node["originalUnitPriceSet"]),
        variant=text(node.get("variantTitle"), 200),
        sku=text(node.get("sku"), 120),
        external_id=line,
        product_id=number_of((node.get("product") or {}).get("id")),
        fulfilled_quantity=shipped.get(line, max(current - waiting, 0)),
        refunded_quantity=max(quantity - current, 0),
        discount_minor=money(node.get("totalDiscountSet")),
        added_at=later.at if later else None,
        added_by=later.by if later else "",
        image_url=text((node.get("image") or {}).get("url"), 1000),
    )


def _parcel(node: Node) -> FulfillmentData:
    tracking: Node = next(iter(node.get("trackingInfo") or []), {})
    display = str(node.get("displayStatus") or "FULFILLED")
    scans = tuple(
        ScanData(
            _needed(each["happenedAt"]),
            SHIPMENT.get(str(each["status"]), "in_transit"),
            text(each.get("message"), 300),
            text(", ".join(filter(None, [each.get("city"), each.get("country")])), 120),
        )
        for each in nodes(node, "events")
    )
    return FulfillmentData(
        external_id=str(node["legacyResourceId"]),
        status="delivered" if node.get("deliveredAt") else SHIPMENT.get(display, "in_transit"),
        carrier=text(tracking.get("company"), 80),
        tracking_number=text(tracking.get("number"), 120),
        tracking_url=text(tracking.get("url"), 1000),
        problem="" if node.get("deliveredAt") else PROBLEMS.get(display, ""),
        shipped_at=moment(node.get("inTransitAt") or node["createdAt"]),
        estimated_at=moment(node.get("estimatedDeliveryAt")),
        delivered_at=moment(node.get("deliveredAt")),
        scans=scans,
        lines=tuple(
            LineQuantity(number_of(each["lineItem"]["id"]), int(each.get("quantity") or 0))
            for each in nodes(node, "fulfillmentLineItems")
        ),
    )


def _paid_back(node: Node) -> int:
    return money(node["totalRefundedSet"])


def _refund(node: Node) -> RefundData:
    ways = {text(each.get("formattedGateway"), 60) for each in nodes(node, "transactions")}
    return RefundData(
        external_id=number_of(node["id"]),
        amount_minor=_paid_back(node),
        refunded_at=_needed(node.get("processedAt") or node["createdAt"]),
        reason=text(node.get("note"), 200),
        method=text(", ".join(sorted(ways - {""})), 80),
    )


def _return(node: Node) -> ReturnData:
    shipping: Node = {}
    for order in nodes(node, "reverseFulfillmentOrders"):
        for delivery in nodes(order, "reverseDeliveries"):
            shipping = delivery.get("deliverable") or shipping
    tracking = shipping.get("tracking") or {}
    paid = sum(_paid_back(each) for each in nodes(node, "refunds"))
    state = RETURN_STATE.get(str(node["status"]), ReturnState.APPROVED)
    if state == ReturnState.APPROVED and tracking.get("number"):
        state = ReturnState.IN_TRANSIT
    has_exchange = bool(nodes(node, "exchangeLineItems"))
    return ReturnData(
        external_id=number_of(node["id"]),
        state=state,
        number=text(node.get("name"), 60),
        outcome="exchange" if has_exchange else "refund" if paid else "",
        requested_at=moment(node.get("createdAt")),
        refund_minor=paid or None,
        label_url=text((shipping.get("label") or {}).get("publicFileUrl"), 1000),
        carrier=text(tracking.get("carrierName"), 80),
        tracking_number=text(tracking.get("number"), 120),
        lines=tuple(_returned_line(each) for each in nodes(node, "returnLineItems")),
    )


def _returned_line(node: Node) -> LineQuantity:
    line = (node.get("fulfillmentLineItem") or {}).get("lineItem") or {}
    reason = (node.get("returnReasonDefinition") or {}).get("name") or node.get("returnReasonNote")
    return LineQuantity(
        number_of(line.get("id")),
        int(node["quantity"]),
        text(reason, 120),
        text(line.get("title"), 200),
    )


def _payments(node: Node) -> list[PaymentData]:
    found = []
    for each in node.get("transactions") or []:
        state = payment_state(each)
        if state:
            found.append(
                PaymentData(
                    external_id=number_of(each["id"]),
                    state=state,
                    amount_minor=money(each["amountSet"]),
                    method=method_of(each),
                    at=moment(each.get("processedAt") or each["createdAt"]),
                )
            )
    return found


def payment_state(node: Node) -> str:
    """What became of the money of a transaction; empty where it is no payment."""
    kind, status = str(node["kind"]), str(node["status"])
    if kind not in ("AUTHORIZATION", "EMV_AUTHORIZATION", "SALE", "CAPTURE", "VOID"):
        return ""
    if status in ("FAILURE", "ERROR"):
        return "failed"
    if status != "SUCCESS":
        return "pending"
    return {"SALE": "captured", "CAPTURE": "captured", "VOID": "voided"}.get(kind, "authorized")


def method_of(node: Node) -> str:
    """“Visa •4242”, “PayPal”: how somebody paid, as people say it."""
    company = text((node.get("paymentDetails") or {}).get("company"), 40)
    digits = "".join(each for each in str(node.get("accountNumber") or "") if each.isdigit())[-4:]
    name = company or text(node.get("formattedGateway"), 60)
    return f"{name} •{digits}" if digits else name


def _payment_method(node: Node) -> str:
    paid = [each for each in node.get("transactions") or [] if payment_state(each)]
    names = [method_of(each) for each in paid if payment_state(each) != "failed"]
    return next(iter(names), text(", ".join(node.get("paymentGatewayNames") or []), 60))
