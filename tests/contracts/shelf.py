"""Shelf: a shop platform that does not exist, as the smallest whole store connector.

It lists orders by ``GET /v1/orders?since=&cursor=``, signs its calls (HMAC-SHA256, hexadecimal,
``X-Shelf-Signature``, ids in ``X-Shelf-Delivery``) and takes an ``Idempotency-Key``.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from helpdesk.lib.connecting import (
    Account,
    ConfigField,
    Refused,
    Step,
    WebhookAnswer,
    WebhookRequest,
)
from helpdesk.lib.errors import InvalidInput, NotFound, PermanentFailure, TemporaryFailure
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.signatures import fits_hex
from helpdesk.lib.vendor_api import VendorAnswer, call, post_once
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    BeforeStep,
    Effect,
    Intent,
    Outcome,
    Quote,
    StepDone,
)
from integrations.commerce.connector import (
    AccessEnded,
    OrderChanged,
    OrderPage,
    Passed,
    PersonForgotten,
    StoreCapabilities,
    StoreItem,
    StoreManifest,
)
from integrations.commerce.models import Order, Store
from integrations.commerce.normal_form import (
    AddressData,
    FulfillmentData,
    OrderData,
    OrderLineData,
    RefundData,
    StoreCustomerData,
)

API = "https://api.shelf.example"
ACTIONS = frozenset({ActionKind.CANCEL, ActionKind.REFUND})

MANIFEST = StoreManifest(
    kind="shelf",
    label="Shelf",
    capabilities=StoreCapabilities(
        lists_orders=True,
        gets_order=True,
        webhooks=True,
        actions=ACTIONS,
        missing={each: "Shelf cannot do this." for each in ActionKind if each not in ACTIONS},
    ),
    config=(
        ConfigField("address", "Shop address", help="shop.shelf.example"),
        ConfigField("token", "Access token", is_secret=True),
        ConfigField("signing_secret", "Signing secret", is_secret=True, is_made=True),
    ),
    steps=(
        Step("Open Settings › Apps at Shelf and add an app", link="https://shelf.example/apps"),
        Step("Paste this secret there", "{signing_secret}"),
    ),
    summary="A shop platform that does not exist.",
)


class ShelfConnector:
    """Reads, is called, and acts."""

    manifest = MANIFEST

    # Reading

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        query = {"cursor": cursor} if cursor else {}
        if since is not None:
            query["since"] = since.isoformat()
        said = _read(store, "/v1/orders", query)
        try:
            orders = tuple(_order(each) for each in said["orders"])
            return OrderPage(orders, said["next"], said["total"])
        except (KeyError, TypeError, ValueError) as error:
            raise TemporaryFailure("Shelf did not answer with orders.") from error

    def get_order(self, store: Store, external_id: str) -> OrderData:
        try:
            return _order(_read(store, f"/v1/orders/{external_id}"))
        except PermanentFailure as failure:
            if failure.reason_code == "refused_404":
                raise NotFound("Shelf has no such order.") from failure
            raise

    # Being called

    def verify(self, store: Store, call: WebhookRequest) -> None:
        secret = decrypt(store.secrets).get("signing_secret", "")
        signed = call.headers.get("x-shelf-delivery", "").encode() + b"." + call.body
        if not fits_hex(secret, signed, call.headers.get("x-shelf-signature", "")):
            raise Refused("The signature does not fit.")

    def answer(self, store: Store, call: WebhookRequest) -> WebhookAnswer | None:
        return None

    def call_key(self, store: Store, call: WebhookRequest) -> str:
        return call.headers["x-shelf-delivery"]

    def split(self, store: Store, call: WebhookRequest) -> list[StoreItem]:
        try:
            said = json.loads(call.body)
            topic, about = said["topic"], said["about"]
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput("This is not a call of Shelf.") from error
        if topic == "order":
            return [OrderChanged(about, topic)]
        if topic == "removed":
            return [AccessEnded("The app was removed at Shelf.")]
        if topic == "forget":
            return [PersonForgotten(external_id=about, email=said["email"])]
        return [Passed(f"{topic} does not concern us")]

    # Being connected

    def connect(self, store: Store, hook_url: str) -> Account:
        shop = _read(store, "/v1/shop")
        if hook_url not in _read(store, "/v1/hooks")["urls"]:
            _write(store, "/v1/hooks", {"url": hook_url})
        return Account(shop["name"], config={"currency": shop["currency"]})

    def disconnect(self, store: Store) -> None:
        _write(store, "/v1/hooks/remove", {})

    def check(self, store: Store, hook_url: str) -> list[str]:
        if hook_url in _read(store, "/v1/hooks")["urls"]:
            return []
        _write(store, "/v1/hooks", {"url": hook_url})
        return ["Shelf had switched its calls off. They are on again."]

    # Acting

    def quote(self, store: Store, order: Order, kind: ActionKind, params: dict[str, Any]) -> Quote:
        data = self.get_order(store, order.external_id)
        left = data.total_minor - sum(each.amount_minor for each in data.refunds)
        if kind == ActionKind.CANCEL:
            if data.cancelled_at is not None:
                raise ActionRefused("It is cancelled already.", reason_code="already_cancelled")
            effects = (Effect("cancel"),)
            return Quote(kind, {"reason": "customer", **params}, data, effects, 0, data.currency)
        amount = params.get("amount_minor", left)
        if not 0 < amount <= left:
            raise InvalidInput.field("params.amount_minor", "There is not so much left.")
        effects = (Effect("refund", amount, detail="Visa •4242"),)
        filled = {**params, "amount_minor": amount}
        return Quote(
            kind, filled, data, effects, amount, data.currency, "Visa •4242", refundable_minor=left
        )

    def act(self, store: Store, order: Order, intent: Intent, before_step: BeforeStep) -> Outcome:
        name = intent.kind.value
        if name in intent.done:
            return Outcome((StepDone(name, "done", intent.done[name]),))
        before_step(name)
        body = {"amount": intent.amount_minor, "key": str(intent.key)}
        path = f"/v1/orders/{order.external_id}/{name}"
        answer = post_once(
            "POST", _url(store, path), headers=_headers(store), body=body, failure=_refusal
        )
        return Outcome((StepDone(name, "done", answer.data["id"]),))

    def look_up(self, store: Store, order: Order, intent: Intent) -> Outcome | None:
        said = _read(store, f"/v1/orders/{order.external_id}")
        done = [each for each in said["done"] if each["key"] == str(intent.key)]
        name = intent.kind.value
        if done:
            return Outcome((StepDone(name, "done", done[0]["id"]),), _order(said))
        return Outcome((StepDone(name, "failed", reason="It did not happen.", can_retry=True),))


def _url(store: Store, path: str) -> str:
    return f"{store.config.get('api_url', API)}{path}"


def _headers(store: Store) -> dict[str, str]:
    return {"Authorization": f"Bearer {decrypt(store.secrets)['token']}"}


def _read(store: Store, path: str, query: dict[str, str] | None = None) -> Any:
    data = call("GET", _url(store, path), headers=_headers(store), query=query or None).data
    if not isinstance(data, dict):
        raise TemporaryFailure("Shelf did not answer in JSON.")
    return data


def _write(store: Store, path: str, body: dict[str, Any]) -> None:
    call("POST", _url(store, path), headers=_headers(store), body=body)


def _refusal(answer: VendorAnswer) -> Any:
    from helpdesk.lib.vendor_api import failure_of

    if answer.status == 409:
        raise ActionRefused(answer.data["message"], reason_code="closed")
    return failure_of(answer)


def _order(said: dict[str, Any]) -> OrderData:
    changed_at = datetime.fromisoformat(said["changed_at"])
    return OrderData(
        external_id=said["id"],
        number=said["number"],
        placed_at=datetime.fromisoformat(said["placed_at"]),
        updated_at=changed_at,
        currency="EUR",
        total_minor=said["total"],
        shipping_minor=said["shipping"],
        financial_status=said["money"],
        fulfillment_status="fulfilled" if said["parcels"] else "unfulfilled",
        email=said["email"],
        customer=StoreCustomerData(said["email"], changed_at, name=said["name"]),
        cancelled_at=changed_at if said["is_cancelled"] else None,
        shipping_address=AddressData(name=said["name"]),
        lines=tuple(
            OrderLineData(each["title"], each["quantity"], each["price"], external_id=each["id"])
            for each in said["lines"]
        ),
        fulfillments=tuple(
            FulfillmentData(each, "in_transit", "DHL", each) for each in said["parcels"]
        ),
        refunds=tuple(RefundData(e["id"], e["amount"], changed_at) for e in said["refunds"]),
    )
