"""The kit for stores itself, on the smallest connector: if this is red, look at the kit first."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.secrets import encrypt
from integrations.commerce import connector as registry
from integrations.commerce.acting import ActionKind, Intent
from integrations.commerce.actions import create_store
from integrations.commerce.models import Store
from tests.contracts.channel_connector import Call
from tests.contracts.shelf import ShelfConnector
from tests.contracts.store_connector import (
    QUANTITY,
    SHIPPING_MINOR,
    TITLE,
    TOTAL_MINOR,
    UNIT_MINOR,
    Acting,
    StoreConnectorContract,
    Told,
)
from tests.contracts.vendor import Asked, VendorServer

SECRET = "whispered"
ORDERS, ORDER = r"^/v1/orders$", r"^/v1/orders/[^/]+$"


def order_json(told: Told, done: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """The order in Shelf's words."""
    back = told.refunded_minor
    money = "paid" if told.is_paid else "pending"
    if back:
        money = "refunded" if back == TOTAL_MINOR else "partially_refunded"
    line = {"id": "l1", "title": TITLE, "quantity": QUANTITY, "price": UNIT_MINOR}
    return {
        "id": f"o-{told.number}", "number": f"#{told.number}", "email": told.email,
        "name": told.name, "placed_at": told.placed_at.isoformat(),
        "changed_at": told.updated_at.isoformat(), "total": TOTAL_MINOR,
        "shipping": SHIPPING_MINOR, "money": money, "is_cancelled": told.is_cancelled,
        "parcels": [told.tracking_number] if told.is_shipped else [], "lines": [line],
        "refunds": [{"id": "r1", "amount": back}] if back else [], "done": list(done),
    }  # fmt: skip


def signed(body: bytes, key: str) -> Call:
    fits = hmac.new(SECRET.encode(), key.encode() + b"." + body, hashlib.sha256).hexdigest()
    return Call(body, {"X-Shelf-Signature": fits, "X-Shelf-Delivery": key})


def said(key: str, **event: str) -> Call:
    return signed(json.dumps(event).encode(), key)


class TestShelf(StoreConnectorContract):
    kind = "shelf"
    lists_at = ORDERS
    acts: ClassVar = {
        ActionKind.CANCEL: Acting(writes=r"/cancel$"),
        ActionKind.REFUND: Acting(writes=r"/refund$", params={"amount_minor": 1000}),
    }

    @pytest.fixture(autouse=True)
    def _known(self) -> Iterator[None]:
        registry.register_store(ShelfConnector())
        yield
        registry._connectors.pop("shelf")

    def judge(self, vendor: VendorServer) -> None:
        def verdict(asked: Asked) -> tuple[str, list[str]]:
            is_known = asked.path.startswith("/v1/") and "authorization" in asked.headers
            return f"{asked.method} {asked.path}", [] if is_known else ["not in the contract"]

        vendor.judged_by(verdict, connector="shelf")

    def make_store(self, organization: Organization, vendor: VendorServer) -> Store:
        store = create_store(organization, kind="shelf", slug="shelf", name="Shelf")
        store.config = {"api_url": vendor.url}
        store.secrets = encrypt({"token": "t", "signing_secret": SECRET})
        store.save()
        return store

    def tell(self, vendor: VendorServer, *told: Told) -> None:
        def page(asked: Asked) -> tuple[int, Any]:
            since, at = asked.query.get("since", ""), int(asked.query.get("cursor") or 0)
            found = [each for each in told if each.updated_at.isoformat() >= since]
            end = at + self.per_page
            following = str(end) if end < len(found) else ""
            orders = [order_json(each) for each in found[at:end]]
            return 200, {"orders": orders, "next": following, "total": len(found)}

        def one(asked: Asked) -> tuple[int, Any]:
            for each in told:
                if asked.path.endswith(self.external_id(each)):
                    return 200, order_json(each)
            return 404, {"message": "no such order"}

        vendor.answers("GET", ORDERS, 200, page)
        vendor.answers("GET", ORDER, 200, one)

    def external_id(self, told: Told) -> str:
        return f"o-{told.number}"

    def order_call(self, store: Store, told: Told, key: str) -> Call:
        return said(key, topic="order", about=self.external_id(told))

    def resigned(self, store: Store, call: Call) -> Call:
        return signed(call.body, f"odd-{hashlib.sha256(call.body).hexdigest()}")

    def unknown_call(self, store: Store) -> Call:
        return said("u1", topic="theme", about="dark")

    def ended_call(self, store: Store) -> Call:
        return said("e1", topic="removed", about="app")

    def forget_call(self, store: Store, told: Told) -> Call:
        return said("f1", topic="forget", about=told.email, email=told.email)

    def platform_signs_in(self, vendor: VendorServer) -> Any:
        urls: list[str] = []

        def subscribe(asked: Asked) -> tuple[int, Any]:
            urls.append(asked.json["url"])
            return 201, {}

        vendor.answers("GET", r"^/v1/shop$", 200, {"name": "Linden", "currency": "EUR"})
        vendor.answers("GET", r"^/v1/hooks$", 200, lambda _: (200, {"urls": urls}))
        vendor.answers("POST", r"^/v1/hooks$", 201, subscribe)
        return lambda: list(urls)

    def takes(self, vendor: VendorServer, kind: ActionKind, acting: Acting) -> None:
        vendor.answers("POST", acting.writes, 201, {"id": f"{kind}-1"})

    def refuses(self, vendor: VendorServer, kind: ActionKind, acting: Acting) -> None:
        vendor.answers("POST", acting.writes, 409, {"message": "The books are closed."})

    def took(self, vendor: VendorServer, kind: ActionKind, acting: Acting, intent: Intent) -> None:
        done = {"key": str(intent.key), "id": f"{kind}-1"}
        told = replace(acting.told, is_cancelled=kind == ActionKind.CANCEL)
        vendor.answers("GET", ORDER, 200, order_json(told, (done,)))
