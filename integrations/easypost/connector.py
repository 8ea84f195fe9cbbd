"""EasyPost: where parcels are, asked for and told by webhook, and return labels.

API version 2. Source: https://docs.easypost.com/
"""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from datetime import datetime
from typing import Any

from helpdesk.lib.connecting import Account, Refused, WebhookAnswer, WebhookRequest
from helpdesk.lib.errors import (
    ConnectorFailure,
    InvalidInput,
    NotFound,
    PermanentFailure,
    TemporaryFailure,
    UncertainOutcome,
)
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.signatures import fits_hex
from helpdesk.lib.vendor_api import VendorAnswer, call, failure_of, post_once
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
from integrations.easypost.manifest import MANIFEST
from integrations.easypost.reading import read_tracker

API = "https://api.easypost.com/v2"
_TRACKER_EVENTS = {"tracker.created", "tracker.updated"}
_CARRIERS = {
    "ups": "UPS", "fedex": "FedEx", "usps": "USPS", "dpd": "DPD", "gls": "GLS",
    "royalmail": "RoyalMail", "postnl": "PostNL", "hermes": "Evri", "amazon": "AmazonShipping",
}  # fmt: skip
"""EasyPost's words for carriers that it would not guess by the number alone."""
_BOUGHT = "SHIPMENT.POSTAGE.EXISTS"


class EasyPostConnector:
    """A service around the shop: it has parcels and labels, and no orders."""

    @property
    def manifest(self) -> StoreManifest:
        return MANIFEST

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        """EasyPost has none of the shop's."""
        return OrderPage(())

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """EasyPost has none of the shop's."""
        raise NotFound("EasyPost keeps no orders.")

    def track(self, store: Store, parcel: ParcelAsked) -> TrackData | None:
        """Where the parcel is; one that EasyPost does not follow yet is followed from now on.

        Following the same number again gives the tracker there is (for three months).
        """
        number = clean_number(parcel.number)
        said = _call(store, "GET", "trackers", query={"tracking_code": number})
        found = [
            each
            for each in said.get("trackers") or []
            if clean_number(str(each.get("tracking_code") or "")) == number
        ]
        if found:
            return read_tracker(max(found, key=lambda each: str(each.get("updated_at") or "")))
        wanted = {"tracking_code": number, "carrier": _carrier(parcel.carrier)}
        wanted = {name: value for name, value in wanted.items() if value}
        return read_tracker(_call(store, "POST", "trackers", body={"tracker": wanted}))

    # --- Labels -----------------------------------------------------------------------------------

    def offer_label(self, store: Store, asked: LabelAsked) -> LabelOffer:
        """A shipment with its rates: nothing is bought by making one.

        For a return both addresses stand as they were on the way out; EasyPost turns them round.
        """
        length, width, height = DEFAULT_SIZE_CM
        wanted = {
            "is_return": True,
            "to_address": _address(asked.sender, asked.email),
            "from_address": _address(return_address(store)),
            "parcel": {
                "weight": round(weight_grams(store) / 28.3495, 1),
                "length": round(length / 2.54, 1), "width": round(width / 2.54, 1),
                "height": round(height / 2.54, 1),
            },
            "options": {"label_format": "PDF", "invoice_number": asked.order_number[:30]},
        }  # fmt: skip
        said = _call(store, "POST", "shipments", body={"shipment": wanted})
        rate = _cheapest(said, str(store.config.get("label_carrier") or ""))
        return LabelOffer(
            carrier=str(rate["carrier"]), service=str(rate.get("service") or ""),
            amount_minor=minor_of(str(rate["rate"]), str(rate["currency"])),
            currency=str(rate["currency"]),
            context={"shipment": str(said["id"]), "rate": str(rate["id"])},
        )  # fmt: skip

    def buy_label(self, store: Store, offer: dict[str, Any]) -> LabelMade:
        """Buy it. EasyPost sells each shipment once: a second time says so, and is looked up."""
        answer = post_once(
            "POST", f"{_base(store)}/shipments/{offer['shipment']}/buy",
            body={"rate": {"id": offer["rate"]}}, headers=_headers(store), failure=_refusal,
        )  # fmt: skip
        made = _made(answer.data)
        if made is None:
            raise PermanentFailure("EasyPost sold no label.")
        return made

    def find_label(self, store: Store, offer: dict[str, Any]) -> LabelMade | None:
        """What became of the shipment."""
        return _made(_call(store, "GET", f"shipments/{offer['shipment']}"))

    # --- Webhooks ---------------------------------------------------------------------------------

    def verify(self, store: Store, call: WebhookRequest) -> None:
        """The signature over the raw body; where there is no secret nobody is believed."""
        secret = unicodedata.normalize("NFKD", _secret(store, "webhook_secret"))
        signature = call.headers.get("x-hmac-signature", "")
        if not fits_hex(secret, call.body, signature, prefix="hmac-sha256-hex="):
            raise Refused("The signature is not EasyPost's.")

    def answer(self, store: Store, call: WebhookRequest) -> WebhookAnswer | None:
        """An empty 200."""
        return None

    def call_key(self, store: Store, call: WebhookRequest) -> str:
        """EasyPost's id of the event."""
        try:
            told = json.loads(call.body)
        except ValueError:
            told = None
        if isinstance(told, dict) and str(told.get("id") or "").startswith("evt_"):
            return str(told["id"])
        return hashlib.sha256(call.body).hexdigest()

    def split(self, store: Store, call: WebhookRequest) -> list[StoreItem]:
        """Where the parcel is now."""
        try:
            told = json.loads(call.body)
        except ValueError as error:
            raise InvalidInput("The call holds no JSON.") from error
        if not isinstance(told, dict):
            raise InvalidInput("The call holds no event.")
        if told.get("description") not in _TRACKER_EVENTS:
            return [Passed(f"“{str(told.get('description'))[:60]}” is none of ours.")]
        return [ParcelTold(read_tracker(told.get("result")))]

    # --- Setting up -------------------------------------------------------------------------------

    def connect(self, store: Store, hook_url: str) -> Account:
        """Ask for the webhooks: the key is good then. Ours is added, each address once."""
        notes = tuple(_mend(store, hook_url))
        if store.config.get("return_street"):
            return_address(store)
            notes += ("Return labels can be bought.",)
        return Account(label="EasyPost", notes=notes)

    def disconnect(self, store: Store) -> None:
        """Take our webhook back."""
        for each in _webhooks(store):
            if f"/{store.hook_token}" in str(each.get("url") or ""):
                call("DELETE", f"{_base(store)}/webhooks/{each['id']}", headers=_headers(store))

    def check(self, store: Store, hook_url: str) -> list[str]:
        """A webhook that is missing or was switched off is there again."""
        return _mend(store, hook_url)


