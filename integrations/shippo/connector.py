"""Shippo: where parcels are, asked for and told by webhook, and return labels.

API version 2018-02-08. Source: https://docs.goshippo.com/
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any
from urllib.parse import quote

from helpdesk.lib.connecting import Account, Refused, WebhookAnswer, WebhookRequest
from helpdesk.lib.errors import (
    InvalidInput,
    NotFound,
    PermanentFailure,
    TemporaryFailure,
    UncertainOutcome,
)
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.signatures import fits_hex, is_recent
from helpdesk.lib.vendor_api import call, post_once
from integrations.commerce.connector import (
    OrderPage,
    ParcelAsked,
    ParcelTold,
    Passed,
    StoreItem,
    StoreManifest,
    register_store,
)
from integrations.commerce.labels import (
    DEFAULT_SIZE_CM,
    LabelAsked,
    LabelMade,
    LabelOffer,
    register_label_maker,
    return_address,
    weight_grams,
)
from integrations.commerce.models import Store
from integrations.commerce.money import minor_of
from integrations.commerce.normal_form import AddressData, OrderData
from integrations.commerce.parcels import TrackData, clean_number
from integrations.commerce.tracking_numbers import carrier_of
from integrations.shippo.manifest import MANIFEST
from integrations.shippo.reading import read_track

API = "https://api.goshippo.com"
VERSION = "2018-02-08"
_CARRIERS = {
    "ups": "ups", "fedex": "fedex", "usps": "usps", "dhl": "dhl_express", "dpd": "dpd_de",
    "gls": "gls_de", "laposte": "colissimo", "hermes": "hermes_uk", "royalmail": "royal_mail",
    "correos": "correos_espana", "pochta": "russian_post",
}  # fmt: skip
"""Shippo's words for carriers; it wants one with every number."""
_AT_HOME = {("dhl", "DE"): "dhl_germany", ("dpd", "GB"): "dpd_uk"}


class ShippoConnector:
    """A service around the shop: it has parcels and labels, and no orders."""

    @property
    def manifest(self) -> StoreManifest:
        return MANIFEST

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        """Shippo has none of the shop's."""
        return OrderPage(())

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """Shippo has none of the shop's."""
        raise NotFound("Shippo keeps no orders of the shop.")

    def track(self, store: Store, parcel: ParcelAsked) -> TrackData | None:
        """Where the parcel is; it is followed from now on (following twice is following once)."""
        carrier = _carrier(parcel)
        if not carrier:
            raise PermanentFailure("Shippo needs to know who carries this parcel.")
        number = clean_number(parcel.number)
        wanted = {"carrier": carrier, "tracking_number": number, "metadata": parcel.order_number}
        told = read_track(_call(store, "POST", "tracks", body=wanted))
        return told if told is not None and clean_number(told.number) == number else None

    # --- Labels -----------------------------------------------------------------------------------

    def offer_label(self, store: Store, asked: LabelAsked) -> LabelOffer:
        """A shipment from the customer to us, with its rates: nothing is bought by making one."""
        length, width, height = DEFAULT_SIZE_CM
        wanted = {
            "address_from": _address(asked.sender, asked.email),
            "address_to": _address(return_address(store)),
            "parcels": [
                {
                    "length": str(length), "width": str(width), "height": str(height),
                    "distance_unit": "cm", "weight": str(weight_grams(store)), "mass_unit": "g",
                }
            ],
            "metadata": f"Return of {asked.order_number}"[:100],
            "async": False,
        }  # fmt: skip
        said = _call(store, "POST", "shipments", body=wanted)
        rate = _cheapest(said, str(store.config.get("label_carrier") or ""))
        return LabelOffer(
            carrier=str(rate.get("provider") or ""),
            service=str((rate.get("servicelevel") or {}).get("name") or ""),
            amount_minor=minor_of(str(rate["amount"]), str(rate["currency"])),
            currency=str(rate["currency"]),
            context={"rate": str(rate["object_id"]), "carrier": str(rate.get("provider") or "")},
        )

    def buy_label(self, store: Store, offer: dict[str, Any]) -> LabelMade:
        """Buy it: a transaction of the rate, by which it can be found again."""
        answer = post_once(
            "POST", f"{_base(store)}/transactions",
            body={"rate": offer["rate"], "label_file_type": "PDF_A4", "async": False},
            headers=_headers(store),
        )  # fmt: skip
        said = answer.data if isinstance(answer.data, dict) else {}
        made = _made(said, offer)
        if made is not None:
            return made
        if said.get("status") == "ERROR":
            raise PermanentFailure(f"Shippo sold no label. {_told(said)}".strip()[:300])
        raise UncertainOutcome("Shippo is still at it.")

    def find_label(self, store: Store, offer: dict[str, Any]) -> LabelMade | None:
        """What became of the transactions of this rate; one that is under way is not known yet."""
        said = _call(store, "GET", "transactions", query={"rate": offer["rate"], "results": 25})
        for each in said.get("results") or []:
            made = _made(each, offer)
            if made is not None:
                return made
            if each.get("status") in ("QUEUED", "WAITING"):
                raise TemporaryFailure("Shippo is still at it.")
        return None

    # --- Webhooks ---------------------------------------------------------------------------------

    def verify(self, store: Store, call: WebhookRequest) -> None:
        """The address is the secret. Where Shippo gave the account one more, its signature over
        time and body must fit as well."""
        secret = _secret(store, "webhook_secret")
        if not secret:
            return
        said = call.headers.get("shippo-auth-signature", "")
        parts = dict(each.strip().partition("=")[::2] for each in said.split(","))
        message = parts.get("t", "").encode() + b"." + call.body
        if not is_recent(parts.get("t", "")) or not fits_hex(secret, message, parts.get("v1", "")):
            raise Refused("The signature is not Shippo's.")

    def answer(self, store: Store, call: WebhookRequest) -> WebhookAnswer | None:
        """An empty 200."""
        return None

    def call_key(self, store: Store, call: WebhookRequest) -> str:
        """Shippo gives its calls no id: equal bodies are one call."""
        return hashlib.sha256(call.body).hexdigest()

    def split(self, store: Store, call: WebhookRequest) -> list[StoreItem]:
        """Where the parcel is now."""
        try:
            told = json.loads(call.body)
        except ValueError as error:
            raise InvalidInput("The call holds no JSON.") from error
        if not isinstance(told, dict):
            raise InvalidInput("The call holds no event.")
        if told.get("event") != "track_updated":
            return [Passed(f"“{str(told.get('event'))[:60]}” is none of ours.")]
        track = read_track(told.get("data"))
        return [Passed("Nothing is known of it yet.") if track is None else ParcelTold(track)]

    # --- Setting up -------------------------------------------------------------------------------

    def connect(self, store: Store, hook_url: str) -> Account:
        """Ask for the webhooks: the token is good then. Ours is added, each address once."""
        notes = tuple(_mend(store, hook_url))
        if store.config.get("return_street"):
            return_address(store)
            notes += ("Return labels can be bought.",)
        return Account(label="Shippo", notes=notes)

    def disconnect(self, store: Store) -> None:
        """Take our webhook back."""
        for each in _webhooks(store):
            if f"/{store.hook_token}" in str(each.get("url") or ""):
                path = f"webhooks/{quote(str(each['object_id']))}"
                call("DELETE", f"{_base(store)}/{path}", headers=_headers(store))

    def check(self, store: Store, hook_url: str) -> list[str]:
        """A webhook that is missing or was switched off is there again."""
        return _mend(store, hook_url)


