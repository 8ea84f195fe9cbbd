"""Whom a score is about: everybody who answered the customer, by how much they wrote."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from automation.csat.models import CsatSurvey
from tickets.models import DeliveryState, Direction, Message, MessageKind

_NOT_LEFT = (DeliveryState.WITHDRAWN, DeliveryState.FAILED)
_WHOLE = 10_000


def credits_of(survey: CsatSurvey, *, until: datetime) -> list[dict[str, Any]]:
    """The agents who had replied by then with their shares, most first; empty if nobody had."""
    wrote = Message.objects.filter(
        ticket_id=survey.ticket_id,
        kind=MessageKind.REPLY,
        direction=Direction.OUT,
        user__isnull=False,
        created_at__lte=until,
    ).exclude(delivery_state__in=_NOT_LEFT)
    replies = Counter(str(user_id) for user_id in wrote.values_list("user_id", flat=True))
    return shares_of(replies)


def shares_of(replies: Counter[str]) -> list[dict[str, Any]]:
    """Shares to four digits that add up to exactly 1: what rounding leaves goes to the first."""
    total = sum(replies.values())
    ranked = sorted(replies.items(), key=lambda each: (-each[1], each[0]))
    parts = [count * _WHOLE // total for _, count in ranked]
    if parts:
        parts[0] += _WHOLE - sum(parts)
    return [
        {"user_id": user_id, "share": part / _WHOLE}
        for (user_id, _), part in zip(ranked, parts, strict=True)
    ]
