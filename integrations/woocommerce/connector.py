"""WooCommerce as a store: orders in, actions out, webhooks that go on being called."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from helpdesk.lib.clock import iso
from helpdesk.lib.connecting import Account, Refused, WebhookAnswer, WebhookRequest
from helpdesk.lib.errors import InvalidInput, PermanentFailure, TemporaryFailure
from helpdesk.lib.signatures import fits_base64
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    BeforeStep,
    Intent,
    Outcome,
    Quote,
)
from integrations.commerce.connector import (
    OrderChanged,
    OrderPage,
    Passed,
    Sellable,
    StoreItem,
    StoreManifest,
    register_store,
)
from integrations.commerce.models import Order, Store
from integrations.commerce.normal_form import OrderData
from integrations.woocommerce import acting, products, quoting
from integrations.woocommerce.client import PER_PAGE, WooApi, webhook_secret_of, woo_of
from integrations.woocommerce.manifest import MANIFEST, TOPICS
from integrations.woocommerce.reading import read_order

SLACK = timedelta(minutes=2)
OVERLAP = 10
"""Orders that are looked at twice between two pages: so many may vanish meanwhile, none is missed."""
_PING = re.compile(rb"webhook_id=\d+")
_CHANGES = {"created", "updated", "restored"}


class WooCommerceConnector:
    """Orders by REST; webhooks say which order to read again."""

    @property
    def manifest(self) -> StoreManifest:
        return MANIFEST

    # --- Reading ----------------------------------------------------------------------------------

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        """Orders by their id; the API offers no order by change.

        The cursor is where the page begins and the last order before it: what is looked at twice
        is told once.
        """
        api = woo_of(store)
        offset, last_id = (int(each or 0) for each in (cursor.partition(":")[::2]))
        query: dict[str, Any] = {
            "per_page": PER_PAGE, "offset": offset, "orderby": "id", "order": "asc",
        }  # fmt: skip
        if since is not None:
            query |= {"modified_after": iso(since - SLACK), "dates_are_gmt": "true"}
        answer = api.page("orders", **query)
        told = answer.data
        if not isinstance(told, list):
            raise TemporaryFailure("The shop answered something that is no list of orders.")
        fresh = [each for each in told if _is_order(each) and int(each["id"]) > last_id]
        orders = tuple(self._read(api, store, each) for each in fresh)
        last_id = max([last_id, *(int(each["id"]) for each in fresh)])
        is_last = len(told) < PER_PAGE
        total = str(answer.headers.get("x-wp-total") or "")
        return OrderPage(
            orders,
            "" if is_last else f"{offset + PER_PAGE - OVERLAP}:{last_id}",
            int(total) if total.isdigit() else None,
        )

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """The order as it is now; raises NotFound."""
        return acting.now_of(woo_of(store), external_id, _shop(store)).order

    def _read(self, api: WooApi, store: Store, told: dict[str, Any]) -> OrderData:
        refunds = list(api.every(f"orders/{told['id']}/refunds")) if told.get("refunds") else []
        return read_order(told, refunds, shop=_shop(store))

    # --- Webhooks ---------------------------------------------------------------------------------

    def verify(self, store: Store, call: WebhookRequest) -> None:
        """The signature over the raw body; the ping at creation has none and says nothing."""
        if _PING.fullmatch(call.body):
            return
        signature = call.headers.get("x-wc-webhook-signature", "")
        if not fits_base64(webhook_secret_of(store), call.body, signature):
            raise Refused("The signature is not the shop's.")

    def answer(self, store: Store, call: WebhookRequest) -> WebhookAnswer | None:
        """An empty 200; the ping is kept nowhere."""
        return WebhookAnswer(is_final=True) if _PING.fullmatch(call.body) else None

    def call_key(self, store: Store, call: WebhookRequest) -> str:
        """The shop's delivery id; a repeated delivery has another, so the body counts, too."""
        return hashlib.sha256(call.body).hexdigest()

    def split(self, store: Store, call: WebhookRequest) -> list[StoreItem]:
        """Which order to read again."""
        topic = call.headers.get("x-wc-webhook-topic", "")
        try:
            told = json.loads(call.body)
        except ValueError as error:
            raise InvalidInput("The call holds no JSON.") from error
        if not isinstance(told, dict):
            raise InvalidInput("The call holds no resource.")
        resource, _, event = topic.partition(".")
        if topic and resource != "order":
            return [Passed(f"“{topic}” is none of ours.")]
        if not topic and not _is_order(told):
            return [Passed("This is no order.")]
        if event and event not in _CHANGES | {"deleted"}:
            return [Passed(f"“{topic}” is none of ours.")]
        number = told.get("id")
        if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
            raise InvalidInput.field("id", "The order has no id.")
        if event == "deleted":
            return [Passed(f"Order {number} was deleted in the shop; our copy stays.")]
        return [OrderChanged(str(number), topic)]

    # --- Setting up -------------------------------------------------------------------------------

    def connect(self, store: Store, hook_url: str) -> Account:
        """Read an order, and see to the webhooks, which needs the right to write."""
        if not store.address.startswith("https://") and not store.config.get("api_url"):
            raise InvalidInput.field("address", "The shop must be reached by https.")
        api = woo_of(store)
        newest = api.get("orders", per_page=1, orderby="id", order="desc") or []
        _see_to_webhooks(api, store, hook_url)
        currency = next((str(each.get("currency")) for each in newest if _is_order(each)), "")
        return Account(
            label=_shop(store).removeprefix("https://"),
            address=store.address,
            config={"currency": currency} if currency else {},
        )

    def disconnect(self, store: Store) -> None:
        """Take our webhooks back."""
        api = woo_of(store)
        for each in list(api.every("webhooks")):
            if f"/{store.hook_token}" in str(each.get("delivery_url")):
                _gone_is_fine(api, f"webhooks/{each['id']}")

    def check(self, store: Store, hook_url: str) -> list[str]:
        """Webhooks that were switched off after five failures are switched on again."""
        return _see_to_webhooks(woo_of(store), store, hook_url)

    def find_products(self, store: Store, text: str, currency: str) -> list[Sellable]:
        """What can be bought whose name holds the words, or whose SKU this is."""
        return products.find_products(store, text, currency)

    # --- Acting -----------------------------------------------------------------------------------

    def quote(self, store: Store, order: Order, kind: ActionKind, params: dict[str, Any]) -> Quote:
        """What would happen, from the order as it is in the shop now."""
        if kind not in MANIFEST.capabilities.actions:
            raise ActionRefused(
                MANIFEST.capabilities.missing.get(kind, "WooCommerce does not offer this."),
                reason_code="not_offered",
            )
        api = woo_of(store)
        now = acting.now_of(api, order.external_id, _shop(store))
        if kind is ActionKind.EDIT_ITEMS:
            wanted = products.chosen(api, params.get("add"), now.order.currency)
            now = replace(now, added=wanted)
        return quoting.quote(now, kind, params)

    def act(self, store: Store, order: Order, intent: Intent, before_step: BeforeStep) -> Outcome:
        """Carry it out, each step once."""
        return acting.act(woo_of(store), order.external_id, intent, before_step)

    def look_up(self, store: Store, order: Order, intent: Intent) -> Outcome | None:
        """What became of it, found by the key that it left there."""
        return acting.look_up(woo_of(store), order.external_id, intent)


