"""Every write to organizations, people and tokens."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError

from helpdesk.accounts.models import ApiToken, Organization, Role, Team, User
from helpdesk.accounts.preferences import check_settings
from helpdesk.accounts.records import team_record, user_record
from helpdesk.events.actor import Actor
from helpdesk.events.dispatch import create_cursors
from helpdesk.events.models import EventCounter
from helpdesk.events.outbox import Change, record, unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, FieldError, InvalidInput

MAX_SETTINGS_BYTES = 32 * 1024
TOKEN_PREFIX = "act_"  # noqa: S105 (how our tokens begin, not one of them)


def create_organization(name: str, *, slug: str, **settings: Any) -> Organization:
    """A new tenant with its event counter and subscriber cursors at the beginning of the log."""
    with unit_of_work():
        organization = Organization.objects.create(name=name, slug=slug, **settings)
        EventCounter.objects.create(organization=organization)
        create_cursors(organization.pk)
    return organization


def create_team(organization: Organization, name: str) -> Team:
    """A new team; raises Conflict if the name is taken."""
    with unit_of_work():
        team, is_new = Team.objects.get_or_create(organization=organization, name=name)
        if not is_new:
            raise Conflict(f"There is already a team called “{name}”.")
        record(
            "team.updated",
            organization_id=organization.pk,
            object_type="team",
            object_id=team.pk,
            payload=lambda: {"team": team_record(team)},
        )
    return team


def create_user(
    organization: Organization,
    *,
    email: str,
    password: str,
    name: str = "",
    role: str = Role.AGENT,
    teams: list[Team] | None = None,
) -> User:
    """A person who can sign in. Raises InvalidInput naming the field, Conflict if they exist."""
    check_email(email)
    _check_password(password)
    try:
        with unit_of_work():
            user = User.objects.create_user(
                email,
                password,
                organization=organization,
                name=name or email.split("@")[0].replace(".", " ").title(),
                role=role,
            )
            user.teams.set(teams or [])
            record_user(user)
    except IntegrityError as error:
        raise Conflict(f"There is already a person with the address {email}.") from error
    return user


def record_user(user: User, change: Change | None = None) -> None:
    """Announce that a person changed; ``change`` names role and teams, which decide what they see."""
    record(
        "user.updated",
        organization_id=user.organization_id,
        object_type="user",
        object_id=user.pk,
        payload=lambda: {"user": user_record(user)},
        change=change,
    )


def change_profile(user: User, **fields: Any) -> User:
    """Change the person's own name, signature or settings; announces it to colleagues."""
    change: Change = {}
    for name, value in fields.items():
        if name in ("role", "is_active") and getattr(user, name) != value:
            change[name] = (getattr(user, name), value)
        setattr(user, name, value)
    with unit_of_work():
        user.save(update_fields=list(fields))
        record_user(user, change)
    return user


def edit_profile(user: User, values: dict[str, Any]) -> User:
    """What the person changed on their page: name, signature, some of the settings; all or none."""
    fields = dict(values)
    settings = fields.pop("settings", None)
    with unit_of_work(actor=Actor.of_user(user)):
        if settings:
            change_settings(user, settings)
        if fields:
            change_profile(user, **fields)
    return user


def change_settings(user: User, part: Mapping[str, Any]) -> User:
    """Set these keys of the person's settings and leave the others; None takes one away.

    Two pages that change different keys at once both win. Raises InvalidInput naming a key whose
    value makes no sense.
    """
    check_settings(part)
    with unit_of_work():
        locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        kept = {
            name: each for name, each in {**locked.settings, **part}.items() if each is not None
        }
        if len(json.dumps(kept)) > MAX_SETTINGS_BYTES:
            raise InvalidInput.field("settings", "These settings are too large.", code="too_large")
        fields: dict[str, Any] = {"settings": kept}
        if "notifications" in part:
            fields["notification_mail_stopped_at"] = None  # they look after it: try mail again
        return change_profile(user, **fields)


def stop_notification_mail(organization_id: uuid.UUID, address: str) -> None:
    """Mail to this person comes back: send none until they save their notifications again."""
    User.objects.filter(
        organization_id=organization_id, email__iexact=address, notification_mail_stopped_at=None
    ).update(notification_mail_stopped_at=now())


def create_token(user: User, name: str) -> tuple[ApiToken, str]:
    """A new API token and its secret; the secret cannot be shown again."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, name=name, prefix=secret[:10], digest=token_digest(secret)
    )
    return token, secret


def revoke_token(token: ApiToken) -> None:
    """The token stops working at once; revoking twice changes nothing."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now())


def token_digest(secret: str) -> str:
    """What is stored of a token: enough to recognise it, not to use it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def check_email(email: str) -> None:
    """Raises InvalidInput if this is no address."""
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidInput.field("email", f"“{email}” is not an e-mail address.") from error


def _check_password(password: str) -> None:
    try:
        validate_password(password)
    except ValidationError as error:
        raise InvalidInput(
            "This password is too weak.",
            errors=[FieldError("password", "weak", message) for message in error.messages],
        ) from error
