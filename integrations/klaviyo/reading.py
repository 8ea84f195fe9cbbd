"""A profile of Klaviyo in our words. Pure: no network, no database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.profiles.models import Consent
from integrations.commerce.profiles.shape import ProfileData, clean_email

Told = dict[str, Any]
PROFILE_URL = "https://www.klaviyo.com/profile/{id}"
_CONSENT = {
    "SUBSCRIBED": Consent.SUBSCRIBED,
    "UNSUBSCRIBED": Consent.UNSUBSCRIBED,
    "NEVER_SUBSCRIBED": Consent.NEVER,
}


def find_in(page: Any, email: str) -> Told | None:
    """The profile with exactly this address, as it was told; raises InvalidInput."""
    try:
        for each in page["data"]:
            if clean_email(str(each["attributes"]["email"])) == clean_email(email):
                return {"id": str(each["id"]), **each["attributes"]}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"This is no profile of Klaviyo: {error!r}"[:300]) from error
    return None


def read_profile(told: Told, lists: Any) -> ProfileData:
    """The profile as it is now, with the lists it is on; raises InvalidInput."""
    try:
        return _profile(told, [str(each["attributes"]["name"]) for each in lists["data"]])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"This is no profile of Klaviyo: {error!r}"[:300]) from error


def _profile(told: Told, lists: list[str]) -> ProfileData:
    channels = told.get("subscriptions") or {}
    mail = (channels.get("email") or {}).get("marketing") or {}
    sms = (channels.get("sms") or {}).get("marketing") or {}
    expected = told.get("predictive_analytics") or {}
    churn = expected.get("churn_probability")
    consent = _CONSENT.get(str(mail.get("consent") or "NEVER_SUBSCRIBED"), Consent.NEVER)
    return ProfileData(
        external_id=told["id"],
        is_member=consent == Consent.SUBSCRIBED,
        is_blocked=mail.get("can_receive_email_marketing") is False,
        email_consent=consent,
        sms_consent=_CONSENT.get(str(sms.get("consent") or ""), ""),
        lists=tuple(lists),
        predicted_value=_number(expected.get("predicted_clv")),
        historic_value=_number(expected.get("historic_clv")),
        churn_percent=None if churn is None else round(float(churn) * 100, 1),
        next_order_at=_moment(expected.get("expected_date_of_next_order")),
        profile_url=PROFILE_URL.format(id=told["id"]),
    )


def _number(said: Any) -> float | None:
    return None if said is None else float(said)


def _moment(said: Any) -> datetime | None:
    if not said:
        return None
    moment = datetime.fromisoformat(str(said))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
