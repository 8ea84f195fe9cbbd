"""A BigCommerce that remembers: orders, refunds, promotions, credit, hooks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from helpdesk.accounts.models import Organization
from helpdesk.lib.secrets import encrypt
from integrations.bigcommerce.hooks import HEADER
from integrations.commerce.actions import create_store
from integrations.commerce.models import Store
from tests.contracts.channel_connector import Call
from tests.contracts.store_connector import (
    QUANTITY,
    SHIPPING_MINOR,
    TITLE,
    TOTAL_MINOR,
    UNIT_MINOR,
    Told,
)
from tests.contracts.vendor import Asked, JudgeOf, VendorServer, Verdict, open_api_judge

HASH, SECRET, LINE, PLACE = "abc123xyz", "whispered", "9001", 51
Record = dict[str, Any]


def one_of_is_any_of(document: Record) -> None:
    """BigCommerce's mistake: an item of the kind ORDER, as in the file's own example, fits two of
    the forms of which it may fit one."""
    item = document["components"]["schemas"]["ItemsRefund"]
    item = item.get("items", item)
    item["anyOf"] = item.pop("oneOf")


def bigcommerce_judge() -> JudgeOf:
    """Each path by the file of BigCommerce's that it is in."""
    files = {
        "v2/orders": ("orders.v2.oas2.yml", None), "v2/store": ("store_information.v2.yml", None),
        "v3/orders": ("orders.v3.yml", one_of_is_any_of), "v3/customers": ("customers.v3.yml", None),
        "v3/hooks": ("webhooks.v3.yml", None), "v3/promotions": ("promotions.v3.yml", None),
    }  # fmt: skip

    def verdict(asked: Asked) -> Verdict:
        _, version, resource = asked.path.split("/")[:3]
        name, relax = files.get(f"{version}/{resource}", ("", None))
        if not name:
            return f"{asked.method} {asked.path}", ["not in any contract"]
        judge = open_api_judge(f"bigcommerce/{name}", relax=relax)
        target = asked.target.removeprefix(f"/{version}")
        operation, wrong = judge(Asked(asked.method, target, asked.headers, asked.body))
        return operation.replace(" /", f" /{version}/", 1), wrong

    return verdict


def make_store(organization: Organization, url: str) -> Store:
    store = create_store(organization, kind="bigcommerce", slug="big", name="Big Loom")
    store.address = HASH
    store.config = {"api_url": url}
    store.secrets = encrypt({"token": "t", "hook_secret": SECRET})
    store.save()
    return store


def call_of(scope: str, data: Any, key: str = "k1", **more: Any) -> Call:
    """A call as BigCommerce sends it, with our secret."""
    number = sum(key.encode()) + 1561479335
    told = {
        "scope": scope, "store_id": "1", "data": data, "hash": key, "created_at": number,
        "producer": f"stores/{HASH}", **more,
    }  # fmt: skip
    return Call(json.dumps(told).encode(), {HEADER: SECRET})


def amount(minor: int) -> str:
    return f"{minor / 100:.4f}"


def address(name: str) -> Record:
    first, _, last = name.rpartition(" ")
    return {
        "first_name": first, "last_name": last, "company": "", "street_1": "Leinenweg 4",
        "street_2": "Hinterhaus", "city": "Berlin", "state": "Berlin", "zip": "10115",
        "country": "Germany", "country_iso2": "DE", "phone": "",
    }  # fmt: skip


