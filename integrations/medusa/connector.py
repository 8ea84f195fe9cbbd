"""Medusa as a store connector. Reading is in ``orders``, acting in ``quoting`` and ``acting``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from helpdesk.lib.clock import iso
from helpdesk.lib.connecting import Account, WebhookAnswer, WebhookRequest
from helpdesk.lib.errors import InvalidInput, PermanentFailure, TemporaryFailure
from integrations.commerce.acting import ActionKind, BeforeStep, Intent, Outcome, Quote
from integrations.commerce.connector import (
    OrderPage,
    Sellable,
    StoreItem,
    StoreManifest,
    register_store,
)
from integrations.commerce.models import Order, Store
from integrations.commerce.normal_form import OrderData
from integrations.medusa import acting, finding, quoting, shelf, webhooks
from integrations.medusa.client import MedusaClient, Refusal, read_order
from integrations.medusa.manifest import MANIFEST
from integrations.medusa.orders import FIELDS, order_of
from integrations.medusa.paging import ORDERS, PAYMENTS, Place


class MedusaConnector:
    """Reads a Medusa shop's orders, hears of changes and makes them."""

    @property
    def manifest(self) -> StoreManifest:
        return MANIFEST

    # Reading

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        """Changed orders, oldest change first, then those whose payments changed.

        Taking money in leaves an order's own time as it was, so payments are asked for, too.
        """
        place = Place.read(cursor) if cursor else Place(ORDERS, iso(since) or "")
        client = MedusaClient(store)
        if place.what == PAYMENTS:
            return self._orders_of_payments(store, client, place)
        answer = client.get("/orders", fields=FIELDS, **place.query())
        found = list(answer["orders"])
        following = place.after(found, int(answer.get("count") or 0))
        if following is None and since is not None:
            following = Place(PAYMENTS, iso(since) or "")
        return OrderPage(
            tuple(_read(store, each) for each in found if each["id"] not in place.seen),
            following.write() if following else "",
            total=int(answer.get("count") or 0) if not cursor else None,
        )

    def _orders_of_payments(self, store: Store, client: MedusaClient, place: Place) -> OrderPage:
        fields = "id,updated_at,payment_collection.order.id"
        answer = client.get("/payments", fields=fields, **place.query())
        payments = list(answer["payments"])
        fresh = [each for each in payments if each["id"] not in place.seen]
        orders = [(each.get("payment_collection") or {}).get("order") or {} for each in fresh]
        order_ids = sorted({str(each["id"]) for each in orders if each.get("id")})
        found = []
        if order_ids:
            ids = {"id[]": order_ids, "limit": len(order_ids), "order": "updated_at"}
            found = client.get("/orders", fields=FIELDS, **ids)["orders"]
        following = place.after(payments, int(answer.get("count") or 0))
        return OrderPage(
            tuple(_read(store, each) for each in found), following.write() if following else ""
        )

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """The order as it is now; raises NotFound."""
        return _read(store, read_order(MedusaClient(store), external_id, FIELDS))

    # Hearing

    def verify(self, store: Store, call: WebhookRequest) -> None:
        """Raises Refused unless our subscriber in this shop signed it."""
        webhooks.verify(store, call)

    def answer(self, store: Store, call: WebhookRequest) -> WebhookAnswer | None:
        """Nothing special."""
        return None

    def call_key(self, store: Store, call: WebhookRequest) -> str:
        """The message's id."""
        return webhooks.call_key(call)

    def split(self, store: Store, call: WebhookRequest) -> list[StoreItem]:
        """The order that changed."""
        return webhooks.split(call)

    # Connecting

    def connect(self, store: Store, hook_url: str) -> Account:
        """Ask who the shop is; the subscriber is the shop's own to install."""
        shop = self._shop(store)
        currency = next(
            (
                str(each["currency_code"]).upper()
                for each in shop.get("supported_currencies") or []
                if each.get("is_default")
            ),
            "",
        )
        return Account(
            label=str(shop.get("name") or "Medusa"),
            address=store.address.rstrip("/"),
            config={"currency": currency} if currency else {},
        )

    def disconnect(self, store: Store) -> None:
        """Nothing to take back: the subscriber stays silent without its two settings."""

    def check(self, store: Store, hook_url: str) -> list[str]:
        """[] where the key is still accepted; raises the failure that says why not."""
        self._shop(store)
        return []

    def _shop(self, store: Store) -> dict[str, Any]:
        try:
            shops = MedusaClient(store).get("/stores", fields="id,name,*supported_currencies")
            found: dict[str, Any] = shops["stores"][0]
        except Refusal as no:
            raise InvalidInput.field(
                "address", "No Medusa 2 answers here. Leave /admin and /app off the address."
            ) from no
        except (KeyError, IndexError, TypeError) as error:
            raise PermanentFailure("This address gives no answers as Medusa does.") from error
        return found

    def find_products(self, store: Store, text: str, currency: str) -> list[Sellable]:
        """What the shop sells by that name or article number, priced in that currency."""
        return shelf.sellables(MedusaClient(store), text, currency)

    # Acting

    def quote(self, store: Store, order: Order, kind: ActionKind, params: dict[str, Any]) -> Quote:
        """What would happen, worked out from the order as it is in the shop now."""
        return quoting.quote(store, order.external_id, kind, params)

    def act(self, store: Store, order: Order, intent: Intent, before_step: BeforeStep) -> Outcome:
        """Carry it out, each step once."""
        return acting.act(store, order.external_id, intent, before_step)

    def look_up(self, store: Store, order: Order, intent: Intent) -> Outcome | None:
        """What became of it: everything we make in the shop bears the intent's key."""
        return finding.look_up(store, order.external_id, intent)


def register() -> None:
    """Make Medusa known; called when the server starts."""
    register_store(MedusaConnector())


def _read(store: Store, raw: dict[str, Any]) -> OrderData:
    try:
        return order_of(raw, admin_url=admin_url(store))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TemporaryFailure("The shop told of an order in a way that cannot be read.") from error


def admin_url(store: Store) -> str:
    """Where people open the shop's own admin."""
    return str(store.config.get("admin_url") or f"{store.address.rstrip('/')}/app").rstrip("/")
