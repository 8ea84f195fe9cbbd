"""Medusa's admin API: asking, changing, and what its refusals mean."""

from __future__ import annotations

import base64
from typing import Any

from helpdesk.lib.errors import (
    ConnectorFailure,
    NeedsReauthorization,
    NotFound,
    PermanentFailure,
    TemporaryFailure,
)
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import VendorAnswer, call, failure_of, post_once
from integrations.commerce.models import Store

LONGEST_WORDS = 200


class Refusal(PermanentFailure):
    """Medusa said no and changed nothing: ``words`` are its own."""

    def __init__(self, words: str, *, is_missing: bool = False) -> None:
        super().__init__(f"Medusa refused: {words or 'it gave no reason'}", reason_code="refused")
        self.words = words
        self.is_missing = is_missing


class MedusaClient:
    """One shop, asked with its secret API key."""

    def __init__(self, store: Store) -> None:
        self.address = str(store.config.get("api_url") or store.address).rstrip("/")
        self._key = str(decrypt(store.secrets).get("api_key", "")).strip()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """The answer to a GET; query names as Medusa writes them, ``updated_at[$gte]`` too."""
        return self._call("GET", path, query=query or None)

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A change that may be asked for again: it is not yet what the customer sees."""
        return self._call("POST", path, body=body or {})

    def delete(self, path: str) -> dict[str, Any]:
        """Take back something unfinished."""
        return self._call("DELETE", path)

    def post_once(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A change that must not happen twice; raises UncertainOutcome where nobody answered."""
        answer = post_once(
            "POST", self._url(path), headers=self._headers(), body=body or {}, failure=meaning_of
        )
        return answer.data if isinstance(answer.data, dict) else {}

    def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        answer = call(
            method, self._url(path), headers=self._headers(), failure=meaning_of, **request
        )
        if not isinstance(answer.data, dict):
            raise TemporaryFailure("This address gives no answers as Medusa does.")
        return answer.data

    def _url(self, path: str) -> str:
        return f"{self.address}/admin{path}"

    def _headers(self) -> dict[str, str]:
        if not self._key:
            raise NeedsReauthorization("The secret API key is missing.")
        return {"Authorization": "Basic " + base64.b64encode(f"{self._key}:".encode()).decode()}


def meaning_of(answer: VendorAnswer) -> ConnectorFailure:
    """Medusa's refusals: {type, message}."""
    if answer.status == 401:
        return NeedsReauthorization(
            "Medusa does not accept the secret API key. Create a new one in its admin under "
            "Settings › Secret API keys."
        )
    if 400 <= answer.status < 500 and answer.status not in (403, 408, 425, 429):
        said = answer.data if isinstance(answer.data, dict) else {}
        words = " ".join(str(said.get("message") or "").split())[:LONGEST_WORDS]
        return Refusal(words, is_missing=answer.status == 404)
    return failure_of(answer)


def read_order(client: MedusaClient, order_id: str, fields: str) -> dict[str, Any]:
    """The order as Medusa tells it now; raises NotFound."""
    try:
        order = client.get(f"/orders/{order_id}", fields=fields).get("order")
    except Refusal as no:
        if no.is_missing:
            raise NotFound("The shop does not know this order any more.") from no
        raise
    if not isinstance(order, dict):
        raise TemporaryFailure("This address gives no answers as Medusa does.")
    return order
