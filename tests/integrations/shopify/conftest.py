from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import now
from integrations.commerce.acting import ActionKind, Intent, Outcome, Quote
from integrations.commerce.actions import upsert_order
from integrations.commerce.models import Order, Store
from integrations.shopify.connector import ShopifyConnector
from tests.contracts.channel_connector import Call
from tests.contracts.shopify_shop import Shop, make_store
from tests.contracts.store_connector import Told
from tests.contracts.vendor import VendorServer, vendor

__all__ = ["vendor"]

KEY = uuid.UUID("0198f0f0-0000-7000-8000-000000000042")


@pytest.fixture
def shop(vendor: VendorServer) -> Shop:
    opened = Shop(vendor).opens()
    opened.tell(Told())
    return opened


@pytest.fixture
def store(organization: Organization, shop: Shop) -> Store:
    return make_store(organization, shop.vendor.url)


@pytest.fixture
def order(store: Store) -> Order:
    return upsert_order(store, ShopifyConnector().get_order(store, "771042"), as_of=now())


@pytest.fixture
def quote(store: Store, order: Order) -> Callable[..., Quote]:
    def quoted(kind: str, **params: Any) -> Quote:
        return ShopifyConnector().quote(store, order, ActionKind(kind), params)

    return quoted


@pytest.fixture
def act(store: Store, order: Order) -> Callable[..., Outcome]:
    def acted(told: Quote, **more: Any) -> Outcome:
        return ShopifyConnector().act(store, order, intent_of(told, **more), lambda _: None)

    return acted


@pytest.fixture
def look_up(store: Store, order: Order) -> Callable[..., Outcome | None]:
    def looked(told: Quote, **more: Any) -> Outcome | None:
        return ShopifyConnector().look_up(store, order, intent_of(told, **more))

    return looked


def intent_of(told: Quote, **more: Any) -> Intent:
    """What a person confirmed."""
    values: dict[str, Any] = {
        "key": KEY, "kind": told.kind, "params": told.params, "amount_minor": told.amount_minor,
        "currency": told.currency, "context": told.context, **more,
    }  # fmt: skip
    return Intent(**values)


def post(store: Store, call: Call) -> int:
    """Send a webhook; returns the status of our answer."""
    headers: Any = {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in call.headers.items()}
    path = f"/hooks/stores/{store.kind}/{store.hook_token}"
    answer = Client().generic("POST", path, call.body, content_type="application/json", **headers)
    return answer.status_code
