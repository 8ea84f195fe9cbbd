"""Who is called when a target is missed, or soon will be: a card to the team in Slack.

People are told in the app and by mail as they chose (helpdesk.notifications).
"""

from __future__ import annotations

import uuid

from automation.rules.team_alerts import ALERT, card_of
from automation.sla.models import SlaPolicy, Target
from helpdesk.events.models import Event
from helpdesk.events.subscribers import subscribes
from inbox.team_posts import queue_card
from tickets.models import Channel, Ticket


@subscribes("sla.warned", "sla.breached", name="automation.sla_alerts")
def call_team(event: Event) -> None:
    """Post to the room that the policy names, once per event."""
    policy_id = event.payload.get("policy_id")
    policy = SlaPolicy.objects.filter(pk=uuid.UUID(policy_id)).first() if policy_id else None
    wanted = (policy.alerts.get("slack") if policy else None) or None
    if wanted is None or event.ticket_id is None:
        return
    ticket = Ticket.objects.select_related("customer").get(pk=event.ticket_id)
    channel = Channel.objects.filter(
        pk=wanted["channel_id"], organization_id=event.organization_id, is_active=True
    ).first()
    if channel is None:
        return
    what = str(Target(event.payload["target"]).label)
    is_late = event.type == "sla.breached"
    why = f"SLA breached: {what}" if is_late else f"SLA soon breached: {what}"
    queue_card(
        channel,
        wanted["place"],
        card_of(ticket, f"{why} ({event.payload['policy']})"),
        key=f"sla:{event.seq}:{wanted['place']}",
        ticket_id=ticket.pk,
        context={"kind": ALERT, "why": why},
    )
