"""A Magento shop on loopback that keeps what it is told, judged by the vendor's own schema."""

from __future__ import annotations

import copy
import re
from typing import Any

from helpdesk.accounts.models import Organization
from helpdesk.lib.secrets import encrypt
from integrations.commerce.models import Store
from tests.contracts.vendor import HANG_UP, Asked, VendorServer

CONTRACT = "magento/admin-schema-2.4.9.yaml.gz"
PREFIX = "/rest/all"
ADDRESS = {
    "entity_id": 84, "parent_id": 42, "address_type": "shipping", "firstname": "Mia",
    "lastname": "Laurent", "street": ["1 rue du Lin"], "postcode": "69001", "city": "Lyon",
    "country_id": "FR", "telephone": "+33655510872", "email": "mia@laurent.example",
}  # fmt: skip
Told = dict[str, Any]


def item(number: int, quantity: int, price: float, *, paid: bool = True, **more: Any) -> Told:
    """A line as the API tells it, with a fifth of tax in its price."""
    return {
        "item_id": number, "name": f"Linen {number}", "sku": f"LL-{number}", "product_id": number,
        "qty_ordered": quantity, "qty_invoiced": quantity if paid else 0, "qty_shipped": 0,
        "qty_refunded": 0, "qty_canceled": 0, "price": price / 1.2, "price_incl_tax": price,
        "row_total": quantity * price / 1.2, "row_total_incl_tax": quantity * price,
        "discount_amount": 0, "is_virtual": 0, **more,
    }  # fmt: skip


def magento_order(number: int = 42, *, paid: bool = True, **more: Any) -> Told:
    """An order of two lines, 80.00 and 4.90 shipping, invoiced if paid."""
    return {
        "entity_id": number, "increment_id": f"{number:09d}", "state": "processing" if paid else "new",
        "status": "processing", "store_id": 1, "order_currency_code": "EUR",
        "base_currency_code": "EUR", "grand_total": 84.9, "base_grand_total": 84.9,
        "subtotal": 66.67, "tax_amount": 14.15, "shipping_amount": 4.08, "shipping_incl_tax": 4.9,
        "shipping_refunded": 0, "discount_amount": 0, "total_paid": 84.9 if paid else 0,
        "total_refunded": 0, "created_at": "2026-11-20 08:00:00",
        "updated_at": "2026-11-20 09:00:00", "customer_id": 26, "customer_firstname": "Mia",
        "customer_lastname": "Laurent", "customer_email": "mia@laurent.example",
        "items": [item(1, 2, 25.0, paid=paid), item(2, 1, 30.0, paid=paid)],
        "billing_address": {**ADDRESS, "entity_id": 83},
        "payment": {"method": "stripe", "additional_information": ["Visa"], "cc_last4": "4242"},
        "extension_attributes": {
            "shipping_assignments": [{"shipping": {"address": dict(ADDRESS)}}]
        },
        **more,
    }  # fmt: skip


