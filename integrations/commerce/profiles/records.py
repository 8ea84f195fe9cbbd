"""What the team is shown of a profile, and in which words."""

from __future__ import annotations

from typing import Any, TypedDict, cast

from helpdesk.events.payloads import Iso
from helpdesk.lib.clock import iso
from integrations.commerce.connector import find_manifest
from integrations.commerce.profiles.models import Profile
from integrations.commerce.profiles.selectors import is_membership


class ProfileService(TypedDict):
    """Who says it: ``program`` is what the shop calls its programme."""

    id: str
    kind: str
    name: str
    group: str
    program: str


class LoyaltyRecord(TypedDict):
    points: int
    pending_points: int | None
    tier: str
    tier_ends_at: Iso | None
    next_tier: str
    points_to_next: int | None
    referral_url: str
    referred_count: int | None
    rewards_claimed: int | None
    joined_at: Iso | None
    is_blocked: bool


class MarketingRecord(TypedDict):
    """Amounts are in ``currency``, whole units; percent are of 100."""

    email_consent: str
    sms_consent: str
    is_blocked: bool
    lists: list[str]
    predicted_value: float | None
    historic_value: float | None
    churn_percent: float | None
    next_order_at: Iso | None
    currency: str


class ProfileRecord(TypedDict):
    id: str
    service: ProfileService
    email: str
    url: str
    loyalty: LoyaltyRecord | None
    marketing: MarketingRecord | None
    as_of: Iso


def profile_record(profile: Profile) -> ProfileRecord:
    """A profile of a person whom the service knows."""
    return {
        "id": str(profile.pk),
        "service": _service(profile),
        "email": profile.email,
        "url": profile.profile_url,
        "loyalty": _loyalty(profile) if is_membership(profile) else None,
        "marketing": _marketing(profile) if profile.email_consent else None,
        "as_of": cast(str, iso(profile.as_of)),
    }


def program_of(profile: Profile) -> str:
    """What the shop calls its programme."""
    return str(profile.store.config.get("program") or profile.store.name)


def _service(profile: Profile) -> ProfileService:
    manifest = find_manifest(profile.store.kind)
    return {
        "id": str(profile.store_id),
        "kind": profile.store.kind,
        "name": manifest.label if manifest else profile.store.kind,
        "group": manifest.group if manifest else "shop",
        "program": program_of(profile),
    }


def _loyalty(profile: Profile) -> LoyaltyRecord:
    return {
        "points": profile.points or 0,
        "pending_points": profile.pending_points,
        "tier": profile.tier,
        "tier_ends_at": iso(profile.tier_ends_at),
        "next_tier": profile.next_tier,
        "points_to_next": profile.points_to_next,
        "referral_url": profile.referral_url,
        "referred_count": profile.referred_count,
        "rewards_claimed": profile.rewards_claimed,
        "joined_at": iso(profile.joined_at),
        "is_blocked": profile.is_blocked,
    }


def _marketing(profile: Profile) -> MarketingRecord:
    lists: list[Any] = profile.lists
    return {
        "email_consent": profile.email_consent,
        "sms_consent": profile.sms_consent,
        "is_blocked": profile.is_blocked,
        "lists": [str(each) for each in lists],
        "predicted_value": profile.predicted_value,
        "historic_value": profile.historic_value,
        "churn_percent": profile.churn_percent,
        "next_order_at": iso(profile.next_order_at),
        "currency": profile.store.currency,
    }
