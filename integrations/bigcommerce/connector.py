"""BigCommerce as a store connector: reads orders, hears of changes, and acts."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from helpdesk.lib.clock import iso
from helpdesk.lib.connecting import Account, WebhookAnswer, WebhookRequest
from helpdesk.lib.errors import ConnectorFailure, InvalidInput, NotFound, PermanentFailure
from integrations.bigcommerce import acting, hooks, quoting
from integrations.bigcommerce.client import ORDER_PARTS, BigApi, Told, order_at
from integrations.bigcommerce.manifest import MANIFEST
from integrations.bigcommerce.reading import moment, order_of
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
    StoreItem,
    StoreManifest,
    register_store,
)
from integrations.commerce.models import Order, Store
from integrations.commerce.normal_form import OrderData

PAGE = 50
REQUESTS_PER_PAGE = 2 * PAGE + 1
"""An order of a list takes two more requests if it was shipped and refunded."""


class BigCommerceConnector:
    """One for all stores; what belongs to a store is in its ``Store``."""

    @property
    def manifest(self) -> StoreManifest:
        return MANIFEST

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        """All orders by id, or what changed by when it changed.

        Neither goes by page numbers, which shift while one reads: a page begins where the one
        before ended. Orders that changed in the same second as its last are looked at twice.
        """
        api = BigApi(store)
        at: dict[str, Any] = _cursor(cursor)
        if since is None:
            query: dict[str, Any] = {"sort": "id", "min_id": int(at.get("id") or 1)}
        else:
            query = {"sort": "date_modified", "min_date_modified": at.get("from") or iso(since)}
        page = int(at.get("page") or 1)
        told = api.get("v2/orders", limit=PAGE, page=page, **query, **ORDER_PARTS)
        rows = [each for each in told or [] if isinstance(each, dict)]
        orders = tuple(self._read(api, store, each) for each in rows)
        total = self._total(api) if not cursor and since is None else None
        if len(rows) < PAGE:
            return OrderPage(orders, "", total)
        wait = api.budget.seconds_until(REQUESTS_PER_PAGE)
        return OrderPage(orders, _next(rows, since, query, page), total, wait_seconds=wait)

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """The order as it is now; raises NotFound."""
        return self._now(store, external_id).order

    def verify(self, store: Store, call: WebhookRequest) -> None:
        """Raises Refused unless it carries our secret or BigCommerce's signature."""
        hooks.verify(store, call)

    def answer(self, store: Store, call: WebhookRequest) -> WebhookAnswer | None:
        """BigCommerce wants nothing but a 200."""
        return None

    def call_key(self, store: Store, call: WebhookRequest) -> str:
        """The same bytes are the same call."""
        return hooks.call_key(call)

    def split(self, store: Store, call: WebhookRequest) -> list[StoreItem]:
        """Which order it is about; raises InvalidInput."""
        return hooks.split(store, call)

    def connect(self, store: Store, hook_url: str) -> Account:
        """Sign in and subscribe."""
        return hooks.connect(BigApi(store), store, hook_url)

    def disconnect(self, store: Store) -> None:
        """Take the subscriptions back."""
        hooks.disconnect(BigApi(store), store)

    def check(self, store: Store, hook_url: str) -> list[str]:
        """What was wrong; calls that were switched off are on again."""
        return hooks.check(BigApi(store), store, hook_url)

    def quote(self, store: Store, order: Order, kind: ActionKind, params: dict[str, Any]) -> Quote:
        """What would happen, read from BigCommerce now."""
        try:
            return quoting.quote(self._now(store, order.external_id), kind, params)
        except PermanentFailure as failure:
            raise acting.refusal_of(failure) from failure

    def act(self, store: Store, order: Order, intent: Intent, before_step: BeforeStep) -> Outcome:
        """Carry it out once."""
        if intent.kind not in MANIFEST.capabilities.actions:
            raise ActionRefused("BigCommerce does not offer this.", reason_code="not_offered")
        now = self._now(store, order.external_id)
        return Outcome(acting.act(now, intent, before_step), self._afterwards(store, order))

    def look_up(self, store: Store, order: Order, intent: Intent) -> Outcome | None:
        """What became of it; None as long as that cannot be told."""
        try:
            now = self._now(store, order.external_id)
        except NotFound:
            return None
        steps = acting.look_up(now, intent)
        return None if steps is None else Outcome(steps, now.order)

    def _now(self, store: Store, external_id: str) -> quoting.Now:
        api = BigApi(store)
        told = order_at(api, external_id)
        order = self._read(api, store, told)
        return quoting.Now(api, told, order)

    def _read(self, api: BigApi, store: Store, told: Told) -> OrderData:
        number = str(told.get("id"))
        shipments: list[Told] = []
        refunds: list[Told] = []
        if int(told.get("items_shipped") or 0):
            shipments = api.get(f"v2/orders/{number}/shipments", limit=250) or []
        if float(told.get("refunded_amount") or 0):
            refunds = acting.refunds_of(api, number)
        told["refunds_read"] = refunds
        return order_of(told, shipments, refunds, admin=str(store.config.get("admin") or ""))

    def _afterwards(self, store: Store, order: Order) -> OrderData | None:
        """The order read again; what was done stays done where that does not work now."""
        try:
            return self.get_order(store, order.external_id)
        except (ConnectorFailure, InvalidInput, NotFound):
            return None

    def _total(self, api: BigApi) -> int | None:
        told = api.get("v2/orders/count")
        count = told.get("count") if isinstance(told, dict) else None
        return count if isinstance(count, int) else None


def register() -> None:
    """Make BigCommerce known; called when the server starts."""
    register_store(BigCommerceConnector())


def _next(rows: list[Told], since: datetime | None, query: dict[str, Any], page: int) -> str:
    """Where to go on: after the last id, or at the moment of the last change."""
    if since is None:
        return json.dumps({"id": int(rows[-1]["id"]) + 1})
    last = str(iso(moment(rows[-1]["date_modified"])))
    if last == query["min_date_modified"]:
        return json.dumps({"from": last, "page": page + 1})
    return json.dumps({"from": last})


def _cursor(cursor: str) -> dict[str, Any]:
    try:
        found = json.loads(cursor) if cursor else {}
    except ValueError as error:
        raise PermanentFailure("The cursor cannot be read.", reason_code="refused") from error
    return found if isinstance(found, dict) else {}
