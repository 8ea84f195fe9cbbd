"""Magento's REST API: where it is, how requests are signed, and what its refusals mean.

A bearer token where the shop allows it, else OAuth 1.0a with HMAC-SHA256.
Source: https://developer.adobe.com/commerce/webapi/get-started/authentication/gs-authentication-oauth/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, Client

from helpdesk.lib.errors import ConnectorFailure, NotFound, PermanentFailure, TemporaryFailure
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import VendorAnswer, call, failure_of, post_once
from integrations.commerce.models import Store

PAGE = 100
MAX_BYTES = 64 * 1024 * 1024
GONE = "gone"
Told = dict[str, Any]


@dataclass(frozen=True)
class MagentoApi:
    """The API of one shop, in the name of its integration."""

    base: str
    secrets: dict[str, str]

    def get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        """Read; PermanentFailure ``gone`` where there is no such thing."""
        url = self._url(path, query)
        return call(
            "GET", url, headers=self._signed("GET", url), failure=meaning_of, max_bytes=MAX_BYTES
        ).data

    def find(self, path: str, field: str, value: str, condition: str, **paging: Any) -> Told:
        """A page of a search: {items, total_count}."""
        said = self.get(path, criteria(field, value, condition, **paging))
        if not isinstance(said, dict) or "total_count" not in said:
            raise TemporaryFailure("The shop answered something that is no list.")
        return said

    def every(self, path: str, field: str, value: str, condition: str = "eq") -> Iterator[Told]:
        """All that is found, page by page; Magento says its last page again when asked beyond it."""
        number, seen = 1, 0
        while True:
            said = self.find(path, field, value, condition, page=number)
            items = [each for each in said.get("items") or [] if isinstance(each, dict)]
            yield from items
            number, seen = number + 1, seen + len(items)
            if not items or seen >= int(said.get("total_count") or 0):
                return

    def put(self, path: str, body: Told) -> Any:
        """Set something to a value: doing it twice is doing it once."""
        url = self._url(path)
        headers = self._signed("PUT", url)
        return post_once("PUT", url, body=body, headers=headers, failure=meaning_of).data

    def post(self, path: str, body: Told | None = None) -> Any:
        """Do something: never repeated blindly."""
        url = self._url(path)
        headers = self._signed("POST", url)
        return post_once("POST", url, body=body, headers=headers, failure=meaning_of).data

    def _url(self, path: str, query: dict[str, Any] | None = None) -> str:
        return f"{self.base}/{path}{'?' + urlencode(query) if query else ''}"

    def _signed(self, method: str, url: str) -> dict[str, str]:
        kept = self.secrets
        if not kept.get("consumer_secret"):
            return {"Authorization": f"Bearer {kept.get('access_token', '')}"}
        client = Client(
            kept.get("consumer_key", ""),
            client_secret=kept["consumer_secret"],
            resource_owner_key=kept.get("access_token", ""),
            resource_owner_secret=kept.get("access_token_secret", ""),
            signature_method=SIGNATURE_HMAC_SHA256,
        )
        _, headers, _ = client.sign(url, http_method=method)
        return {"Authorization": str(headers["Authorization"])}


def criteria(
    field: str,
    value: str,
    condition: str,
    *,
    page: int = 1,
    sort: str = "entity_id",
    size: int = PAGE,
) -> dict[str, Any]:
    """A search with one condition, oldest first."""
    where = "searchCriteria[filterGroups][0][filters][0]"
    return {
        f"{where}[field]": field,
        f"{where}[value]": value,
        f"{where}[conditionType]": condition,
        "searchCriteria[sortOrders][0][field]": sort,
        "searchCriteria[sortOrders][0][direction]": "ASC",
        "searchCriteria[pageSize]": size,
        "searchCriteria[currentPage]": page,
    }


def magento_of(store: Store) -> MagentoApi:
    """The API of that store's shop."""
    base = str(store.config.get("api_url") or store.address).rstrip("/")
    code = str(store.config.get("store_code") or "all")
    kept = decrypt(store.secrets) if store.secrets else {}
    return MagentoApi(f"{base}/rest/{code}/V1", {name: str(kept[name]) for name in kept})


def meaning_of(answer: VendorAnswer) -> ConnectorFailure:
    """What a refusal means, with the names filled into Magento's sentences."""
    if answer.status == 404:
        return PermanentFailure("The shop does not have this.", reason_code=GONE)
    if answer.status == 400 and isinstance(answer.data, dict) and answer.data.get("message"):
        return PermanentFailure(_in_words(answer.data)[:300])
    return failure_of(answer)


def _in_words(told: Told) -> str:
    words, given = str(told["message"]), told.get("parameters")
    if isinstance(given, dict):
        for name, value in given.items():
            words = words.replace(f"%{name}", str(value))
    elif isinstance(given, list):
        for position, value in enumerate(given, start=1):
            words = words.replace(f"%{position}", str(value))
    return words


def order_at(api: MagentoApi, external_id: str) -> Told:
    """The order as it is now; raises NotFound."""
    try:
        found = api.get(f"orders/{external_id}")
    except PermanentFailure as refusal:
        if refusal.reason_code == GONE:
            raise NotFound("The shop does not have this order any more.") from refusal
        raise
    if not isinstance(found, dict) or not found.get("entity_id"):
        raise PermanentFailure("The shop answered something that is no order.")
    return found
