"""BigCommerce's calls: thin, with a secret of ours in a header; a signature is taken where it is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from helpdesk.lib.connecting import Account, Refused, WebhookRequest
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.signatures import fits_standard_webhook, is_recent
from integrations.bigcommerce.client import BigApi, Told, data_of
from integrations.bigcommerce.manifest import SCOPES
from integrations.commerce.connector import AccessEnded, OrderChanged, Passed, StoreItem
from integrations.commerce.models import Store

HEADER = "X-Aftercare-Secret"


def verify(store: Store, call: WebhookRequest) -> None:
    """Raises Refused unless it carries our secret, or BigCommerce's signature over the body."""
    secrets = decrypt(store.secrets)
    ours = str(secrets.get("hook_secret") or "")
    given = call.headers.get(HEADER.lower(), "")
    if ours and hmac.compare_digest(given.encode(), ours.encode()):
        return
    if not _is_signed(str(secrets.get("client_secret") or ""), call):
        raise Refused("The call carries neither our secret nor a signature.")


def _is_signed(secret: str, call: WebhookRequest) -> bool:
    """Standard Webhooks: the key is the app's secret, as it is or in base64."""
    sent_at = call.headers.get("webhook-timestamp", "")
    if not secret or not is_recent(sent_at):
        return False
    keys = (secret, base64.b64encode(secret.encode()).decode())
    message, signatures = (
        call.headers.get("webhook-id", ""),
        call.headers.get("webhook-signature", ""),
    )
    return any(
        fits_standard_webhook(each, message, sent_at, call.body, signatures) for each in keys
    )


def call_key(call: WebhookRequest) -> str:
    """Calls have no id; the same call said again is the same bytes."""
    return hashlib.sha256(call.body).hexdigest()


def split(store: Store, call: WebhookRequest) -> list[StoreItem]:
    """Which order it is about; nothing else of it is believed. Raises InvalidInput."""
    try:
        told = json.loads(call.body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The call of BigCommerce is no JSON.") from error
    if not isinstance(told, dict) or not isinstance(told.get("scope"), str):
        raise InvalidInput("The call of BigCommerce has no scope.")
    scope, data = told["scope"], told.get("data")
    producer = str(told.get("producer") or "").rsplit("/", 1)[-1]
    if producer.isalnum() and producer.lower() != store.address.strip().lower():
        return [Passed("It is about another store.")]
    if scope == "store/app/uninstalled":
        return [AccessEnded("The app was removed from the store.")]
    if not scope.startswith(("store/order/", "store/shipment/")):
        return [Passed(f"“{scope[:60]}” is not about an order.")]
    return [OrderChanged(_order_id(scope, data), scope)]


def _order_id(scope: str, data: Any) -> str:
    found = data if isinstance(data, dict) else {}
    number = found.get("orderId") if scope.startswith("store/shipment/") else found.get("id")
    if isinstance(number, bool) or not str(number or "").isdigit():
        raise InvalidInput("The call about an order names none.")
    return str(number)


def connect(api: BigApi, store: Store, hook_url: str) -> Account:
    """Sign in, read name and currency, subscribe each scope once."""
    told = api.get("v2/store")
    shop: Told = told if isinstance(told, dict) else {}
    if shop.get("id") and str(shop["id"]).lower() != store.address.strip().lower():
        raise InvalidInput.field("address", f"This token belongs to the store {shop['id']}.")
    if hook_url:
        mend(api, store, hook_url)
    zone = shop.get("timezone") or {}
    return Account(
        label=str(shop.get("name") or "BigCommerce"),
        address=str(shop.get("id") or store.address),
        config={
            "currency": str(shop.get("currency") or ""),
            "time_zone": str(zone.get("name") or "") if isinstance(zone, dict) else "",
            "admin": str(shop.get("control_panel_base_url") or "").rstrip("/"),
        },
    )


def mend(api: BigApi, store: Store, hook_url: str) -> list[str]:
    """Subscribe what is missing and switch on what was switched off; returns what that was."""
    secret = str(decrypt(store.secrets).get("hook_secret") or "")
    known = {
        str(each.get("scope")): each
        for each in data_of(api.get("v3/hooks", limit=250))
        if each.get("destination") == hook_url
    }
    mended = []
    for scope in SCOPES:
        body = {
            "scope": scope, "destination": hook_url, "is_active": True,
            "headers": {HEADER: secret},
        }  # fmt: skip
        hook = known.get(scope)
        if hook is None:
            api.ask("v3/hooks", body)
            mended.append(scope)
        elif not hook.get("is_active") or (hook.get("headers") or {}).get(HEADER) != secret:
            api.put(f"v3/hooks/{hook['id']}", body)
            mended.append(scope)
    return mended


def check(api: BigApi, store: Store, hook_url: str) -> list[str]:
    """What was wrong; calls that were switched off are on again."""
    api.get("v2/store")
    mended = mend(api, store, hook_url) if hook_url else []
    if not mended:
        return []
    return [f"BigCommerce had stopped calling about {', '.join(mended)}; it was told to go on."]


def disconnect(api: BigApi, store: Store) -> None:
    """Take our subscriptions back."""
    for each in data_of(api.get("v3/hooks", limit=250)):
        if store.hook_token in str(each.get("destination")):
            api.delete(f"v3/hooks/{each['id']}")
