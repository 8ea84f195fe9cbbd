"""Alerts to the team in Slack: what a rule posts there, and what becomes of it with the ticket."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.conf import settings

from helpdesk.events.models import Event
from helpdesk.events.subscribers import subscribes
from helpdesk.lib.errors import Conflict, InvalidInput
from helpdesk.lib.ids import new_id
from inbox.cards import Button, Card
from inbox.models import TeamPost, Thread
from inbox.team_posts import change_card, queue_card
from tickets.models import Channel, Status, Ticket

SLACK = "slack"
ALERT = "alert"
MAX_NAME_CHARS = 90
_PLACE = re.compile(r"[CG][A-Z0-9]{2,30}")
_GONE = {
    Status.CLOSED: "Closed",
    Status.SPAM: "Marked as spam",
    Status.TRASH: "Moved to the trash",
}


def clean_place(channel: Channel, place: Any, name: Any) -> tuple[str, str]:
    """The id of a room and what it is called; raises InvalidInput naming ``place``.

    What is said where alerts go makes no ticket any more. So a room is refused where customers
    have written.
    """
    if not isinstance(place, str) or not _PLACE.fullmatch(place):
        raise InvalidInput.field("place", "Choose one of the Slack channels.")
    if Thread.objects.filter(channel=channel, key__startswith=f"{place}:").exists():
        message = "Customers write in this Slack channel. Choose one of your team's own."
        raise InvalidInput.field("place", message, code="has_customers")
    called = " ".join(name.replace("\x00", "").split()) if isinstance(name, str) else ""
    return place, called[:MAX_NAME_CHARS] or place


def post(
    organization_id: uuid.UUID,
    ticket_id: uuid.UUID,
    *,
    channel_id: uuid.UUID,
    place: str,
    run_id: uuid.UUID | None,
    why: str,
) -> str:
    """Have the alert posted when this transaction is through, once per run of a rule and room."""
    channel = Channel.objects.filter(pk=channel_id, organization_id=organization_id).first()
    if channel is None:
        raise Conflict("The Slack workspace is not connected any more.", code="no_channel")
    if not channel.is_active:
        raise Conflict("The Slack workspace is paused.", code="paused")
    ticket = Ticket.objects.select_related("customer").get(pk=ticket_id)
    why = f"{why[:1].upper()}{why[1:]}"
    queue_card(
        channel, place, card_of(ticket, why), key=f"alert:{run_id or new_id()}:{place}",
        ticket_id=ticket_id, context={"kind": ALERT, "why": why},
    )  # fmt: skip
    return "done"


def card_of(ticket: Ticket, why: str, *, done: str = "") -> Card:
    """What the team reads: which ticket, whose, why, where; and that it is done with."""
    customer = ticket.customer
    title = f"#{ticket.number} {ticket.subject}".strip()
    return Card(
        title=f"✓ {title}" if done else title,
        lines=(
            ("Customer", customer.name or "Unknown"),
            ("Why", why),
            ("Status", done),
        ),
        buttons=(Button("Open ticket", "open", url=f"{settings.PUBLIC_URL}/t/{ticket.number}"),),
    )


@subscribes("ticket.status_changed", name="automation.team_alerts")
def follow_ticket(event: Event) -> None:
    """An alert says so when its ticket is done with, and no more when it is open again."""
    if event.ticket_id is None:
        return
    posts = TeamPost.objects.filter(ticket_id=event.ticket_id, context__kind=ALERT)
    alerts = list(posts.values_list("pk", "context"))
    if not alerts:
        return
    ticket = Ticket.objects.select_related("customer").get(pk=event.ticket_id)
    gone = _GONE.get(Status(ticket.status))
    by = event.actor.get("name") or ""
    done = f"{gone} by {by}" if gone and by else gone or ""
    for post_id, context in alerts:
        change_card(post_id, card_of(ticket, context["why"], done=done))
