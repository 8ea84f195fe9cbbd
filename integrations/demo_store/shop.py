"""The built-in shop: tells its orders in the normal form every store connector uses."""

from __future__ import annotations

from datetime import datetime, timedelta

from integrations.commerce.connector import Sellable
from integrations.commerce.models import (
    FinancialStatus,
    FulfillmentStatus,
    ReturnStatus,
    ShipmentStatus,
)
from integrations.commerce.normal_form import (
    AddressData,
    FulfillmentData,
    OrderData,
    OrderLineData,
    RefundData,
    ScanData,
    StoreCustomerData,
)
from integrations.demo_store import content
from integrations.demo_store.content import ShopOrder, Shopper, moment

TRACKING_URL = "https://track.lindenloom.example/{number}"
_CARDS = ("Visa ·· 4242", "Mastercard ·· 5100", "PayPal", "Visa ·· 0077", "Klarna")


def order_data(order: ShopOrder, opened_at: datetime) -> OrderData:
    """The order as the shop knows it at ``opened_at``; the same every time it is asked."""
    clock = _Clock(order, opened_at)
    shopper = content.shoppers()[order.customer]
    lines = tuple(_line(order, index, each) for index, each in enumerate(order.lines))
    subtotal = sum(line.price_minor * line.quantity for line in lines)
    address = _address(shopper)
    return OrderData(
        external_id=f"demo-{order.number}",
        number=f"#{order.number}",
        placed_at=clock.at(order.placed),
        updated_at=clock.last_change(),
        currency="EUR",
        subtotal_minor=subtotal,
        shipping_minor=order.shipping_cents,
        total_minor=subtotal + order.shipping_cents,
        financial_status=_financial_status(order),
        fulfillment_status=_fulfillment_status(order),
        return_status=_return_status(order),
        customer=_customer(shopper, opened_at),
        email=shopper.email,
        phone=shopper.phone,
        payment_method=_CARDS[sum(map(ord, order.customer)) % len(_CARDS)],
        pick_at=clock.find(order.pick_at),
        packed_at=clock.find(order.packed),
        promised_at=clock.find(order.promised),
        cancelled_at=clock.find(order.cancelled),
        cancel_reason="Customer asked" if order.cancelled else "",
        shipping_address=address,
        billing_address=address,
        tags=tuple(shopper.tags),
        note=order.note,
        lines=lines,
        fulfillments=_fulfillments(order, shopper, clock),
        refunds=_refunds(order, subtotal + order.shipping_cents, clock),
    )


class _Clock:
    """The moments of one order."""

    def __init__(self, order: ShopOrder, opened_at: datetime) -> None:
        self.order = order
        self.opened_at = opened_at

    def at(self, offset: str) -> datetime:
        return moment(self.opened_at, offset)

    def find(self, offset: str) -> datetime | None:
        return self.at(offset) if offset else None

    def last_change(self) -> datetime:
        """When something last happened to the order; promises do not count."""
        order = self.order
        offsets = (
            order.placed,
            order.packed,
            order.cancelled,
            order.shipped,
            order.last_scan,
            order.delivered,
            order.return_requested,
            order.returned,
            order.refunded,
        )
        return max(self.at(each) for each in offsets if each)


def _line(order: ShopOrder, index: int, text: str) -> OrderLineData:
    """``noor-shirt/Flax/S*2`` in words: product, variant and quantity."""
    what, _, quantity = text.partition("*")
    product_id, *choices = what.split("/", 2)
    product = content.products()[product_id]
    choices += product.sizes if product.sizes == ["One size"] else []
    return OrderLineData(
        external_id=f"demo-{order.number}-{index + 1}",
        product_id=product.id,
        title=product.title,
        variant=" · ".join(choices),
        sku="-".join([product.id, *choices]).upper().replace(" ", ""),
        quantity=int(quantity or 1),
        fulfilled_quantity=int(order.state == "partially_fulfilled" and index > 0),
        price_minor=product.price_cents,
        picture=product.picture,
    )


def _financial_status(order: ShopOrder) -> str:
    if order.state == "payment_pending":
        return FinancialStatus.PENDING
    if order.state == "partially_refunded":
        return FinancialStatus.PARTIALLY_REFUNDED
    return FinancialStatus.REFUNDED if order.refunded else FinancialStatus.PAID


