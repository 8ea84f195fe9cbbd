"""*Loom Circle*, the demo shop's loyalty programme: points, three tiers, a link for friends."""

from __future__ import annotations

from integrations.commerce.models import Store
from integrations.commerce.profiles.keeping import keep_profile
from integrations.commerce.profiles.shape import ProfileData, clean_email
from integrations.demo_store import content

PROGRAM = "Loom Circle"
TIERS = (("Linen", 0), ("Silver", 300), ("Gold", 1000), ("Platinum", 1500))
REFERRAL_URL = "https://lindenloom.example/r/{key}"


def find_member(email: str) -> ProfileData | None:
    """The member with this address, or None."""
    wanted = clean_email(email)
    for shopper in content.shoppers().values():
        if clean_email(shopper.email) == wanted and shopper.points is not None:
            return _profile(shopper, shopper.points)
    return None


def seed_members(store: Store) -> None:
    """Let the demo know its members before anybody asks."""
    for shopper in content.shoppers().values():
        if shopper.points is not None:
            keep_profile(store, shopper.email, _profile(shopper, shopper.points))


def _profile(shopper: content.Shopper, points: int) -> ProfileData:
    reached = [name for name, least in TIERS if points >= least]
    ahead = [(name, least) for name, least in TIERS if points < least]
    return ProfileData(
        external_id=f"demo-{shopper.key}",
        points=points,
        tier=reached[-1],
        next_tier=ahead[0][0] if ahead else "",
        points_to_next=ahead[0][1] - points if ahead else None,
        referral_url=REFERRAL_URL.format(key=shopper.key),
        referred_count=shopper.referred,
    )
