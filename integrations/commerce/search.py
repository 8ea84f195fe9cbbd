"""Orders in searches: ``order:1042``, ``order.status:unfulfilled``, ``order.total:>100``.

A ticket is found by an order if its customer owns that order, which needs a verified handle. Two
conditions on orders may be met by two orders of the same customer.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.pagination import decode_cursor, encode_cursor
from integrations.commerce.lookup import fits
from integrations.commerce.models import (
    FinancialStatus,
    FulfillmentStatus,
    Order,
    ReturnStatus,
    ShipmentStatus,
)
from integrations.commerce.money import currencies_with
from integrations.commerce.normal_form import number_key
from integrations.commerce.records import order_record
from integrations.commerce.selectors import with_parts
from tickets import selectors
from tickets.fields import LIST_OPERATORS, Asker, Field, add_field
from tickets.search.grammar import Token
from tickets.search.keys import (
    COMPARISONS,
    Key,
    Understood,
    Value,
    Vocabulary,
    add_key,
    any_of,
    choice,
    leaf,
    number,
)
from tickets.search.kinds import Found, Hit, Kind, Search, add_kind, conditions_on
from tickets.search.terms import spans_in
from tickets.search.ticket_keys import HAS

Condition = tuple[str, list[Any]]
"""SQL about an order called ``o``, and its parameters."""

_OWNERS = """"tickets_ticket"."customer_id" IN (
    SELECT h.customer_id FROM tickets_handle h JOIN commerce_order o
        ON o.organization_id = h.organization_id AND o.email = h.value AND o.email <> ''
        WHERE h.kind = 'email' AND h.is_verified AND {0}
    UNION SELECT h.customer_id FROM tickets_handle h JOIN commerce_order o
        ON o.organization_id = h.organization_id AND o.phone = h.value AND o.phone <> ''
        WHERE h.kind = 'phone' AND h.is_verified AND {0}
    UNION SELECT h.customer_id FROM tickets_handle h JOIN commerce_storecontact c
        ON c.organization_id = h.organization_id AND c.kind = h.kind AND c.value = h.value
        JOIN commerce_order o ON o.customer_id = c.customer_id
        WHERE h.is_verified AND {0})"""
_NO_DIGITS = currencies_with(0)
_UNITS = "CASE WHEN o.currency = ANY(%s) THEN 1 WHEN o.currency = ANY(%s) THEN 1000 ELSE 100 END"
_THREE_DIGITS = currencies_with(3)
_COMPARED = {
    "is": "=",
    "is_not": "<>",
    "more_than": ">",
    "less_than": "<",
    "at_least": ">=",
    "at_most": "<=",
}
_PARCEL = "EXISTS (SELECT 1 FROM commerce_fulfillment f WHERE f.order_id = o.id AND f.status = %s)"


def _status_sql(word: str) -> Condition:
    """Payment, fulfilment, return, parcel or cancellation: one vocabulary for all."""
    if word == "cancelled":
        return "o.cancelled_at IS NOT NULL", []
    if word in ("return_requested", "returned"):
        return "o.return_status = %s", [word.removeprefix("return_")]
    if word in FinancialStatus.values:
        return "o.financial_status = %s", [word]
    if word in FulfillmentStatus.values:
        return "o.fulfillment_status = %s AND o.cancelled_at IS NULL", [word]
    return _PARCEL, [word]


STATUSES = [
    *(Value(word, str(label)) for word, label in FulfillmentStatus.choices),
    *(Value(word, str(label)) for word, label in FinancialStatus.choices),
    Value("cancelled", "Cancelled", also=("canceled",)),
    Value("return_requested", str(ReturnStatus.REQUESTED.label)),
    Value("returned", str(ReturnStatus.RETURNED.label)),
    *(
        Value(word, str(label))
        for word, label in ShipmentStatus.choices
        if word not in ("pending", "returned")
    ),
]


def _owned(condition: Condition) -> Q:
    sql, parameters = condition
    owners = _OWNERS.format(f"({sql})")
    return Q(RawSQL(owners, [*parameters] * 3, output_field=BooleanField()))  # noqa: S611 (ours)


def _by_status(operator: str, value: Any, _: Asker) -> Q:
    words = value if isinstance(value, list) else [value]
    found = Q()
    for word in words:
        found |= _owned(_status_sql(str(word)))
    return ~found if operator in ("is_not", "is_none_of") else found


def _total_sql(operator: str, value: Any) -> Condition:
    units = [_NO_DIGITS, _THREE_DIGITS]
    if operator == "between":
        begins, ends = value
        least = 0 if begins is None else begins
        most = 10**15 if ends is None else ends
        return f"o.total_minor BETWEEN %s * {_UNITS} AND %s * {_UNITS}", [
            least,
            *units,
            most,
            *units,
        ]
    return f"o.total_minor {_COMPARED[operator]} %s * {_UNITS}", [value, *units]


def _by_total(operator: str, value: Any, _: Asker) -> Q:
    if operator in ("is_empty", "is_present"):
        found = _owned(("true", []))
        return ~found if operator == "is_empty" else found
    return _owned(_total_sql(operator, value))


def _by_number(operator: str, value: Any, _: Asker) -> Q:
    key = number_key(str(value))
    if not key:
        return Q(pk=None)
    if operator == "starts_with":
        return _owned(("o.number_key LIKE %s", [f"{key}%"]))
    found = _owned(("o.number_key = %s", [key]))
    return ~found if operator == "is_not" else found


def _has_order(_: str, value: Any, __: Asker) -> Q:
    found = _owned(("true", []))
    return found if value else ~found


add_field(
    Field("order.number", "Number of an order", "order_number", find=_by_number, is_for_lists=True)
)
add_field(
    Field(
        "order.status",
        "Status of an order",
        "choice",
        choices=tuple(each.word for each in STATUSES),
        find=_by_status,
        is_for_lists=True,
    )
)
add_field(
    Field(
        "order.total",
        "Total of an order",
        "number",
        more_operators=LIST_OPERATORS["number"],
        find=_by_total,
        is_for_lists=True,
    )
)
add_field(Field("ticket.has_order", "Has an order", "flag", find=_has_order, is_for_lists=True))


def _numbers(token: Token, _: Vocabulary) -> Understood:
    trees = [
        leaf("order.number", "starts_with" if each.endswith("*") else "is", each.rstrip("*"))
        for each in token.values
    ]
    return Understood(any_of(trees), token.values)


HAS["order"] = (
    Value("order", "An order", also=("orders",)),
    leaf("ticket.has_order", "is", value=True),
)
add_key(Key("order", "Order", _numbers, "order:1042", ("order.number",)))
add_key(
    Key(
        "order.status",
        "Order status",
        choice("order.status", lambda _: STATUSES, "order.status"),
        "order.status:unfulfilled",
        values=lambda _: STATUSES,
    )
)
add_key(
    Key(
        "order.total",
        "Order total",
        number("order.total", is_whole=False),
        "order.total:>100",
        operators=COMPARISONS,
    )
)


def orders_of(search: Search) -> QuerySet[Order]:
    """The orders that the query's words and order conditions leave; none without such."""
    organization_id = search.user.organization_id
    condition = conditions_on(
        search.reading.conditions, lambda asked: _order_leaf(asked, organization_id)
    )
    found = Order.objects.filter(organization_id=organization_id)
    if condition is None:
        return found.none()
    return Order.objects.filter(pk__in=found.filter(condition).values("pk"))