def order_json(told: Told) -> Record:
    """The kit's order in BigCommerce's words."""
    back = told.refunded_minor
    status = 11 if told.is_paid else 7
    if told.is_shipped:
        status = 2
    if back:
        status = 4 if back == TOTAL_MINOR else 14
    if told.is_cancelled:
        status = 5
    line = {
        "id": int(LINE), "order_address_id": PLACE, "product_id": 77, "name": TITLE, "sku": "LS-M",
        "quantity": QUANTITY, "price_inc_tax": amount(UNIT_MINOR), "price_ex_tax": "24.7900",
        "quantity_shipped": QUANTITY if told.is_shipped else 0, "quantity_refunded": 0,
        "product_options": [{"product_option_id": 120, "value": "69", "display_value": "M"}],
        "applied_discounts": [],
    }  # fmt: skip
    place = {"id": PLACE, **address(told.name), "email": told.email, "line_items": [line]}
    return {
        "id": int(told.number), "customer_id": 11,
        "date_created": format_datetime(told.placed_at.astimezone(UTC)),
        "date_modified": format_datetime(told.updated_at.astimezone(UTC)),
        "status_id": status, "subtotal_inc_tax": amount(QUANTITY * UNIT_MINOR),
        "shipping_cost_inc_tax": amount(SHIPPING_MINOR), "total_inc_tax": amount(TOTAL_MINOR),
        "total_tax": "10.2000", "items_total": QUANTITY,
        "items_shipped": QUANTITY if told.is_shipped else 0, "payment_method": "Stripe",
        "payment_status": "captured" if told.is_paid else "", "refunded_amount": amount(back),
        "currency_code": "EUR", "default_currency_code": "EUR", "staff_notes": "",
        "discount_amount": "0.0000", "coupon_discount": "0.0000", "customer_locale": "de",
        "external_order_id": "", "store_default_currency_code": "",
        "billing_address": {**address(told.name), "email": told.email, "form_fields": []},
        "consignments": {"shipping": [place], "pickups": [], "downloads": []},
    }  # fmt: skip


def refund_json(number: int, minor: int, reason: str = "", **payment: Any) -> Record:
    paid = {
        "id": number, "provider_id": "stripe", "amount": minor / 100, "offline": False,
        "is_declined": False, "declined_message": "", "transaction_id": "tx1", **payment,
    }  # fmt: skip
    item = {"item_type": "ORDER", "item_id": 1, "reason": reason, "requested_amount": minor / 100}
    return {
        "id": number, "created": "2026-11-22T09:00:00+00:00", "reason": "",
        "total_amount": minor / 100, "items": [item], "payments": [paid],
    }  # fmt: skip


