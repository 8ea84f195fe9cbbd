"""WooCommerce does what every store connector must do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any, ClassVar

import pytest

from helpdesk.accounts.models import Organization
from integrations.commerce.acting import ActionKind, Intent
from integrations.commerce.models import Store
from integrations.woocommerce import connector as woo
from integrations.woocommerce.acting import code_of
from tests.contracts.channel_connector import Call
from tests.contracts.store_connector import (
    QUANTITY,
    TITLE,
    Acting,
    StoreConnectorContract,
    Told,
)
from tests.contracts.vendor import VendorServer
from tests.integrations.woocommerce.shop import SECRET, WooShop, line, make_store, woo_order

NO_KEY = "the value itself is set: done twice it is done once"
ADDRESS = {"street": "2 rue du Chanvre", "city": "Lyon", "country_code": "FR", "postcode": "69002"}


def order_json(told: Told) -> dict[str, Any]:
    """The order in WooCommerce's words."""
    status = "processing"
    if told.is_shipped:
        status = "completed"
    if told.is_cancelled:
        status = "cancelled"
    name = told.name.split()
    person = {
        "first_name": name[0], "last_name": name[1], "company": "", "address_1": "1 rue du Lin",
        "address_2": "", "city": "Lyon", "state": "", "postcode": "69001", "country": "FR",
    }  # fmt: skip
    parcel = {"tracking_provider": "DHL", "tracking_number": told.tracking_number}
    return woo_order(
        int(told.number),
        status=status if told.is_paid else "pending",
        date_created_gmt=f"{told.placed_at:%Y-%m-%dT%H:%M:%S}",
        date_modified_gmt=f"{told.updated_at:%Y-%m-%dT%H:%M:%S}",
        date_paid_gmt=f"{told.placed_at:%Y-%m-%dT%H:%M:%S}" if told.is_paid else None,
        date_completed_gmt=f"{told.updated_at:%Y-%m-%dT%H:%M:%S}" if told.is_shipped else None,
        total="63.90",
        total_tax="0.00",
        billing={**person, "email": told.email, "phone": ""},
        shipping=person,
        line_items=[line(1, QUANTITY, "59.00", name=TITLE)],
        refunds=[{"id": 500}] if told.refunded_minor else [],
        meta_data=[{"id": 1, "key": "_wc_shipment_tracking_items", "value": [parcel]}]
        if told.is_shipped
        else [],
    )


def signed(told: Any, topic: str, key: str) -> Call:
    body = json.dumps(told).encode()
    fits = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    return Call(
        body,
        {
            "X-WC-Webhook-Signature": fits,
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Delivery-ID": key,
        },
    )


