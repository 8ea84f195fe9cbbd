"""News of order actions: who is to approve, what was decided, and what came of it in the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from helpdesk.accounts.models import User
from helpdesk.accounts.permissions import may
from helpdesk.events.models import Event
from helpdesk.events.subscribers import subscribes
from helpdesk.notifications.actions import News, notify, people_of
from integrations.commerce.ledger.models import ActionState, OrderAction
from tickets.models import Ticket
from tickets.selectors import tickets_visible_to

WATCHED_FOR = timedelta(seconds=4)
"""Who confirmed it still looks at what is done sooner: that is no news."""
_TROUBLE = (ActionState.PARTIAL, ActionState.FAILED, ActionState.EXPIRED)


def prepare(events: list[Event]) -> None:
    """Read the people of the organization once for the whole batch: it is of one organization."""
    if events:
        people_of(events[0].organization_id)


@subscribes("order_action.changed", name="helpdesk.notifications.orders", prepare=prepare)
def tell_people(event: Event) -> None:
    """Write a notification for everybody whom it concerns. A second run finds them there."""
    told: dict[str, Any] = event.payload["order_action"]
    concerned = list(_concerned(event, told, people_of(event.organization_id)))
    action = OrderAction.objects.filter(pk=told["id"]).first() if concerned else None
    if action is None:
        return
    for user, kind, actor in concerned:
        ticket = Ticket.objects.select_related("customer").filter(pk=told["ticket_id"]).first()
        if ticket and not tickets_visible_to(user).filter(pk=ticket.pk).exists():
            ticket = None
        notify(
            user,
            News(
                kind=kind,
                ticket=ticket,
                order_action=action,
                event_seq=event.seq,
                actor=actor,
                preview=_preview(told),
            ),
        )


def _concerned(
    event: Event, told: dict[str, Any], people: dict[str, User]
) -> Iterator[tuple[User, str, dict[str, Any]]]:
    before, state = event.payload.get("change", {}).get("state", [None, told["state"]])
    asker = people.get(told["actor"]["id"] or "")
    author = dict(event.actor)
    if state == ActionState.NEEDS_APPROVAL:
        for user in people.values():
            if may(user, "order.approve") and user is not asker:
                yield user, "order_approval", author
    if asker is None:
        return
    is_decided = before == ActionState.NEEDS_APPROVAL and state in (
        ActionState.QUEUED, ActionState.REJECTED,
    )  # fmt: skip
    if is_decided and author.get("id") != str(asker.pk):
        yield asker, "order_decided", author
    elif state in _TROUBLE or (state == ActionState.CHECKING and told["needs_person"]):
        yield asker, "order_problem", _shop(told)
    elif state == ActionState.DONE and _took(told) > WATCHED_FOR:
        yield asker, "order_done", _shop(told)


def _took(told: dict[str, Any]) -> timedelta:
    began, ended = told["created_at"], told["finished_at"]
    if not ended:
        return timedelta()
    return datetime.fromisoformat(ended) - datetime.fromisoformat(began)


def _shop(told: dict[str, Any]) -> dict[str, Any]:
    return {"type": "system", "id": None, "name": told["store_name"]}


def _preview(told: dict[str, Any]) -> str:
    """The order, what it costs, and why, on one line."""
    amount = told["amount"]
    parts = [told["order_number"]]
    if amount and amount["minor"]:
        parts.append(amount["text"])
    parts.append(told["reason"] or told["note"])
    return " · ".join(part for part in parts if part)
