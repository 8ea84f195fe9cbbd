"""News of rules: admins are told when one fails, runs in circles, or was paused."""

from __future__ import annotations

from datetime import timedelta

from helpdesk.accounts.models import Role, User
from helpdesk.events.models import Event
from helpdesk.events.subscribers import subscribes
from helpdesk.lib.clock import now
from helpdesk.notifications.actions import News, notify, people_of
from helpdesk.notifications.models import Notification
from tickets.models import Ticket

KIND = "rule_problem"
TOLD_AGAIN_AFTER = timedelta(days=1)


def prepare(events: list[Event]) -> None:
    """Read the people of the organization once for the whole batch: it is of one organization."""
    if any("trouble" in event.payload for event in events):
        people_of(events[0].organization_id)


@subscribes("rule.ran", name="helpdesk.notifications.rules", prepare=prepare)
def tell_admins(event: Event) -> None:
    """Tell every admin which rule, and why; what a rule was told for already is news after a day."""
    reason = event.payload.get("trouble")
    if not reason or event.ticket_id is None:
        return
    ticket = Ticket.objects.select_related("customer").filter(pk=event.ticket_id).first()
    for user in people_of(event.organization_id).values():
        if user.role == Role.ADMIN and not _knows(user, event.payload["rule_id"], reason):
            notify(user, _news(event, ticket, reason))


def _knows(user: User, rule_id: str, reason: str) -> bool:
    since = now() - TOLD_AGAIN_AFTER
    told = Notification.objects.filter(user=user, kind=KIND, created_at__gte=since)
    return told.filter(actor__id=rule_id, preview=reason[:200]).exists()


def _news(event: Event, ticket: Ticket | None, reason: str) -> News:
    return News(
        kind=KIND,
        ticket=ticket,
        event_seq=event.seq,
        actor={
            "type": "rule",
            "id": event.payload["rule_id"],
            "name": event.payload["rule_name"],
        },
        preview=reason,
        at=event.at,
    )
