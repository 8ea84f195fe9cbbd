"""What the parameters of actions are checked with, and how dangerous an action can be."""

from __future__ import annotations

import uuid
from typing import Any

from helpdesk.lib.errors import InvalidInput
from tickets.actions.tags import clean_tag

Params = dict[str, Any]
MAX_NOTIFIED = 50
HARMLESS: frozenset[str] = frozenset()
MESSAGES = frozenset({"messages"})
OUTSIDE = frozenset({"outside"})


class Harmless:
    """Stays within the ticket."""

    def dangers(self, params: Params) -> frozenset[str]:
        return HARMLESS


def text_in(params: Params, name: str, *, most: int, what: str) -> str:
    """The words of that parameter; raises InvalidInput where there are none or too many."""
    text = params.get(name)
    if not isinstance(text, str) or not text.strip() or len(text) > most:
        raise InvalidInput.field(name, f"{what} has between 1 and {most} characters.")
    return text.replace("\x00", "")


def tags_in(params: Params) -> list[str]:
    """The tags named, each once, as they are stored; raises InvalidInput where there is none."""
    names = params.get("tags")
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise InvalidInput.field("tags", "Choose at least one tag.", code="required")
    return list(dict.fromkeys(clean_tag(name) for name in names))


def tags_in_words(params: Params) -> str:
    """``tags cancellation, urgent``."""
    return f"tag{'s' if len(params['tags']) > 1 else ''} {', '.join(params['tags'])}"


def choice_in(params: Params, name: str, allowed: list[str]) -> str:
    """One of the allowed; raises InvalidInput naming them."""
    value = params.get(name)
    if value not in allowed:
        raise InvalidInput.field(name, f"Choose from: {', '.join(allowed)}.")
    return str(value)


def references_in(organization_id: uuid.UUID, params: Params, name: str, among: Any) -> list[Any]:
    """The objects of this organization named by the list; raises InvalidInput where one is not."""
    values = params.get(name) or []
    if not isinstance(values, list) or len(values) > MAX_NOTIFIED:
        raise InvalidInput.field(name, f"Give a list of at most {MAX_NOTIFIED}.")
    return [reference_in(organization_id, {name: each}, name, among) for each in values if each]


def reference_in(organization_id: uuid.UUID, params: Params, name: str, among: Any) -> Any:
    """The object of this organization named by the parameter, or None where it is null."""
    value = params.get(name)
    if value is None:
        return None
    try:
        found = among.filter(pk=uuid.UUID(str(value)), organization_id=organization_id).first()
    except ValueError:
        found = None
    if found is None:
        raise InvalidInput.field(name, "This does not exist any more.", code="unknown")
    return found
