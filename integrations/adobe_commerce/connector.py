"""Adobe Commerce and Magento Open Source as a store. There are no webhooks in the core: it is asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from helpdesk.lib.connecting import Account
from helpdesk.lib.errors import InvalidInput
from integrations.adobe_commerce import acting, quoting
from integrations.adobe_commerce.client import PAGE, MagentoApi, Told, magento_of
from integrations.adobe_commerce.manifest import MANIFEST
from integrations.adobe_commerce.reading import OrderTold, read_order
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    BeforeStep,
    Intent,
    Outcome,
    Quote,
)
from integrations.commerce.connector import OrderPage, StoreManifest, register_store
from integrations.commerce.models import Order, Store
from integrations.commerce.normal_form import OrderData

OVERLAP = timedelta(seconds=60)
_BEGINNING = "1970-01-01 00:00:00"


class AdobeCommerceConnector:
    """Orders by change, with their credit memos and shipments in two more questions a page."""

    @property
    def manifest(self) -> StoreManifest:
        return MANIFEST

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        """A page from the last moment that the page before reached."""
        api = magento_of(store)
        start = f"{since - OVERLAP:%Y-%m-%d %H:%M:%S}" if since else _BEGINNING
        after, number, had = (cursor or f"{start}|1|").split("|")
        said = api.find(
            "orders", "updated_at", after, "gteq", page=int(number), sort="updated_at", size=PAGE
        )
        told = [each for each in said.get("items") or [] if isinstance(each, dict)]
        new = [each for each in told if not _was_had(each, after, had)]
        orders = tuple(read_order(each, shop=_shop(store)) for each in _with_parts(api, new))
        total = int(said.get("total_count") or 0)
        is_last = not told or int(number) * PAGE >= total
        where = "" if is_last else _next(after, int(number), told)
        return OrderPage(orders, where, None if cursor else total)

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """The order as it is now; raises NotFound."""
        return acting.now_of(magento_of(store), external_id, _shop(store)).order

    def connect(self, store: Store, hook_url: str) -> Account:
        """Read the shop's settings and one order."""
        if not store.address.startswith("https://") and not store.config.get("api_url"):
            raise InvalidInput.field("address", "The shop must be reached by https.")
        api = magento_of(store)
        settings: Told = next(iter(api.get("store/storeConfigs") or []), {})
        api.find("orders", "entity_id", "0", "gt", size=1)
        kept = {
            "currency": str(settings.get("base_currency_code") or ""),
            "time_zone": str(settings.get("timezone") or ""),
        }
        return Account(
            label=_shop(store).removeprefix("https://"),
            address=store.address,
            config={name: value for name, value in kept.items() if value},
        )

    def disconnect(self, store: Store) -> None:
        """Nothing was set at the shop."""

    def check(self, store: Store, hook_url: str) -> list[str]:
        """There is nothing that could be switched off; reading says the rest."""
        return []

    def quote(self, store: Store, order: Order, kind: ActionKind, params: dict[str, Any]) -> Quote:
        """What would happen, from the order as it is in the shop now."""
        if kind not in MANIFEST.capabilities.actions:
            raise ActionRefused(
                MANIFEST.capabilities.missing.get(kind, "Magento does not offer this."),
                reason_code="not_offered",
            )
        now = acting.now_of(magento_of(store), order.external_id, _shop(store))
        return quoting.quote(now, kind, params)

    def act(self, store: Store, order: Order, intent: Intent, before_step: BeforeStep) -> Outcome:
        """Carry it out, each step once."""
        return acting.act(magento_of(store), order.external_id, intent, before_step)

    def look_up(self, store: Store, order: Order, intent: Intent) -> Outcome | None:
        """What became of it, found by the key that it left there."""
        return acting.look_up(magento_of(store), order.external_id, intent)


def register() -> None:
    """Make Adobe Commerce known; called when the server starts."""
    register_store(AdobeCommerceConnector())


def _with_parts(api: MagentoApi, told: list[Told]) -> list[OrderTold]:
    """The orders with their credit memos and shipments, asked for all at once."""
    if not told:
        return []
    numbers = ",".join(str(each["entity_id"]) for each in told)
    memos, shipments = _by_order(api, "creditmemos", numbers), _by_order(api, "shipments", numbers)
    return [
        OrderTold(
            each,
            tuple(memos.get(int(each["entity_id"]), [])),
            tuple(shipments.get(int(each["entity_id"]), [])),
        )
        for each in told
    ]


def _by_order(api: MagentoApi, path: str, numbers: str) -> dict[int, list[Told]]:
    found: dict[int, list[Told]] = {}
    for each in api.every(path, "order_id", numbers, "in"):
        found.setdefault(int(each["order_id"]), []).append(each)
    return found


def _next(after: str, number: int, told: list[Told]) -> str:
    """From the last moment on, a page anew, with the orders of that moment that we have.

    Orders that change meanwhile move to the end: counting pages from one fixed moment would pass
    others over. Pages are counted only where a whole page is of one and the same second.
    """
    last = _changed(told[-1])
    if last <= after:
        return f"{after}|{number + 1}|"
    had = ",".join(str(each["entity_id"]) for each in told if _changed(each) == last)
    return f"{last}|1|{had}"


def _was_had(told: Told, after: str, had: str) -> bool:
    return _changed(told) == after and str(told["entity_id"]) in had.split(",")


def _changed(told: Told) -> str:
    return str(told.get("updated_at") or "")


def _shop(store: Store) -> str:
    return store.address.rstrip("/")
