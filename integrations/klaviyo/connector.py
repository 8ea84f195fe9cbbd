"""Klaviyo: who wants to be sent what, and what it is told of tickets.

Revision 2026-07-15. Source: https://github.com/klaviyo/openapi
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from helpdesk.lib.clock import iso
from helpdesk.lib.connecting import Account
from helpdesk.lib.errors import NotFound, PermanentFailure, TemporaryFailure
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import VendorAnswer, ask, failure_of
from helpdesk.lib.vendor_api import call as ask_vendor
from integrations.commerce.connector import News, OrderPage, StoreManifest, register_store
from integrations.commerce.models import Store
from integrations.commerce.normal_form import OrderData
from integrations.commerce.profiles.shape import ProfileData
from integrations.klaviyo.manifest import MANIFEST
from integrations.klaviyo.reading import find_in, read_profile

API = "https://a.klaviyo.com"
REVISION = "2026-07-15"
JSON_API = "application/vnd.api+json"


class KlaviyoConnector:
    """A service around the shop: it knows people, hears of tickets, and has no orders."""

    @property
    def manifest(self) -> StoreManifest:
        return MANIFEST

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        """Klaviyo is asked for none."""
        return OrderPage(())

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """Klaviyo is asked for none."""
        raise NotFound("Klaviyo keeps no orders for us.")

    def find_shopper(self, store: Store, email: str) -> ProfileData | None:
        """Subscriptions, lists and predictions of the profile with this address."""
        if '"' in email or "\\" in email:
            raise PermanentFailure("Klaviyo cannot be asked for this address.")
        query = {
            "filter": f'equals(email,"{email}")',
            "additional-fields[profile]": "subscriptions,predictive_analytics",
        }
        told = find_in(_ask(store, "profiles", query), email)
        if told is None:
            return None
        path = f"profiles/{quote(told['id'], safe='')}/lists"
        return read_profile(told, _ask(store, path, {"fields[list]": "name"}))

    def wants(self, store: Store) -> Literal["nobody", "known", "everybody"]:
        """As the admin has chosen; else it is told of those it knows."""
        chosen = store.config.get("tell")
        if chosen == "nobody":
            return "nobody"
        return "everybody" if chosen == "everybody" else "known"

    def tell(self, store: Store, news: News) -> None:
        """One event; Klaviyo counts an event with the same ``unique_id`` once."""
        body = json.dumps(_event(news)).encode()
        headers = {**_headers(store), "Content-Type": JSON_API}
        answer = ask("POST", f"{_base(store)}/api/events", content=body, headers=headers)
        if answer.is_ok:
            return
        if answer.status == 403:
            raise PermanentFailure("The API key may not write events. Give it that scope.")
        raise failure_of(answer)

    # --- Setting up -------------------------------------------------------------------------------

    def connect(self, store: Store, hook_url: str) -> Account:
        """Whose key it is, and whether it reads profiles."""
        told = _ask(store, "accounts", {})
        try:
            account = told["data"][0]["attributes"]
            name = str(account["contact_information"]["organization_name"])
            currency = str(account["preferred_currency"])
        except (KeyError, IndexError, TypeError) as error:
            raise PermanentFailure("Klaviyo answered something that is no account.") from error
        _ask(store, "profiles", {"page[size]": 1, "fields[profile]": "email"})
        notes = (
            "Whether the key may write events shows with the first event.",
        ) if self.wants(store) != "nobody" else ()  # fmt: skip
        return Account(label=name, config={"currency": currency}, notes=notes)

    def disconnect(self, store: Store) -> None:
        """There is nothing of ours to take back: delete the key in Klaviyo."""

    def check(self, store: Store, hook_url: str) -> list[str]:
        """Whether the key still reads; raises where it does not."""
        _ask(store, "profiles", {"page[size]": 1, "fields[profile]": "email"})
        return []


def register() -> None:
    """Make Klaviyo known; called when the server starts."""
    register_store(KlaviyoConnector())


def _event(news: News) -> dict[str, Any]:
    metric = {"data": {"type": "metric", "attributes": {"name": news.name}}}
    profile = {"data": {"type": "profile", "attributes": {"email": news.email}}}
    attributes = {
        "properties": news.properties,
        "time": iso(news.happened_at),
        "unique_id": news.key,
        "metric": metric,
        "profile": profile,
    }
    return {"data": {"type": "event", "attributes": attributes}}


def _ask(store: Store, path: str, query: dict[str, Any]) -> dict[str, Any]:
    url = f"{_base(store)}/api/{path}"
    answer: VendorAnswer = ask_vendor("GET", url, query=query, headers=_headers(store))
    told = answer.data if isinstance(answer.data, dict) else None
    if told is None:
        raise TemporaryFailure("Klaviyo answered something that is no JSON.")
    return told


def _base(store: Store) -> str:
    return str(store.config.get("api_url") or API).rstrip("/")


def _headers(store: Store) -> dict[str, str]:
    key = str(decrypt(store.secrets).get("api_key") or "") if store.secrets else ""
    return {
        "Authorization": f"Klaviyo-API-Key {key}",
        "revision": REVISION,
        "Accept": JSON_API,
    }