def _order_leaf(asked: dict[str, Any], organization_id: uuid.UUID) -> Q | None:
    field, value = asked["field"], asked.get("value")
    if field in ("ticket.text", "ticket.sender", "ticket.phone"):
        found = Q()
        for word in str(value).rstrip("*").split():
            found &= fits(organization_id, word)
        return found
    if field == "order.number":
        return Q(number_key__startswith=number_key(str(value)))
    if field == "order.status":
        found = Q()
        for status in value if isinstance(value, list) else [value]:
            found |= _raw(_status_sql(str(status)))
        return found
    if field == "order.total":
        return _raw(_total_sql(asked["operator"], value))
    return None


def _raw(condition: Condition) -> Q:
    sql, parameters = condition
    own = sql.replace("o.", '"commerce_order".')
    return Q(RawSQL(own, parameters, output_field=BooleanField()))  # noqa: S611 (our own words)


def _count(search: Search) -> tuple[int, bool]:
    return selectors.bounded_count(orders_of(search))


def _page(search: Search, after: str | None, limit: int, sort: str) -> Found:
    """One page by newest, or by oldest if that is asked for."""
    is_downwards = sort != "oldest"
    sign = "-" if is_downwards else ""
    found = with_parts(orders_of(search)).order_by(f"{sign}placed_at", f"{sign}id")
    if after:
        at, pk = decode_cursor(after, 2)
        try:
            moment = datetime.fromisoformat(str(at))
        except ValueError as error:
            raise InvalidInput.field("after", "This page cursor is not valid.") from error
        beyond = "lt" if is_downwards else "gt"
        found = found.filter(
            Q(**{f"placed_at__{beyond}": moment})
            | Q(**{"placed_at": moment, f"id__{beyond}": selectors.as_uuid(pk, "after")})
        )
    rows = list(found[: limit + 1])
    more, rows = len(rows) > limit, rows[:limit]
    cursor = encode_cursor([rows[-1].placed_at.isoformat(), str(rows[-1].pk)]) if more else None
    at = now()
    return Found(
        [_hit(each, search) for each in rows],
        {"orders": [order_record(each, at) for each in rows]},
        cursor,
        "newest" if is_downwards else "oldest",
    )


def _hit(order: Order, search: Search) -> Hit:
    buyer = order.customer.name if order.customer is not None else ""
    told: str = " · ".join(each for each in (buyer, order.email or order.phone) if each)
    return Hit(
        str(order.pk),
        order.number,
        spans_in(order.number, search.terms),
        told,
        spans_in(told, search.terms),
    )


add_kind(Kind("orders", "order", "order.view", _count, _page))