@dataclass
class Shop:
    """One store. ``refusal`` makes every change refuse in these words."""

    vendor: VendorServer
    orders: dict[int, Record] = field(default_factory=dict)
    told: dict[int, Told] = field(default_factory=dict)
    refunds: dict[int, list[Record]] = field(default_factory=dict)
    promotions: list[Record] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    hooks: list[Record] = field(default_factory=list)
    credit: float = 2.5
    refusal: str = ""
    quoted_minor: int | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def opens(self) -> Shop:
        self.vendor.judged_by(bigcommerce_judge(), connector="bigcommerce")
        self.answers()
        return self

    def answers(self) -> None:
        for method in ("GET", "POST", "PUT", "DELETE"):
            self.vendor.answers(method, r"^/v[23]/", 200, self.answer, headers=self.headers)

    def tell(self, *told: Told) -> None:
        self.told = {int(each.number): each for each in told}
        self.orders = {int(each.number): order_json(each) for each in told}
        self.refunds = {
            int(each.number): [refund_json(1, each.refunded_minor)]
            for each in told
            if each.refunded_minor
        }

    def only(self) -> Record:
        [order] = self.orders.values()
        return order

    def answer(self, asked: Asked) -> tuple[int, Any]:
        query = dict(parse_qsl(urlsplit(asked.target).query))
        body = asked.json if asked.body else None
        for method, pattern, do in self._routes():
            found = re.fullmatch(pattern, asked.path)
            if found and method == asked.method:
                is_change = (
                    method != "GET" and "refund_quotes" not in pattern and "hooks" not in pattern
                )
                if self.refusal and is_change:
                    return 422, {"status": 422, "title": self.refusal}
                return do(*found.groups(), query=query, body=body)
        return 404, [{"status": 404, "message": "The requested resource was not found."}]

    def _routes(self) -> list[tuple[str, str, Callable[..., tuple[int, Any]]]]:
        order = r"/v2/orders/(\d+)"
        pays = r"/v3/orders/(\d+)/payment_actions"
        return [
            ("GET", "/v2/store", self._store), ("GET", "/v2/orders", self._list),
            ("POST", "/v2/orders", self._create), ("GET", "/v2/orders/count", self._count),
            ("GET", order, self._get), ("PUT", order, self._put),
            ("GET", f"{order}/shipments", self._shipments),
            ("PUT", rf"{order}/shipping_addresses/(\d+)", self._address),
            ("POST", f"{pays}/refund_quotes", self._quote), ("POST", f"{pays}/refunds", self._refund),
            ("GET", f"{pays}/refunds", self._refunds),
            ("GET", "/v3/customers", self._customers), ("PUT", "/v3/customers", self._set_credit),
            ("GET", "/v3/promotions", self._promotions), ("POST", "/v3/promotions", self._promote),
            ("GET", r"/v3/promotions/(\d+)/codes", self._codes),
            ("POST", r"/v3/promotions/(\d+)/codes", self._add_code),
            ("GET", "/v3/hooks", self._hooks), ("POST", "/v3/hooks", self._hook),
            ("PUT", r"/v3/hooks/(\d+)", self._change_hook),
            ("DELETE", r"/v3/hooks/(\d+)", self._unhook),
        ]  # fmt: skip

    def _store(self, **_: Any) -> tuple[int, Any]:
        return 200, {
            "id": HASH, "name": "Big Loom", "currency": "EUR", "timezone": {"name": "Europe/Berlin"},
            "control_panel_base_url": "https://store-abc123xyz.mybigcommerce.com",
        }  # fmt: skip

    def _list(self, query: Record, **_: Any) -> tuple[int, Any]:
        rows = sorted(self.orders.values(), key=lambda each: int(each["id"]))
        if "external_order_id" in query:
            wanted = query["external_order_id"]
            rows = [each for each in rows if each["external_order_id"] == wanted]
        if "min_id" in query:
            rows = [each for each in rows if each["id"] >= int(query["min_id"])]
        if "min_date_modified" in query:
            since = datetime.fromisoformat(query["min_date_modified"])
            rows = [each for each in rows if self.told[each["id"]].updated_at >= since]
            rows.sort(key=lambda each: self.told[each["id"]].updated_at)
        limit, page = int(query.get("limit", 50)), int(query.get("page", 1))
        found = rows[(page - 1) * limit : page * limit]
        return (200, found) if found else (204, None)

    def _count(self, **_: Any) -> tuple[int, Any]:
        return 200, {"count": len(self.orders), "statuses": []}

    def _get(self, number: str, **_: Any) -> tuple[int, Any]:
        order = self.orders.get(int(number))
        return (200, order) if order else (404, [{"status": 404, "message": "Not found"}])

    def _put(self, number: str, body: Record, **_: Any) -> tuple[int, Any]:
        self.orders[int(number)].update(body)
        return 200, self.orders[int(number)]

    def _shipments(self, number: str, **_: Any) -> tuple[int, Any]:
        told = self.told[int(number)]
        if not told.is_shipped:
            return 204, None
        parcel = {
            "id": 6, "date_created": format_datetime(told.updated_at.astimezone(UTC)),
            "tracking_number": told.tracking_number, "shipping_provider": "",
            "tracking_carrier": "dhl", "tracking_link": "", "generated_tracking_link": "",
            "items": [{"order_product_id": int(LINE), "product_id": 77, "quantity": QUANTITY}],
        }  # fmt: skip
        return 200, [parcel]

    def _address(self, number: str, place: str, body: Record, **_: Any) -> tuple[int, Any]:
        [found] = self.orders[int(number)]["consignments"]["shipping"]
        found.update(body)
        return 200, found

    def _create(self, body: Record, **_: Any) -> tuple[int, Any]:
        number = max(self.orders, default=0) + 1
        self.orders[number] = {**order_json(Told(str(number))), **body, "id": number}
        self.told[number] = Told(str(number))
        return 201, self.orders[number]

    def _quote(self, number: str, body: Record, **_: Any) -> tuple[int, Any]:
        minor = 0
        for each in body["items"]:
            is_product = each["item_type"] == "PRODUCT"
            minor += each["quantity"] * UNIT_MINOR if is_product else round(each["amount"] * 100)
        if self.quoted_minor is not None:
            minor = self.quoted_minor
        stripe = {"provider_id": "stripe", "provider_description": "Stripe", "offline": False}
        credit = {
            "provider_id": "storecredit",
            "provider_description": "Store credit",
            "offline": True,
        }
        return 201, {
            "data": {
                "order_id": int(number), "total_refund_amount": minor / 100, "tax_inclusive": True,
                "refund_methods": [
                    [{**credit, "amount": minor / 100}], [{**stripe, "amount": minor / 100}],
                ],
            },
            "meta": {},
        }  # fmt: skip

    def _refund(self, number: str, body: Record, **_: Any) -> tuple[int, Any]:
        order, made = self.orders[int(number)], self.refunds.setdefault(int(number), [])
        minor = round(sum(each["amount"] for each in body["payments"]) * 100)
        provider = body["payments"][0]["provider_id"]
        refund = refund_json(len(made) + 1, minor, provider_id=provider)
        refund["items"] = [{"requested_amount": 0, **each} for each in body["items"]]
        made.append(refund)
        back = round(float(order["refunded_amount"]) * 100) + minor
        order.update(refunded_amount=amount(back), status_id=4 if back >= TOTAL_MINOR else 14)
        return 201, {"data": refund, "meta": {}}

    def _refunds(self, number: str, **_: Any) -> tuple[int, Any]:
        return 200, {"data": self.refunds.get(int(number), []), "meta": {}}

    def _customers(self, **_: Any) -> tuple[int, Any]:
        return 200, {
            "data": [{"id": 11, "store_credit_amounts": [{"amount": self.credit}]}],
            "meta": {},
        }

    def _set_credit(self, body: list[Record], **_: Any) -> tuple[int, Any]:
        self.credit = body[0]["store_credit_amounts"][0]["amount"]
        return 200, {"data": [{"id": 11}], "meta": {}}

    def _promotions(self, query: Record, **_: Any) -> tuple[int, Any]:
        return 200, {
            "data": [each for each in self.promotions if each["name"] == query.get("name")]
        }

    def _promote(self, body: Record, **_: Any) -> tuple[int, Any]:
        self.promotions.append({**body, "id": len(self.promotions) + 1})
        return 201, {"data": self.promotions[-1], "meta": {}}

    def _codes(self, number: str, query: Record, **_: Any) -> tuple[int, Any]:
        return 200, {"data": [{"code": each} for each in self.codes if each == query.get("code")]}

    def _add_code(self, number: str, body: Record, **_: Any) -> tuple[int, Any]:
        self.codes.append(body["code"])
        return 201, {"data": {"id": 1, **body}, "meta": {}}

    def _hooks(self, **_: Any) -> tuple[int, Any]:
        return 200, {"data": self.hooks, "meta": {}}

    def _hook(self, body: Record, **_: Any) -> tuple[int, Any]:
        self.hooks.append({**body, "id": len(self.hooks) + 1})
        return 200, {"data": self.hooks[-1], "meta": {}}

    def _change_hook(self, number: str, body: Record, **_: Any) -> tuple[int, Any]:
        for each in self.hooks:
            if each["id"] == int(number):
                each.update(body)
        return 200, {"data": {}, "meta": {}}

    def _unhook(self, number: str, **_: Any) -> tuple[int, Any]:
        self.hooks = [each for each in self.hooks if each["id"] != int(number)]
        return 204, None
