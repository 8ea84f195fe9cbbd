"""Every error that Aftercare raises on purpose. The API maps this tree to problem documents once.

HelpdeskError
├── InvalidInput              what was given cannot be accepted; names the field
│   └── MissingValues         a macro or message lacks values it must have
├── NotAllowed                the actor may not do this
├── NotFound                  no such object, or it may not be seen
├── Conflict                  true when it was read, no longer true now
│   └── NewerMessages         something was written since the agent began
├── Misconfigured             a setting is missing or wrong; names the setting and the fix
└── ConnectorFailure          a vendor or mail server did not do what was asked
    ├── TemporaryFailure      try again later
    ├── PermanentFailure      trying again cannot help
    ├── UncertainOutcome      it may or may not have happened; never repeat blindly
    └── NeedsReauthorization  credentials must be renewed by a person
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong: where (dotted path), a stable code, and words for a person."""

    path: str
    code: str
    message: str


class HelpdeskError(Exception):
    """Base of all intended errors. ``message`` says what happened and what to do."""

    code = "error"
    status = 500

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        errors: list[FieldError] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.errors = errors or []
        self.extra = extra or {}


class InvalidInput(HelpdeskError):
    """The input cannot be accepted; ``errors`` names each field."""

    code = "invalid_input"
    status = 422

    @classmethod
    def field(cls, path: str, message: str, *, code: str = "invalid") -> "InvalidInput":
        """An InvalidInput about exactly one field."""
        return cls(message, errors=[FieldError(path, code, message)])


class MissingValues(InvalidInput):
    """Values that the text needs are missing; nothing was sent."""

    code = "missing_values"


class NotAllowed(HelpdeskError):
    """The actor may not do this; nothing was changed."""

    code = "not_allowed"
    status = 403


class NotFound(HelpdeskError):
    """No such object, or the actor may not see it (the two look the same from outside)."""

    code = "not_found"
    status = 404


class Conflict(HelpdeskError):
    """The world moved on since the caller looked."""

    code = "conflict"
    status = 409


class NewerMessages(Conflict):
    """Messages arrived since the agent began to write; ``extra`` carries them."""

    code = "newer_messages"


class Misconfigured(HelpdeskError):
    """A setting is missing or wrong; the message names it and the fix."""

    code = "misconfigured"


class ConnectorFailure(HelpdeskError):
    """A vendor or mail server did not do what was asked."""

    code = "connector_failure"
    status = 502


class TemporaryFailure(ConnectorFailure):
    """Trying again later may help; ``retry_after_seconds`` where the other side said when."""

    code = "temporary_failure"

    def __init__(self, message: str, *, retry_after_seconds: int | None = None, **kw: Any) -> None:
        super().__init__(message, **kw)
        self.retry_after_seconds = retry_after_seconds


class PermanentFailure(ConnectorFailure):
    """Trying again cannot help; ``reason_code`` is stable and shown in words to the agent."""

    code = "permanent_failure"

    def __init__(self, message: str, *, reason_code: str = "refused", **kw: Any) -> None:
        super().__init__(message, **kw)
        self.reason_code = reason_code


class UncertainOutcome(ConnectorFailure):
    """The irreversible step was begun and its end is unknown: never repeat without a person."""

    code = "uncertain_outcome"


class NeedsReauthorization(ConnectorFailure):
    """The credentials were refused; a person must renew them."""

    code = "needs_reauthorization"