def _fulfillment_status(order: ShopOrder) -> str:
    if order.state == "partially_fulfilled":
        return FulfillmentStatus.PARTIAL
    return FulfillmentStatus.FULFILLED if order.shipped else FulfillmentStatus.UNFULFILLED


def _return_status(order: ShopOrder) -> str:
    if order.returned:
        return ReturnStatus.RETURNED
    return ReturnStatus.REQUESTED if order.return_requested else ReturnStatus.NONE


def _customer(shopper: Shopper, at: datetime) -> StoreCustomerData:
    return StoreCustomerData(
        external_id=f"demo-{shopper.key}",
        updated_at=at,
        name=shopper.name,
        language=shopper.language,
        emails=(shopper.email,),
        phones=(shopper.phone,) if shopper.phone else (),
    )


def _address(shopper: Shopper) -> AddressData:
    return AddressData(
        name=shopper.name,
        street=shopper.street,
        postcode=shopper.postcode,
        city=shopper.city,
        country_code=shopper.country_code,
        phone=shopper.phone,
    )


def _refunds(order: ShopOrder, total: int, clock: _Clock) -> tuple[RefundData, ...]:
    if not order.refunded:
        return ()
    return (
        RefundData(
            external_id=f"demo-{order.number}-r1",
            amount_minor=order.refund_cents or total,
            refunded_at=clock.at(order.refunded),
            reason=order.refund_reason or ("Cancelled" if order.cancelled else "Returned"),
        ),
    )


def _fulfillments(order: ShopOrder, shopper: Shopper, clock: _Clock) -> tuple[FulfillmentData, ...]:
    if not order.shipped:
        return ()
    scans = _scans(order, shopper, clock)
    return (
        FulfillmentData(
            external_id=f"demo-{order.number}-f1",
            status=scans[-1].status,
            carrier=order.carrier,
            tracking_number=order.tracking_number,
            tracking_url=TRACKING_URL.format(number=order.tracking_number),
            problem=order.problem,
            shipped_at=clock.at(order.shipped),
            estimated_at=None if order.delivered else clock.find(order.promised),
            delivered_at=clock.find(order.delivered),
            scans=scans,
        ),
    )


def _scans(order: ShopOrder, shopper: Shopper, clock: _Clock) -> tuple[ScanData, ...]:
    """The parcel's journey, as far as it got."""
    shipped_at = clock.at(order.shipped)
    scans = [
        ScanData(shipped_at, ShipmentStatus.INFO_RECEIVED, "Label made", "Guimarães"),
        ScanData(
            shipped_at + timedelta(hours=3), ShipmentStatus.IN_TRANSIT, "Picked up", "Guimarães"
        ),
    ]
    if order.last_scan:
        scans.append(_last_scan(order, shopper, clock.at(order.last_scan)))
    if order.delivered:
        delivered_at = clock.at(order.delivered)
        if delivered_at - shipped_at > timedelta(hours=12):
            scans.append(
                ScanData(
                    delivered_at - timedelta(hours=5),
                    ShipmentStatus.OUT_FOR_DELIVERY,
                    "On the van",
                    shopper.city,
                )
            )
        scans.append(ScanData(delivered_at, ShipmentStatus.DELIVERED, "Delivered", shopper.city))
    limit = scans[-1].at
    return tuple(sorted((each for each in scans if each.at <= limit), key=lambda each: each.at))


def _last_scan(order: ShopOrder, shopper: Shopper, at: datetime) -> ScanData:
    if order.state == "out_for_delivery":
        return ScanData(at, ShipmentStatus.OUT_FOR_DELIVERY, "On the van", shopper.city)
    if order.state == "exception":
        return ScanData(at, ShipmentStatus.EXCEPTION, order.problem, shopper.city)
    if order.state == "refunded":
        return ScanData(at, ShipmentStatus.EXCEPTION, "Lost by the carrier", shopper.city)
    return ScanData(at, ShipmentStatus.IN_TRANSIT, "Arrived at sorting centre", shopper.city)


def sellables(text: str) -> list[Sellable]:
    """What the shop sells whose name, colour and size have all these words in them."""
    words = text.casefold().split()
    return [
        Sellable(
            variant=f"{product.id}/{colour}/{size}",
            title=product.title,
            detail=f"{colour} · {size}",
            price_minor=product.price_cents,
            currency="EUR",
            picture=product.picture,
            is_available=True,
        )
        for product in content.products().values()
        for colour in product.colours
        for size in product.sizes
        if all(word in f"{product.title} {colour} {size}".casefold() for word in words)
    ]
