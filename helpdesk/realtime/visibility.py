"""Who may see which event. Asked at delivery, for each event, with the person as they are now.

An event says by itself which team its ticket belongs to, so nothing is looked up. Whoever lost
sight of a ticket by an event gets ``ticket.hidden`` in its place; whoever got other rights by one
(role, teams, a team made private) loads afresh.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from helpdesk.accounts.models import User
from helpdesk.accounts.permissions import CAPABILITIES, may
from helpdesk.accounts.selectors import hidden_teams_of
from helpdesk.events.models import Event
from helpdesk.events.selectors import event_record

_CAPABILITY_BY_OBJECT = {
    "ticket": "ticket.view",
    "message": "ticket.view",
    "csat": "ticket.view",
    "sla": "ticket.view",
    "bulk": "ticket.change",
    "sender": "ticket.change",
    "rule": "rule.view",
    "setting": "rule.view",
    "customer": "customer.view",
    "order": "order.view",
    "order_action": "order.view",
    "profile": "order.view",
    "order_limits": "order.act",
    "macro": "macro.view",
    "user": "ticket.view",
    "team": "ticket.view",
    "organization": "ticket.view",
    "tag": "ticket.view",
    "view": "ticket.view",
    "channel": "ticket.view",
    "store": "order.view",
    "notification": "ticket.view",
    "field": "ticket.view",
}
_FOR_ONE_PERSON = ("notification.", "view.ordered")
Verdict = Literal["shown", "hidden", "gone"]
_CHANGES_RIGHTS = {"role", "team_ids", "is_active"}


@dataclass(frozen=True)
class Sight:
    """What decides, of a person, what they see: role, the private teams they are not in, and the
    teams they are in."""

    role: str
    hidden: frozenset[str]
    teams: frozenset[str] = frozenset()

    @classmethod
    def of(cls, user: User) -> Sight:
        """As it is now."""
        teams = user.teams.values_list("pk", flat=True)
        hidden = frozenset(str(each) for each in hidden_teams_of(user))
        return cls(user.role, hidden, frozenset(str(each) for each in teams))

    def has(self, capability: str | None) -> bool:
        return capability in CAPABILITIES.get(self.role, frozenset())

    def of_team(self, team_id: str | None) -> bool:
        """Whether tickets of this team (None: of no team) are seen."""
        return team_id is None or team_id not in self.hidden


@dataclass(frozen=True)
class Place:
    """Where an event belongs: its ticket, the ticket's team after it, and the one before it."""

    ticket_id: str | None = None
    team_id: str | None = None
    team_before: str | None = None
    is_known: bool = True

    @classmethod
    def of(cls, event: Event) -> Place:
        payload = event.payload
        if readers_of(event) is not None:
            return cls()  # for one person alone, who is told only of what they see
        if event.ticket_id is None and "ticket" not in payload:
            return cls()
        ticket_id = str(event.ticket_id or payload["ticket"]["id"])
        if "ticket" not in payload and "team_id" not in payload:
            return cls(ticket_id, is_known=False)
        team_id = payload["ticket"]["team_id"] if "ticket" in payload else payload["team_id"]
        moved = payload.get("change", {}).get("team_id")
        return cls(ticket_id, team_id, moved[0] if moved else team_id)

    def seen_with(self, sight: Sight) -> Verdict:
        """Shown, hidden, or gone: out of sight by this very event."""
        if not self.is_known:
            return "hidden" if sight.hidden else "shown"
        if sight.of_team(self.team_id):
            return "shown"
        return "gone" if self.team_id != self.team_before else "hidden"


def capability_for(type_: str) -> str | None:
    """What a person needs to see events of this type; None: nobody sees them."""
    return _CAPABILITY_BY_OBJECT.get(type_.split(".", 1)[0])


@dataclass(frozen=True)
class Readers:
    """The one person, or that person and a team, whom an event is for."""

    user_id: str | None
    team_id: str | None = None

    def include(self, user: User, sight: Sight) -> bool:
        """Whether this person is one of them."""
        return self.user_id == str(user.pk) or self.team_id in sight.teams


def readers_of(event: Event) -> Readers | None:
    """Whom such an event is for; None: whoever has the capability.

    News, the order of one's views and bulk work (its failures name tickets) are for one person; a
    view or macro for those who see it.
    """
    if event.type.startswith(_FOR_ONE_PERSON):
        return Readers(str(event.payload.get("user_id", "")))
    if event.type == "bulk.progressed":
        return Readers(str(event.payload["job"]["user_id"]))
    if (
        event.type.startswith("macro.")
        and event.payload.get("audience", "everybody") != "everybody"
    ):
        of_team = event.payload["team_id"] if event.payload["audience"] == "team" else None
        return Readers(event.payload["owner_id"], of_team)
    if event.type.startswith("view."):
        view = event.payload.get("view", event.payload)
        scope = view.get("scope", "shared")
        if scope != "shared":
            return Readers(view.get("owner_id"), view.get("team_id") if scope == "team" else None)
    return None


def may_see(user: User, organization_id: uuid.UUID, type_: str) -> bool:
    """Whether the person may see such an event of that organization. Deny by default."""
    capability = capability_for(type_)
    return (
        user.organization_id == organization_id and capability is not None and may(user, capability)
    )


def rights_of(user: User) -> str:
    """A mark of what the person may see: while it stays the same, what a page kept is theirs.

    It names the person, so that a page of somebody else loads afresh too.
    """
    return mark_of(user, Sight.of(user))


def mark_of(user: User, sight: Sight) -> str:
    """The same where the sight is already known; no query."""
    allowed = sorted(CAPABILITIES.get(sight.role, frozenset()))
    text = "|".join([str(user.pk), str(user.is_active), *allowed, *sorted(sight.hidden)])
    text += "|" + "|".join(sorted(sight.teams))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def whose_rights_change(event: Event) -> uuid.UUID | Literal["everybody"] | None:
    """Whose rights this event changes: one person's, perhaps everybody's, or nobody's."""
    change = event.payload.get("change", {})
    if event.type == "user.updated" and _CHANGES_RIGHTS & change.keys():
        return event.object_id
    if event.type == "team.updated" and "is_private" in change:
        return "everybody"
    return None


def rights_change(user: User, events: Iterable[Event]) -> bool:
    """Whether one of the events changed what the person may see."""
    return any(whose_rights_change(each) in (user.pk, "everybody") for each in events)


def hidden_record(record: dict[str, Any], ticket_id: str) -> dict[str, Any]:
    """What is delivered in place of an event that took a ticket out of somebody's sight."""
    return record | {
        "type": "ticket.hidden",
        "version": 1,
        "object_type": "ticket",
        "object_id": ticket_id,
        "payload": {"ticket_id": ticket_id},
        "actor": {"type": "system", "id": None, "name": ""},
        "client_id": None,
    }


def records_for(user: User, events: list[Event]) -> list[dict[str, Any]]:
    """The events as the person gets them, in the same order."""
    sight = Sight.of(user)
    records = []
    for event in events:
        if not may_see(user, event.organization_id, event.type):
            continue
        readers = readers_of(event)
        if readers is not None and not readers.include(user, sight):
            continue
        place = Place.of(event)
        verdict = place.seen_with(sight)
        if verdict == "shown":
            records.append(event_record(event))
        elif verdict == "gone":
            records.append(hidden_record(event_record(event), place.ticket_id or ""))
    return records