def register() -> None:
    """Make Shippo known; called when the server starts."""
    connector = ShippoConnector()
    register_store(connector)
    register_label_maker(MANIFEST.kind, connector)


def _mend(store: Store, hook_url: str) -> list[str]:
    ours = [each for each in _webhooks(store) if each.get("url") == hook_url]
    wanted = {"event": "track_updated", "url": hook_url, "active": True}
    if not ours:
        _call(store, "POST", "webhooks", body=wanted)
        return ["The webhook for tracking updates was added at Shippo."]
    if ours[0].get("active") is False:
        _call(store, "PUT", f"webhooks/{quote(str(ours[0]['object_id']))}", body=wanted)
        return ["Shippo had switched its webhook off; it is on again."]
    return []


def _webhooks(store: Store) -> list[dict[str, Any]]:
    found = _call(store, "GET", "webhooks").get("results")
    return [each for each in found or [] if isinstance(each, dict)]


def _cheapest(said: dict[str, Any], carrier: str) -> dict[str, Any]:
    rates = [
        each
        for each in said.get("rates") or []
        if not carrier or str(each.get("provider") or "").casefold() == carrier.casefold()
    ]
    if not rates:
        raise PermanentFailure(f"No carrier takes this return. {_told(said)}".strip()[:300])
    alike = [each for each in rates if each["currency"] == rates[0]["currency"]]
    return dict(min(alike, key=lambda each: minor_of(str(each["amount"]), str(each["currency"]))))


def _made(said: dict[str, Any], offer: dict[str, Any]) -> LabelMade | None:
    """The label of a transaction, or None where it has none."""
    if said.get("status") != "SUCCESS" or not said.get("label_url"):
        return None
    return LabelMade(
        reference=str(said["object_id"]),
        url=str(said["label_url"]),
        carrier=str(offer.get("carrier") or ""),
        tracking_number=str(said.get("tracking_number") or ""),
        tracking_url=str(said.get("tracking_url_provider") or ""),
    )


def _told(said: dict[str, Any]) -> str:
    words = [str(each.get("text") or "") for each in said.get("messages") or []]
    return next((each for each in words if each), "")


def _address(said: AddressData, email: str = "") -> dict[str, Any]:
    told = {
        "name": said.name, "company": said.company, "street1": said.street, "city": said.city,
        "state": said.region, "zip": said.postcode, "country": said.country_code,
        "phone": said.phone, "email": email,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value}


def _carrier(parcel: ParcelAsked) -> str:
    known = carrier_of(parcel.carrier)
    if known is None:
        return ""
    at_home = _AT_HOME.get((known.key, parcel.country_code))
    return at_home or _CARRIERS.get(known.key, "")


def _call(store: Store, method: str, path: str, **request: Any) -> dict[str, Any]:
    answer = call(method, f"{_base(store)}/{path}", headers=_headers(store), **request)
    if not isinstance(answer.data, dict):
        raise TemporaryFailure("Shippo answered something that is no JSON.")
    return answer.data


def _base(store: Store) -> str:
    return str(store.config.get("api_url") or API).rstrip("/")


def _headers(store: Store) -> dict[str, str]:
    return {
        "Authorization": f"ShippoToken {_secret(store, 'api_key')}", "Shippo-API-Version": VERSION,
    }  # fmt: skip


def _secret(store: Store, name: str) -> str:
    return str(decrypt(store.secrets).get(name) or "") if store.secrets else ""
