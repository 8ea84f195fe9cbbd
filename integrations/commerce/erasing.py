"""Erasing what a platform asked to erase: a buyer's data, or all that came from a shop.

What is left of an order is what the books need: its number, its amounts, its dates.
"""

from __future__ import annotations

import uuid

from django.db.models import F, Q, QuerySet

from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from integrations.commerce.actions import record_order
from integrations.commerce.models import (
    ContactKind,
    Erasure,
    Order,
    ReturnTrack,
    StoreContact,
    StoreCustomer,
)
from integrations.commerce.profiles.keeping import forget_person
from integrations.commerce.returns import returns_known_of

AT_ONCE = 500


def erase_due() -> int:
    """Erase what was asked for; returns how many requests were met."""
    waiting = Erasure.objects.filter(done_at=None, due_at__lte=now()).order_by("asked_at")
    return sum(erase(each) for each in waiting.values_list("pk", flat=True)[:20])


def erase(erasure_id: uuid.UUID) -> bool:
    """Meet one request; in parts, so that a large shop locks nothing for long. Repeating is safe."""
    erasure = Erasure.objects.select_related("store").filter(pk=erasure_id, done_at=None).first()
    if erasure is None:
        return False
    buyers = list(_buyers(erasure).values_list("pk", flat=True))
    while _erase_some(erasure, buyers):
        pass
    with unit_of_work():
        addresses = StoreContact.objects.filter(customer_id__in=buyers)
        if not erasure.is_whole_shop:
            emails = addresses.filter(kind=ContactKind.EMAIL).values_list("value", flat=True)
            forget_person(erasure.store.organization_id, emails=[erasure.email, *emails])
        addresses.delete()
        StoreCustomer.objects.filter(pk__in=buyers).update(name="", language="")
        Erasure.objects.filter(pk=erasure.pk).update(done_at=now(), email="")
    return True


def _buyers(erasure: Erasure) -> QuerySet[StoreCustomer]:
    mine = StoreCustomer.objects.filter(store=erasure.store)
    if erasure.is_whole_shop:
        return mine
    named = Q(pk=None)
    if erasure.external_id:
        named |= Q(external_id=erasure.external_id)
    if erasure.email:
        named |= Q(contacts__kind="email", contacts__value=erasure.email)
    return mine.filter(named).distinct()


def _erase_returns(orders: list[Order]) -> None:
    """Labels bear the buyer's address; what a service says of a return bears their e-mail."""
    for order in orders:
        order.returns.update(label_url="", status_url="")
    for tracks in returns_known_of(orders).values():
        ids = [each.pk for each in tracks]
        ReturnTrack.objects.filter(pk__in=ids).update(email="", label_url="", status_url="")


def _erase_some(erasure: Erasure, buyers: list[uuid.UUID]) -> int:
    """Take people out of some orders; returns how many there were."""
    with unit_of_work():
        mine = Order.objects.filter(store=erasure.store)
        if not erasure.is_whole_shop:
            theirs = Q(customer_id__in=buyers)
            if erasure.email:
                theirs |= Q(email=erasure.email)
            mine = mine.filter(theirs)
        personal = (
            ~Q(email="") | ~Q(phone="") | ~Q(note="") | ~Q(shipping_address={})
            | ~Q(billing_address={})
        )  # fmt: skip
        found = list(mine.filter(personal).select_for_update(no_key=True).order_by("pk")[:AT_ONCE])
        _erase_returns(found)
        for order in found:
            order.email = order.phone = order.note = ""
            order.shipping_address, order.billing_address = {}, {}
            order.version += 1
            order.save(
                update_fields=[
                    "email", "phone", "note", "shipping_address", "billing_address", "version",
                ]
            )  # fmt: skip
            record_order(order)
        Erasure.objects.filter(pk=erasure.pk).update(orders=F("orders") + len(found))
    return len(found)
