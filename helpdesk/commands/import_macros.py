"""``import-macros``: takes over the macros of another helpdesk from its JSON export."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk.lib.errors import InvalidInput

if TYPE_CHECKING:
    from automation.macros.importing import ImportReport


def import_file(name: str, *, organization: str | None, is_trial: bool) -> ImportReport:
    """Import into the organization of that slug, else the only one; raises InvalidInput."""
    from automation.macros.importing import import_macros
    from helpdesk.accounts.models import Organization

    text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8-sig")
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InvalidInput.field("file", f"This is not JSON: {error}.", code="format") from error
    owners = Organization.objects.order_by("created_at")
    if organization:
        owners = owners.filter(slug=organization)
    owner = owners.first()
    if owner is None:
        raise InvalidInput.field("organization", "There is no such organization.")
    return import_macros(owner, data, is_trial=is_trial)
