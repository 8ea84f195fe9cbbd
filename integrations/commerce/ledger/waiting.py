"""How much waits for one person: requests to agree to, and proposals on their own tickets."""

from __future__ import annotations

from typing import TypedDict

from django.db.models import Q

from helpdesk.accounts.models import User
from helpdesk.accounts.permissions import may
from integrations.commerce.ledger.models import ActionState, OrderAction


class WaitingRecord(TypedDict):
    """Both together are what the app shows as one number."""

    approvals: int
    proposals: int


def waiting_for(user: User) -> WaitingRecord:
    """Nobody agrees to what they asked for themselves; a proposal waits for whoever has the ticket."""
    of_shop = OrderAction.objects.filter(organization_id=user.organization_id)
    not_theirs = Q(user=None) | ~Q(user=user)
    asked = of_shop.filter(not_theirs, state=ActionState.NEEDS_APPROVAL)
    proposed = of_shop.filter(state=ActionState.PROPOSED, ticket__assignee=user)
    return {
        "approvals": asked.count() if may(user, "order.approve") else 0,
        "proposals": proposed.count() if may(user, "order.act") else 0,
    }
