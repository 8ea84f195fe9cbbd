"""Small readings of what Trustpilot says: whatever is missing or odd is left out."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

NO_WORDS = "[A rating without words]"


def text(value: Any) -> str:
    """A text without what cannot be stored, or none."""
    return value.replace("\x00", "").strip() if isinstance(value, str) else ""


def moment(value: Any) -> datetime | None:
    """A time; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def rating(stars: Any) -> int | None:
    """One to five stars."""
    if not isinstance(stars, int) or isinstance(stars, bool):
        return None
    return stars if 1 <= stars <= 5 else None


def fingerprint(said: list[Any]) -> str:
    """The same as long as nothing was edited."""
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def record(value: Any) -> dict[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def records(value: Any) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