class TestWooCommerce(StoreConnectorContract):
    kind = "woocommerce"
    lists_at = r"/wc/v3/orders$"
    has_delivery_ids = False  # a repeated delivery has another id: the body tells
    acts: ClassVar = {
        ActionKind.CANCEL: Acting(
            writes=r"/orders/1042(/refunds)?$", params={"refund": "none"},
            carries_key=False, because=NO_KEY,
        ),
        ActionKind.REFUND: Acting(writes=r"/refunds$", params={"amount_minor": 1000}),
        ActionKind.EDIT_ADDRESS: Acting(
            writes=r"/orders/1042$", params={"address": ADDRESS}, carries_key=False, because=NO_KEY
        ),
        ActionKind.EDIT_ITEMS: Acting(
            writes=r"/orders/1042$", params={"lines": [{"line": "1", "quantity": 1}]},
            carries_key=False, because=NO_KEY,
        ),
        ActionKind.DUPLICATE: Acting(writes=r"/orders$"),
        ActionKind.DISCOUNT_CODE: Acting(writes=r"/coupons$", params={"percent": 10}),
        ActionKind.NOTE: Acting(
            writes=r"/notes$", params={"text": "Called her"},
            carries_key=False, because="notes have no data of their own: found by their text",
        ),
        ActionKind.HOLD: Acting(writes=r"/orders/1042$", carries_key=False, because=NO_KEY),
        ActionKind.RELEASE: Acting(writes=r"/orders/1042$", carries_key=False, because=NO_KEY),
    }  # fmt: skip

    shop: WooShop

    @pytest.fixture(autouse=True)
    def _small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(woo, "PER_PAGE", self.per_page)
        monkeypatch.setattr(woo, "OVERLAP", 0)

    def judge(self, vendor: VendorServer) -> None:
        self.shop = WooShop(vendor, woo_order(1))

    def make_store(self, organization: Organization, vendor: VendorServer) -> Store:
        return make_store(organization, vendor.url)

    def tell(self, vendor: VendorServer, *told: Told) -> None:
        self.shop.orders = {int(each.number): order_json(each) for each in told}
        self.shop.refunds = {
            int(each.number): [
                {
                    "id": 500,
                    "amount": f"{each.refunded_minor / 100:.2f}",
                    "date_created_gmt": "2026-11-20T12:30:00",
                    "line_items": [],
                }
            ]
            for each in told
            if each.refunded_minor
        }
        self.shop.coupons, self.shop.notes = [], []

    def external_id(self, told: Told) -> str:
        return told.number

    def order_call(self, store: Store, told: Told, key: str) -> Call:
        return signed(order_json(told), "order.updated", key)

    def resigned(self, store: Store, call: Call) -> Call:
        fits = hmac.new(SECRET.encode(), call.body, hashlib.sha256).digest()
        return Call(call.body, {"X-WC-Webhook-Signature": base64.b64encode(fits).decode()})

    def unknown_call(self, store: Store) -> Call:
        return signed({"id": 7, "name": "Linen"}, "product.updated", "u1")

    def platform_signs_in(self, vendor: VendorServer) -> Any:
        self.tell(vendor, Told())
        return lambda: [(each["topic"], each["delivery_url"]) for each in self.shop.webhooks]

    def takes(self, vendor: VendorServer, kind: ActionKind, acting: Acting) -> None:
        if kind is ActionKind.RELEASE:
            self.shop.orders[1042]["status"] = "on-hold"

    def refuses(self, vendor: VendorServer, kind: ActionKind, acting: Acting) -> None:
        for method in ("POST", "PUT"):
            vendor.answers(method, acting.writes, 400, {"message": "The books are closed."})

    def took_not(
        self, vendor: VendorServer, kind: ActionKind, acting: Acting, intent: Intent
    ) -> None:
        super().took_not(vendor, kind, acting, intent)
        self.takes(vendor, kind, acting)

    def took(self, vendor: VendorServer, kind: ActionKind, acting: Acting, intent: Intent) -> None:
        order = self.shop.orders[1042]
        mark = [{"key": "_aftercare_key", "value": str(intent.key)}]
        match kind:
            case ActionKind.CANCEL:
                order["status"] = "cancelled"
            case ActionKind.HOLD:
                order["status"] = "on-hold"
            case ActionKind.RELEASE:
                order["status"] = "processing"
            case ActionKind.EDIT_ADDRESS:
                order["shipping"] |= {"address_1": ADDRESS["street"], "postcode": "69002"}
            case ActionKind.EDIT_ITEMS:
                order["line_items"][0]["quantity"] = 1
            case ActionKind.REFUND:
                order["refunds"] = [{"id": 500}]
                made = {"id": 500, "amount": "10.00", "date_created_gmt": "2026-11-20T12:30:00"}
                self.shop.refunds[1042] = [{**made, "line_items": [], "meta_data": mark}]
            case ActionKind.DUPLICATE:
                self.shop.orders[1043] = woo_order(1043, meta_data=mark)
            case ActionKind.DISCOUNT_CODE:
                self.shop.coupons = [{"id": 1, "code": code_of(intent), "meta_data": mark}]
            case ActionKind.NOTE:
                self.shop.notes = [{"id": 1, "note": "Called her"}]
