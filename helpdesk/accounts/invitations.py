"""Inviting people: a link that works once, for a week, for one address."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

from django.db import IntegrityError

from helpdesk.accounts.actions import check_email, create_user, token_digest
from helpdesk.accounts.models import Invitation, Role, Team, User
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, InvalidInput, NotFound

GOOD_FOR = timedelta(days=7)


def invite(by: User, *, email: str, role: str, team_ids: list[uuid.UUID]) -> tuple[Invitation, str]:
    """A new invitation and its secret, which cannot be shown again; an older one stops working.

    Raises InvalidInput naming the field, Conflict if the person is already here.
    """
    email = email.strip().lower()
    check_email(email)
    if User.objects.filter(email__iexact=email).exists():
        raise Conflict(f"There is already a person with the address {email}.", code="known")
    if role not in Role.values:
        raise InvalidInput.field("role", f"Choose from: {', '.join(Role.values)}.")
    teams = Team.objects.filter(organization_id=by.organization_id, pk__in=team_ids)
    if teams.count() != len(set(team_ids)):
        raise InvalidInput.field("team_ids", "One of these teams is not here any more.")
    secret = secrets.token_urlsafe(32)
    try:
        with unit_of_work():
            Invitation.objects.filter(
                organization_id=by.organization_id, email=email, accepted_at=None, revoked_at=None
            ).update(revoked_at=now())
            invitation = Invitation.objects.create(
                organization_id=by.organization_id,
                email=email,
                role=role,
                team_ids=[str(each) for each in team_ids],
                digest=token_digest(secret),
                invited_by=by,
                expires_at=now() + GOOD_FOR,
            )
    except IntegrityError as error:
        raise Conflict("Somebody else is inviting this person right now.") from error
    return invitation, secret


def revoke_invitation(invitation: Invitation) -> None:
    """The link stops working at once; twice changes nothing."""
    Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(revoked_at=now())


def find_invitation(secret: str) -> Invitation:
    """The invitation that this link is for; raises NotFound saying why it does not work."""
    found = (
        Invitation.objects.select_related("organization", "invited_by")
        .filter(digest=token_digest(secret))
        .first()
    )
    if found is None or found.revoked_at is not None:
        raise NotFound("This invitation was taken back. Ask for a new one.")
    if found.accepted_at is not None:
        raise NotFound("This invitation was already used. Sign in with your address.")
    if found.expires_at <= now():
        raise NotFound("This invitation is too old. Ask for a new one.")
    return found


def accept_invitation(secret: str, *, name: str, password: str) -> User:
    """The invited person joins. The same link twice makes one person. Raises NotFound,
    InvalidInput naming the field."""
    with unit_of_work():
        invitation = find_invitation(secret)
        taken = Invitation.objects.filter(
            pk=invitation.pk, accepted_at=None, revoked_at=None
        ).update(accepted_at=now())
        if not taken:
            raise NotFound("This invitation was already used. Sign in with your address.")
        teams = Team.objects.filter(
            organization_id=invitation.organization_id, pk__in=invitation.team_ids
        )
        return create_user(
            invitation.organization,
            email=invitation.email,
            password=password,
            name=name.strip(),
            role=invitation.role,
            teams=list(teams),
        )
