"""Shopify's GraphQL Admin API: one address, its token, its budget, and what its errors mean."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from dataclasses import dataclass
from typing import Any

from helpdesk.lib.errors import (
    ConnectorFailure,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
    UncertainOutcome,
)
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import VendorAnswer, call, failure_of, post_once
from integrations.commerce.models import Store

API_VERSION = "2026-10"
MISSING_SCOPE = "missing_scope"
TOO_COSTLY = "too_costly"
MAX_ANSWER_BYTES = 8 * 1024 * 1024

Node = dict[str, Any]

_tokens: dict[str, tuple[str, float]] = {}
_tokens_lock = threading.Lock()


@dataclass(frozen=True)
class Budget:
    """How many points of query cost are left, and how fast they come back."""

    available: float
    restore_per_second: float

    def seconds_until(self, points: float) -> int:
        """How long until so many points are there; 0 if they are."""
        lacking = points - self.available
        return math.ceil(lacking / max(self.restore_per_second, 1.0)) if lacking > 0 else 0


class ShopifyClient:
    """One shop's Admin API. ``budget``, ``cost`` and ``version`` are what the last answer said."""

    def __init__(self, store: Store) -> None:
        self._domain = domain_of(store.address)
        self._base = str(store.config.get("api_url") or f"https://{self._domain}").rstrip("/")
        self._secrets = decrypt(store.secrets)
        self._client_id = str(store.config.get("client_id") or "")
        self.budget: Budget | None = None
        self.cost = 0.0
        self.version = API_VERSION

    def ask(self, document: str, **variables: Any) -> Node:
        """A query, or a mutation that may be repeated; returns its data."""
        answer = call("POST", self._url, **self._request(document, variables))
        return self._data(answer, is_acting=False)

    def act(self, document: str, **variables: Any) -> Node:
        """A mutation that must not happen twice; ``before_step`` was called just now."""
        answer = post_once("POST", self._url, **self._request(document, variables))
        return self._data(answer, is_acting=True)

    @property
    def _url(self) -> str:
        return f"{self._base}/admin/api/{API_VERSION}/graphql.json"

    def _request(self, document: str, variables: Node) -> dict[str, Any]:
        return {
            "body": {"query": document, "variables": variables},
            "headers": {"X-Shopify-Access-Token": self._token()},
            "max_bytes": MAX_ANSWER_BYTES,
            "failure": self._failure,
        }

    def _token(self) -> str:
        """The shop's own token, else one for the app's credentials (they last a day)."""
        own = str(self._secrets.get("token") or "").strip()
        if own:
            return own
        secret = str(self._secrets.get("client_secret") or "").strip()
        if not (self._client_id and secret):
            raise NeedsReauthorization("The Admin API access token is missing.")
        name = hashlib.sha256(f"{self._base} {self._client_id} {secret}".encode()).hexdigest()
        with _tokens_lock:
            token, ends_at = _tokens.get(name, ("", 0.0))
        if not token or time.monotonic() >= ends_at:
            token, seconds = self._new_token(secret)
            with _tokens_lock:
                _tokens[name] = (token, time.monotonic() + max(seconds - 300, 0))
        return token

    def _new_token(self, secret: str) -> tuple[str, float]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": secret,
        }
        url = f"{self._base}/admin/oauth/access_token"
        said = call("POST", url, form=form, failure=_refused_sign_in).data
        token = str(said.get("access_token") or "") if isinstance(said, dict) else ""
        if not token:
            raise TemporaryFailure("Shopify gave an answer that cannot be read.")
        return token, float(said.get("expires_in") or 0)

    def _failure(self, answer: VendorAnswer) -> ConnectorFailure:
        if answer.status == 401:
            with _tokens_lock:
                _tokens.clear()
        return meaning_of_status(answer)

    def _data(self, answer: VendorAnswer, *, is_acting: bool) -> Node:
        said = answer.data if isinstance(answer.data, dict) else {}
        self._remember(answer, said)
        errors, data = said.get("errors"), said.get("data")
        if isinstance(data, dict) and (not errors or (is_acting and any(data.values()))):
            return data
        if errors:
            raise self._meaning(errors, is_acting=is_acting)
        words = "Shopify gave an answer that cannot be read."
        raise UncertainOutcome(words) if is_acting else TemporaryFailure(words)

    def _remember(self, answer: VendorAnswer, said: Node) -> None:
        self.version = answer.headers.get("x-shopify-api-version") or API_VERSION
        cost = (said.get("extensions") or {}).get("cost") or {}
        status = cost.get("throttleStatus") or {}
        if "currentlyAvailable" in status:
            self.budget = Budget(
                float(status["currentlyAvailable"]), float(status.get("restoreRate") or 1)
            )
        self.cost = float(cost.get("requestedQueryCost") or 0)

    def _meaning(self, errors: Any, *, is_acting: bool) -> ConnectorFailure:
        """The failure that the first of GraphQL's errors is."""
        first = errors[0] if isinstance(errors, list) and errors else {}
        first = first if isinstance(first, dict) else {"message": str(first or errors)}
        words = " ".join(str(first.get("message") or "").split())[:200]
        code = str((first.get("extensions") or {}).get("code") or "")
        if code == "THROTTLED":
            wait = self.budget.seconds_until(self.cost) if self.budget else 2
            return TemporaryFailure(
                "Shopify's budget for our questions is used up.", retry_after_seconds=max(wait, 1)
            )
        if code == "ACCESS_DENIED":
            return PermanentFailure(
                f"The app may not do this in Shopify. {words}", reason_code=MISSING_SCOPE
            )
        if code == "MAX_COST_EXCEEDED":
            return PermanentFailure(
                "Shopify will not answer so much at once.", reason_code=TOO_COSTLY
            )
        if code in ("INTERNAL_SERVER_ERROR", "TIMEOUT"):
            failed = f"Shopify failed. {words}"
            return UncertainOutcome(failed) if is_acting else TemporaryFailure(failed)
        if code == "SHOP_INACTIVE":
            return PermanentFailure("This Shopify shop is closed.", reason_code="closed")
        return PermanentFailure(f"Shopify refused it: {words}", reason_code="refused")


