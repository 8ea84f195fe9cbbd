"""Which of a customer's own orders a message is about."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime

from automation.intents.entities import find_order_numbers, find_products
from automation.numbers import named_order
from helpdesk.lib.errors import NotFound
from integrations.commerce.facts import OrderFacts, order_facts
from integrations.commerce.many_customers import orders_of_customers
from integrations.commerce.models import Order
from integrations.commerce.rewinding import rewind
from integrations.commerce.selectors import (
    find_own_order,
    orders_of_customer,
    resolve_order_number,
    summarize,
)
from integrations.commerce.state import OrderState, state_of
from tickets.models import Customer

RECENT = 20
"""How many of the newest orders are looked at."""
MAX_NUMBERS = 5
"""How many order numbers of one text are looked up."""

MAX_PRODUCTS = 5
"""How many products of one text are kept with it."""

ReadOrders = Callable[[Customer], list[Order]]

_DONE = frozenset(
    {OrderState.DELIVERED, OrderState.RETURNED, OrderState.REFUNDED, OrderState.CANCELLED}
)


class OrderMeant:
    """The customer's own order that a text is about, found when first asked for.

    The one that an agent ``picked``, else the first of their orders that the text names, else the
    only one with a product that the text names, else the newest that is not done, else the newest.
    Only orders of verified handles count: somebody else's number finds nothing. ``orders`` may be
    given where many are asked about.
    """

    def __init__(
        self,
        customer: Customer,
        text: str,
        at: datetime,
        picked: uuid.UUID | None = None,
        *,
        orders: ReadOrders | None = None,
    ) -> None:
        self._customer, self._text, self._at = customer, text, at
        self._picked = picked
        self._read_orders = orders or recent_orders
        self._is_known = False
        self._order: Order | None = None
        self._facts: OrderFacts | None = None
        self.orders: list[Order] = []
        self.is_named = False

    @property
    def order(self) -> Order | None:
        """The order with its parts, or None."""
        if not self._is_known:
            self.orders = self._known_orders()
            said = (self._find_picked() or self._find_named()) if self.orders else None
            self._order = said or self._find_by_product() or _newest(self.orders, self._at)
            self.is_named = said is not None
            self._is_known = True
        return self._order

    @property
    def facts(self) -> OrderFacts | None:
        """The order's facts, or None."""
        if self._facts is None and self.order is not None:
            self._facts = order_facts(self.order, at=self._at)
        return self._facts

    @property
    def known_orders(self) -> list[Order]:
        """The customer's newest orders, at most RECENT."""
        return self.orders if self.order is not None else []

    @property
    def spent_minor(self) -> int:
        """What they paid for those in the currency of the newest, less what went back."""
        orders = self.known_orders
        spent = summarize(orders).spent_minor
        return spent.get(orders[0].currency, 0) if orders else 0

    def _known_orders(self) -> list[Order]:
        return self._read_orders(self._customer)

    def again(self) -> OrderMeant:
        """The same question asked anew, to see whether the order has changed meanwhile."""
        return OrderMeant(self._customer, self._text, self._at, self._picked)

    def _find_picked(self) -> Order | None:
        """The order an agent picked, if it is this customer's."""
        if self._picked is None:
            return None
        known = next((each for each in self.orders if each.pk == self._picked), None)
        if known is None and len(self.orders) == RECENT:
            return find_own_order(self._customer, self._picked)
        return known

    def _find_by_product(self) -> Order | None:
        """The only order with what the text speaks of. A guess: such an order does not count as
        named, so nothing that needs a named order happens to it."""
        titles = {line.title for order in self.orders for line in order.lines.all()}
        said = set(find_products(self._text, sorted(titles))) if len(self.orders) > 1 else set()
        having = [
            order for order in self.orders if any(line.title in said for line in order.lines.all())
        ]
        return having[0] if len(having) == 1 else None

    def _find_named(self) -> Order | None:
        named = named_order(self._text, self.orders)
        if named is not None or len(self.orders) < RECENT:
            return named
        for number in find_order_numbers(self._text)[:MAX_NUMBERS]:
            order = resolve_order_number(self._customer, number)
            if order is not None:
                return order
        return None


class OrderMeantThen(OrderMeant):
    """The same question asked of an earlier moment: orders stand as they stood then.

    Of customers with more than RECENT orders the newest RECENT are known.
    """

    def _known_orders(self) -> list[Order]:
        then = (rewind(each, self._at) for each in self._read_orders(self._customer))
        return [each for each in then if each is not None]

    def _find_picked(self) -> Order | None:
        return next((each for each in self.orders if each.pk == self._picked), None)

    def _find_named(self) -> Order | None:
        return named_order(self._text, self.orders)


class OrdersAtHand:
    """The recent orders of many customers, read together when those of the first are asked for.

    Of a customer who is not among them they are read when asked for, and kept as well.
    """

    def __init__(self, customers: Iterable[Customer]) -> None:
        self._awaited = {each.pk: each for each in customers}
        self._read: dict[uuid.UUID, list[Order]] = {}

    def __call__(self, customer: Customer) -> list[Order]:
        if customer.pk in self._awaited:
            self._read |= orders_of_customers(self._awaited.values(), limit=RECENT)
            self._awaited.clear()
        if customer.pk not in self._read:
            self._read[customer.pk] = recent_orders(customer)
        return self._read[customer.pk]


def recent_orders(customer: Customer) -> list[Order]:
    """The customer's newest orders as they are now."""
    return orders_of_customer(customer, limit=RECENT)


def products_named(text: str, customer: Customer, read: ReadOrders | None = None) -> list[str]:
    """Those products of the customer's newest orders that the text speaks of."""
    if not text.strip():
        return []
    orders = (read or recent_orders)(customer)
    titles = {line.title for order in orders for line in order.lines.all()}
    return find_products(text, sorted(titles))[:MAX_PRODUCTS]


def own_order(orders: list[Order], order_id: object) -> Order:
    """The order of that id among the customer's own; raises NotFound."""
    for order in orders:
        if order.pk == order_id:
            return order
    raise NotFound("This customer has no such order.")


def _newest(orders: list[Order], at: datetime) -> Order | None:
    is_open = (order for order in orders if state_of(order, at) not in _DONE)
    return next(is_open, orders[0] if orders else None)
