"""The address of one survey: unguessable, good for that survey alone, nothing stored for it."""

from __future__ import annotations

import re
import uuid

from django.conf import settings

from helpdesk.lib.secrets import is_signed, sign

_PURPOSE = "csat"
_SIGNATURE_BYTES = 16
_TOKEN = re.compile(r"([0-9a-f]{32})([a-z2-7]{26})")


def token_of(survey_id: uuid.UUID) -> str:
    """The survey's id with a 128-bit signature."""
    return survey_id.hex + sign(_PURPOSE, survey_id.hex, size_bytes=_SIGNATURE_BYTES)


def find_survey_id(token: str) -> uuid.UUID | None:
    """The survey that a genuine token names, else None."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    survey_id, signature = found.groups()
    if not is_signed(signature, _PURPOSE, survey_id, size_bytes=_SIGNATURE_BYTES):
        return None
    return uuid.UUID(survey_id)


def link_of(survey_id: uuid.UUID, score: int | None = None) -> str:
    """The page of the survey, with a score preselected."""
    address = f"{settings.PUBLIC_URL}/csat/{token_of(survey_id)}"
    return address if score is None else f"{address}?score={score}"


def stop_link_of(survey_id: uuid.UUID) -> str:
    """The page where the customer of this survey asks for no more."""
    return f"{settings.PUBLIC_URL}/csat/{token_of(survey_id)}/stop"
