"""“Not the same”: what somebody has looked at and refused is not suggested again."""

from __future__ import annotations

import uuid
from typing import Literal

from helpdesk.accounts.models import User
from tickets.models import KeptApart

Kind = Literal["customer", "ticket"]


def keep_apart(kind: Kind, one: uuid.UUID, other: uuid.UUID, *, by: User) -> None:
    """Remember that these two are not the same, or do not belong together."""
    first, second = sorted((one, other))
    KeptApart.objects.get_or_create(
        organization_id=by.organization_id,
        kind=kind,
        first_id=first,
        second_id=second,
        defaults={"by": by},
    )


def forget_apart(kind: Kind, one: uuid.UUID, other: uuid.UUID, *, by: User) -> None:
    """Take it back: they may be suggested again."""
    first, second = sorted((one, other))
    KeptApart.objects.filter(
        organization_id=by.organization_id, kind=kind, first_id=first, second_id=second
    ).delete()
