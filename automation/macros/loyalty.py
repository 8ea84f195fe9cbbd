"""``loyalty`` in macros: the membership that the customer's loyalty programme tells.

Points that are older than order data may be are not printed: a customer would be told a balance
that is none any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from automation.macros.values import loyalty_from
from helpdesk.lib.clock import now
from integrations.commerce.profiles.records import program_of
from integrations.commerce.profiles.selectors import find_membership
from tickets.models import Ticket


@loyalty_from
def membership_of(ticket: Ticket) -> Mapping[str, Any] | None:
    """The values of the schema, or None where no programme says anything fresh."""
    member = find_membership(ticket.customer)
    if member is None or member.as_of is None or member.is_blocked:
        return None
    if now() - member.as_of > timedelta(hours=ticket.organization.order_data_max_age_hours):
        return None
    return {
        "points": member.points,
        "tier": member.tier or None,
        "points_to_next": member.points_to_next,
        "next_tier": member.next_tier or None,
        "referral_url": member.referral_url or None,
        "program": program_of(member),
    }
