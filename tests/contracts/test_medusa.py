"""Medusa, by what the real shop answered and took (`make test-commerce` with WRITE_RECORDED=1).

Medusa publishes no machine-readable contract. The judge here is the real Medusa's own: a request
is accepted where the shop took one of the same method and path with those very fields.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import iso
from helpdesk.lib.secrets import encrypt
from helpdesk.lib.signatures import standard_webhook_headers
from integrations.commerce.acting import ActionKind, Intent
from integrations.commerce.actions import create_store
from integrations.commerce.connector import Sellable
from integrations.commerce.models import Store
from integrations.medusa.connector import MedusaConnector
from integrations.medusa.finding import discount_code, mark
from tests.contracts.channel_connector import Call
from tests.contracts.store_connector import (
    QUANTITY,
    TITLE,
    TOTAL_MINOR,
    Acting,
    StoreConnectorContract,
    Told,
)
from tests.contracts.vendor import Asked, VendorServer
from tests.live.conftest import RECORDED, SIGNING_KEY, _names, template_of

ORDERS, ORDER = r"^/admin/orders$", r"^/admin/orders/order_\d+$"
CHANGES, RETURNED = r"/changes$", "return_1"
IN_METADATA = "the key is where it can be read again: in what is made before, and confirmed by this"
BY_STATE = "what it changes is read from the order itself"


def recorded(name: str) -> Any:
    """What the real shop said."""
    return json.loads((RECORDED / f"{name}.json").read_text())


def order_json(told: Told) -> dict[str, Any]:
    """The order in Medusa's words: a recorded one with the kit's numbers."""
    raw = recorded("shipped" if told.is_shipped else "captured")
    _at(raw, told.placed_at, told.updated_at)
    raw.update(
        id=f"order_{told.number}", display_id=int(told.number), email=told.email, total=63.9,
        item_subtotal=59, shipping_subtotal=4.9, shipping_total=4.9, credit_line_total=0,
        metadata=None,
    )  # fmt: skip
    [item] = raw["items"]
    item.update(
        product_title=TITLE, title=TITLE, unit_price=29.5, quantity=QUANTITY, total=59, subtotal=59
    )
    for fulfillment in raw["fulfillments"]:
        fulfillment["shipping_option"]["name"] = "DHL Paket"
        fulfillment["labels"][0]["tracking_number"] = told.tracking_number
    [payment] = raw["payment_collections"][0]["payments"]
    payment["amount"] = payment["captures"][0]["amount"] = 63.9
    if not told.is_paid:
        payment["captures"], payment["captured_at"] = [], None
    if told.refunded_minor:
        payment["refunds"] = [refund_json(told.refunded_minor, told.updated_at)]
    if told.is_cancelled:
        raw["status"], raw["canceled_at"] = "canceled", iso(told.updated_at)
    return dict(raw)


def refund_json(minor: int, at: datetime, note: str | None = None) -> dict[str, Any]:
    when = {"created_at": iso(at), "updated_at": iso(at)}
    return {"id": "ref_1", "amount": minor / 100, "note": note, **when}


def return_json(told: Told, intent_mark: str) -> dict[str, Any]:
    [back] = copy.deepcopy(recorded("return_requested")["returns"])
    _at(back, told.placed_at, told.updated_at)
    return {**back, "id": RETURNED, "metadata": {"aftercare": intent_mark}}


def _at(value: Any, placed_at: datetime, updated_at: datetime) -> None:
    if isinstance(value, dict):
        for name in value:
            if name == "created_at":
                value[name] = iso(placed_at)
            elif name == "updated_at":
                value[name] = iso(updated_at)
            else:
                _at(value[name], placed_at, updated_at)
    elif isinstance(value, list):
        for each in value:
            _at(each, placed_at, updated_at)


def judged(asked: Asked) -> tuple[str, list[str]]:
    """Whether the real shop took such a request."""
    shapes = {(each["method"], each["path"]): each for each in recorded("requests")}
    path = template_of(asked.path)
    operation = f"{asked.method} {path}"
    shape = shapes.get((asked.method, path))
    if shape is None:
        return operation, ["the shop was never asked this"]
    wrong = [
        f"query {name}" for name, _ in parse_qsl(urlsplit(asked.target).query)
        if name not in shape["query"]
    ]  # fmt: skip
    body = json.loads(asked.body) if asked.body else {}
    wrong += [f"field {name}" for name in _names(body) if name not in shape["body"]]
    if not asked.headers.get("authorization", "").startswith("Basic "):
        wrong.append("no key")
    return operation, wrong


def signed(body: bytes, key: str) -> Call:
    return Call(body, standard_webhook_headers(SIGNING_KEY, key, body))


def said(key: str, topic: str, **data: Any) -> Call:
    return signed(json.dumps({"type": topic, "data": data}).encode(), key)


class TestMedusa(StoreConnectorContract):
    kind = "medusa"
    lists_at = ORDERS
    acts: ClassVar = {
        ActionKind.CANCEL: Acting(writes=r"/cancel$", carries_key=False, because=BY_STATE),
        ActionKind.REFUND: Acting(writes=r"/refund$", params={"amount_minor": 1000}),
        ActionKind.EDIT_ADDRESS: Acting(
            writes=ORDER, params={"address": {"street": "5 place Bellecour"}},
            carries_key=False, because=BY_STATE,
        ),
        ActionKind.EDIT_ITEMS: Acting(
            writes=r"/confirm$", params={"add": [{"variant": "LINEN-S", "quantity": 1}]},
            carries_key=False, because=IN_METADATA,
        ),
        ActionKind.DUPLICATE: Acting(
            writes=r"/convert-to-order$", carries_key=False, because=IN_METADATA
        ),
        ActionKind.RETURN_LABEL: Acting(
            writes=r"/request$", told=Told(is_shipped=True), carries_key=False,
            because=IN_METADATA,
        ),
        ActionKind.DISCOUNT_CODE: Acting(writes=r"/promotions$", params={"percent": 10}),
        ActionKind.NOTE: Acting(
            writes=ORDER, params={"text": "Call first"}, carries_key=False, because=BY_STATE
        ),
        ActionKind.TAGS: Acting(
            writes=ORDER, params={"add": ["vip"]}, carries_key=False, because=BY_STATE
        ),
    }  # fmt: skip

    def judge(self, vendor: VendorServer) -> None:
        vendor.judged_by(judged, connector="medusa")

    def make_store(self, organization: Organization, vendor: VendorServer) -> Store:
        store = create_store(organization, kind="medusa", slug="medusa", name="Linden & Loom")
        store.address = "https://shop.example"
        store.config = {"api_url": vendor.url}
        store.secrets = encrypt({"api_key": "sk_1", "signing_key": SIGNING_KEY})
        store.save()
        return store

    def tell(self, vendor: VendorServer, *told: Told) -> None:
        self.told_as(vendor, *(order_json(each) for each in told))

    def told_as(self, vendor: VendorServer, *orders: dict[str, Any]) -> None:
        """These orders, as Medusa writes them."""

        def page(asked: Asked) -> tuple[int, Any]:
            since, ids = asked.query.get("updated_at[$gte]", ""), asked.query.get("id[]")
            if "customer_id" in asked.query:
                return 200, {"orders": [], "count": 0}
            found = [each for each in orders if each["updated_at"] >= since]
            found = [each for each in found if ids is None or each["id"] == ids]
            at = int(asked.query.get("offset") or 0)
            return 200, {"orders": found[at : at + self.per_page], "count": len(found)}

        def one(asked: Asked) -> tuple[int, Any]:
            for each in orders:
                if asked.path.endswith(f"/{each['id']}"):
                    return 200, {"order": each}
            return 404, {"type": "not_found", "message": "Order id not found"}

        vendor.answers("GET", ORDERS, 200, page)
        vendor.answers("GET", ORDER, 200, one)
        vendor.answers("GET", r"/payments$", 200, {"payments": [], "count": 0})

    def external_id(self, told: Told) -> str:
        return f"order_{told.number}"

    def order_call(self, store: Store, told: Told, key: str) -> Call:
        return said(key, "order.updated", order_id=self.external_id(told))

    def resigned(self, store: Store, call: Call) -> Call:
        return signed(call.body, f"odd-{hashlib.sha256(call.body).hexdigest()}")

    def unknown_call(self, store: Store) -> Call:
        return said("u1", "product.updated", id="prod_1")

    def platform_signs_in(self, vendor: VendorServer) -> Any:
        vendor.answers("GET", r"/stores$", 200, recorded("stores"))
        return list  # the subscriber is the shop's own to install: nothing is subscribed

    # Acting

    def takes(self, vendor: VendorServer, kind: ActionKind, acting: Acting) -> None:
        raw = order_json(acting.told)
        vendor.answers("GET", CHANGES, 200, {"order_changes": []})
        {
            ActionKind.CANCEL: self._cancels,
            ActionKind.REFUND: self._refunds,
            ActionKind.EDIT_ITEMS: self._edits,
            ActionKind.DUPLICATE: self._copies,
            ActionKind.RETURN_LABEL: self._takes_back,
            ActionKind.DISCOUNT_CODE: self._gives_codes,
        }.get(kind, self._changes)(vendor, raw, acting)

    def _after(
        self, vendor: VendorServer, order: dict[str, Any], answer: Any
    ) -> Callable[[Asked], tuple[int, Any]]:
        """An answer after which the order is another."""

        def take(_: Asked) -> tuple[int, Any]:
            self.told_as(vendor, order)
            return 200, answer

        return take

    def _cancels(self, vendor: VendorServer, raw: dict[str, Any], acting: Acting) -> None:
        told = Told(is_cancelled=True, refunded_minor=TOTAL_MINOR)
        vendor.answers("POST", acting.writes, 200, self._after(vendor, order_json(told), {}))

    def _refunds(self, vendor: VendorServer, raw: dict[str, Any], acting: Acting) -> None:
        def take(asked: Asked) -> tuple[int, Any]:
            made = refund_json(1000, acting.told.updated_at, asked.json["note"])
            return 200, {"payment": {"id": "pay_1", "refunds": [made]}}

        vendor.answers("POST", acting.writes, 200, take)

    def _changes(self, vendor: VendorServer, raw: dict[str, Any], acting: Acting) -> None:
        def take(asked: Asked) -> tuple[int, Any]:
            self.told_as(vendor, {**raw, **asked.json})
            return 200, {}

        vendor.answers("POST", ORDER, 200, take)

    def _edits(self, vendor: VendorServer, raw: dict[str, Any], acting: Acting) -> None:
        variant = {
            "id": "variant_s", "title": "S", "product": {"title": TITLE},
            "prices": [{"currency_code": "eur", "amount": 29.5}],
        }  # fmt: skip
        vendor.answers("GET", r"/product-variants$", 200, {"variants": [variant]})
        vendor.answers("POST", r"/order-edits", 200, {})
        vendor.answers("DELETE", r"/order-edits", 200, {})

    def _copies(self, vendor: VendorServer, raw: dict[str, Any], acting: Acting) -> None:
        draft = {"id": "order_2", "display_id": 1043}
        vendor.answers("GET", r"/draft-orders$", 200, {"draft_orders": []})
        vendor.answers("POST", r"/draft-orders", 200, {"draft_order": draft})

    def _takes_back(self, vendor: VendorServer, raw: dict[str, Any], acting: Acting) -> None:
        way = {
            "id": "so_1",
            "name": "Return",
            "rules": [{"attribute": "is_return", "value": "true"}],
        }
        vendor.answers("GET", r"/shipping-options$", 200, {"shipping_options": [way]})
        vendor.answers("POST", r"/returns/", 200, {})
        vendor.answers("DELETE", r"/returns/", 200, {})
        key: list[str] = []

        def begin(asked: Asked) -> tuple[int, Any]:
            key.append(asked.json["metadata"]["aftercare"])
            return 200, {"return": {"id": RETURNED}}

        def confirm(_: Asked) -> tuple[int, Any]:
            self.told_as(vendor, {**raw, "returns": [return_json(acting.told, key[-1])]})
            return 200, {}

        vendor.answers("POST", r"/returns$", 200, begin)
        vendor.answers("POST", acting.writes, 200, confirm)

    def _gives_codes(self, vendor: VendorServer, raw: dict[str, Any], acting: Acting) -> None:
        vendor.answers("GET", acting.writes, 200, {"promotions": []})
        vendor.answers("POST", acting.writes, 200, {"promotion": {"id": "promo_1"}})

    def refuses(self, vendor: VendorServer, kind: ActionKind, acting: Acting) -> None:
        no = {"type": "not_allowed", "message": "The books are closed"}
        vendor.answers("POST", acting.writes, 400, no)

    def took(self, vendor: VendorServer, kind: ActionKind, acting: Acting, intent: Intent) -> None:
        raw, told, key = order_json(acting.told), acting.told, mark(intent)
        if kind == ActionKind.CANCEL:
            raw = order_json(Told(is_cancelled=True, refunded_minor=TOTAL_MINOR))
        if kind == ActionKind.REFUND:
            [payment] = raw["payment_collections"][0]["payments"]
            payment["refunds"] = [refund_json(1000, told.updated_at, key)]
        if kind == ActionKind.EDIT_ADDRESS:
            raw["shipping_address"]["address_1"] = "5 place Bellecour"
        if kind == ActionKind.RETURN_LABEL:
            raw["returns"] = [return_json(told, key)]
        if kind == ActionKind.NOTE:
            raw["metadata"] = {"note": "Call first"}
        if kind == ActionKind.TAGS:
            raw["metadata"] = {"tags": ["vip"]}
        self.told_as(vendor, raw)
        done = {"id": "ordch_1", "internal_note": key, "status": "confirmed", "change_type": "edit"}
        made = {"id": "x_1", "display_id": 1043, "metadata": {"aftercare": key}}
        if kind == ActionKind.EDIT_ITEMS:
            vendor.answers("GET", CHANGES, 200, {"order_changes": [done]})
        if kind == ActionKind.DUPLICATE:
            vendor.answers("GET", ORDERS, 200, {"orders": [made], "count": 1})
        if kind == ActionKind.DISCOUNT_CODE:
            code = {**made, "code": discount_code(intent)}
            vendor.answers("GET", acting.writes, 200, {"promotions": [code]})

    def test_what_the_shop_sells_is_found_as_the_real_shop_told_it(
        self, vendor: VendorServer, store: Store
    ) -> None:
        draft = copy.deepcopy(recorded("variants")[0])
        draft["product"]["status"] = "draft"
        gone = {**recorded("variants")[1], "inventory_quantity": 0}
        vendor.answers(
            "GET", r"/product-variants$", 200,
            {"variants": [*recorded("variants"), draft, {**gone, "id": "variant_9", "sku": None}]},
        )  # fmt: skip
        found = MedusaConnector().find_products(store, "linen shirt", "EUR")
        picture = "https://pictures.example/linen-shirt.jpg"
        assert [replace(each, variant="") for each in found] == [
            Sellable("", "Linen shirt", size, sku, 3995, "EUR", picture, is_available=is_there)
            for size, sku, is_there in (
                ("S", "LINEN-S", True), ("M", "LINEN-M", True), ("M", "", False),
            )
        ]  # fmt: skip
        assert vendor.last("GET", r"/product-variants$").query["q"] == "linen shirt"
        [first, *_] = MedusaConnector().find_products(store, "linen shirt", "USD")
        assert (first.price_minor, first.currency) == (None, "")


@pytest.fixture(autouse=True)
def _recorded_is_there() -> None:
    assert Path(RECORDED / "requests.json").is_file()
