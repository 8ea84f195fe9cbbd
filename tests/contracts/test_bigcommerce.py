"""BigCommerce by the kit: every request judged by the six files of BigCommerce's own contract."""

from __future__ import annotations

from typing import Any, ClassVar

from helpdesk.accounts.models import Organization
from integrations.commerce.acting import ActionKind, Intent
from integrations.commerce.models import Store
from tests.contracts.bigcommerce_shop import LINE, Shop, call_of, make_store
from tests.contracts.channel_connector import Call
from tests.contracts.store_connector import Acting, StoreConnectorContract, Told
from tests.contracts.vendor import VendorServer

NO_KEY = "BigCommerce takes no keys; a refund's reason, an order's external id, a code carry ours"
SETS = "it only sets a value: twice is the same as once"


def setting(writes: str, **params: Any) -> Acting:
    """An action that only sets something."""
    return Acting(writes=writes, params=params, carries_key=False, because=SETS, methods=("PUT",))


class TestBigCommerce(StoreConnectorContract):
    kind = "bigcommerce"
    lists_at = r"^/v2/orders$"
    per_page = 50
    has_signature = False  # it does not sign as a rule; our own secret is tried in its own tests
    has_delivery_ids = False
    acts: ClassVar = {
        ActionKind.CANCEL: Acting(
            writes=r"(/refunds$|^/v2/orders/\d+$)", count=2, carries_key=False, because=NO_KEY,
            methods=("POST", "PUT"),
        ),
        ActionKind.REFUND: Acting(
            writes=r"/refunds$", params={"lines": [{"line": LINE, "quantity": 1}]}
        ),
        ActionKind.EDIT_ADDRESS: setting(r"/shipping_addresses/", address={"city": "Jena"}),
        ActionKind.DUPLICATE: Acting(writes=r"^/v2/orders$"),
        ActionKind.DISCOUNT_CODE: Acting(
            writes=r"^/v3/promotions", params={"percent": 15}, count=2, carries_key=False,
            because=NO_KEY,
        ),
        ActionKind.STORE_CREDIT: setting(r"^/v3/customers$", amount_minor=500),
        ActionKind.NOTE: setting(r"^/v2/orders/\d+$", text="Call before delivery"),
        ActionKind.HOLD: setting(r"^/v2/orders/\d+$", reason="address"),
        ActionKind.RELEASE: setting(r"^/v2/orders/\d+$"),
    }  # fmt: skip
    shop: Shop

    def make_store(self, organization: Organization, vendor: VendorServer) -> Store:
        return make_store(organization, vendor.url)

    def judge(self, vendor: VendorServer) -> None:
        self.shop = Shop(vendor).opens()

    def tell(self, vendor: VendorServer, *told: Told) -> None:
        self.shop.tell(*told)
        self.shop.answers()

    def external_id(self, told: Told) -> str:
        return told.number

    def order_call(self, store: Store, told: Told, key: str) -> Call:
        return call_of("store/order/updated", {"type": "order", "id": int(told.number)}, key)

    def unknown_call(self, store: Store) -> Call:
        return call_of("store/sku/created", {"type": "sku", "id": 1})

    def ended_call(self, store: Store) -> Call:
        return call_of("store/app/uninstalled", {"type": "app", "id": 1})

    def platform_signs_in(self, vendor: VendorServer) -> Any:
        return lambda: [(each["scope"], each["destination"]) for each in self.shop.hooks]

    def takes(self, vendor: VendorServer, kind: ActionKind, acting: Acting) -> None:
        if kind == ActionKind.RELEASE:
            self.shop.only()["status_id"] = 12

    def refuses(self, vendor: VendorServer, kind: ActionKind, acting: Acting) -> None:
        self.shop.refusal = "The books are closed."

    def took(self, vendor: VendorServer, kind: ActionKind, acting: Acting, intent: Intent) -> None:
        """What was taken is done by sending the lost requests once more, past the kit's eyes."""
        self.took_not(vendor, kind, acting, intent)
        lost = self.writes(vendor, acting)[-1]
        assert self.shop.answer(lost)[0] < 300
        if kind == ActionKind.DISCOUNT_CODE:
            self.shop.codes.append(self.shop.promotions[-1]["name"].split(" · ")[0])
        if kind == ActionKind.CANCEL:
            self.shop.only()["status_id"] = 5

    def took_not(
        self, vendor: VendorServer, kind: ActionKind, acting: Acting, intent: Intent
    ) -> None:
        self.shop.answers()
        self.shop.tell(acting.told)
        self.takes(vendor, kind, acting)

    def unauthorized(self) -> tuple[int, Any, dict[str, str]]:
        return 401, [{"status": 401, "message": "Unauthorized"}], {}

    def rate_limited(self) -> tuple[int, Any, dict[str, str]]:
        headers = {"X-Rate-Limit-Time-Reset-Ms": "6500", "X-Rate-Limit-Requests-Left": "0"}
        return 429, {"status": 429, "title": "Too many requests"}, headers
