"""What people are called whom a channel tells by id alone: asked of the vendor afterwards."""

from __future__ import annotations

from typing import Any

import structlog
from django.db.models import Exists, OuterRef

from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.errors import ConnectorFailure, NeedsReauthorization, TemporaryFailure
from inbox import tokens
from inbox.connector import KnowsPeople, Person
from tickets.actions.amend import name_author
from tickets.actions.customers import get_or_create_by_handle
from tickets.models import Channel, Direction, Handle, Message

AT_ONCE = 20

log = structlog.get_logger()


def look_up(channel: Channel, connector: KnowsPeople) -> int:
    """Name those who wrote on the channel and have no name yet; returns how many it asked for.

    Whoever has no name there either is called by id, and not asked for again. A vendor that does
    not answer now is asked another time.
    """
    nameless = Handle.objects.filter(
        Exists(_messages(channel, OuterRef("customer_id"))),
        organization_id=channel.organization_id, kind=channel.handle_kind, label="",
        customer__name="",
    )  # fmt: skip
    asked = 0
    for handle in nameless.order_by("created_at")[:AT_ONCE]:
        try:
            person = _ask(channel, connector, handle.value)
        except (TemporaryFailure, NeedsReauthorization):
            log.info("names.not_now", channel_id=str(channel.pk))
            break
        except ConnectorFailure:
            person = Person()
        _learn(channel, handle, person)
        asked += 1
    return asked


def _ask(channel: Channel, connector: KnowsPeople, value: str) -> Person:
    return tokens.with_fresh(channel, lambda: connector.person(channel, value))


def _learn(channel: Channel, handle: Handle, person: Person) -> None:
    with unit_of_work():
        get_or_create_by_handle(
            channel.organization_id, handle.kind, handle.value,
            name=person.name, label=person.label or handle.value,
        )  # fmt: skip
        if not person.name:
            return
        unnamed = _messages(channel, handle.customer_id).filter(author_name=handle.value)
        for message_id in unnamed.values_list("pk", flat=True):
            name_author(message_id, person.name)


def _messages(channel: Channel, customer_id: Any):  # type: ignore[no-untyped-def]  # noqa: ANN202 (a query set)
    return Message.objects.filter(channel=channel, direction=Direction.IN, customer_id=customer_id)
