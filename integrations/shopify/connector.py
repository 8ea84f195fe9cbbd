"""Shopify as a store connector: reads orders, hears of changes, and acts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from helpdesk.lib.connecting import Account, WebhookAnswer, WebhookRequest
from helpdesk.lib.errors import NotFound, PermanentFailure
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    BeforeStep,
    Intent,
    Outcome,
    Quote,
)
from integrations.commerce.connector import (
    OrderPage,
    Sellable,
    StoreItem,
    StoreManifest,
    register_store,
)
from integrations.commerce.models import Order, Store
from integrations.commerce.normal_form import OrderData
from integrations.shopify import connecting, listing, products, webhooks
from integrations.shopify.acting import ACTS, Act
from integrations.shopify.acting.base import Desk
from integrations.shopify.client import MISSING_SCOPE, ShopifyClient
from integrations.shopify.manifest import MANIFEST


class ShopifyConnector:
    """One for all shops; what belongs to a shop is in its ``Store``."""

    @property
    def manifest(self) -> StoreManifest:
        return MANIFEST

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        """All orders by Shopify's export, what changed by pages."""
        return listing.list_orders(ShopifyClient(store), store, since=since, cursor=cursor)

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """The order as it is now; raises NotFound."""
        return listing.read_order(ShopifyClient(store), store, external_id)

    def find_products(self, store: Store, text: str, currency: str) -> list[Sellable]:
        """Variants by name or SKU, for adding them to an order."""
        return products.find_products(store, text)

    def verify(self, store: Store, call: WebhookRequest) -> None:
        """Raises Refused unless the shop's app signed the body."""
        webhooks.verify(store, call)

    def answer(self, store: Store, call: WebhookRequest) -> WebhookAnswer | None:
        """Shopify wants nothing but a 200."""
        return None

    def call_key(self, store: Store, call: WebhookRequest) -> str:
        """Shopify's id of the delivery."""
        return webhooks.call_key(call)

    def split(self, store: Store, call: WebhookRequest) -> list[StoreItem]:
        """Which order it is about; raises InvalidInput."""
        return webhooks.split(call)

    def connect(self, store: Store, hook_url: str) -> Account:
        """Sign in and subscribe; says which access scopes are missing."""
        return connecting.connect(ShopifyClient(store), store, hook_url)

    def disconnect(self, store: Store) -> None:
        """Take the subscriptions back."""
        connecting.disconnect(ShopifyClient(store), store.hook_token)

    def check(self, store: Store, hook_url: str) -> list[str]:
        """What was wrong; lost subscriptions are made anew."""
        return connecting.check(ShopifyClient(store), hook_url)

    def quote(self, store: Store, order: Order, kind: ActionKind, params: dict[str, Any]) -> Quote:
        """What would happen, read from Shopify now."""
        try:
            return _act_of(store, kind).quote(_desk(store, order), params)
        except PermanentFailure as failure:
            raise _denied(failure) from failure

    def act(self, store: Store, order: Order, intent: Intent, before_step: BeforeStep) -> Outcome:
        """Carry it out once."""
        desk = _desk(store, order)
        try:
            steps = _act_of(store, intent.kind).act(desk, intent, before_step)
        except PermanentFailure as failure:
            raise _denied(failure) from failure
        return Outcome(steps, desk.afterwards())

    def look_up(self, store: Store, order: Order, intent: Intent) -> Outcome | None:
        """What became of it; None as long as that cannot be told."""
        desk = _desk(store, order)
        try:
            steps = ACTS[intent.kind].look_up(desk, intent)
        except NotFound:
            return None
        return None if steps is None else Outcome(steps, desk.afterwards())


def register() -> None:
    """Make Shopify known; called when the server starts."""
    register_store(ShopifyConnector())


def _desk(store: Store, order: Order) -> Desk:
    return Desk(ShopifyClient(store), store, order.external_id)


def _act_of(store: Store, kind: ActionKind) -> Act:
    found = ACTS.get(kind)
    if found is None:
        raise ActionRefused("Shopify does not offer this.", reason_code="not_offered")
    lacking = connecting.lacking(kind, store.config.get("scopes"))
    if lacking:
        raise ActionRefused(
            f"The app lacks the access scope {', '.join(lacking)} in Shopify.",
            reason_code="not_offered",
        )
    return found


def _denied(failure: PermanentFailure) -> ActionRefused:
    """Whatever Shopify will not do was not done: a refusal, in its own words."""
    code = "not_offered" if failure.reason_code == MISSING_SCOPE else "refused"
    return ActionRefused(failure.message, reason_code=code)
