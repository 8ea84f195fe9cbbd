"""What our subscriber in the shop tells: Standard Webhooks that name an order and nothing else."""

from __future__ import annotations

import json

from helpdesk.lib.connecting import Refused, WebhookRequest
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.signatures import fits_standard_webhook, is_recent
from integrations.commerce.connector import OrderChanged, Passed, StoreItem
from integrations.commerce.models import Store

LONGEST_ID = 120


def verify(store: Store, call: WebhookRequest) -> None:
    """Raises Refused unless the call is signed with the store's key, and just now."""
    key = str(decrypt(store.secrets).get("signing_key", ""))
    told = {
        name: call.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    }
    fits = key and fits_standard_webhook(
        key, told["id"], told["timestamp"], call.body, told["signature"]
    )
    if not fits:
        raise Refused("The signature does not fit.")
    if not is_recent(told["timestamp"]):
        raise Refused("The call is older than five minutes, or its clock is wrong.")


def call_key(call: WebhookRequest) -> str:
    """The id of the message: the same for every delivery of it."""
    return call.headers.get("webhook-id", "")


def split(call: WebhookRequest) -> list[StoreItem]:
    """The order that changed. Raises InvalidInput where it is no JSON object."""
    try:
        told = json.loads(call.body)
    except ValueError as error:
        raise InvalidInput("The body is not JSON.") from error
    if not isinstance(told, dict):
        raise InvalidInput("The body is not a JSON object.")
    topic = str(told.get("type") or "")[:60]
    data = told.get("data")
    order_id = data.get("order_id") if isinstance(data, dict) else None
    if not isinstance(order_id, str) or not 0 < len(order_id) <= LONGEST_ID:
        return [Passed(f"{topic or 'a call'} names no order")]
    return [OrderChanged(order_id, topic)]
