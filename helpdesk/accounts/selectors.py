"""Reads of organizations, people and tokens."""

from __future__ import annotations

import uuid

from helpdesk.accounts.actions import token_digest
from helpdesk.accounts.models import ApiToken, Organization, Team, User
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


def teams_of(organization_id: uuid.UUID) -> list[Team]:
    """All teams of the organization, by name."""
    return list(Team.objects.filter(organization_id=organization_id).order_by("name"))


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
