"""Tickets that sleep until an order ships or is delivered wake when it has."""

from __future__ import annotations

import uuid

from django.db.models import Q

from helpdesk.events.models import Event
from helpdesk.events.subscribers import subscribes
from helpdesk.lib.clock import now
from integrations.commerce.models import FulfillmentStatus, Order
from integrations.commerce.selectors import with_parts
from integrations.commerce.state import OrderState, state_of
from tickets.actions.status import FOR_ORDER, wake_for_order
from tickets.models import Status, Ticket, WakesOn

_OVER = (OrderState.DELIVERED, OrderState.CANCELLED, OrderState.RETURNED, OrderState.REFUNDED)


@subscribes("order.updated", name="commerce.wake")
def after_order_moved(event: Event) -> None:
    """Wake the tickets that waited for this order."""
    order_id = event.payload["order_id"]
    customer_id = event.payload.get("customer_id")
    waits_for_it = Q(wakes_order_id=order_id)
    if customer_id:
        waits_for_it |= Q(wakes_order_id=None, customer_id=customer_id)
    asleep = Ticket.objects.filter(
        waits_for_it,
        organization_id=event.organization_id,
        status=Status.SNOOZED,
        wakes_on__in=FOR_ORDER,
    )
    order = find_order(event.organization_id, order_id)
    for ticket in asleep:
        if order is None or has_come_to(order, ticket.wakes_on):
            wake_for_order(ticket.pk)


@subscribes("ticket.snoozed", name="commerce.asleep")
def after_snooze(event: Event) -> None:
    """An order that moved on while the agent was choosing wakes the ticket at once."""
    told = event.payload["ticket"]
    if told.get("wakes_on") not in FOR_ORDER or event.ticket_id is None:
        return
    if told.get("wakes_order_id"):
        order = find_order(event.organization_id, told["wakes_order_id"])
        if order is None or has_come_to(order, told["wakes_on"]):
            wake_for_order(event.ticket_id)


def find_order(organization_id: uuid.UUID, order_id: str) -> Order | None:
    """The order with its parcels, or None."""
    return with_parts(Order.objects.filter(organization_id=organization_id, pk=order_id)).first()


def has_come_to(order: Order, wakes_on: str) -> bool:
    """Whether the order is as far as that; one that will never get there counts as well."""
    if state_of(order, now()) in _OVER:
        return True
    is_on_its_way = order.fulfillment_status != FulfillmentStatus.UNFULFILLED
    return wakes_on == WakesOn.SHIPPED and is_on_its_way
