"""The shapes of ``commerce.records`` in the words of OpenAPI; never used to read or write."""

from __future__ import annotations

from rest_framework import serializers

from integrations.commerce.acting import ActionKind
from integrations.commerce.models import (
    FinancialStatus,
    FulfillmentStatus,
    ReturnState,
    ReturnStatus,
    ShipmentStatus,
)
from integrations.commerce.state import OrderState


class MoneySchema(serializers.Serializer[None]):
    minor = serializers.IntegerField(help_text="In the currency's minor unit, such as cents.")
    currency = serializers.CharField()
    text = serializers.CharField()


class StoreSchema(serializers.Serializer[None]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    kind = serializers.CharField()
    name = serializers.CharField()
    platform = serializers.CharField()
    actions = serializers.ListField(
        child=serializers.ChoiceField([each.value for each in ActionKind])
    )
    missing = serializers.DictField(child=serializers.CharField())
    stale_after_seconds = serializers.IntegerField()
    finds_products = serializers.BooleanField()


class OrderLineSchema(serializers.Serializer[None]):
    line = serializers.CharField()
    product_id = serializers.CharField()
    title = serializers.CharField()
    variant = serializers.CharField()
    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    fulfilled_quantity = serializers.IntegerField()
    refunded_quantity = serializers.IntegerField()
    price = MoneySchema()
    discount = MoneySchema()
    total = MoneySchema()
    added_at = serializers.DateTimeField(allow_null=True)
    added_by = serializers.CharField()
    picture = serializers.CharField()
    image_url = serializers.CharField()


class ScanSchema(serializers.Serializer[None]):
    at = serializers.DateTimeField()
    status = serializers.ChoiceField(ShipmentStatus.choices)
    text = serializers.CharField()
    place = serializers.CharField()


class LineQuantitySchema(serializers.Serializer[None]):
    line = serializers.CharField()
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    reason = serializers.CharField()


class FulfillmentSchema(serializers.Serializer[None]):
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    tracking_url = serializers.CharField()
    status = serializers.ChoiceField(ShipmentStatus.choices)
    status_text = serializers.CharField()
    problem = serializers.CharField()
    shipped_at = serializers.DateTimeField(allow_null=True)
    estimated_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    last_scan_at = serializers.DateTimeField(allow_null=True)
    events = ScanSchema(many=True)
    lines = LineQuantitySchema(many=True)


class ReturnSchema(serializers.Serializer[None]):
    service = serializers.CharField()
    number = serializers.CharField()
    state = serializers.ChoiceField(ReturnState.choices)
    state_text = serializers.CharField()
    outcome = serializers.CharField()
    requested_at = serializers.DateTimeField(allow_null=True)
    refund = MoneySchema(allow_null=True)
    credit = MoneySchema(allow_null=True)
    exchange_number = serializers.CharField()
    status_url = serializers.CharField()
    label_url = serializers.CharField()
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    lines = LineQuantitySchema(many=True)


class PaymentSchema(serializers.Serializer[None]):
    state = serializers.ChoiceField(["pending", "authorized", "captured", "voided", "failed"])
    amount = MoneySchema()
    method = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)


class RefundSchema(serializers.Serializer[None]):
    amount = MoneySchema()
    reason = serializers.CharField()
    method = serializers.CharField()
    refunded_at = serializers.DateTimeField()


class OrderStepSchema(serializers.Serializer[None]):
    name = serializers.ChoiceField(
        ["paid", "picking", "shipped", "delivered", "cancelled", "returned"]
    )
    at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(["done", "now", "ahead"])


class PostalAddressSchema(serializers.Serializer[None]):
    name = serializers.CharField()
    company = serializers.CharField()
    street = serializers.CharField()
    postcode = serializers.CharField()
    city = serializers.CharField()
    region = serializers.CharField()
    country_code = serializers.CharField()
    phone = serializers.CharField()


class OrderSchema(serializers.Serializer[None]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    store = StoreSchema()
    buyer_name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    placed_at = serializers.DateTimeField()
    state = serializers.ChoiceField(OrderState.choices)
    state_text = serializers.CharField()
    financial_status = serializers.ChoiceField(FinancialStatus.choices)
    financial_text = serializers.CharField()
    fulfillment_status = serializers.ChoiceField(FulfillmentStatus.choices)
    fulfillment_text = serializers.CharField()
    return_status = serializers.ChoiceField(ReturnStatus.choices)
    total = MoneySchema()
    subtotal = MoneySchema()
    shipping = MoneySchema()
    discount = MoneySchema()
    tax = MoneySchema()
    refunded = MoneySchema()
    refundable = MoneySchema(allow_null=True)
    store_total = MoneySchema(allow_null=True)
    payment_method = serializers.CharField()
    is_on_hold = serializers.BooleanField()
    hold_reason = serializers.CharField()
    can_cancel = serializers.BooleanField(allow_null=True)
    cannot_cancel_reason = serializers.CharField()
    can_edit_address = serializers.BooleanField(allow_null=True)
    discount_codes = serializers.ListField(child=serializers.CharField())
    admin_url = serializers.CharField()
    pick_at = serializers.DateTimeField(allow_null=True)
    promised_at = serializers.DateTimeField(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)
    cancel_reason = serializers.CharField()
    shipping_address = PostalAddressSchema()
    billing_address = PostalAddressSchema()
    tags = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField()
    lines = OrderLineSchema(many=True)
    fulfillments = FulfillmentSchema(many=True)
    refunds = RefundSchema(many=True)
    returns = ReturnSchema(many=True)
    payments = PaymentSchema(many=True)
    steps = OrderStepSchema(many=True)
    as_of = serializers.DateTimeField()
    version = serializers.IntegerField()


class SpendSchema(serializers.Serializer[None]):
    order_count = serializers.IntegerField()
    returned_count = serializers.IntegerField()
    returned_percent = serializers.IntegerField()
    spent = MoneySchema(many=True)


class CustomerOrdersSchema(serializers.Serializer[None]):
    orders = OrderSchema(many=True)
    summary = SpendSchema()


class OrderListSchema(serializers.Serializer[None]):
    orders = OrderSchema(many=True)
