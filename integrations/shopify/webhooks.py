"""What Shopify calls us about: proven by its signature, then nothing but the order's id is used."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from helpdesk.lib.connecting import Refused, WebhookRequest
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.signatures import fits_base64
from integrations.commerce.connector import (
    AccessEnded,
    OrderChanged,
    Passed,
    PersonForgotten,
    StoreItem,
)
from integrations.commerce.models import Store
from integrations.shopify.client import domain_of, number_of

TOPICS: dict[str, str] = {
    "ORDERS_CREATE": "read_orders",
    "ORDERS_UPDATED": "read_orders",
    "ORDERS_PAID": "read_orders",
    "ORDERS_CANCELLED": "read_orders",
    "ORDERS_EDITED": "read_orders",
    "ORDERS_FULFILLED": "read_orders",
    "ORDERS_PARTIALLY_FULFILLED": "read_orders",
    "ORDERS_DELETE": "read_orders",
    "ORDER_TRANSACTIONS_CREATE": "read_orders",
    "REFUNDS_CREATE": "read_orders",
    "FULFILLMENTS_CREATE": "read_orders",
    "FULFILLMENTS_UPDATE": "read_orders",
    "FULFILLMENT_EVENTS_CREATE": "read_orders",
    "RETURNS_REQUEST": "read_returns",
    "RETURNS_APPROVE": "read_returns",
    "RETURNS_DECLINE": "read_returns",
    "RETURNS_CANCEL": "read_returns",
    "RETURNS_CLOSE": "read_returns",
    "APP_UNINSTALLED": "",
}
"""What is subscribed, and the scope it takes. The three privacy topics are set in the app itself."""

_ABOUT_ORDERS = (
    "orders/", "refunds/", "fulfillments/", "fulfillment_events/", "order_transactions/",
    "returns/", "disputes/",
)  # fmt: skip


def verify(store: Store, call: WebhookRequest) -> None:
    """Raises Refused unless this shop's app signed exactly this body."""
    secret = str(decrypt(store.secrets).get("client_secret") or "")
    if not fits_base64(secret, call.body, call.headers.get("x-shopify-hmac-sha256", "")):
        raise Refused("The signature of Shopify does not fit.")
    shop = call.headers.get("x-shopify-shop-domain", "")
    if shop and domain_of(shop) != domain_of(store.address):
        raise Refused("This is about another shop.")


def call_key(call: WebhookRequest) -> str:
    """Shopify's id of the delivery, the same for every try of it."""
    told = call.headers.get("x-shopify-webhook-id", "").strip()
    return told[:200] or hashlib.sha256(call.body).hexdigest()


def split(call: WebhookRequest) -> list[StoreItem]:
    """What the call is about; raises InvalidInput."""
    topic = call.headers.get("x-shopify-topic", "").strip().lower()
    told = _body(call)
    if topic == "app/uninstalled":
        return [AccessEnded("The app was removed from the shop.")]
    if topic == "shop/redact":
        return [PersonForgotten(is_whole_shop=True)]
    if topic == "customers/redact":
        return [_forgotten(told)]
    if topic == "customers/data_request":
        return [Passed("The shop asks what is known of a customer: a person answers that.")]
    if not topic.startswith(_ABOUT_ORDERS):
        return [Passed(f"“{topic[:60] or 'no topic'}” is not about an order.")]
    order = _order_id(topic, told)
    if not order:
        return [Passed("It names no order; the next look at what changed finds it.")]
    return [OrderChanged(order, topic)]


def _order_id(topic: str, told: dict[str, Any]) -> str:
    if topic == "orders/edited":
        found = (_dict(told.get("order_edit"))).get("order_id")
    elif topic.startswith("orders/"):
        found = told.get("id")
    else:
        order = _dict(told.get("order"))
        found = told.get("order_id") or order.get("id") or order.get("admin_graphql_api_id")
    number = number_of(found)
    if number and not number.isdigit():
        raise InvalidInput("The id of the order is no number.")
    if not number and topic.startswith("orders/"):
        raise InvalidInput("The call about an order names none.")
    return number


def _forgotten(told: dict[str, Any]) -> PersonForgotten:
    customer = _dict(told.get("customer"))
    number, email = number_of(customer.get("id")), str(customer.get("email") or "")
    if not number and not email:
        raise InvalidInput("The call to forget a customer names none.")
    return PersonForgotten(external_id=number, email=email[:320])


def _body(call: WebhookRequest) -> dict[str, Any]:
    try:
        told = json.loads(call.body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The call of Shopify is no JSON.") from error
    if not isinstance(told, dict):
        raise InvalidInput("The call of Shopify is no object.")
    return told


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
