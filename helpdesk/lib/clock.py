"""The one place that knows what time it is: aware UTC, movable in tests (time-machine)."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment as aware UTC."""
    return datetime.now(UTC)


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with a trailing Z, as the API and the event log write it."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
