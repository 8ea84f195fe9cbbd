"""Loop Returns: what comes back, asked for and told by webhook.

API version 1. Source: https://docs.loopreturns.com/
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from helpdesk.lib.clock import now
from helpdesk.lib.connecting import Account, Refused, WebhookAnswer, WebhookRequest
from helpdesk.lib.errors import (
    InvalidInput,
    NeedsReauthorization,
    NotFound,
    PermanentFailure,
    TemporaryFailure,
)
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.signatures import fits_base64
from helpdesk.lib.vendor_api import ask, call, failure_of
from integrations.commerce.connector import (
    OrderPage,
    Passed,
    ReturnChanged,
    ReturnPage,
    StoreItem,
    StoreManifest,
    register_store,
)
from integrations.commerce.models import Store
from integrations.commerce.normal_form import OrderData
from integrations.commerce.returns import ReturnTrackData
from integrations.loop_returns.manifest import MANIFEST
from integrations.loop_returns.reading import read_return

API = "https://api.loopreturns.com/api/v1"
HISTORY = timedelta(days=365)
LONGEST_SPAN = timedelta(days=119)
"""Loop takes at most 120 days at a time."""
STATES = ("", "review", "cancelled")
"""Asked for in turn: without a state Loop tells open, closed and expired returns only."""
PAGE_SIZE = 100
WANTED = (
    ("return", "return.created"),
    ("return", "return.updated"),
    ("return", "return.closed"),
    ("label", "label.created"),
    ("label", "label.updated"),
)
"""The webhooks we live by: (topic, trigger)."""
_TOPICS = {"return", "label", "restock", "giftcard", "return.processing"}


class LoopReturnsConnector:
    """A service around the shop: it has returns and no orders."""

    @property
    def manifest(self) -> StoreManifest:
        return MANIFEST

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        """Loop has none."""
        return OrderPage(())

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """Loop has none."""
        raise NotFound("Loop keeps no orders.")

    def list_returns(self, store: Store, *, since: datetime | None, cursor: str) -> ReturnPage:
        """A page of what changed since then; the span goes on in steps that Loop takes."""
        place = _place(cursor) or _start(since or now() - HISTORY)
        query = {
            "from": place["from"], "to": place["to"], "filter": "updated_at",
            "paginate": "true", "pageSize": PAGE_SIZE,
            "state": STATES[place["state"]], "cursor": place["next"],
        }  # fmt: skip
        said = _get(store, "warehouse/return/list", {n: v for n, v in query.items() if v})
        found = said.get("returns") if isinstance(said, dict) else said
        if not isinstance(found, list):
            raise PermanentFailure("Loop answered something that is no list of returns.")
        following = said.get("nextPageUrl") if isinstance(said, dict) else None
        return ReturnPage(tuple(_readable(found)), _after(place, following))

    def get_return(self, store: Store, external_id: str) -> ReturnTrackData:
        """The return as it is now."""
        answer = ask(
            "GET", f"{_base(store)}/warehouse/return/details",
            query={"return_id": external_id}, headers=_headers(store),
        )  # fmt: skip
        if answer.status == 404 or (answer.is_ok and not answer.data):
            raise NotFound("Loop knows no such return.")
        if not answer.is_ok:
            raise failure_of(answer)
        return read_return(answer.data)

    # --- Webhooks ---------------------------------------------------------------------------------

    def verify(self, store: Store, call: WebhookRequest) -> None:
        """The signature over the body as it came, or as Loop says it writes it before signing:
        slashes escaped, newlines removed. Without a secret nobody is believed."""
        secret = _secret(store, "webhook_secret")
        signature = call.headers.get("x-loop-signature", "")
        if not any(fits_base64(secret, body, signature) for body in _as_signed(call.body)):
            raise Refused("The signature is not Loop's.")

    def answer(self, store: Store, call: WebhookRequest) -> WebhookAnswer | None:
        """An empty 200."""
        return None

    def call_key(self, store: Store, call: WebhookRequest) -> str:
        """Loop gives its calls no id: equal bodies are one call."""
        return hashlib.sha256(call.body).hexdigest()

    def split(self, store: Store, call: WebhookRequest) -> list[StoreItem]:
        """Which return changed. It is read again: calls carry no time that could order them."""
        try:
            told = json.loads(call.body)
        except ValueError as error:
            raise InvalidInput("The call holds no JSON.") from error
        if not isinstance(told, dict):
            raise InvalidInput("The call holds no event.")
        topic = str(told.get("topic") or "")
        if topic not in _TOPICS:
            return [Passed(f"“{topic[:60]}” is none of ours.")]
        named = told.get("return_id") or (told.get("id") if topic in ("return", "label") else None)
        if not str(named or "").isdigit():
            raise InvalidInput("The call does not say which return it is about.")
        return [ReturnChanged(str(int(str(named))), str(told.get("trigger") or topic)[:60])]

    # --- Setting up -------------------------------------------------------------------------------

    def connect(self, store: Store, hook_url: str) -> Account:
        """Ask for returns: the key is good then. Then subscribe what is not subscribed yet."""
        query = {"paginate": "true", "pageSize": 1}
        _get(store, "warehouse/return/list", query)
        try:
            missing = _missing_webhooks(store, hook_url)
            for each in missing:
                _subscribe(store, each, hook_url)
        except (NeedsReauthorization, PermanentFailure):
            notes: tuple[str, ...] = (
                "This key may not manage webhooks: add them at Loop by hand (topics Return and "
                "Label). Until then returns are asked for every 15 minutes.",
            )
        else:
            notes = (f"{len(missing)} webhooks were added at Loop.",) if missing else ()
        if not _secret(store, "webhook_secret"):
            notes += ("Without the webhook secret Loop's calls are refused.",)
        return Account(label="Loop Returns", notes=notes)

    def disconnect(self, store: Store) -> None:
        """Take our webhooks back."""
        for each in _webhooks(store):
            if f"/{store.hook_token}" in str(each.get("url") or ""):
                call("DELETE", f"{_base(store)}/webhooks/{each['id']}", headers=_headers(store))

    def check(self, store: Store, hook_url: str) -> list[str]:
        """Webhooks that are missing or were switched off are subscribed and switched on again."""
        try:
            missing = _missing_webhooks(store, hook_url)
        except (NeedsReauthorization, PermanentFailure):
            return []
        for each in missing:
            _subscribe(store, each, hook_url)
        if not missing:
            return []
        return [f"{len(missing)} webhooks were missing at Loop; they are there again."]


def register() -> None:
    """Make Loop Returns known; called when the server starts."""
    register_store(LoopReturnsConnector())


# --- Paging ---------------------------------------------------------------------------------------


def _start(since: datetime) -> dict[str, Any]:
    end = now()
    return {
        "from": _said(since), "to": _said(min(since + LONGEST_SPAN, end)), "end": _said(end),
        "state": 0, "next": "",
    }  # fmt: skip


def _place(cursor: str) -> dict[str, Any] | None:
    """Where the page before stopped; None for the first one."""
    if not cursor:
        return None
    try:
        place = json.loads(cursor)
        STATES[place["state"]]
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise PermanentFailure("This cursor is none of ours.") from error
    return dict(place)


def _after(place: dict[str, Any], following: Any) -> str:
    """The next page of this state, else the next state, else the next span, else the end."""
    cursor = parse_qs(urlsplit(str(following or "")).query).get("cursor", [""])[0]
    if cursor:
        return json.dumps({**place, "next": cursor})
    if place["state"] + 1 < len(STATES):
        return json.dumps({**place, "state": place["state"] + 1, "next": ""})
    if place["to"] >= place["end"]:
        return ""
    begins = datetime.fromisoformat(place["to"])
    to = min(_said(begins + LONGEST_SPAN), place["end"])
    return json.dumps({**place, "from": place["to"], "to": to, "state": 0, "next": ""})


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


def _readable(found: list[Any]) -> list[ReturnTrackData]:
    """Those that can be read: one odd return must not hold up the others."""
    read = []
    for each in found:
        try:
            read.append(read_return(each))
        except InvalidInput:
            continue
    return read


# --- Loop's API -----------------------------------------------------------------------------------


def _get(store: Store, path: str, query: dict[str, Any]) -> Any:
    answer = call("GET", f"{_base(store)}/{path}", query=query, headers=_headers(store))
    if answer.data is None:
        raise TemporaryFailure("Loop answered something that is no JSON.")
    return answer.data


def _webhooks(store: Store) -> list[dict[str, Any]]:
    said = _get(store, "webhooks", {})
    found = said.get("webhooks") if isinstance(said, dict) else said
    return [each for each in found or [] if isinstance(each, dict)]


def _missing_webhooks(store: Store, hook_url: str) -> list[dict[str, Any]]:
    """What is not subscribed at this address, and what is but was switched off (with its id)."""
    ours = {
        (each.get("topic"), each.get("trigger")): each
        for each in _webhooks(store)
        if each.get("url") == hook_url
    }
    missing = []
    for topic, trigger in WANTED:
        known = ours.get((topic, trigger))
        if known is None or known.get("status") != "active":
            named = {"id": known["id"]} if known else {}
            missing.append({"topic": topic, "trigger": trigger, **named})
    return missing


def _subscribe(store: Store, wanted: dict[str, Any], hook_url: str) -> None:
    """Subscribe it, or switch on again what has an id."""
    body = {
        "topic": wanted["topic"], "trigger": wanted["trigger"], "url": hook_url, "status": "active",
    }  # fmt: skip
    if "id" in wanted:
        method, path = "PUT", f"webhooks/{wanted['id']}"
    else:
        method, path = "POST", "webhooks"
    call(method, f"{_base(store)}/{path}", body=body, headers=_headers(store))


def _as_signed(body: bytes) -> list[bytes]:
    bare = body.replace(b"\r", b"").replace(b"\n", b"")
    return [body, bare, bare.replace(b"\\/", b"/").replace(b"/", b"\\/")]


def _base(store: Store) -> str:
    return str(store.config.get("api_url") or API).rstrip("/")


def _headers(store: Store) -> dict[str, str]:
    return {"X-Authorization": _secret(store, "api_key")}


def _secret(store: Store, name: str) -> str:
    return str(decrypt(store.secrets).get(name) or "") if store.secrets else ""
