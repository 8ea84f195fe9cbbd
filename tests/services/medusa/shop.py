"""Medusa's own API, as its merchant and its shoppers use it: what the tests set up and look at.

Nothing of ours is in between: what these say about an order is what the shop knows.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

ADMIN = ("merchant@example.com", "linen-in-the-rain")
LYON = {
    "first_name": "Mia",
    "last_name": "Laurent",
    "address_1": "12 rue des Capucins",
    "city": "Lyon",
    "postal_code": "69001",
    "country_code": "fr",
    "phone": "+33655510872",
}


class Refused(Exception):
    """The shop said no: ``status`` and its words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"{status} {words}")
        self.status = status


@dataclass
class Shop:
    """A Medusa at this address: a small shop with one shirt, made by :meth:`open`."""

    url: str
    token: str = ""
    api_key: str = ""
    publishable_key: str = ""
    region_id: str = ""
    location_id: str = ""
    shipping_option_id: str = ""
    return_option_id: str = ""
    sales_channel_id: str = ""
    variants: dict[str, str] = field(default_factory=dict)

    # Asking

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The answer's JSON; raises Refused."""
        target = path + (f"?{urlencode(query, doseq=True)}" if query else "")
        content = None if body is None else json.dumps(body).encode()
        headers = {**self._headers(path), "Content-Type": "application/json"}
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            connection.request(method, target, content, headers)
            answer = connection.getresponse()
            told = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise Refused(answer.status, told.decode(errors="replace")[:500])
        return json.loads(told or b"null")

    def _headers(self, path: str) -> dict[str, str]:
        if path.startswith("/store"):
            return {"x-publishable-api-key": self.publishable_key}
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def post(self, path: str, **body: Any) -> Any:
        """POST with these fields as JSON."""
        return self.ask("POST", path, body)

    def get(self, path: str, **query: Any) -> Any:
        """GET with these query parameters."""
        return self.ask("GET", path, **query)

    # Setting it up

    def open(self) -> Shop:
        """Sign in and make everything that selling a shirt to France takes."""
        email, password = ADMIN
        self.token = self.post("/auth/user/emailpass", email=email, password=password)["token"]
        self.api_key = self.post("/admin/api-keys", title="Aftercare", type="secret")["api_key"][
            "token"
        ]
        self.sales_channel_id = self.post("/admin/sales-channels", name="Web shop")[
            "sales_channel"
        ]["id"]
        self._make_publishable_key()
        self.region_id = self.post(
            "/admin/regions", name="Europe", currency_code="eur", countries=["fr", "de"],
            payment_providers=["pp_system_default"],
        )["region"]["id"]  # fmt: skip
        profile_id = self._make_shipping()
        self._make_product(profile_id)
        return self

    def _make_publishable_key(self) -> None:
        key = self.post("/admin/api-keys", title="Web shop", type="publishable")["api_key"]
        self.publishable_key = key["token"]
        self.post(f"/admin/api-keys/{key['id']}/sales-channels", add=[self.sales_channel_id])

    def _make_shipping(self) -> str:
        """A place in Berlin that sends to France and Germany; returns the shipping profile."""
        location = self.post(
            "/admin/stock-locations", name="Berlin",
            address={"address_1": "Spulenweg 4", "city": "Berlin", "country_code": "de"},
        )["stock_location"]  # fmt: skip
        self.location_id = location["id"]
        at = f"/admin/stock-locations/{self.location_id}"
        self.post(f"{at}/sales-channels", add=[self.sales_channel_id])
        self.post(f"{at}/fulfillment-providers", add=["manual_manual"])
        self.post(f"{at}/fulfillment-sets", name="Parcels", type="shipping")
        location = self.get(at, fields="id,*fulfillment_sets")["stock_location"]
        set_id = location["fulfillment_sets"][0]["id"]
        zone = self.post(
            f"/admin/fulfillment-sets/{set_id}/service-zones", name="Europe",
            geo_zones=[{"type": "country", "country_code": code} for code in ("fr", "de")],
        )["fulfillment_set"]["service_zones"][0]  # fmt: skip
        profiles = self.get("/admin/shipping-profiles")["shipping_profiles"]
        profile = (
            profiles[0]
            if profiles
            else self.post("/admin/shipping-profiles", name="Default", type="default")[
                "shipping_profile"
            ]
        )
        self.shipping_option_id = self._make_option(profile["id"], zone["id"], "Colissimo", 4.9)
        self.return_option_id = self._make_option(
            profile["id"], zone["id"], "Return parcel", 3.5, is_return="true"
        )
        return str(profile["id"])

    def _make_option(
        self, profile_id: str, zone_id: str, name: str, amount: float, *, is_return: str = "false"
    ) -> str:
        option = self.post(
            "/admin/shipping-options", name=name, service_zone_id=zone_id, price_type="flat",
            shipping_profile_id=profile_id, provider_id="manual_manual",
            type={"label": name, "description": name, "code": name.lower().replace(" ", "-")},
            prices=[{"currency_code": "eur", "amount": amount}],
            rules=[
                {"attribute": "is_return", "operator": "eq", "value": is_return},
                {"attribute": "enabled_in_store", "operator": "eq", "value": "true"},
            ],
        )["shipping_option"]  # fmt: skip
        return str(option["id"])

    def _make_product(self, profile_id: str) -> None:
        product = self.post(
            "/admin/products", title="Linen shirt", status="published",
            thumbnail="https://pictures.example/linen-shirt.jpg",
            shipping_profile_id=profile_id,
            sales_channels=[{"id": self.sales_channel_id}],
            options=[{"title": "Size", "values": ["S", "M"]}],
            variants=[
                {
                    "title": size, "sku": f"LINEN-{size}", "options": {"Size": size},
                    "manage_inventory": True, "prices": [{"amount": 39.95, "currency_code": "eur"}],
                }
                for size in ("S", "M")
            ],
        )["product"]  # fmt: skip
        self.variants = {each["title"]: each["id"] for each in product["variants"]}
        for item in self.get("/admin/inventory-items")["inventory_items"]:
            self.post(
                f"/admin/inventory-items/{item['id']}/location-levels",
                location_id=self.location_id,
                stocked_quantity=1000,
            )

    # A shopper

    def buy(
        self,
        *,
        email: str = "mia.laurent@example.com",
        items: dict[str, int] | None = None,
        promo_codes: tuple[str, ...] = (),
    ) -> str:
        """Check out as a shopper does; the id of the order."""
        cart = self.post(
            "/store/carts", region_id=self.region_id, email=email,
            shipping_address=LYON, billing_address=LYON,
            items=[
                {"variant_id": self.variants[size], "quantity": quantity}
                for size, quantity in (items or {"M": 2}).items()
            ],
        )["cart"]  # fmt: skip
        at = f"/store/carts/{cart['id']}"
        if promo_codes:
            self.post(f"{at}/promotions", promo_codes=list(promo_codes))
        self.post(f"{at}/shipping-methods", option_id=self.shipping_option_id)
        collection = self.post("/store/payment-collections", cart_id=cart["id"])
        collection_id = collection["payment_collection"]["id"]
        self.post(
            f"/store/payment-collections/{collection_id}/payment-sessions",
            provider_id="pp_system_default",
        )
        return str(self.post(f"{at}/complete")["order"]["id"])

    # The merchant

    def order(self, order_id: str) -> Any:
        """The order as the shop's own admin sees it."""
        fields = (
            "+email,+status,+canceled_at,+payment_status,+fulfillment_status,*fulfillments,"
            "*fulfillments.labels,*fulfillments.items,*returns,*returns.items"
        )
        return self.get(f"/admin/orders/{order_id}", fields=fields)["order"]

    def payments(self, order_id: str) -> list[Any]:
        """The payments of the order with captures and refunds."""
        return [
            payment
            for collection in self.order(order_id)["payment_collections"]
            for payment in collection["payments"]
        ]

    def refunds(self, order_id: str) -> list[Any]:
        """Every refund that the shop has made on the order."""
        return [each for payment in self.payments(order_id) for each in payment["refunds"] or []]

    def capture(self, order_id: str) -> None:
        """Take the money."""
        for payment in self.payments(order_id):
            self.post(f"/admin/payments/{payment['id']}/capture")

    def ship(self, order_id: str, tracking_number: str = "", tracking_url: str = "") -> str:
        """Pack everything and hand it over with a tracking number; the id of the fulfilment."""
        lines = [
            {"id": each["id"], "quantity": each["quantity"]}
            for each in self.order(order_id)["items"]
        ]
        parcel = self.pack(order_id, lines)
        labels = [
            {"tracking_number": tracking_number, "tracking_url": tracking_url, "label_url": ""}
        ]
        self.post(
            f"/admin/orders/{order_id}/fulfillments/{parcel}/shipments",
            items=lines, labels=labels if tracking_number else [],
        )  # fmt: skip
        return parcel

    def pack(self, order_id: str, lines: list[dict[str, Any]]) -> str:
        """A fulfilment that has not left yet; its id."""
        self.post(
            f"/admin/orders/{order_id}/fulfillments", items=lines, location_id=self.location_id
        )
        parcels = self.order(order_id)["fulfillments"]
        return str(max(parcels, key=lambda each: str(each["created_at"]))["id"])

    def basic(self) -> str:
        """How a server signs in with the secret key."""
        return "Basic " + base64.b64encode(f"{self.api_key}:".encode()).decode()
