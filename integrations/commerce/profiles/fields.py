"""What views, searches and rules can ask about a customer's points, tier and subscriptions.

For rules ``selectors.ProfileFacts`` answers the same names from the same profiles. Of somebody no
service knows only one thing can be said: that they are no member.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, OuterRef, Q

from integrations.commerce.profiles.models import Consent, Profile
from integrations.commerce.profiles.selectors import MEMBERSHIP
from tickets.fields import LIST_OPERATORS, Asker, Field, add_field, compared
from tickets.models import Handle, HandleKind

MARKETING = Q(is_known=True, store__is_active=True) & ~Q(email_consent="")


def _of_customers_with(condition: Q) -> Q:
    """Tickets of customers one of whose proven addresses has such a profile."""
    profiles = Profile.objects.filter(
        condition, organization_id=OuterRef("organization_id"), email=OuterRef("value")
    )
    owners = Handle.objects.filter(Exists(profiles), kind=HandleKind.EMAIL, is_verified=True)
    return Q(customer_id__in=owners.values("customer_id"))


def _finds(column: str, group: Q, *, is_text: bool = False) -> Callable[[str, Any, Asker], Q]:
    nothing = Q(**{column: ""}) if is_text else Q(**{f"{column}__isnull": True})

    def find(operator: str, value: Any, _: Asker) -> Q:
        if operator in ("is_empty", "is_present"):
            wanted = nothing if operator == "is_empty" else ~nothing
        else:
            wanted = compared(column, operator, value)
        return _of_customers_with(group & wanted)

    return find


def _is_member(_: str, value: Any, __: Asker) -> Q:
    members = _of_customers_with(MEMBERSHIP)
    return members if value else ~members


def _number(name: str, label: str, column: str, group: Q) -> Field:
    more = LIST_OPERATORS["number"]
    return Field(name, label, "number", more_operators=more, find=_finds(column, group))


def _consent(name: str, label: str, column: str) -> Field:
    find = _finds(column, MARKETING, is_text=True)
    return Field(name, label, "choice", choices=tuple(Consent.values), find=find)


_FIELDS = (
    Field("loyalty.is_member", "Member of the loyalty programme", "flag", find=_is_member),
    _number("loyalty.points", "Loyalty points", "points", MEMBERSHIP),
    Field("loyalty.tier", "Loyalty tier", "text", find=_finds("tier", MEMBERSHIP, is_text=True)),
    _consent("marketing.email_consent", "Marketing by e-mail", "email_consent"),
    _consent("marketing.sms_consent", "Marketing by SMS", "sms_consent"),
    _number("marketing.predicted_value", "Predicted yearly value", "predicted_value", MARKETING),
    _number("marketing.churn_percent", "Risk of leaving, in percent", "churn_percent", MARKETING),
)
PROFILE_FIELDS: dict[str, Field] = {each.name: each for each in _FIELDS}
for _field in _FIELDS:
    add_field(_field)