def register() -> None:
    """Make WooCommerce known; called when the server starts."""
    register_store(WooCommerceConnector())


def _see_to_webhooks(api: WooApi, store: Store, hook_url: str) -> list[str]:
    """Each topic has one active webhook that calls us; returns what was wrong, in words."""
    ours = {
        str(each.get("topic")): each
        for each in api.every("webhooks")
        if each.get("delivery_url") == hook_url
    }
    found = []
    for topic in TOPICS:
        kept = ours.get(topic)
        if kept is None:
            api.post(
                "webhooks",
                {
                    "name": f"Aftercare: {topic}",
                    "topic": topic,
                    "delivery_url": hook_url,
                    "secret": webhook_secret_of(store),
                },
            )
            if ours:
                found.append(f"The webhook {topic} was missing and is set up again.")
        elif kept.get("status") != "active":
            api.put(f"webhooks/{kept['id']}", {"status": "active"})
            found.append(f"WooCommerce had switched the webhook {topic} off; it is on again.")
    return found


def _gone_is_fine(api: WooApi, path: str) -> None:
    try:
        api.delete(path)
    except PermanentFailure as refusal:
        if refusal.reason_code != "gone":
            raise


def _is_order(told: Any) -> bool:
    return isinstance(told, dict) and "line_items" in told and "currency" in told


def _shop(store: Store) -> str:
    return store.address.rstrip("/")
