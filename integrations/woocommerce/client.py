"""WooCommerce's REST API (wc/v3): where it is, who we are there, and what its refusals mean."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from helpdesk.lib.errors import ConnectorFailure, NotFound, PermanentFailure
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import VendorAnswer, call, failure_of, post_once
from integrations.commerce.models import Store

PER_PAGE = 100
MAX_BYTES = 32 * 1024 * 1024
KEY_META = "_aftercare_key"
"""The name under which an intent's key is kept at what it made there."""


@dataclass(frozen=True)
class WooApi:
    """The API of one shop."""

    base: str
    headers: dict[str, str]

    def get(self, path: str, **query: Any) -> Any:
        """Read; raises NotFound where there is no such thing."""
        return self.page(path, **query).data

    def page(self, path: str, **query: Any) -> VendorAnswer:
        """Read, with the headers that count all there are."""
        return call(
            "GET", f"{self.base}/{path}", query=query or None, headers=self.headers,
            failure=meaning_of, max_bytes=MAX_BYTES,
        )  # fmt: skip

    def every(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """All of a short list, page by page."""
        number = 1
        while True:
            found = self.get(path, per_page=PER_PAGE, page=number, **query) or []
            yield from (each for each in found if isinstance(each, dict))
            if len(found) < PER_PAGE:
                return
            number += 1

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Set something to a value: doing it twice is doing it once."""
        answer = post_once(
            "PUT", f"{self.base}/{path}", body=body, headers=self.headers, failure=meaning_of
        )
        return dict(answer.data or {})

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make something new: never repeated blindly."""
        answer = post_once(
            "POST", f"{self.base}/{path}", body=body, headers=self.headers, failure=meaning_of
        )
        return dict(answer.data or {})

    def delete(self, path: str) -> None:
        """Take something away for good."""
        call(
            "DELETE", f"{self.base}/{path}", query={"force": "true"}, headers=self.headers,
            failure=meaning_of,
        )  # fmt: skip


def woo_of(store: Store) -> WooApi:
    """The API of that store's shop."""
    kept = decrypt(store.secrets) if store.secrets else {}
    pair = f"{kept.get('consumer_key', '')}:{kept.get('consumer_secret', '')}"
    base = str(store.config.get("api_url") or store.address).rstrip("/")
    return WooApi(
        f"{base}/wp-json/wc/v3",
        {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"},
    )


def webhook_secret_of(store: Store) -> str:
    """The secret that the shop signs its calls with."""
    return str(decrypt(store.secrets).get("webhook_secret") or "") if store.secrets else ""


def meaning_of(answer: VendorAnswer) -> ConnectorFailure:
    """What a refusal means; what is not there is NotFound by way of ``gone``."""
    if answer.status == 404:
        return PermanentFailure("The shop does not have this.", reason_code="gone")
    if isinstance(answer.data, dict) and answer.data.get("code") == "woocommerce_rest_invalid_id":
        return PermanentFailure("The shop does not have this.", reason_code="gone")
    return failure_of(answer)


def order_at(api: WooApi, external_id: str) -> dict[str, Any]:
    """The order as it is now; raises NotFound."""
    try:
        found = api.get(f"orders/{external_id}")
    except PermanentFailure as refusal:
        if refusal.reason_code == "gone":
            raise NotFound("The shop does not have this order any more.") from refusal
        raise
    if not isinstance(found, dict) or not found.get("id"):
        raise PermanentFailure("The shop answered something that is no order.")
    return found
