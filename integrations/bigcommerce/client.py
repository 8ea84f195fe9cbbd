"""BigCommerce's API: v2 for orders, v3 for the rest, its budget of requests, and its refusals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from helpdesk.lib.errors import (
    ConnectorFailure,
    NeedsReauthorization,
    NotFound,
    PermanentFailure,
    TemporaryFailure,
    UncertainOutcome,
)
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import VendorAnswer, call, failure_of, post_once
from integrations.commerce.models import Store

API = "https://api.bigcommerce.com/stores"
GONE = "gone"
ORDER_PARTS = {"include": "consignments.line_items", "consignment_structure": "object"}
"""An order with its lines and addresses, in one answer."""

Told = dict[str, Any]


@dataclass
class Budget:
    """How many requests are left of this window, and when the next begins."""

    left: int | None = None
    reset_ms: int = 0

    def read(self, headers: dict[str, str]) -> None:
        left, reset = headers.get("x-rate-limit-requests-left"), _reset_ms(headers)
        if left is not None and left.isdigit():
            self.left, self.reset_ms = int(left), reset

    def seconds_until(self, requests: int) -> int:
        """How long to wait before so many can be made; 0 if they can, or nobody said."""
        if self.left is None or self.left >= requests:
            return 0
        return math.ceil(self.reset_ms / 1000)


class BigApi:
    """One store's API."""

    def __init__(self, store: Store) -> None:
        hashed = store.address.strip().strip("/").rsplit("/", 1)[-1]
        self._base = str(store.config.get("api_url") or f"{API}/{hashed}").rstrip("/")
        self._token = str(decrypt(store.secrets).get("token") or "").strip()
        self.budget = Budget()

    def get(self, path: str, **query: Any) -> Any:
        """A read; None where there is nothing (204)."""
        return self._answer(call("GET", self._url(path), query=query or None, **self._with()))

    def ask(self, path: str, body: Any) -> Any:
        """A post that changes nothing, or that may be repeated."""
        return self._answer(call("POST", self._url(path), body=body, **self._with()))

    def put(self, path: str, body: Any) -> Any:
        """A change that is the same twice, and that is not repeated here either."""
        return self._written(post_once("PUT", self._url(path), body=body, **self._with()))

    def post(self, path: str, body: Any) -> Any:
        """A change that must not happen twice; ``before_step`` was called just now."""
        return self._written(post_once("POST", self._url(path), body=body, **self._with()))

    def delete(self, path: str) -> None:
        """Take something away; twice is once."""
        try:
            call("DELETE", self._url(path), **self._with())
        except PermanentFailure as failure:
            if failure.reason_code != GONE:
                raise

    def _url(self, path: str) -> str:
        return f"{self._base}/{path}"

    def _with(self) -> dict[str, Any]:
        if not self._token:
            raise NeedsReauthorization("The access token is missing.")
        return {"headers": {"X-Auth-Token": self._token}, "failure": meaning_of}

    def _answer(self, answer: VendorAnswer) -> Any:
        self.budget.read(answer.headers)
        if answer.status == 204 or not answer.content:
            return None
        if not isinstance(answer.data, dict | list):
            raise TemporaryFailure("BigCommerce gave an answer that cannot be read.")
        return answer.data

    def _written(self, answer: VendorAnswer) -> Any:
        self.budget.read(answer.headers)
        if answer.status != 204 and not isinstance(answer.data, dict | list):
            raise UncertainOutcome("BigCommerce gave an answer that cannot be read.")
        return answer.data


def order_at(api: BigApi, external_id: str) -> Told:
    """The order with its lines and addresses; raises NotFound."""
    if not external_id.isdigit():
        raise NotFound("BigCommerce has no such order.")
    try:
        told = api.get(f"v2/orders/{external_id}", **ORDER_PARTS)
    except PermanentFailure as failure:
        if failure.reason_code == GONE:
            raise NotFound("BigCommerce has no such order.") from failure
        raise
    if not isinstance(told, dict) or "status_id" not in told:
        raise NotFound("BigCommerce has no such order.")
    return told


def data_of(told: Any) -> list[Told]:
    """The rows of a v3 answer."""
    found = told.get("data") if isinstance(told, dict) else told
    rows = found if isinstance(found, list) else [found] if found else []
    return [each for each in rows if isinstance(each, dict)]


def meaning_of(answer: VendorAnswer) -> ConnectorFailure:
    """What a refusal means."""
    if answer.status in (401, 403):
        return NeedsReauthorization("BigCommerce does not accept the access token for this.")
    if answer.status == 404:
        return PermanentFailure("BigCommerce has no such thing any more.", reason_code=GONE)
    if answer.status == 429:
        seconds = max(math.ceil(_reset_ms(answer.headers) / 1000), 1)
        return TemporaryFailure("BigCommerce asks for a pause.", retry_after_seconds=seconds)
    if answer.status in (409, 422):
        words = _words(answer.data) or f"answer {answer.status}"
        return PermanentFailure(f"BigCommerce refused it: {words}", reason_code="refused")
    return failure_of(answer)


def _reset_ms(headers: dict[str, str]) -> int:
    said = headers.get("x-rate-limit-time-reset-ms", "")
    return int(said) if said.isdigit() else 0


def _words(data: Any) -> str:
    """What BigCommerce says, wherever it says it: v2 and v3 have forms of their own."""
    found = data
    for _ in range(4):
        if isinstance(found, list):
            found = found[0] if found else ""
        if isinstance(found, dict):
            found = next(
                (found[name] for name in ("title", "message", "error", "data") if found.get(name)),
                "",
            )
    return " ".join(str(found).split())[:200]
