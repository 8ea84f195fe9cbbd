"""The stored arrival of a Twilio connector: its form fields as JSON."""

from __future__ import annotations

import json

from helpdesk.lib.errors import InvalidInput


def read_fields(raw: bytes) -> dict[str, str]:
    """The fields; raises InvalidInput if the arrival is something else."""
    try:
        told = json.loads(raw)
    except ValueError as error:
        raise InvalidInput("This is not a call of Twilio.") from error
    if not isinstance(told, dict):
        raise InvalidInput("This is not a call of Twilio.")
    return {str(name): str(value) for name, value in told.items()}
