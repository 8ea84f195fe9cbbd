"""Who is not surveyed: tickets that somebody excluded, customers who asked for no more."""

from __future__ import annotations

import uuid

from django.db.models import Q

from automation.csat.models import CsatOptOut, SurveyExclusion
from tickets.models import Customer


def exclude_ticket(ticket_id: uuid.UUID, reason: str) -> None:
    """Never survey this ticket; the reason is shown on it. The first reason stays."""
    SurveyExclusion.objects.get_or_create(ticket_id=ticket_id, defaults={"reason": reason[:200]})


def find_exclusion(ticket_id: uuid.UUID) -> str | None:
    """Why this ticket is not surveyed, or None."""
    return (
        SurveyExclusion.objects.filter(ticket_id=ticket_id).values_list("reason", flat=True).first()
    )


def opt_out(customer: Customer) -> None:
    """Send this customer no more surveys; twice is once."""
    CsatOptOut.objects.get_or_create(customer=customer)


def has_opted_out(customer_id: uuid.UUID) -> bool:
    """Whether the customer asked for no more surveys."""
    is_theirs = Q(customer_id=customer_id) | Q(customer__merged_into_id=customer_id)
    return CsatOptOut.objects.filter(is_theirs).exists()