def register() -> None:
    """Make EasyPost known; called when the server starts."""
    connector = EasyPostConnector()
    register_store(connector)
    register_label_maker(MANIFEST.kind, connector)


def _mend(store: Store, hook_url: str) -> list[str]:
    ours = [each for each in _webhooks(store) if each.get("url") == hook_url]
    wanted = {"url": hook_url, "webhook_secret": _secret(store, "webhook_secret")}
    if not ours:
        _call(store, "POST", "webhooks", body={"webhook": wanted})
        return ["The webhook for tracking updates was added at EasyPost."]
    if ours[0].get("disabled_at"):
        body = {"webhook_secret": wanted["webhook_secret"]}
        _call(store, "PATCH", f"webhooks/{ours[0]['id']}", body=body)
        return ["EasyPost had switched its webhook off; it is on again."]
    return []


def _webhooks(store: Store) -> list[dict[str, Any]]:
    found = _call(store, "GET", "webhooks").get("webhooks")
    return [each for each in found or [] if isinstance(each, dict)]


def _cheapest(said: dict[str, Any], carrier: str) -> dict[str, Any]:
    rates = [
        each
        for each in said.get("rates") or []
        if not carrier or str(each.get("carrier") or "").casefold() == carrier.casefold()
    ]
    if not rates:
        words = [str(each.get("message") or "") for each in said.get("messages") or []]
        told = next((each for each in words if each), "")
        raise PermanentFailure(f"No carrier takes this return. {told}".strip()[:300])
    alike = [each for each in rates if each["currency"] == rates[0]["currency"]]
    return dict(min(alike, key=lambda each: minor_of(str(each["rate"]), str(each["currency"]))))


def _made(said: Any) -> LabelMade | None:
    """The label of a shipment, or None where it has none."""
    label = (said or {}).get("postage_label") or {}
    if not label.get("label_url"):
        return None
    rate, tracker = said.get("selected_rate") or {}, said.get("tracker") or {}
    return LabelMade(
        reference=str(said["id"]),
        url=str(label.get("label_pdf_url") or label["label_url"]),
        carrier=str(rate.get("carrier") or ""),
        tracking_number=str(said.get("tracking_code") or ""),
        tracking_url=str(tracker.get("public_url") or ""),
    )


def _refusal(answer: VendorAnswer) -> ConnectorFailure:
    """What a refused purchase means; “bought already” is looked up, never bought again."""
    error = answer.data.get("error") if isinstance(answer.data, dict) else None
    if isinstance(error, dict) and error.get("code") == _BOUGHT:
        return UncertainOutcome("EasyPost says that this label was bought already.")
    return failure_of(answer)


def _address(said: AddressData, email: str = "") -> dict[str, Any]:
    told = {
        "name": said.name, "company": said.company, "street1": said.street, "city": said.city,
        "state": said.region, "zip": said.postcode, "country": said.country_code,
        "phone": said.phone, "email": email,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value}


def _carrier(name: str) -> str:
    known = carrier_of(name)
    return _CARRIERS.get(known.key, "") if known else ""


def _call(store: Store, method: str, path: str, **request: Any) -> dict[str, Any]:
    answer = call(method, f"{_base(store)}/{path}", headers=_headers(store), **request)
    if not isinstance(answer.data, dict):
        raise TemporaryFailure("EasyPost answered something that is no JSON.")
    return answer.data


def _base(store: Store) -> str:
    return str(store.config.get("api_url") or API).rstrip("/")


def _headers(store: Store) -> dict[str, str]:
    basic = base64.b64encode(f"{_secret(store, 'api_key')}:".encode()).decode()
    return {"Authorization": f"Basic {basic}"}


def _secret(store: Store, name: str) -> str:
    return str(decrypt(store.secrets).get(name) or "") if store.secrets else ""
