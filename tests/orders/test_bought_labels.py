"""Return labels for a shop whose platform makes none, bought at a shipping service (issue 5, point 3).

WooCommerce is the shop; every request to both is judged by their contracts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import now
from helpdesk.lib.secrets import encrypt
from integrations.commerce.actions import create_store, note_track, upsert_order
from integrations.commerce.connector import get_store_connector
from integrations.commerce.ledger.models import OrderAction
from integrations.commerce.models import Order, OrderReturn, Store
from integrations.commerce.parcels import TrackData
from tests.contracts import easypost_judge, shippo_judge
from tests.contracts.store_connector import Told
from tests.contracts.test_woocommerce import order_json
from tests.contracts.vendor import HANG_UP, Asked, VendorServer
from tests.integrations.woocommerce.shop import WooShop, make_store, woo_order
from tests.orders.conftest import make_due, work

pytestmark = pytest.mark.django_db(transaction=True)
RETURNS_GO = {
    "return_name": "Linden & Loom", "return_street": "12 Loom Lane", "return_city": "Portland",
    "return_region": "OR", "return_postcode": "97201", "return_country": "US",
}  # fmt: skip


@dataclass
class LabelShop:
    """EasyPost or Shippo, with as many labels sold as it was asked for."""

    kind: str
    vendor: VendorServer
    sold: list[str] = field(default_factory=list)
    trouble: str = ""

    def plan(self) -> None:
        answers = self.vendor.answers
        if self.kind == "easypost":
            answers("POST", r"^/v2/shipments$", 201, self.shipment())
            answers("POST", r"/buy$", data=lambda asked: self.sell(asked, self.shipment))
            answers("GET", r"^/v2/shipments/shp_1$", data=lambda _: (200, self.shipment()))
        else:
            rate = {"amount": "7.10", "currency": "USD", "object_id": "rate_1", "provider": "UPS",
                    "servicelevel": {"name": "Ground"}}  # fmt: skip
            answers("POST", r"^/shipments$", 201, {"object_id": "s1", "rates": [rate]})
            answers("POST", r"^/transactions$", data=lambda a: self.sell(a, self.transaction))
            answers("GET", r"^/transactions$", data=lambda _: (200, {
                "results": [self.transaction()] if self.sold else []}))  # fmt: skip

    def sell(self, asked: Asked, label: Callable[[], Any]) -> tuple[int, Any]:
        if self.trouble == "refused":
            return 422, {"error": {"message": "Insufficient funds."}}
        if self.trouble != "lost before":
            self.sold.append(asked.path)
        return (200, HANG_UP) if self.trouble.startswith("lost") else (201, label())

    def shipment(self) -> dict[str, Any]:
        rates = [
            {"id": "rate_2", "carrier": "FedEx", "service": "HOME", "rate": "11.00",
             "currency": "USD"},
            {"id": "rate_1", "carrier": "UPS", "service": "Ground", "rate": "7.10",
             "currency": "USD"},
        ]  # fmt: skip
        label = {"label_url": "https://labels.example/1.pdf"} if self.sold else None
        return {
            "id": "shp_1", "rates": rates, "postage_label": label,
            "selected_rate": rates[1] if self.sold else None,
            "tracking_code": "1Z999" if self.sold else None, "tracker": {},
        }  # fmt: skip

    def transaction(self) -> dict[str, Any]:
        return {
            "object_id": "shp_1", "status": "SUCCESS", "tracking_number": "1Z999",
            "label_url": "https://labels.example/1.pdf", "tracking_url_provider": "",
        }  # fmt: skip


@pytest.fixture(params=["easypost", "shippo"])
def labels(
    request: pytest.FixtureRequest, organization: Organization, vendor: VendorServer
) -> LabelShop:
    kind = request.param
    judge = {"easypost": easypost_judge.judge, "shippo": shippo_judge.judge}[kind]
    shop = WooShop(vendor, woo_order(1))
    shop.orders = {1042: order_json(Told(is_shipped=True))}
    of_shop = vendor.judge

    def by_path(asked: Asked) -> tuple[str, list[str]]:
        assert of_shop is not None
        return of_shop(asked) if "/wc/" in asked.path else judge(asked)

    vendor.judge = by_path
    base = f"{vendor.url}/v2" if kind == "easypost" else vendor.url
    create_store(organization, kind=kind, slug=kind, name="The label shop")
    Store.objects.filter(kind=kind).update(
        config={"api_url": base, **RETURNS_GO}, secrets=encrypt({"api_key": "KEY1"})
    )
    sells = LabelShop(kind, vendor)
    sells.plan()
    return sells


@pytest.fixture
def order(organization: Organization, vendor: VendorServer, labels: LabelShop) -> Order:
    store = make_store(organization, vendor.url)
    return upsert_order(store, get_store_connector(store.kind).get_order(store, "1042"))


def test_a_label_is_quoted_bought_once_and_shown_at_the_order(desk_of, bo, order, labels, api_as):
    desk = desk_of(bo)
    shown = desk.preview(order, "return_label").json()
    assert (shown["amount"]["text"], shown["effects"][0]["name"]) == ("$7.10", "label")
    assert "UPS Ground" in shown["effects"][0]["detail"]
    assert labels.sold == []

    action = desk.start(order, shown["preview_token"]).json()
    work()
    done = desk.look(action)
    assert (done["state"], len(labels.sold)) == ("done", 1)
    assert done["steps"][0]["detail"]["url"] == "https://labels.example/1.pdf"

    told = api_as(bo).get(f"/api/v1/orders/{order.pk}").json()
    assert told["return_status"] == "requested"
    assert "return_label" in told["store"]["actions"]
    back = told["returns"][0]
    assert (back["state"], back["label_url"], back["carrier"], back["lines"][0]["quantity"]) == (
        "approved", "https://labels.example/1.pdf", "UPS", 2,
    )  # fmt: skip

    note_track(order.organization_id, TrackData("1Z999", "delivered", now(), labels.kind))
    assert OrderReturn.objects.get().state == "received"


def test_a_lost_answer_is_looked_up_and_nothing_is_bought_again(desk_of, bo, order, labels):
    labels.trouble = "lost after"
    action = desk_of(bo).confirm(order, "return_label")
    work()
    assert desk_of(bo).look(action)["state"] == "checking"
    make_due()
    work()
    assert (desk_of(bo).look(action)["state"], len(labels.sold)) == ("done", 1)
    assert OrderReturn.objects.count() == 1


def test_a_purchase_that_never_arrived_is_told_and_a_person_may_try_again(
    desk_of, bo, order, labels
):
    labels.trouble = "lost before"
    desk = desk_of(bo)
    action = desk.confirm(order, "return_label")
    work()
    make_due()
    work()
    assert desk.look(action)["state"] == "checking"  # it may still arrive
    OrderAction.objects.update(began_at=now() - timedelta(minutes=5))
    make_due()
    work()
    assert (desk.look(action)["state"], labels.sold) == ("failed", [])

    labels.trouble = ""
    assert desk.tell(action, "retry").status_code == 202
    work()
    assert (desk.look(action)["state"], len(labels.sold)) == ("done", 1)


def test_a_refused_purchase_changed_nothing_and_says_why(desk_of, bo, order, labels):
    labels.trouble = "refused"
    action = desk_of(bo).confirm(order, "return_label")
    work()
    done = desk_of(bo).look(action)
    assert (done["state"], labels.sold) == ("failed", [])
    assert "Insufficient funds" in done["reason"]
    assert not OrderReturn.objects.exists()


def test_an_order_that_has_not_left_gets_no_label(desk_of, bo, order, labels, vendor):
    WooShop(vendor, woo_order(1)).orders = {1042: order_json(Told())}
    refused = desk_of(bo).preview(order, "return_label").json()
    assert (refused["code"], refused["reason_code"]) == ("action_refused", "not_shipped")
    assert labels.sold == []


def test_without_an_address_for_returns_nobody_offers_labels(desk_of, bo, order, labels, api_as):
    Store.objects.filter(kind=labels.kind).update(config={})
    told = api_as(bo).get(f"/api/v1/orders/{order.pk}").json()
    assert "return_label" not in told["store"]["actions"]
    assert told["store"]["missing"]["return_label"]
    assert desk_of(bo).preview(order, "return_label").json()["reason_code"] == "not_offered"
