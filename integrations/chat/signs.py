"""Signs of life between shopper and team: typing, being here. Never stored, allowed to be lost."""

from __future__ import annotations

import uuid
from typing import Any

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from integrations.chat.models import Conversation
from tickets.models import Ticket

SHOPPERS_GROUP = "aftercare.shoppers"
"""Where every process that serves agents' sockets listens (helpdesk.realtime.shopper_board)."""
TOGETHER = 100
STATES = ("here", "typing", "left")

log = structlog.get_logger()


def say_typing(conversation: Conversation, *, is_typing: bool) -> None:
    """Tell the team from a request; whoever holds the shopper's socket says it the other way."""
    if conversation.ticket is not None:
        notice = notice_of(
            conversation.visitor_id, conversation.ticket, "typing" if is_typing else "here"
        )
        async_to_sync(say)([notice])


async def say(notices: list[dict[str, Any]]) -> None:
    """Tell every process about some shoppers; nobody waits for an answer.

    Many at once are few messages: what waits for a slow reader is bounded, and the rest is lost.
    """
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        for begin in range(0, len(notices), TOGETHER):
            some = notices[begin : begin + TOGETHER]
            await layer.group_send(SHOPPERS_GROUP, {"type": "shoppers.changed", "shoppers": some})
    except Exception:
        log.warning("chat.sign_not_said", exc_info=True)


def notice_of(visitor_id: uuid.UUID, ticket: Ticket, state: str) -> dict[str, Any]:
    """What is told about a shopper on a ticket."""
    return {
        "organization_id": str(ticket.organization_id),
        "ticket_id": str(ticket.pk),
        "team_id": str(ticket.team_id) if ticket.team_id else None,
        "visitor_id": str(visitor_id),
        "state": state,
    }
