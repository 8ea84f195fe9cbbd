"""Shopify by the kit: every request judged by Shopify's own schema of 2026-10, with its scopes."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from helpdesk.accounts.models import Organization
from integrations.commerce.acting import ActionKind, Intent
from integrations.commerce.models import Store
from tests.contracts.channel_connector import Call
from tests.contracts.shopify_shop import (
    DOMAIN,
    GRAPHQL,
    LINE,
    Shop,
    hold_node,
    make_store,
    signed,
    signed_bytes,
)
from tests.contracts.store_connector import Acting, StoreConnectorContract, Told
from tests.contracts.vendor import VendorServer

NO_KEY = "Shopify takes an idempotency key for refunds alone; what is made carries a mark"
SETS = "it only sets a value: twice is the same as once"


def acting(mutation: str, because: str = NO_KEY, **more: Any) -> Acting:
    """A kind of action that is done by one mutation, without a key."""
    return Acting(
        writes=rf"mutation {mutation}\b", writes_in_body=True, carries_key=False, because=because,
        **more,
    )  # fmt: skip


class TestShopify(StoreConnectorContract):
    kind = "shopify"
    lists_at = GRAPHQL
    list_method = "POST"
    per_page = 10
    acts: ClassVar = {
        ActionKind.CANCEL: acting("Cancel"),
        ActionKind.REFUND: Acting(
            writes=r"mutation Refund\b", writes_in_body=True, params={"amount_minor": 1000}
        ),
        ActionKind.EDIT_ADDRESS: acting(
            "UpdateOrder", SETS, params={"address": {"street": "Webergasse 9", "city": "Jena"}}
        ),
        ActionKind.EDIT_ITEMS: acting(
            "CommitEdit", "a session is committed once",
            params={"lines": [{"line": LINE, "quantity": 1}]},
        ),
        ActionKind.DUPLICATE: acting("(CreateDraft|CompleteDraft)", count=2),
        ActionKind.RETURN_LABEL: acting("CreateReturn", told=Told(is_shipped=True)),
        ActionKind.DISCOUNT_CODE: acting("CreateCode", params={"percent": 15}),
        ActionKind.STORE_CREDIT: acting("Credit", params={"amount_minor": 500}),
        ActionKind.GIFT_CARD: acting("CreateCard", params={"amount_minor": 2500}),
        ActionKind.NOTE: acting("UpdateOrder", SETS, params={"text": "Call before delivery"}),
        ActionKind.TAGS: acting("Tags", SETS, params={"add": ["fragile"], "remove": ["vip"]}),
        ActionKind.HOLD: acting("Hold", "a hold has a handle", params={"reason": "address"}),
        ActionKind.RELEASE: acting("Release", SETS),
    }  # fmt: skip
    shop: Shop

    def make_store(self, organization: Organization, vendor: VendorServer) -> Store:
        return make_store(organization, vendor.url)

    def judge(self, vendor: VendorServer) -> None:
        self.shop = Shop(vendor).opens()

    def tell(self, vendor: VendorServer, *told: Told) -> None:
        self.shop.tell(*told)
        vendor.answers("POST", GRAPHQL, 200, self.shop.answer)

    def external_id(self, told: Told) -> str:
        return f"77{told.number}"

    def order_call(self, store: Store, told: Told, key: str) -> Call:
        return signed("orders/updated", {"id": int(self.external_id(told)), "total": "0"}, key)

    def resigned(self, store: Store, call: Call) -> Call:
        return signed_bytes("orders/updated", call.body, hashlib.sha256(call.body).hexdigest())

    def unknown_call(self, store: Store) -> Call:
        return signed("themes/publish", {"id": 1})

    def ended_call(self, store: Store) -> Call:
        return signed("app/uninstalled", {"id": 1, "myshopify_domain": DOMAIN})

    def forget_call(self, store: Store, told: Told) -> Call:
        customer = {"id": 5001, "email": told.email, "phone": None}
        return signed("customers/redact", {"shop_domain": DOMAIN, "customer": customer})

    def platform_signs_in(self, vendor: VendorServer) -> Any:
        return lambda: [(each["topic"], each["uri"]) for each in self.shop.hooks]

    def takes(self, vendor: VendorServer, kind: ActionKind, acting: Acting) -> None:
        if kind == ActionKind.RELEASE:
            [part] = self.shop.only()["fulfillmentOrders"]["nodes"]
            part.update(status="ON_HOLD", fulfillmentHolds=[hold_node("OTHER", "aftercare-1")])

    def refuses(self, vendor: VendorServer, kind: ActionKind, acting: Acting) -> None:
        self.shop.refusal = "The books are closed."

    def took(self, vendor: VendorServer, kind: ActionKind, acting: Acting, intent: Intent) -> None:
        """What Shopify took is done by sending the lost request once more, past the kit's eyes."""
        vendor.answers("POST", GRAPHQL, 200, self.shop.answer)
        lost = self.writes(vendor, acting)[-1]
        self.prepared_shop(kind, acting)
        assert self.shop.answer(lost)[0] == 200
        if kind == ActionKind.DUPLICATE:
            self.shop.completes()
        if kind == ActionKind.CANCEL:
            self.shop.cancels()

    def took_not(
        self, vendor: VendorServer, kind: ActionKind, acting: Acting, intent: Intent
    ) -> None:
        vendor.answers("POST", GRAPHQL, 200, self.shop.answer)
        self.prepared_shop(kind, acting)

    def prepared_shop(self, kind: ActionKind, acting: Acting) -> None:
        """The shop as it was before the lost request."""
        self.shop.tell(acting.told)
        self.takes(self.shop.vendor, kind, acting)

    def unauthorized(self) -> tuple[int, Any, dict[str, str]]:
        return 401, {"errors": "[API] Invalid API key or access token"}, {}

    def rate_limited(self) -> tuple[int, Any, dict[str, str]]:
        cost = {
            "requestedQueryCost": 300, "actualQueryCost": None,
            "throttleStatus": {
                "maximumAvailable": 2000.0, "currentlyAvailable": 20.0, "restoreRate": 100.0,
            },
        }  # fmt: skip
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        return 200, {"errors": [error], "extensions": {"cost": cost}}, {}
