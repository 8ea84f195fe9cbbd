"""Every write to teams: how their tickets are handed out, who is in them, who sees them."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import IntegrityError

from helpdesk.accounts.actions import record_user
from helpdesk.accounts.models import Organization, Strategy, Team, User
from helpdesk.accounts.records import team_record
from helpdesk.events.outbox import Change, record, unit_of_work
from helpdesk.lib.errors import Conflict, InvalidInput, NotFound

EDITABLE = ("name", "strategy", "capacity", "is_private")


def make_team(organization: Organization, values: dict[str, Any]) -> Team:
    """A new team with its members; raises Conflict if the name is taken, InvalidInput."""
    with unit_of_work():
        team = Team(organization=organization)
        _set_fields(team, values)
        _save(team)
        record_team(team)
        _set_members(team, values.get("member_ids"))
    return team


def change_team(team_id: uuid.UUID, values: dict[str, Any]) -> Team:
    """Change fields and members; one unit of work. Raises NotFound, Conflict, InvalidInput."""
    with unit_of_work():
        team = _lock(team_id)
        change = _set_fields(team, values)
        if change:
            _save(team)
            record_team(team, change)
        _set_members(team, values.get("member_ids"))
    return team


def delete_team(team_id: uuid.UUID) -> None:
    """Remove a team that no ticket names any more; raises Conflict (code ``in_use``)."""
    with unit_of_work():
        team = _lock(team_id)
        if _has_tickets(team):
            raise Conflict(
                f"Tickets still belong to “{team.name}”. Give them to another team first.",
                code="in_use",
            )
        _set_members(team, [])
        last = team_record(team)
        record(
            "team.updated",
            organization_id=team.organization_id,
            object_type="team",
            object_id=team.pk,
            payload=lambda: {"team": last, "is_deleted": True},
        )
        Team.objects.filter(pk=team_id).delete()


def record_team(team: Team, change: Change | None = None) -> None:
    """Announce the team as it is; ``change`` names what decides who sees its tickets."""
    record(
        "team.updated",
        organization_id=team.organization_id,
        object_type="team",
        object_id=team.pk,
        payload=lambda: {"team": team_record(team)},
        change=change,
    )


def _lock(team_id: uuid.UUID) -> Team:
    team = Team.objects.select_for_update(no_key=True).filter(pk=team_id).first()
    if team is None:
        raise NotFound("There is no such team.")
    return team


def _set_fields(team: Team, values: dict[str, Any]) -> Change:
    change: Change = {}
    for name in EDITABLE:
        if name in values and getattr(team, name) != values[name]:
            change[name] = (getattr(team, name), values[name])
            setattr(team, name, values[name])
    team.name = team.name.strip()
    if not team.name:
        raise InvalidInput.field("name", "A team needs a name.", code="required")
    if team.strategy not in Strategy.values:
        raise InvalidInput.field("strategy", f"Choose from: {', '.join(Strategy.values)}.")
    return change


def _save(team: Team) -> None:
    taken = Team.objects.filter(organization_id=team.organization_id, name=team.name)
    if taken.exclude(pk=team.pk).exists():
        raise Conflict(f"There is already a team called “{team.name}”.")
    try:
        team.save()
    except IntegrityError as error:
        raise Conflict(f"There is already a team called “{team.name}”.") from error


def _set_members(team: Team, member_ids: list[uuid.UUID] | None) -> None:
    """Make these the members and announce everybody who came or went; None changes nothing."""
    if member_ids is None:
        return
    before = set(team.members.values_list("pk", flat=True))
    wanted = set(
        User.objects.filter(organization_id=team.organization_id, pk__in=member_ids).values_list(
            "pk", flat=True
        )
    )
    if len(wanted) != len(set(member_ids)):
        raise InvalidInput.field("member_ids", "One of these people is not here any more.")
    moved = before ^ wanted
    people = User.objects.filter(pk__in=moved).prefetch_related("teams").order_by("pk")
    old = {each.pk: sorted(str(team.pk) for team in each.teams.all()) for each in people}
    team.members.set(User.objects.filter(pk__in=wanted))
    for person in User.objects.filter(pk__in=moved).prefetch_related("teams").order_by("pk"):
        now_in = sorted(str(each.pk) for each in person.teams.all())
        record_user(person, {"team_ids": (old[person.pk], now_in)})


def _has_tickets(team: Team) -> bool:
    """Whether anything but its members points to the team; tickets live above accounts."""
    relations = [each for each in Team._meta.related_objects if each.one_to_many]
    return any(
        each.related_model._base_manager.filter(**{each.field.name: team}).exists()
        for each in (*relations, *_hidden_relations())
    )


def _hidden_relations() -> list[Any]:
    return [
        each
        for each in Team._meta.get_fields(include_hidden=True)
        if each.one_to_many
        and each.auto_created
        and each not in Team._meta.related_objects
        and each.related_model is not User.teams.through
    ]
