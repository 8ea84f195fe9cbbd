"""A person as a service around the shop tells them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.profiles.models import Consent

MAX_LISTS = 50


@dataclass(frozen=True)
class ProfileData:
    """All that the service knows of one e-mail address now; never a patch.

    None and "" mean that the service does not say, not that there is none. ``points`` is what can
    be spent now.
    """

    external_id: str = ""
    is_member: bool = True
    points: int | None = None
    pending_points: int | None = None
    tier: str = ""
    tier_ends_at: datetime | None = None
    next_tier: str = ""
    points_to_next: int | None = None
    referral_url: str = ""
    referred_count: int | None = None
    rewards_claimed: int | None = None
    joined_at: datetime | None = None
    is_blocked: bool = False
    email_consent: str = ""
    sms_consent: str = ""
    lists: tuple[str, ...] = ()
    predicted_value: float | None = None
    historic_value: float | None = None
    churn_percent: float | None = None
    next_order_at: datetime | None = None
    profile_url: str = ""


TOLD = tuple(each.name for each in fields(ProfileData))
_TIMES = ("tier_ends_at", "joined_at", "next_order_at")


def check_profile(data: ProfileData) -> None:
    """Raises InvalidInput naming what cannot be stored."""
    for name in ("email_consent", "sms_consent"):
        if getattr(data, name) not in ("", *Consent.values):
            raise InvalidInput.field(name, f"“{getattr(data, name)}” is not one of our words.")
    for name in _TIMES:
        at = getattr(data, name)
        if at is not None and at.tzinfo is None:
            raise InvalidInput.field(name, "The time must say its time zone.")


def clean_email(text: str) -> str:
    """The form in which handles, too, are compared."""
    return text.strip().lower()[:320]
