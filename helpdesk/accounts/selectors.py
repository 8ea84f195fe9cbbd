"""Reads of organizations, people and tokens."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TypedDict

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef

from helpdesk.accounts.actions import token_digest
from helpdesk.accounts.models import ApiToken, Invitation, Organization, Role, Team, User
from helpdesk.accounts.sessions import last_seen_by_user
from helpdesk.lib.clock import iso
from helpdesk.lib.errors import NotFound


def get_organization(slug: str | None = None) -> Organization:
    """The organization of that slug, or the only one; raises NotFound saying what to do."""
    found = Organization.objects.order_by("created_at")
    organization = (found.filter(slug=slug) if slug else found).first()
    if organization is None:
        raise NotFound("There is no organization yet. Run “aftercare create-admin” first.")
    return organization


def users_of(organization_id: uuid.UUID) -> list[User]:
    """All people of the organization with their teams, by name."""
    return list(
        User.objects.filter(organization_id=organization_id)
        .prefetch_related("teams")
        .order_by("name", "id")
    )


class SignInRecord(TypedDict):
    user_id: str
    has_two_factor: bool
    last_seen_at: str | None


def sign_ins_of(organization_id: uuid.UUID) -> list[SignInRecord]:
    """Who has a second factor, and when everybody was last here. Two queries."""
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
    people = list(
        User.objects.filter(organization_id=organization_id, is_active=True)
        .annotate(has_two_factor=Exists(factors))
        .order_by("name", "pk")
    )
    seen = last_seen_by_user([each.pk for each in people])
    return [
        {
            "user_id": str(each.pk),
            "has_two_factor": each.has_two_factor,
            "last_seen_at": iso(seen.get(each.pk)),
        }
        for each in people
    ]


def get_colleague(user: User, user_id: uuid.UUID) -> User:
    """Somebody of the person's own organization; raises NotFound."""
    found = User.objects.filter(organization_id=user.organization_id, pk=user_id).first()
    if found is None:
        raise NotFound("There is nobody here with this id.")
    return found


def teams_of(organization_id: uuid.UUID) -> list[Team]:
    """All teams of the organization, by name."""
    return list(Team.objects.filter(organization_id=organization_id).order_by("name"))


def hidden_teams_of(user: User) -> frozenset[uuid.UUID]:
    """The private teams whose tickets this person may not see; none for admins. One query."""
    return hidden_teams_by_person(user.organization_id, [user])[user.pk]


def hidden_teams_by_person(
    organization_id: uuid.UUID, users: Iterable[User]
) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """The same for several people of one organization, in one query."""
    people = list(users)
    private: dict[uuid.UUID, set[uuid.UUID]] = {}
    rows = Team.objects.filter(organization_id=organization_id, is_private=True).values_list(
        "pk", "members"
    )
    for team_id, member_id in rows:
        private.setdefault(team_id, set()).add(member_id)
    return {
        each.pk: frozenset()
        if each.role == Role.ADMIN
        else frozenset(team_id for team_id, members in private.items() if each.pk not in members)
        for each in people
    }


def may_see_team(user: User, team: Team) -> bool:
    """Whether the person sees the tickets of this team."""
    return (
        not team.is_private or user.role == Role.ADMIN or team.members.filter(pk=user.pk).exists()
    )


def get_team(user: User, team_id: uuid.UUID) -> Team:
    """The team; raises NotFound."""
    team = Team.objects.filter(organization_id=user.organization_id, pk=team_id).first()
    if team is None:
        raise NotFound("There is no such team.")
    return team


def get_person(user: User, person_id: uuid.UUID) -> User:
    """A person of the same organization, with their teams; raises NotFound."""
    found = User.objects.filter(organization_id=user.organization_id, pk=person_id)
    person = found.prefetch_related("teams").first()
    if person is None:
        raise NotFound("There is no such person.")
    return person


def open_invitations_of(organization_id: uuid.UUID) -> list[Invitation]:
    """Invitations that nobody has used or taken back, newest first, also those too old."""
    return list(
        Invitation.objects.filter(
            organization_id=organization_id, accepted_at=None, revoked_at=None
        )
        .select_related("invited_by")
        .order_by("-pk")
    )


def get_invitation(user: User, invitation_id: uuid.UUID) -> Invitation:
    """An open invitation of the organization; raises NotFound."""
    found = Invitation.objects.filter(
        organization_id=user.organization_id, pk=invitation_id, accepted_at=None, revoked_at=None
    ).first()
    if found is None:
        raise NotFound("There is no such invitation any more.")
    return found


def find_token(secret: str) -> ApiToken | None:
    """The live token with this secret and its person, or None."""
    return (
        ApiToken.objects.select_related("user", "user__organization")
        .filter(digest=token_digest(secret), revoked_at=None, user__is_active=True)
        .first()
    )


def tokens_of(user: User) -> list[ApiToken]:
    """The person's live tokens, newest first."""
    return list(ApiToken.objects.filter(user=user, revoked_at=None).order_by("-pk"))


def get_token(user: User, token_id: uuid.UUID) -> ApiToken:
    """One of the person's own tokens; raises NotFound."""
    token = ApiToken.objects.filter(user=user, pk=token_id).first()
    if token is None:
        raise NotFound("There is no such token.")
    return token
