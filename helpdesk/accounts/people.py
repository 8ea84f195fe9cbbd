"""Every write to what a person may do: role, teams, being here at all, being free for tickets."""

from __future__ import annotations

import uuid
from typing import Any

from helpdesk.accounts.actions import record_user
from helpdesk.accounts.models import Role, Team, User
from helpdesk.events.outbox import Change, unit_of_work
from helpdesk.lib.errors import Conflict, InvalidInput, NotFound


def set_available(user_id: uuid.UUID, *, is_available: bool) -> User:
    """Whether new tickets are handed to this person. Idempotent."""
    with unit_of_work():
        person = _lock(user_id)
        if person.is_available != is_available:
            person.is_available = is_available
            person.save(update_fields=["is_available"])
            record_user(person, {"is_available": (not is_available, is_available)})
    return person


def change_person(person_id: uuid.UUID, values: dict[str, Any], *, by: User) -> User:
    """Change role, teams or whether the person may sign in; by an admin.

    ``tickets_to`` says to whom the open tickets of somebody who leaves go (None: to nobody, they
    wait for their team); they follow a moment later, also through restarts. Raises InvalidInput,
    Conflict (codes ``last_admin``, ``yourself``).
    """
    with unit_of_work():
        # Two admins who demote each other must not both find the other one still there.
        list(
            User.objects.select_for_update(no_key=True)
            .filter(organization_id=by.organization_id, role=Role.ADMIN)
            .order_by("pk")
            .values_list("pk")
        )
        person = _lock(person_id)
        change = _changed(person, values)
        _check_admins(person, change, by)
        if change.get("is_active") == (True, False):
            person.handover = {"to": _successor(person, values.get("tickets_to"))}
            person.is_available = False
        if change.get("is_active") == (False, True):
            person.handover, person.is_available = None, True
        person.save(update_fields=["role", "is_active", "handover", "is_available"])
        if "team_ids" in values:
            _set_teams(person, values["team_ids"], change)
        if change:
            record_user(person, change)
    return person


def _lock(user_id: uuid.UUID) -> User:
    person = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if person is None:
        raise NotFound("There is no such person.")
    return person


def _changed(person: User, values: dict[str, Any]) -> Change:
    change: Change = {}
    for name in ("role", "is_active"):
        if name in values and getattr(person, name) != values[name]:
            change[name] = (getattr(person, name), values[name])
            setattr(person, name, values[name])
    return change


def _check_admins(person: User, change: Change, by: User) -> None:
    was_admin = change["role"][0] if "role" in change else person.role
    if not change or was_admin != Role.ADMIN:
        return
    if person.pk == by.pk:
        raise Conflict(
            "You cannot take your own admin rights away. Ask another admin.", code="yourself"
        )
    others = User.objects.filter(
        organization_id=person.organization_id, role=Role.ADMIN, is_active=True
    ).exclude(pk=person.pk)
    if (person.role != Role.ADMIN or not person.is_active) and not others.exists():
        raise Conflict("Somebody has to stay admin.", code="last_admin")


def _successor(person: User, user_id: uuid.UUID | None) -> str | None:
    if user_id is None:
        return None
    found = User.objects.filter(
        pk=user_id, organization_id=person.organization_id, is_active=True
    ).exclude(role=Role.VIEWER)
    if user_id == person.pk or not found.exists():
        raise InvalidInput.field("tickets_to", "This person cannot be given tickets.")
    return str(user_id)


def _set_teams(person: User, team_ids: list[uuid.UUID], change: Change) -> None:
    teams = Team.objects.filter(organization_id=person.organization_id, pk__in=team_ids)
    wanted = set(teams.values_list("pk", flat=True))
    if len(wanted) != len(set(team_ids)):
        raise InvalidInput.field("team_ids", "One of these teams is not here any more.")
    before = set(person.teams.values_list("pk", flat=True))
    if before != wanted:
        person.teams.set(teams)
        change["team_ids"] = (sorted(map(str, before)), sorted(map(str, wanted)))
