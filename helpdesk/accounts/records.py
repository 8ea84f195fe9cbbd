"""Records of people and teams for the API and the event log."""

from __future__ import annotations

from typing import cast

from helpdesk.accounts.models import Team, User
from helpdesk.events.payloads import TeamRecord, UserRecord


def user_record(user: User) -> UserRecord:
    """The person as colleagues see them; prefetch ``teams`` for lists."""
    return cast(
        UserRecord,
        {
            "id": str(user.pk),
            "name": user.name,
            "email": user.email,
            "initials": user.initials,
            "role": user.role,
            "team_ids": [str(team.pk) for team in user.teams.all()],
            "is_active": user.is_active,
        },
    )


def team_record(team: Team) -> TeamRecord:
    """The team by name."""
    return {"id": str(team.pk), "name": team.name}
