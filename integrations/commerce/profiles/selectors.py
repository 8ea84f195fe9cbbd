"""Reads of profiles. A customer's are those of their verified e-mail addresses, and of nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from integrations.commerce.profiles.models import Profile
from tickets.models import Customer, Handle, HandleKind


def addresses_of(customer: Customer) -> list[str]:
    """The customer's e-mail addresses that are proven theirs."""
    found = Handle.objects.filter(customer=customer, kind=HandleKind.EMAIL, is_verified=True)
    return list(found.order_by("created_at", "pk").values_list("value", flat=True))


def find_owner(organization_id: uuid.UUID, email: str) -> uuid.UUID | None:
    """The customer whose proven address this is, or None."""
    return (
        Handle.objects.filter(
            organization_id=organization_id, kind=HandleKind.EMAIL, value=email, is_verified=True
        )
        .values_list("customer_id", flat=True)
        .first()
    )


def profiles_of(customer: Customer) -> list[Profile]:
    """What the services know of the customer, members first, the one with the most points first.

    Two queries. Services that were disconnected do not count.
    """
    found = _profiles(customer.organization_id, addresses_of(customer))
    return sorted(found.filter(is_known=True), key=_weight)


def awaited_of(organization_id: uuid.UUID, emails: list[str]) -> bool:
    """Whether a service is about to be asked for one of these addresses."""
    return _profiles(organization_id, emails).filter(due_at__isnull=False).exists()


def find_membership(customer: Customer) -> Profile | None:
    """The customer's membership in a loyalty programme, or None; the one with the most points."""
    return next((each for each in profiles_of(customer) if is_membership(each)), None)


def find_marketing(customer: Customer) -> Profile | None:
    """What a newsletter service knows of the customer, or None; where they are subscribed first."""
    return next((each for each in profiles_of(customer) if each.email_consent), None)


def is_membership(profile: Profile) -> bool:
    """Whether it speaks of a programme that the person has joined."""
    return profile.is_known and profile.is_member and profile.points is not None


MEMBERSHIP = Q(is_known=True, is_member=True, points__isnull=False, store__is_active=True)
"""The same as :func:`is_membership`, for lists."""


def _profiles(organization_id: uuid.UUID, emails: list[str]) -> QuerySet[Profile]:
    return Profile.objects.filter(
        organization_id=organization_id, email__in=emails, store__is_active=True
    ).select_related("store")


def _weight(profile: Profile) -> tuple[bool, int, bool, str]:
    is_subscribed = profile.email_consent == "subscribed"
    return (not profile.is_member, -(profile.points or 0), not is_subscribed, str(profile.pk))


class ProfileFacts(Mapping[str, Any]):
    """What ``fields`` asks about a customer, by the same names; read when first asked for.

    Where no programme or newsletter knows them, its names are not there; ``is_member`` always is.
    """

    def __init__(self, customer: Customer) -> None:
        self._customer = customer
        self._held: dict[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        return self._facts()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts())

    def __len__(self) -> int:
        return len(self._facts())

    def _facts(self) -> dict[str, Any]:
        if self._held is None:
            profiles = profiles_of(self._customer)
            member = next((each for each in profiles if is_membership(each)), None)
            marketing = next((each for each in profiles if each.email_consent), None)
            self._held = {"loyalty.is_member": member is not None}
            if member is not None:
                self._held |= {name: read(member) for name, read in _OF_MEMBER.items()}
            if marketing is not None:
                self._held |= {name: read(marketing) for name, read in _OF_MARKETING.items()}
        return self._held


_OF_MEMBER: dict[str, Callable[[Profile], Any]] = {
    "loyalty.points": lambda profile: profile.points,
    "loyalty.tier": lambda profile: profile.tier,
}
_OF_MARKETING: dict[str, Callable[[Profile], Any]] = {
    "marketing.email_consent": lambda profile: profile.email_consent,
    "marketing.sms_consent": lambda profile: profile.sms_consent,
    "marketing.predicted_value": lambda profile: profile.predicted_value,
    "marketing.churn_percent": lambda profile: profile.churn_percent,
}

PROFILE_FACTS = frozenset({"loyalty.is_member", *_OF_MEMBER, *_OF_MARKETING})
