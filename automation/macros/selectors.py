"""Reads of macros."""

from __future__ import annotations

import uuid

from automation.macros.models import Macro
from helpdesk.accounts.models import User
from helpdesk.lib.errors import NotFound


def macros_of(organization_id: uuid.UUID, *, only_active: bool = False) -> list[Macro]:
    """The macros by folder and name."""
    found = Macro.objects.filter(organization_id=organization_id)
    return list(found.filter(is_active=True) if only_active else found)


def get_macro(user: User, macro_id: uuid.UUID) -> Macro:
    """The macro; raises NotFound."""
    macro = Macro.objects.filter(organization_id=user.organization_id, pk=macro_id).first()
    if macro is None:
        raise NotFound("There is no such macro.")
    return macro
