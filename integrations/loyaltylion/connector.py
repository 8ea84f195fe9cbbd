"""LoyaltyLion: who has how many points, asked for by address and told by webhook.

Source: https://developers.loyaltylion.com (API v2)
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from helpdesk.lib.connecting import Account, Refused, WebhookAnswer, WebhookRequest
from helpdesk.lib.errors import InvalidInput, NotFound, TemporaryFailure
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.signatures import fits_base64
from helpdesk.lib.vendor_api import call as ask_vendor
from integrations.commerce.connector import (
    OrderPage,
    Passed,
    ShopperChanged,
    StoreItem,
    StoreManifest,
    register_store,
)
from integrations.commerce.models import Store
from integrations.commerce.normal_form import OrderData
from integrations.commerce.profiles.shape import ProfileData
from integrations.loyaltylion.manifest import MANIFEST
from integrations.loyaltylion.reading import changed_email, find_in

API = "https://api.loyaltylion.com"
TOPIC = "customers/update"
_NEEDED = {"read_customers", "write_customers"}


class LoyaltyLionConnector:
    """A service around the shop: it knows people and has no orders."""

    @property
    def manifest(self) -> StoreManifest:
        return MANIFEST

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        """LoyaltyLion is asked for none."""
        return OrderPage(())

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """LoyaltyLion is asked for none."""
        raise NotFound("LoyaltyLion keeps no orders for us.")

    def find_shopper(self, store: Store, email: str) -> ProfileData | None:
        """Points, tier and referral link of the customer with this address."""
        return find_in(_ask(store, "GET", "customers", query={"email": email, "limit": 50}), email)

    # --- Webhooks ---------------------------------------------------------------------------------

    def verify(self, store: Store, call: WebhookRequest) -> None:
        """The signature over the raw body; where no secret is filled in nobody is believed."""
        signature = call.headers.get("x-loyaltylion-hmac-sha256", "")
        if not fits_base64(_secret(store, "site_secret"), call.body, signature):
            raise Refused("The signature is not LoyaltyLion's.")

    def answer(self, store: Store, call: WebhookRequest) -> WebhookAnswer | None:
        """An empty 200."""
        return None

    def call_key(self, store: Store, call: WebhookRequest) -> str:
        """LoyaltyLion's id of the event."""
        try:
            told = _json(call.body)
        except InvalidInput:
            told = None
        if isinstance(told, dict) and told.get("id"):
            return str(told["id"])[:64]
        return hashlib.sha256(call.body).hexdigest()

    def split(self, store: Store, call: WebhookRequest) -> list[StoreItem]:
        """Who changed; what they have now is asked for, as calls may come in any order."""
        told = _json(call.body)
        email = changed_email(told)
        topic = str(told["topic"])[:60] if "topic" in told else ""
        if not email:
            return [Passed(f"“{topic}” names nobody.")]
        return [ShopperChanged(email, topic)]

    # --- Setting up -------------------------------------------------------------------------------

    def connect(self, store: Store, hook_url: str) -> Account:
        """Ask who the key is and what it may, and subscribe to changes of customers, once."""
        scopes = _scopes(store)
        if not scopes & _NEEDED:
            raise InvalidInput.field("api_key", "This key may not read customers.")
        notes = ["Connected: points are read when a customer writes or is looked at."]
        if _secret(store, "site_secret"):
            if not any(each["address"] == hook_url for each in _webhooks(store)):
                wanted = {"webhook": {"topic": TOPIC, "address": hook_url}}
                _ask(store, "POST", "webhooks", body=wanted)
            notes = ["Connected: LoyaltyLion calls when points or a tier change."]
        return Account(label="LoyaltyLion", notes=tuple(notes))

    def disconnect(self, store: Store) -> None:
        """Take our webhook back."""
        for each in _webhooks(store):
            if str(each["address"]).endswith(f"/{store.hook_token}"):
                _ask(store, "DELETE", f"webhooks/{each['id']}")

    def check(self, store: Store, hook_url: str) -> list[str]:
        """Whether the key still reads customers; a webhook that is gone is made again."""
        if not _scopes(store) & _NEEDED:
            return ["The API key may not read customers any more. Give it that right."]
        if not _secret(store, "site_secret"):
            return []
        if any(each["address"] == hook_url for each in _webhooks(store)):
            return []
        _ask(store, "POST", "webhooks", body={"webhook": {"topic": TOPIC, "address": hook_url}})
        return ["The webhook was gone at LoyaltyLion. We made it again."]


def register() -> None:
    """Make LoyaltyLion known; called when the server starts."""
    register_store(LoyaltyLionConnector())


def _scopes(store: Store) -> set[str]:
    identity = _ask(store, "GET", "identity/whoami").get("identity")
    scopes = identity.get("scopes") if isinstance(identity, dict) else None
    return {str(each) for each in scopes or []}


def _webhooks(store: Store) -> list[dict[str, Any]]:
    """Our subscriptions to changes of customers, the newest first."""
    told = _ask(store, "GET", "webhooks").get("webhooks")
    listed = [each for each in told or [] if isinstance(each, dict) and each.get("topic") == TOPIC]
    return [each for each in listed if each.get("address") and each.get("id")]


def _ask(store: Store, method: str, path: str, **request: Any) -> dict[str, Any]:
    base = str(store.config.get("api_url") or API).rstrip("/")
    headers = {"Authorization": f"Bearer {_secret(store, 'api_key')}"}
    answer = ask_vendor(method, f"{base}/v2/{path}", headers=headers, **request)
    if isinstance(answer.data, dict):
        return answer.data
    if answer.status == 204 or not answer.content:
        return {}
    raise TemporaryFailure("LoyaltyLion answered something that is no JSON.")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise InvalidInput("The call holds no JSON.") from error


def _secret(store: Store, name: str) -> str:
    return str(decrypt(store.secrets).get(name) or "") if store.secrets else ""
