"""On record: who changed a service level, hours of business or surveys, from what to what."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from helpdesk.events.outbox import Change, record

Kind = Literal["sla_policy", "calendar", "surveys"]
_NOISE = frozenset({"id", "version", "is_open", "next_change", "holidays"})
"""Parts of what the API says that nobody chose."""


def record_setting(
    kind: Kind,
    organization_id: uuid.UUID,
    object_id: uuid.UUID,
    name: str,
    *,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    """Put the change on record; nothing changed says nothing. None: it was not, or is no more."""
    change = changes_between(before or {}, after or {})
    if not change:
        return
    record(
        "setting.updated",
        organization_id=organization_id,
        object_type="setting",
        object_id=object_id,
        payload=lambda: {
            "kind": kind,
            "id": str(object_id),
            "name": name,
            "is_deleted": after is None,
            "change": change,
        },
    )


def changes_between(before: dict[str, Any], after: dict[str, Any]) -> Change:
    """What is another than before, by name: ``(before, after)``."""
    names = sorted((set(before) | set(after)) - _NOISE)
    pairs = {name: (before.get(name), after.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
