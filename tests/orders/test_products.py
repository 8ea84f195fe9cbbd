"""Products of the shop, found and added to an order (UX §1.4, change items)."""

from __future__ import annotations

import pytest

from tests.orders.conftest import set_shop, work

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_found_can_be_added_and_is_then_on_the_order(desk_of, api_as, bo, order_of, shop):
    order, desk = order_of("1042"), desk_of(bo)
    path = f"/api/v1/orders/{order.pk}/products"
    found = api_as(bo).get(f"{path}?q=noor+ink+xl").json()["results"]
    assert [(e["variant"], e["title"], e["detail"], e["price"]["minor"]) for e in found] == [
        ("noor-shirt/Ink/XL", "Linen shirt Noor", "Ink · XL", 5900)
    ]
    assert api_as(bo).get(f"{path}?q=hammock").json() == {"results": []}
    assert api_as(bo).get(f"{path}?q=").status_code == 422

    add = [{"variant": found[0]["variant"], "quantity": 1}]
    desk.confirm(order, "edit_items", add=add)
    work()
    lines = [(each.title, each.variant) for each in order_of("1042").lines.all()]
    assert ("Linen shirt Noor", "Ink · XL") in lines
    assert api_as(bo).get(f"/api/v1/orders/{order.pk}").json()["store"]["finds_products"] is True

    set_shop(shop, trouble="away")
    assert api_as(bo).get(f"{path}?q=noor").json()["code"] == "shop_unreachable"
