"""Order and tracking numbers that a customer quotes, linked to their own orders and to no others.

What is found is kept on the message as it was written (``details["numbers"]``); whose it is is
judged when it is looked at, among the customer's own orders. Everything else is *unverified*: a
number of somebody else and one that does not exist look the same.
"""

from __future__ import annotations

import re
import uuid
from functools import lru_cache
from typing import Any

import re2

from automation.intents.entities import find_order_numbers, is_candidate
from integrations.commerce.digits import in_plain_digits
from integrations.commerce.models import Order, Store
from integrations.commerce.normal_form import number_key
from integrations.commerce.selectors import orders_of_customer
from integrations.commerce.tracking_numbers import find_tracking_numbers
from tickets.models import Message, MessageKind, Ticket

MAX_NUMBERS = 10
MIN_OWN_CHARS = 4
"""A bare number is taken for one of the customer's orders from this length on."""
_TOKEN = re.compile(r"(?<![\w.,/:+€$£-])#?[A-Za-z]{0,6}[-_]?\d[\w-]{2,24}(?![\w%€$£]|[.,:/]\d)")
_DIGITS_BEFORE = re.compile(r"[\d+][\d ()-]*$")
_UNSPACED = re.compile(r"\d{4,20}")
_MAX_TEXT_CHARS = 20_000
_MESSAGES = 50
_RECENT_ORDERS = 20


def numbers_in(text: str, organization_id: uuid.UUID | None = None) -> list[dict[str, str]]:
    """What the text quotes: [{kind: order or tracking, text, key, carrier, url}], each once.

    With an organization also the numbers that look the way one of its stores writes them.
    """
    parcels = find_tracking_numbers(text)
    taken = {each.number for each in parcels}
    quoted = [each for each in find_order_numbers(text) if number_key(each) not in taken]
    if organization_id is not None:
        quoted += _of_patterns(text, organization_id)
    keys = {number_key(each): each for each in reversed(quoted)}
    orders = [
        {"kind": "order", "text": keys[key], "key": key, "carrier": "", "url": ""}
        for key in dict.fromkeys(number_key(each) for each in quoted)
        if key and key not in taken
    ]
    tracked = [
        {
            "kind": "tracking",
            "text": each.number,
            "key": each.number,
            "carrier": each.carrier_name,
            "url": each.url,
        }
        for each in parcels
    ]
    return (orders + tracked)[:MAX_NUMBERS]


def named_order(text: str, orders: list[Order]) -> Order | None:
    """The first of the customer's own orders that the text names in any way: by its number, with
    or without a word in front of it, or by the tracking number of one of its parcels."""
    plain = in_plain_digits(text[:_MAX_TEXT_CHARS])
    by_key = {order.number_key: order for order in reversed(orders)}
    found = [
        (plain.find(number), by_key.get(number_key(number))) for number in find_order_numbers(text)
    ]
    found += [
        (match.start(), by_key.get(number_key(match.group())))
        for match in _bare_numbers(plain)
        if len(number_key(match.group())) >= MIN_OWN_CHARS
    ]
    by_parcel = {
        parcel.tracking_number.replace(" ", "").upper(): order
        for order in reversed(orders)
        for parcel in order.fulfillments.all()
        if parcel.tracking_number
    }
    upper = plain.upper().replace(" ", "")
    found += [
        (upper.find(number) + len(plain), order)
        for number, order in by_parcel.items()
        if len(number) >= MIN_OWN_CHARS and number in upper
    ]
    named = [(at, order) for at, order in found if order is not None]
    return min(named, key=lambda each: each[0])[1] if named else None


def _bare_numbers(plain: str) -> list[re.Match[str]]:
    """Numbers standing alone; where scripts have no spaces, those between other signs, too."""
    spaced = list(_TOKEN.finditer(plain))
    unspaced = [
        match
        for match in _UNSPACED.finditer(plain)
        if _is_unspaced(plain[match.start() - 1 : match.start()])
        or _is_unspaced(plain[match.end() : match.end() + 1])
    ]
    return [match for match in spaced + unspaced if _may_be_order(plain, match)]


def _may_be_order(plain: str, match: re.Match[str]) -> bool:
    """Not a sum, a date or a part of a telephone number."""
    number = match.group().lstrip("#")
    start = match.end() - len(number)
    before = plain[max(0, match.start() - 16) : match.start()]
    return is_candidate(number, plain[start : match.end() + 24]) and not _DIGITS_BEFORE.search(
        before
    )


def _is_unspaced(sign: str) -> bool:
    """Thai, Chinese, Japanese: written without spaces."""
    return bool(sign) and ("\u0e00" <= sign <= "\u0e7f" or "\u3040" <= sign <= "\u9fff")


def _of_patterns(text: str, organization_id: uuid.UUID) -> list[str]:
    patterns = (
        Store.objects.filter(organization_id=organization_id, is_active=True)
        .exclude(number_pattern="")
        .values_list("number_pattern", flat=True)
    )
    plain = in_plain_digits(text[:_MAX_TEXT_CHARS])
    found: list[str] = []
    for pattern in patterns:
        compiled = _compiled(pattern)
        if compiled is not None:
            found += [match.group() for match in list(compiled.finditer(plain))[:MAX_NUMBERS]]
    return [each for each in found if any(sign.isdigit() for sign in each)]


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    """As RE2, whose time is linear whatever the pattern; None where it is none."""
    try:
        return re2.compile(pattern)
    except re2.error:
        return None


def quoted_on(ticket: Ticket) -> list[dict[str, str]]:
    """The numbers of the ticket's newest customer messages, newest first, each once."""
    said = Message.objects.filter(ticket=ticket, kind=MessageKind.CUSTOMER).order_by("-position")
    listed = said.values_list("details__numbers", flat=True)[:_MESSAGES]
    found = [each for numbers in listed for each in numbers or []]
    return list({(each["kind"], each["key"]): each for each in reversed(found)}.values())[::-1]


def links_of(message: Message) -> dict[str, str]:
    """What its HTML shows as links: own orders into the app, parcels to their carriers."""
    quoted = message.details.get("numbers") or []
    if not quoted:
        return {}
    customer = Ticket.objects.select_related("customer").get(pk=message.ticket_id).customer
    orders = orders_of_customer(customer, limit=_RECENT_ORDERS)
    told = [record_of(each, orders) for each in quoted]
    return {
        each["text"]: f"/orders/{each['order_id']}" if each["kind"] == "order" else each["url"]
        for each in told
        if (each["order_id"] if each["kind"] == "order" else each["url"])
    }


def record_of(number: dict[str, str], orders: list[Order]) -> dict[str, Any]:
    """A quoted number as the conversation shows it: linked to one of their orders, or unverified."""
    if number["kind"] == "order":
        order = next((each for each in orders if each.number_key == number["key"]), None)
    else:
        order = next(
            (
                each
                for each in orders
                for parcel in each.fulfillments.all()
                if parcel.tracking_number.replace(" ", "").upper() == number["key"]
            ),
            None,
        )
    return {
        **number,
        "order_id": str(order.pk) if order else None,
        "order_number": order.number if order else None,
        "is_verified": order is not None,
    }
