"""Adobe Commerce does what every store connector must do."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from helpdesk.accounts.models import Organization
from integrations.adobe_commerce import connector as magento
from integrations.adobe_commerce.acting import code_of
from integrations.commerce.acting import ActionKind, Intent
from integrations.commerce.models import Store
from tests.contracts.store_connector import (
    QUANTITY,
    TITLE,
    Acting,
    StoreConnectorContract,
    Told,
)
from tests.contracts.vendor import VendorServer
from tests.integrations.adobe_commerce.shop import (
    ADDRESS,
    MagentoShop,
    item,
    magento_order,
    make_store,
)

NO_KEY = "the value itself is set: done twice it is done once"
NEW_ADDRESS = {
    "street": "2 rue du Chanvre", "city": "Lyon", "country_code": "FR", "postcode": "69002",
}  # fmt: skip


def order_json(told: Told) -> dict[str, Any]:
    """The order in Magento's words."""
    first, last = told.name.split()
    state = "processing" if told.is_paid else "new"
    if told.is_shipped:
        state = "complete"
    if told.is_cancelled:
        state = "canceled"
    line = item(
        1, QUANTITY, 29.5, paid=told.is_paid, name=TITLE,
        qty_shipped=QUANTITY if told.is_shipped else 0,
    )  # fmt: skip
    address = {**ADDRESS, "firstname": first, "lastname": last, "email": told.email}
    shipping = {"shipping_assignments": [{"shipping": {"address": address}}]}
    return magento_order(
        int(told.number), paid=told.is_paid, increment_id=told.number, state=state,
        customer_firstname=first, customer_lastname=last, customer_email=told.email,
        grand_total=63.9, total_paid=63.9 if told.is_paid else 0,
        total_refunded=told.refunded_minor / 100, items=[line],
        created_at=f"{told.placed_at:%Y-%m-%d %H:%M:%S}",
        updated_at=f"{told.updated_at:%Y-%m-%d %H:%M:%S}", extension_attributes=shipping,
    )  # fmt: skip


class TestAdobeCommerce(StoreConnectorContract):
    kind = "adobe_commerce"
    lists_at = r"/V1/orders$"
    acts: ClassVar = {
        ActionKind.CANCEL: Acting(
            writes=r"/orders/1042/cancel$", told=Told(is_paid=False),
            carries_key=False, because="a cancellation has no data: found by the state",
        ),
        ActionKind.REFUND: Acting(writes=r"/refund$", params={"amount_minor": 1000}),
        ActionKind.EDIT_ADDRESS: Acting(
            writes=r"/orders/1042$", params={"address": NEW_ADDRESS},
            carries_key=False, because=NO_KEY,
        ),
        ActionKind.DISCOUNT_CODE: Acting(
            writes=r"/(salesRules|coupons)$", params={"percent": 10}, count=2,
            carries_key=False, because="the rule carries it in its name, the coupon is the code",
        ),
        ActionKind.NOTE: Acting(writes=r"/comments$", params={"text": "Called her"}),
        ActionKind.HOLD: Acting(writes=r"/hold$", carries_key=False, because=NO_KEY),
        ActionKind.RELEASE: Acting(writes=r"/unhold$", carries_key=False, because=NO_KEY),
    }  # fmt: skip

    shop: MagentoShop

    @pytest.fixture(autouse=True)
    def _small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(magento, "PAGE", self.per_page)

    def judge(self, vendor: VendorServer) -> None:
        self.shop = MagentoShop(vendor, magento_order(1))

    def make_store(self, organization: Organization, vendor: VendorServer) -> Store:
        return make_store(organization, vendor.url)

    def tell(self, vendor: VendorServer, *told: Told) -> None:
        self.shop.orders = {int(each.number): order_json(each) for each in told}
        self.shop.comments = []
        for kept in self.shop.lists.values():
            kept.clear()
        for each in told:
            number = int(each.number)
            if each.is_paid:
                invoice = {"entity_id": 900 + number, "order_id": number, "transaction_id": "ch"}
                self.shop.lists["invoices"].append(invoice)
            if each.refunded_minor:
                self.shop.lists["creditmemos"].append(self._memo(number, each.refunded_minor))
            if each.is_shipped:
                track = {"entity_id": 1, "track_number": each.tracking_number, "title": "DHL"}
                self.shop.lists["shipments"].append(
                    {
                        "entity_id": 7, "order_id": number, "tracks": [track],
                        "items": [{"order_item_id": 1, "qty": QUANTITY}],
                        "created_at": "2026-11-20 12:30:00",
                    }
                )  # fmt: skip

    def _memo(self, number: int, minor: int, key: str = "") -> dict[str, Any]:
        return {
            "entity_id": 500, "order_id": number, "grand_total": minor / 100,
            "created_at": "2026-11-20 12:30:00", "comments": [{"comment": key}],
        }  # fmt: skip

    def external_id(self, told: Told) -> str:
        return told.number

    def platform_signs_in(self, vendor: VendorServer) -> Any:
        self.tell(vendor, Told())
        return list

    def takes(self, vendor: VendorServer, kind: ActionKind, acting: Acting) -> None:
        if kind is ActionKind.RELEASE:
            self.shop.orders[1042]["state"] = "holded"

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
        match kind:
            case ActionKind.CANCEL:
                order["state"] = "canceled"
            case ActionKind.HOLD:
                order["state"] = "holded"
            case ActionKind.RELEASE:
                order["state"] = "processing"
            case ActionKind.EDIT_ADDRESS:
                kept = order["extension_attributes"]["shipping_assignments"][0]["shipping"]
                kept["address"] |= {"street": [NEW_ADDRESS["street"]], "postcode": "69002"}
            case ActionKind.REFUND:
                self.shop.lists["creditmemos"] = [self._memo(1042, 1000, f"[{intent.key}]")]
            case ActionKind.DISCOUNT_CODE:
                self.shop.lists["coupons"] = [{"coupon_id": 6, "code": code_of(intent)}]
            case ActionKind.NOTE:
                self.shop.comments = [{"comment": f"Called her [{intent.key}]"}]
