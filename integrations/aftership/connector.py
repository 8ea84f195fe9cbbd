"""AfterShip: where parcels are, asked for and told by webhook.

API version 2026-07. Source: https://www.aftership.com/docs/tracking
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from helpdesk.lib.connecting import Account, Refused, WebhookAnswer, WebhookRequest
from helpdesk.lib.errors import InvalidInput, NotFound, PermanentFailure, TemporaryFailure
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.signatures import fits_base64
from helpdesk.lib.vendor_api import VendorAnswer, ask, call, failure_of
from integrations.aftership.manifest import MANIFEST
from integrations.aftership.reading import read_tracking
from integrations.commerce.connector import (
    OrderPage,
    ParcelAsked,
    ParcelTold,
    Passed,
    StoreItem,
    StoreManifest,
    register_store,
)
from integrations.commerce.models import Store
from integrations.commerce.normal_form import OrderData
from integrations.commerce.parcels import TrackData, clean_number

API = "https://api.aftership.com/tracking/2026-07"
_TRACKING_EVENTS = {"tracking_update", "edd_revise", "tracking_pending_time"}
_IS_FOLLOWED = 4003
"""AfterShip's code for “this tracking exists already”."""


class AfterShipConnector:
    """A service around the shop: it has parcels and no orders."""

    @property
    def manifest(self) -> StoreManifest:
        return MANIFEST

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        """AfterShip has none."""
        return OrderPage(())

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """AfterShip has none."""
        raise NotFound("AfterShip keeps no orders.")

    def track(self, store: Store, parcel: ParcelAsked) -> TrackData | None:
        """Where the parcel is; one that AfterShip does not follow yet is followed from now on."""
        number = clean_number(parcel.number)
        said = _data(_call(store, "GET", "trackings", query={"tracking_numbers": number}))
        for each in said.get("trackings") or []:
            if clean_number(str(each.get("tracking_number") or "")) == number:
                return read_tracking(each)
        return _follow(store, number, parcel)

    # --- Webhooks ---------------------------------------------------------------------------------

    def verify(self, store: Store, call: WebhookRequest) -> None:
        """The signature over the raw body; where no secret is filled in nobody is believed."""
        signature = call.headers.get("aftership-hmac-sha256", "")
        if not fits_base64(_secret(store, "webhook_secret"), call.body, signature):
            raise Refused("The signature is not AfterShip's.")

    def answer(self, store: Store, call: WebhookRequest) -> WebhookAnswer | None:
        """An empty 200."""
        return None

    def call_key(self, store: Store, call: WebhookRequest) -> str:
        """AfterShip's id of the event."""
        try:
            told = json.loads(call.body)
        except ValueError:
            told = None
        if isinstance(told, dict) and told.get("event_id"):
            return str(told["event_id"])
        return hashlib.sha256(call.body).hexdigest()

    def split(self, store: Store, call: WebhookRequest) -> list[StoreItem]:
        """Where the parcel is now."""
        try:
            told = json.loads(call.body)
        except ValueError as error:
            raise InvalidInput("The call holds no JSON.") from error
        if not isinstance(told, dict):
            raise InvalidInput("The call holds no event.")
        if told.get("event") not in _TRACKING_EVENTS:
            return [Passed(f"“{str(told.get('event'))[:60]}” is none of ours.")]
        tracking = told.get("msg")
        if isinstance(tracking, dict) and isinstance(tracking.get("tracking"), dict):
            tracking = tracking["tracking"]
        return [ParcelTold(read_tracking(tracking))]

    # --- Setting up -------------------------------------------------------------------------------

    def connect(self, store: Store, hook_url: str) -> Account:
        """Ask for one tracking: the key is good then. The webhook is pasted by hand."""
        said = _data(_call(store, "GET", "trackings", query={"limit": 1}))
        total = (said.get("pagination") or {}).get("total")
        notes = (f"{total} parcels are followed there already.",) if total else ()
        return Account(label="AfterShip", notes=notes)

    def disconnect(self, store: Store) -> None:
        """The webhook was pasted by hand and is taken away there."""

    def check(self, store: Store, hook_url: str) -> list[str]:
        """Nothing can be asked about webhooks."""
        return []


def register() -> None:
    """Make AfterShip known; called when the server starts."""
    register_store(AfterShipConnector())


def _follow(store: Store, number: str, parcel: ParcelAsked) -> TrackData | None:
    """Tell AfterShip to follow it; a second time says so and does no harm."""
    body: dict[str, Any] = {"tracking_number": number, "order_number": parcel.order_number}
    if parcel.country_code:
        body["destination_country_region"] = _ISO3.get(parcel.country_code, "")
        body = {name: value for name, value in body.items() if value}
    if parcel.promised_at is not None:
        promised = f"{parcel.promised_at:%Y-%m-%dT%H:%M:%S+00:00}"
        body["order_promised_delivery_date"] = {"promised_delivery_date": promised}
    answer = ask("POST", f"{_base(store)}/trackings", body=body, headers=_headers(store))
    if answer.is_ok:
        return read_tracking(_data(answer))
    if _code(answer) == _IS_FOLLOWED:
        return None
    raise failure_of(answer)


def _call(store: Store, method: str, path: str, **request: Any) -> VendorAnswer:
    answer = call(method, f"{_base(store)}/{path}", headers=_headers(store), **request)
    if not isinstance(answer.data, dict):
        raise TemporaryFailure("AfterShip answered something that is no JSON.")
    return answer


def _data(answer: VendorAnswer) -> dict[str, Any]:
    told = answer.data.get("data") if isinstance(answer.data, dict) else None
    if not isinstance(told, dict):
        raise PermanentFailure("AfterShip answered something that is no tracking.")
    return told


def _code(answer: VendorAnswer) -> int | None:
    meta = answer.data.get("meta") if isinstance(answer.data, dict) else None
    code = meta.get("code") if isinstance(meta, dict) else None
    return code if isinstance(code, int) else None


def _base(store: Store) -> str:
    return str(store.config.get("api_url") or API).rstrip("/")


def _headers(store: Store) -> dict[str, str]:
    return {"as-api-key": _secret(store, "api_key")}


def _secret(store: Store, name: str) -> str:
    return str(decrypt(store.secrets).get(name) or "") if store.secrets else ""


_ISO3 = {
    "AT": "AUT", "AU": "AUS", "BE": "BEL", "BG": "BGR", "CA": "CAN", "CH": "CHE", "CN": "CHN",
    "CY": "CYP", "CZ": "CZE", "DE": "DEU", "DK": "DNK", "EE": "EST", "ES": "ESP", "FI": "FIN",
    "FR": "FRA", "GB": "GBR", "GR": "GRC", "HR": "HRV", "HU": "HUN", "IE": "IRL", "IT": "ITA",
    "JP": "JPN", "LT": "LTU", "LU": "LUX", "LV": "LVA", "MT": "MLT", "NL": "NLD", "NO": "NOR",
    "PL": "POL", "PT": "PRT", "RO": "ROU", "SE": "SWE", "SI": "SVN", "SK": "SVK", "TH": "THA",
    "UA": "UKR", "US": "USA",
}  # fmt: skip
"""Only helps AfterShip to find the carrier: a country that is not here is left out."""
