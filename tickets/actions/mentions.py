"""Who is named in a note, and who follows a ticket. Both lists are part of the ticket itself."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from helpdesk.accounts.models import Team, User
from helpdesk.accounts.preferences import follows_when
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.events.payloads import MentionRecord
from helpdesk.lib.errors import InvalidInput
from tickets.actions.change import lock_ticket, record_ticket, touch
from tickets.models import Ticket
from tickets.selectors import tickets_visible_to

MAX_MENTIONS = 50


def check_mentions(ticket: Ticket, ids: Iterable[uuid.UUID]) -> list[MentionRecord]:
    """The people and teams of these ids, in the order given, each once.

    Raises InvalidInput (``mention_ids``) for somebody unknown, gone, or who may not see the ticket.
    """
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    people = User.objects.filter(organization_id=ticket.organization_id).in_bulk(wanted)
    teams = Team.objects.in_bulk(wanted)
    found: list[MentionRecord] = []
    for each in wanted:
        team, person = teams.get(each), people.get(each)
        if person is not None and person.is_active and _may_see(person, ticket):
            found.append({"kind": "user", "id": str(each), "name": person.name})
        elif team is not None and team.organization_id == ticket.organization_id:
            found.append({"kind": "team", "id": str(each), "name": team.name})
        else:
            raise InvalidInput.field(
                "mention_ids",
                f"{person.name if person else 'Somebody you mentioned'} cannot see this ticket. "
                "Take the mention away, or move the ticket to a team they are in.",
                code="unknown",
            )
    return found


def people_mentioned(ticket: Ticket, mentions: Sequence[MentionRecord]) -> list[User]:
    """The active people these mentions mean today, members of teams included, each once."""
    people = [uuid.UUID(each["id"]) for each in mentions if each["kind"] == "user"]
    teams = [uuid.UUID(each["id"]) for each in mentions if each["kind"] == "team"]
    active = User.objects.filter(organization_id=ticket.organization_id, is_active=True)
    found = active.filter(pk__in=people) | active.filter(teams__in=teams)
    return [each for each in found.distinct().order_by("pk") if _may_see(each, ticket)]


def note_mentions(
    ticket: Ticket, mentions: Sequence[MentionRecord], *, author: User | None
) -> list[str]:
    """Put the people mentioned on the ticket; returns the names of the fields that changed.

    The ticket must be locked; the caller saves it. Who wants to, follows it from here on.
    """
    people = [
        each
        for each in people_mentioned(ticket, mentions)
        if author is None or each.pk != author.pk
    ]
    changed = []
    named = _with(ticket.mentioned_ids, (each.pk for each in people))
    if named != ticket.mentioned_ids:
        ticket.mentioned_ids = named
        changed.append("mentioned_ids")
    following = _with(
        ticket.follower_ids, (each.pk for each in people if follows_when(each, "mentioned"))
    )
    if following != ticket.follower_ids:
        ticket.follower_ids = following
        changed.append("follower_ids")
    return changed


def follow_after_reply(ticket: Ticket, user: User) -> list[str]:
    """Who replies follows the ticket, where they want that; the caller saves the locked ticket."""
    if user.pk in ticket.follower_ids or not follows_when(user, "replied"):
        return []
    ticket.follower_ids = [*ticket.follower_ids, user.pk]
    return ["follower_ids"]


def set_following(
    ticket_id: uuid.UUID, user: User, *, is_following: bool, client_id: str = ""
) -> Ticket:
    """The person follows the ticket, or no longer; the same again changes nothing."""
    with unit_of_work(actor=Actor.of_user(user), client_id=client_id):
        ticket = lock_ticket(ticket_id)
        before = ticket.follower_ids
        after = _with(before, [user.pk])
        if not is_following:
            after = [each for each in before if each != user.pk]
        if after != before:
            ticket.follower_ids = after
            touch(ticket, "follower_ids")
            record_ticket("ticket.followed", ticket)
    return ticket


def _may_see(user: User, ticket: Ticket) -> bool:
    return tickets_visible_to(user).filter(pk=ticket.pk).exists()


def _with(known: list[uuid.UUID], more: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    return list(dict.fromkeys([*known, *more]))
