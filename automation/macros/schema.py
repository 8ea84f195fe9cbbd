"""What a macro may say: one typed tree of values, for checking, filling and the editor.

Nothing else exists for a macro. Whoever adds a value here adds where it comes from in ``values``
and thinks about who may read it: it goes to customers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Type = Literal["text", "money", "date", "number", "flag", "link", "object", "list"]


@dataclass(frozen=True)
class Value:
    """One value. ``of`` are the parts of an object, or of each element of a list."""

    name: str
    label: str
    type: Type
    example: str = ""
    of: tuple[Value, ...] = ()

    def part(self, name: str) -> Value | None:
        """The part of that name, or None."""
        return next((each for each in self.of if each.name == name), None)


def _text(name: str, label: str, example: str) -> Value:
    return Value(name, label, "text", example)


def _date(name: str, label: str, example: str = "24 November 2026") -> Value:
    return Value(name, label, "date", example)


def _money(name: str, label: str, example: str) -> Value:
    return Value(name, label, "money", example)


def _number(name: str, label: str, example: str) -> Value:
    return Value(name, label, "number", example)


def _flag(name: str, label: str) -> Value:
    return Value(name, label, "flag", "true")


def _link(name: str, label: str, example: str) -> Value:
    return Value(name, label, "link", example)


_LINE = (
    _text("title", "Article", "Linen shirt Noor"),
    _text("variant", "Variant", "Flax, S"),
    _text("sku", "Article number", "LS-NOOR-S"),
    _number("quantity", "How many", "1"),
    _money("price", "Price of one", "€59.00"),
    _money("total", "Price of all", "€59.00"),
)
_SHIPMENT = (
    _text("carrier", "Carrier", "Colissimo"),
    _text("tracking_number", "Tracking number", "6A12345678901"),
    _link("tracking_url", "Tracking link", "https://track.example/6A12345678901"),
    _text("status", "Where the parcel is, in words", "On its way"),
    _text("problem", "What is wrong with it", "Address not found"),
    _text("place", "Where it was scanned last", "Lyon"),
    _date("shipped_on", "Date it left"),
    _date("expected_on", "Date it should arrive", "26 November 2026"),
    _date("delivered_on", "Date of delivery"),
    _date("last_scan_on", "Date of its last scan"),
    _flag("is_delivered", "It is delivered"),
)
_RETURN = (
    _text("number", "Number of the return", "R-1042"),
    _text("status", "How far it is, in words", "On its way back"),
    _text("outcome", "What the customer gets for it", "refund"),
    _date("requested_on", "Date it was asked for"),
    _money("refund", "What is refunded for it", "€59.00"),
    _money("credit", "What is given as store credit for it", "€65.00"),
    _text("exchange_number", "Number of the order that comes instead", "#1077"),
    _link("status_url", "Page where the customer can follow it", "https://returns.example/r/1042"),
    _text("reason", "Why it comes back", "Too small"),
    _flag("is_open", "It is not over yet"),
    _link("label_url", "Link to the return label", "https://returns.example/label/1042"),
    _text("carrier", "Carrier", "Colissimo"),
    _text("tracking_number", "Tracking number", "8R12345678901"),
    _link("tracking_url", "Tracking link", "https://track.example/8R12345678901"),
)
_REFUND = (
    _money("amount", "Refunded sum", "€84.90"),
    _text("method", "Where the money goes", "Visa •4242"),
    _date("refunded_on", "Date of the refund"),
    _text("reason", "Reason", "Wrong size"),
)
_ADDRESS = (
    _text("name", "Name", "Mia Laurent"),
    _text("company", "Company", "Atelier Laurent"),
    _text("street", "Street and number", "12 rue Mercière"),
    _text("postcode", "Postcode", "69002"),
    _text("city", "City", "Lyon"),
    _text("region", "Region", "Rhône"),
    _text("country", "Country code", "FR"),
)
_ORDER = (
    _text("number", "Order number", "#1042"),
    _text("status", "Where the order stands, in words", "In transit"),
    _date("placed_on", "Date of the order"),
    _date("placed_at", "Moment of the order, for the date filter"),
    _date("promised_on", "Date the parcel should arrive", "26 November 2026"),
    _date("expected_on", "The same date while it is still to come", "26 November 2026"),
    _date("shipped_on", "Date the parcel left"),
    _date("delivered_on", "Date of delivery"),
    _date("last_scan_on", "Date of the parcel's last scan"),
    _date("cancelled_on", "Date it was cancelled"),
    _text("cancel_reason", "Why it was cancelled", "Customer changed their mind"),
    _money("total", "Total with currency", "€84.90"),
    _money("subtotal", "Goods without shipping", "€79.00"),
    _money("shipping", "Shipping", "€5.90"),
    _money("discount", "Discount", "€10.00"),
    _money("tax", "Tax", "€13.56"),
    _money("refunded_total", "Refunded sum with currency", "€84.90"),
    _money("refundable", "What can still be refunded", "€84.90"),
    _number("item_count", "Number of items", "2"),
    _number("age_days", "Days since it was placed", "3"),
    _text("items", "What was bought, in one line", "Linen shirt Noor, Napkins"),
    Value("lines", "What was bought, one by one", "list", of=_LINE),
    _text("carrier", "Carrier", "Colissimo"),
    _text("tracking_number", "Tracking number", "6A12345678901"),
    _link("tracking_url", "Tracking link", "https://track.example/6A12345678901"),
    _text("city", "City it goes to", "Lyon"),
    Value("address", "Where it goes", "object", of=_ADDRESS),
    _text("payment_method", "How it was paid", "Visa •4242"),
    Value("refund", "The newest refund", "object", of=_REFUND),
    _text("discount_codes", "Discount codes used", "WELCOME10"),
    _text("store", "Name of the store", "Linden & Loom"),
    Value("shipments", "Its parcels, one by one", "list", of=_SHIPMENT),
    Value("returns", "Its returns, one by one", "list", of=_RETURN),
    _flag("is_paid", "It is paid"),
    _flag("is_shipped", "Something of it has left"),
    _flag("is_delivered", "It is delivered"),
    _flag("is_cancelled", "It is cancelled"),
    _flag("is_on_hold", "It is on hold"),
    _flag("has_tracking", "There is a tracking link"),
)

SCHEMA: tuple[Value, ...] = (
    Value(
        "customer",
        "Customer",
        "object",
        of=(
            _text("name", "Full name", "Mia Laurent"),
            _text("first_name", "First name", "Mia"),
            _text("last_name", "Last name", "Laurent"),
            _text("email", "E-mail address the ticket came from", "mia@posteo.example"),
            _text("phone", "Telephone", "+33655510872"),
            _text("city", "City", "Lyon"),
            _text("country", "Country code", "FR"),
            _text("language", "Language code", "fr"),
            _flag("is_vip", "Is a VIP"),
            _number("order_count", "Number of orders", "9"),
        ),
    ),
    Value("order", "The order that is meant", "object", of=_ORDER),
    Value("orders", "All the customer's orders, newest first", "list", of=_ORDER),
    Value("shipments", "The parcels of the order that is meant", "list", of=_SHIPMENT),
    Value("returns", "The returns of the order that is meant", "list", of=_RETURN),
    Value(
        "loyalty",
        "Loyalty programme",
        "object",
        of=(
            _number("points", "Points", "420"),
            _text("tier", "Tier", "Gold"),
            _number("points_to_next", "Points to the next tier", "80"),
            _text("next_tier", "The next tier", "Platinum"),
            _link("referral_url", "Link to recommend the shop", "https://shop.example/r/mia"),
            _text("program", "Name of the programme", "Loom Circle"),
        ),
    ),
    Value(
        "ticket",
        "Ticket",
        "object",
        of=(
            _number("number", "Ticket number", "48213"),
            _text("subject", "Subject", "Cancel my order please"),
            _text("channel", "Channel", "email"),
            _date("created_on", "Date it was opened"),
            _text("tags", "Tags in one line", "cancellation, vip"),
        ),
    ),
    Value(
        "agent",
        "Agent who sends it",
        "object",
        of=(
            _text("name", "Full name of the agent who sends it", "Ana Weber"),
            _text("first_name", "First name of the agent who sends it", "Ana"),
            _text("email", "E-mail address of the agent", "ana@lindenloom.example"),
        ),
    ),
    Value(
        "store",
        "Store of the order",
        "object",
        of=(
            _text("name", "Name of the store", "Linden & Loom"),
            _link("url", "Address of the store", "https://lindenloom.example"),
        ),
    ),
    Value(
        "organization", "Shop", "object", of=(_text("name", "Name of the shop", "Linden & Loom"),)
    ),
)
ROOTS: dict[str, Value] = {each.name: each for each in SCHEMA}

_OF_LISTS = frozenset({"first", "last", "size"})


def resolve(segments: Sequence[object]) -> Value | None:
    """What ``["order", "lines", 0, "title"]`` leads to, or None where there is no such value."""
    found = ROOTS.get(str(segments[0]))
    return None if found is None else resolve_in(found, segments[1:])


def resolve_in(value: Value, segments: Sequence[object]) -> Value | None:
    """The same from a value on."""
    here = value
    is_element = False
    for segment in segments:
        if here.type == "list" and not is_element:
            if segment == "size":
                return _number("size", "Number", "1") if segment is segments[-1] else None
            if not isinstance(segment, int) and segment not in _OF_LISTS:
                return None
            is_element = True
            continue
        part = here.part(str(segment))
        if part is None:
            return None
        here, is_element = part, False
    return element_of(here) if is_element else here


def element_of(value: Value) -> Value:
    """What a loop over the list has in hand."""
    return Value(value.name, value.label, "object", of=value.of)


def lists() -> Iterator[Value]:
    """Every list, wherever it hangs."""
    waiting = list(SCHEMA)
    while waiting:
        each = waiting.pop()
        if each.type == "list":
            yield each
        waiting += [part for part in each.of if part.of]


def leaves() -> Iterator[tuple[str, Value]]:
    """Every value that can be printed as it is, with its path; parts of lists by their first."""
    for root in SCHEMA:
        yield from _leaves(root, root.name, depth=0)


def _leaves(value: Value, path: str, *, depth: int) -> Iterator[tuple[str, Value]]:
    if not value.of:
        yield path, value
        return
    if value.type == "list" and (depth or value.name == "orders"):
        return  # Shown once, below the list's own root.
    for part in value.of:
        step = f"{path}.first" if value.type == "list" else path
        yield from _leaves(part, f"{step}.{part.name}", depth=depth + 1)