class MagentoShop:
    """Orders with all that hangs on them, in memory."""

    def __init__(self, server: VendorServer, *orders: Told) -> None:
        self.server = server
        self.orders = {
            each["entity_id"]: copy.deepcopy(each) for each in orders or (magento_order(),)
        }
        self.lists: dict[str, list[Told]] = {
            "creditmemos": [], "shipments": [], "invoices": [], "salesRules": [], "coupons": [],
        }  # fmt: skip
        for number, each in self.orders.items():
            if each["total_paid"]:
                self.lists["invoices"].append(
                    {"entity_id": 900 + number, "order_id": number, "transaction_id": "ch_1"}
                )
        self.comments: list[Told] = []
        self.loses_answers_to: str | None = None
        server.obeys(CONTRACT, connector="adobe_commerce", prefix=PREFIX)
        for method in ("GET", "POST", "PUT"):
            server.answers(method, rf"^{PREFIX}/V1/", data=self.take)

    def take(self, asked: Asked) -> tuple[int, Any]:
        """Do what was asked; where told so, the answer is lost after it was done."""
        path = asked.path.removeprefix(f"{PREFIX}/V1/")
        said = self._do(asked.method, path.split("/"), asked)
        if self.loses_answers_to and re.search(self.loses_answers_to, f"{asked.method} {path}"):
            self.loses_answers_to = None
            return 500, HANG_UP
        return said

    def _do(self, method: str, parts: list[str], asked: Asked) -> tuple[int, Any]:
        body = asked.json if asked.body else {}
        match method, parts:
            case "GET", ["orders"]:
                return 200, self._page(list(self.orders.values()), asked)
            case "GET", ["store", "storeConfigs"]:
                return 200, [{"base_currency_code": "EUR", "timezone": "Europe/Paris"}]
            case "GET", ["store", "storeViews"]:
                return 200, [{"id": 1, "website_id": 7}]
            case "GET", ["orders", number]:
                found = self.orders.get(int(number))
                return (200, found) if found else (404, {"message": "No such entity."})
            case "GET", ["orders", _, "comments"]:
                return 200, {"items": self.comments, "total_count": len(self.comments)}
            case "GET", [name, *_] if name in self.lists:
                return 200, self._page(self.lists[name], asked)
            case "PUT", ["orders", number]:
                kept = self.orders[int(number)]["extension_attributes"]["shipping_assignments"][0]
                kept["shipping"]["address"].update(body["entity"])
                return 200, body["entity"]
            case "POST", ["orders", number, what]:
                return self._say(self.orders[int(number)], what, body)
            case "POST", [_, number, "refund"]:
                return self._refund(parts[0], int(number), body)
            case "POST", ["salesRules"]:
                self.lists["salesRules"].append({"rule_id": 5, **body["rule"]})
                return 200, self.lists["salesRules"][-1]
            case "POST", ["coupons"]:
                self.lists["coupons"].append({"coupon_id": 6, **body["coupon"]})
                return 200, self.lists["coupons"][-1]
        return 404, {"message": "Request does not match any route."}

    def _page(self, kept: list[Told], asked: Asked) -> Told:
        where = "searchCriteria[filterGroups][0][filters][0]"
        field, value = asked.query[f"{where}[field]"], asked.query[f"{where}[value]"]
        tests = {
            "eq": lambda each: str(each[field]) == value,
            "in": lambda each: str(each[field]) in value.split(","),
            "gteq": lambda each: str(each[field]) >= value,
            "gt": lambda each: int(each[field]) > int(value),
        }
        found = [each for each in kept if tests[asked.query[f"{where}[conditionType]"]](each)]
        found.sort(
            key=lambda each: str(each.get(asked.query["searchCriteria[sortOrders][0][field]"]))
        )
        size = int(asked.query["searchCriteria[pageSize]"])
        last = max((len(found) - 1) // size, 0)
        number = min(int(asked.query["searchCriteria[currentPage]"]) - 1, last)
        return {"items": found[number * size :][:size], "total_count": len(found)}

    def _say(self, order: Told, what: str, body: Told) -> tuple[int, Any]:
        if what == "comments":
            self.comments.append(body["statusHistory"])
        elif what == "cancel":
            order["state"] = "canceled"
        elif what == "hold":
            order["state"] = "holded"
        elif what == "unhold":
            order["state"] = "processing"
        return 200, True

    def _refund(self, along: str, number: int, body: Told) -> tuple[int, Any]:
        """As Magento works it out: what is left out goes back whole."""
        order = self.orders[number if along == "order" else number - 900]
        wanted = {each["order_item_id"]: each["qty"] for each in body.get("items") or []}
        told = body.get("arguments") or {}
        goods = 0.0
        for each in order["items"]:
            many = wanted.get(each["item_id"], 0) if body.get("items") else each["qty_ordered"]
            if each["qty_refunded"] + many > each["qty_invoiced"]:
                message = 'We found an invalid quantity to refund item "%1".'
                return 400, {"message": message, "parameters": [each["sku"]]}
            each["qty_refunded"] += many
            goods += many * each["price_incl_tax"]
        net = told.get("shipping_amount", order["shipping_amount"])
        order["shipping_refunded"] += net
        over = told.get("adjustment_positive", 0) - told.get("adjustment_negative", 0)
        shipping = round(net * order["shipping_incl_tax"] / order["shipping_amount"], 2)
        amount = round(goods + shipping + over, 2)
        memo = {
            "entity_id": 500 + len(self.lists["creditmemos"]), "order_id": order["entity_id"],
            "grand_total": amount, "created_at": "2026-11-22 08:30:00",
            "comments": [{"comment": body["comment"]["comment"]}],
        }  # fmt: skip
        self.lists["creditmemos"].append(memo)
        order["total_refunded"] = round(order["total_refunded"] + amount, 2)
        order["updated_at"] = "2026-11-22 08:30:00"
        if order["total_refunded"] >= order["total_paid"]:
            order["state"] = "closed"
        return 200, memo["entity_id"]


def make_store(organization: Organization, url: str, **secrets: str) -> Store:
    """A store that is this shop."""
    return Store.objects.create(
        organization=organization,
        slug="magento",
        kind="adobe_commerce",
        name="Linden & Loom",
        address="https://lindenloom.example",
        config={"api_url": url},
        secrets=encrypt({"access_token": "token-1", **secrets}),
    )