def domain_of(address: str) -> str:
    """``linden-loom.myshopify.com`` for what people paste: a handle, a domain or an address."""
    words = address.strip().lower().removeprefix("https://").removeprefix("http://")
    host = words.split("/", 1)[0]
    if host == "admin.shopify.com" and "/store/" in words:
        host = words.split("/store/", 1)[1].split("/", 1)[0]
    return host if "." in host else f"{host}.myshopify.com"


def meaning_of_status(answer: VendorAnswer) -> ConnectorFailure:
    """What a refusal by status code means."""
    if answer.status in (401, 403):
        return NeedsReauthorization("Shopify does not accept the app's access token.")
    if answer.status == 402:
        return PermanentFailure(
            "This Shopify shop is frozen: its plan is unpaid.", reason_code="closed"
        )
    if answer.status == 404:
        return PermanentFailure(
            "There is no Shopify shop at this address.", reason_code="unknown_shop"
        )
    if answer.status == 423:
        return PermanentFailure("This Shopify shop is locked.", reason_code="closed")
    return failure_of(answer)


def _refused_sign_in(answer: VendorAnswer) -> ConnectorFailure:
    if answer.status in (400, 401, 403):
        return NeedsReauthorization("Shopify does not accept the app's client id and secret.")
    return meaning_of_status(answer)


def gid(kind: str, number: str) -> str:
    """The global id that GraphQL wants: ``gid://shopify/Order/123``."""
    return number if number.startswith("gid://") else f"gid://shopify/{kind}/{number}"


def number_of(global_id: Any) -> str:
    """The number at the end of a global id; what is no global id stays as it is."""
    return str(global_id or "").rsplit("/", 1)[-1].split("?", 1)[0]
