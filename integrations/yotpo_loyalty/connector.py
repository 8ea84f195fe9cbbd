"""Yotpo Loyalty & Referrals: who has how many points, asked for by address.

Source: https://loyaltyapi.yotpo.com/reference/fetch-customer-details
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.connecting import Account
from helpdesk.lib.errors import InvalidInput, NotFound, TemporaryFailure
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import ask, failure_of
from integrations.commerce.connector import OrderPage, StoreManifest, register_store
from integrations.commerce.models import Store
from integrations.commerce.normal_form import OrderData
from integrations.commerce.profiles.shape import ProfileData, clean_email
from integrations.yotpo_loyalty.manifest import MANIFEST

API = "https://loyalty.yotpo.com/api/v2"
NOBODY = "nobody@example.com"
"""Asked for to see whether the credentials are good; example.com is nobody's."""

Told = dict[str, Any]


class YotpoLoyaltyConnector:
    """A service around the shop: it knows people and has no orders."""

    @property
    def manifest(self) -> StoreManifest:
        return MANIFEST

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        """Yotpo is asked for none."""
        return OrderPage(())

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """Yotpo is asked for none."""
        raise NotFound("Yotpo Loyalty keeps no orders for us.")

    def find_shopper(self, store: Store, email: str) -> ProfileData | None:
        """Points, tier and referral link of the customer with this address."""
        told = _find(store, email)
        return None if told is None else read_customer(told, email)

    # --- Setting up -------------------------------------------------------------------------------

    def connect(self, store: Store, hook_url: str) -> Account:
        """Ask for nobody: the credentials are good if that is answered."""
        _find(store, NOBODY)
        return Account(label="Yotpo Loyalty & Referrals")

    def disconnect(self, store: Store) -> None:
        """There is nothing of ours to take back."""

    def check(self, store: Store, hook_url: str) -> list[str]:
        """Whether the credentials are still good; raises where they are not."""
        _find(store, NOBODY)
        return []


def register() -> None:
    """Make Yotpo Loyalty known; called when the server starts."""
    register_store(YotpoLoyaltyConnector())


def read_customer(told: Told, email: str) -> ProfileData | None:
    """The customer in our words, or None for somebody else; raises InvalidInput."""
    try:
        if clean_email(str(told.get("email") or "")) != clean_email(email):
            return None
        return _profile(told)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"This is no customer of Yotpo Loyalty: {error!r}"[:300]) from error


def _profile(told: Told) -> ProfileData:
    needed = (told.get("vip_tier_upgrade_requirements") or {}).get("points_needed")
    link = (told.get("referral_link") or {}).get("link")
    receipts = told.get("referral_receipts")
    return ProfileData(
        external_id=str(told.get("third_party_id") or told.get("thirty_party_id") or ""),
        is_member=told.get("opt_in") is not False,
        points=int(told["points_balance"]),
        tier=str(told.get("vip_tier_name") or ""),
        tier_ends_at=_moment(told.get("vip_tier_expiration")),
        points_to_next=int(needed) if needed else None,
        referral_url=_as_url(str(link)) if link else "",
        referred_count=len(receipts) if isinstance(receipts, list) else None,
        rewards_claimed=told.get("perks_redeemed"),
        joined_at=_moment(told.get("opted_in_at")),
    )


def _find(store: Store, email: str) -> Told | None:
    base = str(store.config.get("api_url") or API).rstrip("/")
    key = str(decrypt(store.secrets).get("api_key") or "") if store.secrets else ""
    answer = ask(
        "GET", f"{base}/customers",
        query={"customer_email": email, "with_referral_code": "true"},
        headers={"x-guid": str(store.config.get("guid") or ""), "x-api-key": key},
    )  # fmt: skip
    if answer.status == 404:
        return None
    if not answer.is_ok:
        raise failure_of(answer)
    if not isinstance(answer.data, dict):
        raise TemporaryFailure("Yotpo Loyalty answered something that is no JSON.")
    return answer.data


def _as_url(link: str) -> str:
    """Yotpo writes its links without their scheme (``rwrd.io/abc123``)."""
    return link if "://" in link else f"https://{link}"


def _moment(said: Any) -> datetime | None:
    if not said:
        return None
    moment = datetime.fromisoformat(str(said))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
