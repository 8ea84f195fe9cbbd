"""From events to news: who is told what. Nobody is told of what they did themselves."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Q

from helpdesk.accounts.models import Role, User
from helpdesk.events.models import Event
from helpdesk.events.subscribers import subscribes
from helpdesk.lib.clock import now
from helpdesk.notifications.actions import News, notify, people_of
from helpdesk.notifications.models import Notification
from tickets.models import Channel, MessageKind, Status, Ticket
from tickets.selectors import tickets_visible_to

LOW_SCORE = 2
LAST_DETRACTOR = 6
TOLD_AGAIN_AFTER = timedelta(days=1)
"""A channel that comes and goes with the same words is news once a day."""
_TROUBLE = ("failed", "uncertain", "bounced")

Told = dict[str, str]
"""Kind of news by person. Who is told twice of one event is told the first of it."""


def prepare(events: list[Event]) -> None:
    """Read the people of the organization once for the whole batch: it is of one organization."""
    if events:
        people_of(events[0].organization_id)


@subscribes(
    "ticket.created",
    "ticket.assigned",
    "ticket.status_changed",
    "message.received",
    "message.noted",
    "message.delivery_changed",
    "csat.answered",
    "rule.ran",
    "sla.warned",
    "sla.breached",
    "channel.updated",
    name="helpdesk.notifications",
    prepare=prepare,
)
def tell_people(event: Event) -> None:
    """Write a notification for everybody whom the event concerns. A second run finds them there."""
    people = people_of(event.organization_id)
    if event.type == "channel.updated":
        _tell_admins(event, people)
        return
    told: Told = {}
    for user_id, kind in _CONCERNED[event.type](event, people):
        if user_id in people and user_id != _actor_id(event):
            told.setdefault(user_id, kind)
    if not told or event.ticket_id is None:
        return
    ticket = Ticket.objects.select_related("customer").filter(pk=event.ticket_id).first()
    if ticket is None:
        return
    message = event.payload.get("message") or {}
    for user_id, kind in told.items():
        user = people[user_id]
        if not tickets_visible_to(user).filter(pk=ticket.pk).exists():
            continue
        notify(
            user,
            News(
                kind=kind,
                ticket=ticket,
                event_seq=event.seq,
                actor=_author(event),
                preview=_preview(event),
                message_id=uuid.UUID(message["id"]) if message else None,
            ),
        )


def _tell_admins(event: Event, people: dict[str, User]) -> None:
    """A channel does not work: every admin is told once per problem, until they have read it."""
    record, health = event.payload["channel"], event.payload["channel"]["health"]
    channel = Channel.objects.filter(pk=record["id"]).first()
    if health["state"] != "failing" or channel is None:
        return
    since = now() - TOLD_AGAIN_AFTER
    for user in people.values():
        known = Notification.objects.filter(
            Q(read_at=None) | Q(created_at__gte=since), user=user, channel=channel,
            preview=health["detail"][:200],
        )  # fmt: skip
        is_theirs = str(user.pk) == _actor_id(event)
        if user.role != Role.ADMIN or is_theirs or known.exists():
            continue
        notify(
            user,
            News(
                kind="channel_problem",
                ticket=None,
                channel=channel,
                event_seq=event.seq,
                actor={"type": "system", "id": None, "name": channel.name},
                preview=health["detail"],
            ),
        )


Concerned = Iterable[tuple[str, str]]
People = dict[str, User]


def _on_created(event: Event, people: People) -> Concerned:
    ticket = event.payload["ticket"]
    if ticket["status"] == Status.OPEN and not ticket["assignee_id"]:
        yield from ((each, "new_unassigned") for each in people)


def _on_assigned(event: Event, people: People) -> Concerned:
    change = event.payload.get("change", {})
    assignee = change.get("assignee_id", [None, None])[1]
    team = change.get("team_id", [None, None])[1]
    if assignee:
        yield assignee, "assigned"
    elif team and not event.payload["ticket"]["assignee_id"]:
        for user_id, user in people.items():
            if any(str(each.pk) == team for each in user.teams.all()):
                yield user_id, "team_assigned"


def _on_status(event: Event, people: People) -> Concerned:
    if event.payload.get("change", {}).get("status", [None, None])[1] == Status.CLOSED:
        yield from ((each, "followed_closed") for each in event.payload["ticket"]["follower_ids"])


def _on_received(event: Event, people: People) -> Concerned:
    ticket, message = event.payload["ticket"], event.payload["message"]
    if message["kind"] != MessageKind.CUSTOMER or message["position"] == 1:
        return
    if ticket["assignee_id"]:
        yield ticket["assignee_id"], "customer_replied"
    yield from ((each, "followed_replied") for each in ticket.get("follower_ids", []))


def _on_noted(event: Event, people: People) -> Concerned:
    for mention in event.payload["message"].get("mentions", []):
        if mention["kind"] == "user":
            yield mention["id"], "mentioned"
            continue
        for user_id, user in people.items():
            if any(str(each.pk) == mention["id"] for each in user.teams.all()):
                yield user_id, "mentioned"


def _on_delivery(event: Event, people: People) -> Concerned:
    message = event.payload["message"]
    if message["delivery_state"] in _TROUBLE and message["author"]["type"] == "agent":
        yield message["author"]["id"], "delivery_problem"


def _on_answered(event: Event, people: People) -> Concerned:
    survey, assignee = event.payload["survey"], event.payload["ticket"]["assignee_id"]
    is_nps = survey.get("kind") == "nps"
    score = survey["score"]
    if score is not None and score <= (LAST_DETRACTOR if is_nps else LOW_SCORE) and assignee:
        yield assignee, "low_csat"


def _on_rule(event: Event, people: People) -> Concerned:
    for notice in event.payload.get("notify", ()):
        yield from ((each, "rule_notice") for each in notice["user_ids"])
        for user_id, user in people.items():
            if any(str(each.pk) in notice["team_ids"] for each in user.teams.all()):
                yield user_id, "rule_notice"


def _on_sla(event: Event, people: People) -> Concerned:
    """Whose ticket it is, else their team, else the admins; and whom the policy names."""
    kind = "sla_breach" if event.type == "sla.breached" else "sla_warning"
    ticket = event.payload["ticket"]
    yield from ((each, kind) for each in event.payload.get("tell", ()))
    if ticket["assignee_id"]:
        yield ticket["assignee_id"], kind
        return
    for user_id, user in people.items():
        is_theirs = any(str(each.pk) == ticket["team_id"] for each in user.teams.all())
        if is_theirs or (not ticket["team_id"] and user.role == Role.ADMIN):
            yield user_id, kind


_CONCERNED: dict[str, Callable[[Event, People], Concerned]] = {
    "ticket.created": _on_created,
    "ticket.assigned": _on_assigned,
    "ticket.status_changed": _on_status,
    "message.received": _on_received,
    "message.noted": _on_noted,
    "message.delivery_changed": _on_delivery,
    "csat.answered": _on_answered,
    "rule.ran": _on_rule,
    "sla.warned": _on_sla,
    "sla.breached": _on_sla,
}


def _actor_id(event: Event) -> str | None:
    return event.actor.get("id") if event.actor.get("type") == "agent" else None


def _author(event: Event) -> dict[str, Any]:
    """Who did it, as the line says: the author of a message, else the actor."""
    message = event.payload.get("message")
    if message and event.type != "message.delivery_changed":
        return dict(message["author"])
    if event.type == "csat.answered":
        customer = event.payload["customer"]
        return {"type": "customer", "id": customer["id"], "name": customer["name"]}
    return dict(event.actor)


def _preview(event: Event) -> str:
    """What was said, on one line."""
    if event.type == "csat.answered":
        survey = event.payload["survey"]
        most = 10 if survey.get("kind") == "nps" else 5
        return " ".join(f"{survey['score']}/{most} {survey['comment']}".split())
    if event.type == "rule.ran":
        return " ".join(each["text"] for each in event.payload.get("notify", ()) if each["text"])
    if event.type in ("sla.warned", "sla.breached"):
        return str(event.payload["policy"])
    message = event.payload.get("message")
    if event.type == "message.delivery_changed" and message:
        return str(message.get("delivery_reason") or "")
    return " ".join((message["text"] if message else "").split())
