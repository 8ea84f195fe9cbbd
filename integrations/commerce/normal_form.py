"""What a store connector hands over: an order in words that are the same for every platform.

Frozen values, no database. Money in the currency's minor unit, moments aware.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field, is_dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import phonenumbers

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.digits import in_plain_digits
from integrations.commerce.models import (
    FinancialStatus,
    FulfillmentStatus,
    ReturnState,
    ReturnStatus,
    ShipmentStatus,
)

_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class AddressData:
    """Where goods or the bill go."""

    name: str = ""
    company: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    country_code: str = ""
    phone: str = ""


@dataclass(frozen=True)
class StoreCustomerData:
    """A buyer as the store knows them."""

    external_id: str
    updated_at: datetime
    name: str = ""
    language: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


@dataclass(frozen=True)
class OrderLineData:
    """What was bought; ``price_minor`` is for one."""

    title: str
    quantity: int
    price_minor: int
    variant: str = ""
    sku: str = ""
    external_id: str = ""
    product_id: str = ""
    fulfilled_quantity: int = 0
    refunded_quantity: int = 0
    discount_minor: int = 0
    added_at: datetime | None = None
    added_by: str = ""
    picture: str = ""
    image_url: str = ""


@dataclass(frozen=True)
class ScanData:
    """One line of a parcel's journey."""

    at: datetime
    status: str
    text: str = ""
    place: str = ""


@dataclass(frozen=True)
class LineQuantity:
    """So many of one line of the order; ``reason`` for returns."""

    line: str
    quantity: int
    reason: str = ""
    title: str = ""


@dataclass(frozen=True)
class FulfillmentData:
    """One parcel."""

    external_id: str
    status: str
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    problem: str = ""
    shipped_at: datetime | None = None
    estimated_at: datetime | None = None
    delivered_at: datetime | None = None
    scans: tuple[ScanData, ...] = ()
    lines: tuple[LineQuantity, ...] = ()


@dataclass(frozen=True)
class ReturnData:
    """Something that comes back; ``state`` is a word of ``ReturnState``."""

    external_id: str
    state: str
    number: str = ""
    outcome: str = ""
    requested_at: datetime | None = None
    refund_minor: int | None = None
    label_url: str = ""
    carrier: str = ""
    tracking_number: str = ""
    lines: tuple[LineQuantity, ...] = ()


@dataclass(frozen=True)
class PaymentData:
    """Money asked for or taken in; ``state``: pending, authorized, captured, voided, failed."""

    external_id: str
    state: str
    amount_minor: int
    method: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class RefundData:
    """Money that went back."""

    external_id: str
    amount_minor: int
    refunded_at: datetime
    reason: str = ""
    method: str = ""


@dataclass(frozen=True)
class OrderData:
    """A whole order as the store tells it at ``updated_at``; never a patch."""

    external_id: str
    number: str
    placed_at: datetime
    updated_at: datetime
    currency: str
    total_minor: int
    financial_status: str
    fulfillment_status: str
    customer: StoreCustomerData | None = None
    email: str = ""
    phone: str = ""
    subtotal_minor: int = 0
    shipping_minor: int = 0
    discount_minor: int = 0
    tax_minor: int = 0
    return_status: str = ""
    payment_method: str = ""
    pick_at: datetime | None = None
    packed_at: datetime | None = None
    promised_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    shipping_address: AddressData = field(default_factory=AddressData)
    billing_address: AddressData = field(default_factory=AddressData)
    tags: tuple[str, ...] = ()
    note: str = ""
    lines: tuple[OrderLineData, ...] = ()
    fulfillments: tuple[FulfillmentData, ...] = ()
    refunds: tuple[RefundData, ...] = ()
    returns: tuple[ReturnData, ...] = ()
    payments: tuple[PaymentData, ...] = ()
    captured_minor: int | None = None
    store_currency: str = ""
    store_total_minor: int | None = None
    is_on_hold: bool = False
    hold_reason: str = ""
    can_cancel: bool | None = None
    cannot_cancel_reason: str = ""
    can_edit_address: bool | None = None
    refundable_minor: int | None = None
    discount_codes: tuple[str, ...] = ()
    admin_url: str = ""

    def as_json(self) -> str:
        """Everything said, always in the same order."""
        return self._json

    @cached_property
    def _json(self) -> str:
        """Asked for twice of every order that is read: put together once."""
        return json.dumps(vars(self), sort_keys=True, default=_json_value)

    def digest(self) -> str:
        """A fingerprint of everything said; equal orders have equal fingerprints."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()


def check_order(data: OrderData) -> None:
    """Raises InvalidInput naming the first field that cannot be stored."""
    if not data.external_id or len(data.external_id) > 120:
        raise InvalidInput.field("external_id", "An order needs an id of 1 to 120 characters.")
    if not data.number.strip() or len(data.number) > 60:
        raise InvalidInput.field("number", "An order number has 1 to 60 characters.")
    if not _CURRENCY.fullmatch(data.currency):
        raise InvalidInput.field("currency", "The currency must be three letters, like EUR.")
    if data.total_minor < 0:
        raise InvalidInput.field("total_minor", "The total of an order is not below zero.")
    for name in ("placed_at", "updated_at"):
        if getattr(data, name).tzinfo is None:
            raise InvalidInput.field(name, "The time must say its time zone.")
    if "\\u0000" in data.as_json():
        raise InvalidInput("The order holds a NUL character, which cannot be stored.")
    _check_words(data)
    _check_refunds(data)


def _check_words(data: OrderData) -> None:
    vocabularies = {
        "financial_status": FinancialStatus.values,
        "fulfillment_status": FulfillmentStatus.values,
        "return_status": ReturnStatus.values,
    }
    for name, words in vocabularies.items():
        if getattr(data, name) not in words:
            raise InvalidInput.field(name, f"“{getattr(data, name)}” is not one of our words.")
    for position, each in enumerate(data.fulfillments):
        if each.status not in ShipmentStatus.values:
            raise InvalidInput.field(
                f"fulfillments.{position}.status", f"“{each.status}” is not one of our words."
            )
    for position, back in enumerate(data.returns):
        if back.state not in ReturnState.values:
            raise InvalidInput.field(
                f"returns.{position}.state", f"“{back.state}” is not one of our words."
            )


def _check_refunds(data: OrderData) -> None:
    seen: set[str] = set()
    for position, each in enumerate(data.refunds):
        if each.amount_minor <= 0:
            raise InvalidInput.field(
                f"refunds.{position}.amount_minor", "A refund is more than nothing."
            )
        if each.external_id in seen:
            raise InvalidInput.field(f"refunds.{position}.external_id", "This refund is twice.")
        seen.add(each.external_id)


def number_key(number: str) -> str:
    """The form order numbers are compared in: ``#0042-a`` and ``42-A`` are the same number."""
    key = re.sub(r"[^0-9A-Z]", "", in_plain_digits(number).upper())
    return key.lstrip("0")[:60] or key[:1]


def clean_email(value: str) -> str:
    """An address as handles keep it: trimmed and lower case."""
    return value.strip().lower()[:320]


def clean_phone(value: str, country_code: str = "") -> str:
    """The phone as E.164 (``+33655510872``); as it was, trimmed, where it is no valid number."""
    try:
        parsed = phonenumbers.parse(value, country_code or None)
    except phonenumbers.NumberParseException:
        return value.strip()[:60]
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _json_value(value: Any) -> Any:
    """Parts as their fields, without copying them as ``asdict`` does; times as texts."""
    if isinstance(value, datetime):
        return value.isoformat()
    return vars(value) if is_dataclass(value) else str(value)
