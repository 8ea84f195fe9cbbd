"""Keyset pages: a cursor names the last row seen, so page 200 costs what page 1 costs."""

import base64
import json
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from helpdesk.lib.errors import InvalidInput

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows of one page and the cursor of the next, or None at the end."""

    rows: list[T]
    next: str | None


def encode_cursor(values: list[Any]) -> str:
    """An opaque, URL-safe cursor over JSON-able sort values."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, size: int) -> list[Any]:
    """The sort values of a cursor; raises InvalidInput naming ``after`` if it is not ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded.encode()))
    except (ValueError, UnicodeError) as error:
        raise InvalidInput.field("after", "This page cursor is not valid.") from error
    if not isinstance(values, list) or len(values) != size:
        raise InvalidInput.field("after", "This page cursor is not valid.")
    return values


def limit_from(text: str | None, *, default: int = DEFAULT_LIMIT) -> int:
    """The page size asked for, between 1 and MAX_LIMIT; raises InvalidInput naming ``limit``."""
    if not text:
        return default
    try:
        limit = int(text)
    except ValueError as error:
        raise InvalidInput.field("limit", "The limit must be a whole number.") from error
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput.field("limit", f"The limit must be between 1 and {MAX_LIMIT}.")
    return limit
