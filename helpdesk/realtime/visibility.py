"""Who may see which event. Asked at delivery, for each event, with the person as they are now."""

from __future__ import annotations

import uuid

from helpdesk.accounts.models import User
from helpdesk.accounts.permissions import may
from helpdesk.events.models import Event

_CAPABILITY_BY_OBJECT = {
    "ticket": "ticket.view",
    "message": "ticket.view",
    "csat": "ticket.view",
    "rule": "rule.view",
    "customer": "customer.view",
    "order": "order.view",
    "macro": "macro.view",
    "user": "ticket.view",
    "team": "ticket.view",
    "tag": "ticket.view",
    "view": "ticket.view",
    "channel": "ticket.view",
    "notification": "ticket.view",
}
_FOR_ONE_PERSON = ("notification.",)


def capability_for(type_: str) -> str | None:
    """What a person needs to see events of this type; None: nobody sees them."""
    return _CAPABILITY_BY_OBJECT.get(type_.split(".", 1)[0])


def reader_of(event: Event) -> str | None:
    """The id of the one person whom such an event is for; None: not for one person alone."""
    if not event.type.startswith(_FOR_ONE_PERSON):
        return None
    return str(event.payload.get("user_id", ""))


def may_see(user: User, organization_id: uuid.UUID, type_: str) -> bool:
    """Whether the person may see such an event of that organization. Deny by default."""
    capability = capability_for(type_)
    return (
        user.organization_id == organization_id and capability is not None and may(user, capability)
    )


def visible_to(user: User, events: list[Event]) -> list[Event]:
    """Those of the events that the person may see, in the same order."""
    return [
        each
        for each in events
        if may_see(user, each.organization_id, each.type)
        and reader_of(each) in (None, str(user.pk))
    ]
