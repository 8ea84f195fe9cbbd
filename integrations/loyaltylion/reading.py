"""A customer of LoyaltyLion in our words. Pure: no network, no database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.profiles.shape import ProfileData, clean_email

Told = dict[str, Any]


def find_in(page: Any, email: str) -> ProfileData | None:
    """The customer with exactly this address: the search also finds those that only contain it.

    Where two have it (a guest who registered later), the member counts. Raises InvalidInput.
    """
    try:
        same = [
            each
            for each in page["customers"]
            if clean_email(str(each["email"])) == clean_email(email)
        ]
        same.sort(key=lambda each: (not each.get("enrolled"), bool(each.get("guest"))))
        return read_customer(same[0]) if same else None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"This is no customer of LoyaltyLion: {error!r}"[:300]) from error


def read_customer(told: Told) -> ProfileData:
    """The customer as they are now."""
    membership = told.get("loyalty_tier_membership") or {}
    tier = membership.get("loyalty_tier") or {}
    return ProfileData(
        external_id=str(told["merchant_id"]),
        is_member=told.get("enrolled") is True,
        points=int(told["points_approved"]),
        pending_points=int(told.get("points_pending") or 0),
        tier=str(tier.get("name") or ""),
        tier_ends_at=_moment(membership.get("expires_at")),
        referral_url=str(told.get("referral_url") or ""),
        rewards_claimed=told.get("rewards_claimed"),
        joined_at=_moment(told.get("enrolled_at")),
        is_blocked=told.get("blocked") is True,
    )


def changed_email(told: Any) -> str:
    """Whom a call speaks of; "" where it names nobody. Raises InvalidInput."""
    if not isinstance(told, dict) or not isinstance(told.get("payload"), dict):
        raise InvalidInput("The call holds no event.")
    customer = told["payload"].get("customer")
    if not isinstance(customer, dict):
        customer = told["payload"]
    return str(customer.get("email") or "")


def _moment(said: Any) -> datetime | None:
    if not said:
        return None
    moment = datetime.fromisoformat(str(said))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
