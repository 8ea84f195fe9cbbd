"""Growave: who has how many points, asked for by address.

API 2.0. Source: https://docs.growave.io/api/
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.connecting import Account
from helpdesk.lib.errors import (
    InvalidInput,
    NeedsReauthorization,
    NotFound,
    TemporaryFailure,
)
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import VendorAnswer, ask, failure_of
from integrations.commerce.connector import OrderPage, StoreManifest, register_store
from integrations.commerce.models import Store
from integrations.commerce.normal_form import OrderData
from integrations.commerce.profiles.shape import ProfileData, clean_email
from integrations.growave.manifest import MANIFEST

API = "https://api.growave.io/v2"
SCOPE = "read_customer read_reward"
NOBODY = "nobody@example.com"
"""Asked for to see whether the credentials are good; example.com is nobody's."""
SPARE = timedelta(minutes=2)

Told = dict[str, Any]


class GrowaveConnector:
    """A service around the shop: it knows people and has no orders.

    Tokens live an hour and are kept in memory alone; each worker asks for its own.
    """

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[str, datetime]] = {}

    @property
    def manifest(self) -> StoreManifest:
        return MANIFEST

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        """Growave is asked for none."""
        return OrderPage(())

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """Growave is asked for none."""
        raise NotFound("Growave keeps no orders for us.")

    def find_shopper(self, store: Store, email: str) -> ProfileData | None:
        """Points, tier and referral link of the customer with this address."""
        told = self._find(store, email)
        return None if told is None else read_customer(told, email)

    # --- Setting up -------------------------------------------------------------------------------

    def connect(self, store: Store, hook_url: str) -> Account:
        """A fresh token, and asking for nobody with it: the rights are good if that is answered."""
        self._tokens.pop(_credentials(store), None)
        self._find(store, NOBODY)
        return Account(label="Growave")

    def disconnect(self, store: Store) -> None:
        """There is nothing of ours to take back but the token."""
        self._tokens.pop(_credentials(store), None)

    def check(self, store: Store, hook_url: str) -> list[str]:
        """Whether the credentials are still good; raises where they are not."""
        self._find(store, NOBODY)
        return []

    # --- Asking -----------------------------------------------------------------------------------

    def _find(self, store: Store, email: str) -> Told | None:
        answer = self._ask(store, email)
        if answer.status == 401:
            self._tokens.pop(_credentials(store), None)
            answer = self._ask(store, email)  # the token ended early: once with a fresh one
        if answer.status == 404:
            return None
        if not answer.is_ok:
            raise failure_of(answer)
        if not isinstance(answer.data, dict):
            raise TemporaryFailure("Growave answered something that is no JSON.")
        return answer.data

    def _ask(self, store: Store, email: str) -> VendorAnswer:
        headers = {"Authorization": f"Bearer {self._token(store)}"}
        url = f"{_base(store)}/customers/getCustomer"
        return ask("GET", url, query={"customerIdentifier": email}, headers=headers)

    def _token(self, store: Store) -> str:
        known = self._tokens.get(_credentials(store))
        if known is not None and now() < known[1]:
            return known[0]
        body = {
            "clientId": str(store.config.get("client_id") or ""),
            "clientSecret": _secret(store),
            "grantType": "client_credentials",
            "scope": SCOPE,
        }
        answer = ask("POST", f"{_base(store)}/oauth/getAccessToken", body=body)
        if answer.status in (400, 401, 403, 404, 422):
            raise NeedsReauthorization("Growave does not accept API key and secret.")
        if not answer.is_ok:
            raise failure_of(answer)
        try:
            token, ends_at = str(answer.data["accessToken"]), _moment(answer.data.get("expiresAt"))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise TemporaryFailure("Growave answered something that is no token.") from error
        until = (ends_at or now() + timedelta(minutes=30)) - SPARE
        self._tokens[_credentials(store)] = (token, until)
        return token


def register() -> None:
    """Make Growave known; called when the server starts."""
    register_store(GrowaveConnector())


def read_customer(told: Told, email: str) -> ProfileData | None:
    """The customer in our words, or None for somebody else; raises InvalidInput."""
    try:
        if clean_email(str(told.get("email") or "")) != clean_email(email):
            return None
        tier = told.get("currentTier") or {}
        return ProfileData(
            external_id=str(told.get("customerId") or ""),
            is_member=told.get("isRewardProgramAvailable") is not False,
            points=int(told["pointsBalance"]),
            tier=str(tier.get("title") or ""),
            referral_url=str(told.get("referralLink") or ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"This is no customer of Growave: {error!r}"[:300]) from error


def _credentials(store: Store) -> str:
    """Whose token it is: another secret is another token."""
    told = f"{_base(store)}\n{store.config.get('client_id')}\n{_secret(store)}"
    return hashlib.sha256(told.encode()).hexdigest()


def _base(store: Store) -> str:
    return str(store.config.get("api_url") or API).rstrip("/")


def _secret(store: Store) -> str:
    return str(decrypt(store.secrets).get("client_secret") or "") if store.secrets else ""


def _moment(said: Any) -> datetime | None:
    if not said:
        return None
    moment = datetime.fromisoformat(str(said))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
