"""One read of the shop when a person wants the order as it is now (UX 33, G16)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from helpdesk.events.models import Event
from helpdesk.lib import http
from helpdesk.lib.clock import now
from helpdesk.lib.errors import TemporaryFailure
from integrations.commerce.models import Order, StoreConnection
from integrations.commerce.refreshing import NOT_AGAIN_FOR
from integrations.demo_store import till
from tests.orders.conftest import set_shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ask(api_as, bo):
    return lambda order: api_as(bo).post(f"/api/v1/orders/{order.pk}/refresh")


def updates() -> int:
    return Event.objects.filter(type="order.updated").count()


def aged(order: Order, **age: int) -> Order:
    Order.objects.filter(pk=order.pk).update(as_of=now() - timedelta(**age))
    return Order.objects.select_related("store").get(pk=order.pk)


def test_what_changed_at_the_shop_is_there_at_once_and_told_to_everybody(ask, order_of, shop):
    order = order_of("1042")
    till.ask(shop, order.external_id, "k", "note", {"text": "Leave it with Ana."})
    aged(order, hours=30)
    before = updates()

    answer = ask(order)

    assert (answer.status_code, answer.json()["note"]) == (200, "Leave it with Ana.")
    assert (now() - Order.objects.get(pk=order.pk).as_of).total_seconds() < 60
    assert updates() == before + 1


def test_also_that_nothing_changed_is_told(ask, order_of):
    order = aged(order_of("1042"), hours=30)
    before = updates()

    assert ask(order).status_code == 200
    assert Order.objects.get(pk=order.pk).as_of > order.as_of
    assert updates() == before + 1


def test_the_shop_is_not_asked_again_for_what_was_read_just_now(ask, order_of, shop):
    order = order_of("1042")
    set_shop(shop, trouble="away")

    assert ask(order).status_code == 200  # it would not have answered


def test_a_shop_that_is_away_changes_nothing_and_is_left_alone_for_a_moment(ask, order_of, shop):
    order = aged(order_of("1042"), hours=30)
    set_shop(shop, trouble="away")
    with time_machine.travel(now(), tick=False) as clock:
        refused = ask(order)
        assert (refused.status_code, refused.json()["code"]) == (409, "shop_unreachable")
        assert "Linden & Loom cannot be asked now" in refused.json()["detail"]
        set_shop(shop, trouble="")
        assert ask(order).json()["code"] == "shop_unreachable"
        assert StoreConnection.objects.get(store=shop).failures == 1
        clock.shift(NOT_AGAIN_FOR + timedelta(seconds=1))
        assert ask(order).status_code == 200
    assert Order.objects.get(pk=order.pk).as_of > order.as_of


def test_requests_for_somebody_who_waits_end_together():
    with http.within(60), http.within(0), pytest.raises(TemporaryFailure, match="too long"):
        http.fetch("https://shop.example/orders/1")
