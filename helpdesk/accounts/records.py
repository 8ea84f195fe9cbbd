"""Records of people and teams for the API and the event log."""

from __future__ import annotations

from typing import Any, TypedDict, cast

from helpdesk.accounts.models import ApiToken, Invitation, Organization, Team, User
from helpdesk.accounts.permissions import CAPABILITIES
from helpdesk.events.payloads import OrganizationRecord, TeamRecord, UserRecord
from helpdesk.lib.clock import iso, now


class OwnRecord(UserRecord):
    signature: str
    is_notification_mail_stopped: bool
    settings: dict[str, Any]
    capabilities: list[str]


class TokenRecord(TypedDict):
    id: str
    name: str
    prefix: str
    created_at: str
    last_used_at: str | None


class NewTokenRecord(TokenRecord):
    secret: str


class TokenPage(TypedDict):
    results: list[TokenRecord]
    next: str | None


class InvitationRecord(TypedDict):
    id: str
    email: str
    role: str
    team_ids: list[str]
    invited_by: str | None
    created_at: str
    expires_at: str
    is_expired: bool


class NewInvitationRecord(InvitationRecord):
    link: str


def user_record(user: User) -> UserRecord:
    """The person as colleagues see them; prefetch ``teams`` for lists."""
    return cast(
        UserRecord,
        {
            "id": str(user.pk),
            "name": user.name,
            "email": user.email,
            "initials": user.initials,
            "avatar_url": avatar_url(user),
            "role": user.role,
            "team_ids": [str(team.pk) for team in user.teams.all()],
            "is_active": user.is_active,
            "is_available": user.is_available,
        },
    )


def avatar_url(user: User) -> str | None:
    """Where the person's picture is; another picture has another address."""
    if not user.avatar_sha256:
        return None
    return f"/api/v1/users/{user.pk}/avatar?v={user.avatar_sha256[:12]}"


def team_record(team: Team) -> TeamRecord:
    """The team by name."""
    return cast(
        TeamRecord,
        {
            "id": str(team.pk),
            "name": team.name,
            "strategy": team.strategy,
            "capacity": team.capacity,
            "is_private": team.is_private,
        },
    )


def own_record(user: User) -> OwnRecord:
    """The person as they see themselves: with signature, settings and what they may do."""
    return {
        **user_record(user),
        "signature": user.signature,
        "is_notification_mail_stopped": user.notification_mail_stopped_at is not None,
        "settings": user.settings,
        "capabilities": sorted(CAPABILITIES.get(user.role, ())),
    }


def token_record(token: ApiToken) -> TokenRecord:
    """The token without its secret."""
    return {
        "id": str(token.pk),
        "name": token.name,
        "prefix": token.prefix,
        "created_at": cast(str, iso(token.created_at)),
        "last_used_at": iso(token.last_used_at),
    }


def invitation_record(invitation: Invitation) -> InvitationRecord:
    """The invitation without its link, which is shown once."""
    return {
        "id": str(invitation.pk),
        "email": invitation.email,
        "role": invitation.role,
        "team_ids": list(invitation.team_ids),
        "invited_by": invitation.invited_by.name if invitation.invited_by else None,
        "created_at": cast(str, iso(invitation.created_at)),
        "expires_at": cast(str, iso(invitation.expires_at)),
        "is_expired": invitation.expires_at <= now(),
    }


def organization_record(organization: Organization) -> OrganizationRecord:
    """The organization with the settings that the agent app needs."""
    return {
        "id": str(organization.pk),
        "name": organization.name,
        "slug": organization.slug,
        "settings": {
            "language": organization.language,
            "time_zone": organization.time_zone,
            "undo_send_seconds": organization.undo_send_seconds,
            "reopen_within_days": organization.reopen_within_days,
            "csat_is_enabled": organization.csat_is_enabled,
            "csat_delay_seconds": organization.csat_delay_seconds,
            "csat_pause_days": organization.csat_pause_days,
            "joins_automatically": organization.joins_automatically,
            "join_within_hours": organization.join_within_hours,
            "order_data_max_age_hours": organization.order_data_max_age_hours,
        },
    }
