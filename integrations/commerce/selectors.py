"""Reads of orders. A customer sees the orders of their verified handles, and of nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from helpdesk.lib.errors import NotFound
from integrations.commerce.labels import label_services
from integrations.commerce.lookup import look_up
from integrations.commerce.models import (
    ContactKind,
    FinancialStatus,
    Order,
    ReturnStatus,
    Store,
    StoreContact,
)
from integrations.commerce.normal_form import number_key
from tickets.models import Customer, Handle

MAX_ORDERS = 200


@dataclass(frozen=True)
class SpendSummary:
    """The figures above a customer's orders; ``spent_minor`` per currency, after refunds."""

    order_count: int
    returned_count: int
    spent_minor: dict[str, int]


def orders_of_customer(customer: Customer, *, limit: int = MAX_ORDERS) -> list[Order]:
    """The orders of all the customer's verified handles in all stores, newest first.

    Seven queries whatever the number of orders. Unverified handles match nothing.
    """
    found = orders_query(customer)
    return [] if found is None else list(with_parts(found)[:limit])


def resolve_order_number(customer: Customer, text_number: str) -> Order | None:
    """The customer's own order with this number as written in a text (``#1042``, ``01042``).

    Somebody else's number resolves to None, exactly like a number that does not exist.
    """
    key = number_key(text_number)
    found = orders_query(customer)
    if found is None or not key:
        return None
    return with_parts(found.filter(number_key=key)).first()


def find_own_order(customer: Customer, order_id: uuid.UUID) -> Order | None:
    """The order if it is this customer's own; somebody else's is None, like one that is not."""
    found = orders_query(customer)
    return None if found is None else with_parts(found.filter(pk=order_id)).first()


def get_order(organization_id: uuid.UUID, order_id: uuid.UUID) -> Order:
    """The order with its lines, parcels and refunds; raises NotFound."""
    order = with_parts(Order.objects.filter(organization_id=organization_id, pk=order_id)).first()
    if order is None:
        raise NotFound("There is no such order.")
    return order


def search_orders(organization_id: uuid.UUID, text: str, *, limit: int = 20) -> list[Order]:
    """Orders by number (from its beginning), e-mail, phone, tracking number or buyer's name."""
    text = text.strip()
    if not text:
        return []
    found = look_up(organization_id, text)
    return list(with_parts(Order.objects.filter(pk__in=found))[:limit])


def find_customer_of_order(order: Order) -> uuid.UUID | None:
    """The customer with a verified handle that is on the order or belongs to its buyer.

    None if there is nobody, or more than one: we never guess between two people.
    """
    contacts: list[tuple[str, str]] = [
        (ContactKind.EMAIL, order.email),
        (ContactKind.PHONE, order.phone),
    ]
    if order.customer_id is not None:
        contacts += StoreContact.objects.filter(customer_id=order.customer_id).values_list(
            "kind", "value"
        )
    matches = Q(pk=None)
    for kind, value in contacts:
        if value:
            matches |= Q(kind=kind, value=value)
    owners = set(
        Handle.objects.filter(matches, organization_id=order.organization_id, is_verified=True)
        .values_list("customer_id", flat=True)
        .distinct()[:2]
    )
    return owners.pop() if len(owners) == 1 else None


def summarize(orders: Iterable[Order]) -> SpendSummary:
    """The figures of these orders (with parts); cancelled and unpaid ones are not spending."""
    orders = list(orders)
    spent: dict[str, int] = {}
    for order in orders:
        if order.cancelled_at is None and order.financial_status != FinancialStatus.PENDING:
            refunded = sum(each.amount_minor for each in order.refunds.all())
            spent[order.currency] = spent.get(order.currency, 0) + order.total_minor - refunded
    returned = sum(order.return_status == ReturnStatus.RETURNED for order in orders)
    return SpendSummary(len(orders), returned, spent)


def with_parts(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Newest first, with everything a record needs, in a constant number of queries."""
    sellers = Store.objects.filter(**label_services(), organization=OuterRef("organization_id"))
    return (
        orders.annotate(sells_labels=Exists(sellers))
        .select_related("store", "customer")
        .prefetch_related("lines", "fulfillments", "refunds", "returns", "payments")
        .order_by("-placed_at", "-id")
    )


def orders_query(customer: Customer) -> QuerySet[Order] | None:
    """The customer's orders, or None if no handle of theirs is verified."""
    handles = list(
        Handle.objects.filter(customer=customer, is_verified=True).values_list("kind", "value")
    )
    emails = [value for kind, value in handles if kind == ContactKind.EMAIL]
    phones = [value for kind, value in handles if kind == ContactKind.PHONE]
    if not emails and not phones:
        return None
    return orders_of_addresses(customer.organization_id, emails=emails, phones=phones)


def orders_of_addresses(
    organization_id: uuid.UUID, *, emails: list[str], phones: list[str]
) -> QuerySet[Order]:
    """Orders that bear one of these addresses, or whose buyer gave one of them to the store."""
    buyers = StoreContact.objects.filter(
        Q(kind=ContactKind.EMAIL, value__in=emails) | Q(kind=ContactKind.PHONE, value__in=phones),
        organization_id=organization_id,
    ).values("customer_id")
    return Order.objects.filter(
        Q(customer_id__in=buyers) | Q(email__in=emails) | Q(phone__in=phones),
        organization_id=organization_id,
    )
