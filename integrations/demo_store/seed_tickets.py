"""Plays the demo's conversations, dated back, through the actions of real life."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from helpdesk.accounts.models import Organization, User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib import blobs
from integrations.demo_store import content, files
from integrations.demo_store.content import Conversation, Said, moment
from integrations.demo_store.mail_look import Quoted, html_of, quote
from integrations.demo_store.seed_promises import keep_clocks, ring_clocks
from integrations.demo_store.seed_surveys import seed_survey
from tickets.actions.assign import assign
from tickets.actions.customers import add_handle, change_customer, get_or_create_by_handle
from tickets.actions.delivery import set_delivery_state, set_external_id
from tickets.actions.marks import set_priority, set_understanding
from tickets.actions.receive import (
    IncomingMessage,
    StoredFile,
    receive_on_new_ticket,
    receive_on_ticket,
    start_numbers_at,
)
from tickets.actions.reply import OutgoingMessage, add_note, reply
from tickets.actions.status import set_status, snooze
from tickets.actions.tags import change_tags
from tickets.models import (
    Attachment,
    Channel,
    Customer,
    DeliveryState,
    HandleKind,
    Status,
)

NEWEST_TICKET_NUMBER = 48213
TRIAGER = "petra"
SENTIMENTS = {"complaint": "negative", "thanks": "positive", "feedback": "positive"}


@dataclass
class _Scene:
    """One conversation while it is played."""

    told: Conversation
    channel: Channel
    agents: dict[str, User]
    customer: Customer
    address: str
    opened_at: datetime
    ticket_id: uuid.UUID | None = None
    external_ids: list[str] = field(default_factory=list)
    previous: Quoted | None = None

    def at(self, said: Said) -> datetime:
        return moment(self.opened_at, said.at)

    @property
    def ended_at(self) -> datetime:
        return self.at(self.told.messages[-1])


def seed_customers(organization: Organization) -> dict[str, Customer]:
    """The demo's customers by key; their addresses count as verified."""
    return {key: _seed_customer(organization, each) for key, each in content.shoppers().items()}


def seed_tickets(
    channel: Channel,
    agents: dict[str, User],
    customers: dict[str, Customer],
    opened_at: datetime,
) -> None:
    """All conversations in the order they began; the newest ticket is #48213."""
    conversations = content.conversations()
    start_numbers_at(channel.organization, NEWEST_TICKET_NUMBER - len(conversations))
    for told in conversations:
        customer, address = _writer(told, channel.organization, customers)
        scene = _Scene(told, channel, agents, customer, address, opened_at)
        _play(scene)


def _seed_customer(organization: Organization, shopper: content.Shopper) -> Customer:
    customer, _ = get_or_create_by_handle(
        organization.pk, HandleKind.EMAIL, shopper.email, name=shopper.name, is_verified=True
    )
    if shopper.phone:
        add_handle(customer, HandleKind.PHONE, shopper.phone, is_verified=True)
    return change_customer(
        customer,
        language=shopper.language,
        time_zone=shopper.time_zone,
        city=shopper.city,
        country=shopper.country_code,
        is_vip="vip" in shopper.tags,
    )


def _writer(
    told: Conversation, organization: Organization, customers: dict[str, Customer]
) -> tuple[Customer, str]:
    if told.customer:
        return customers[told.customer], content.shoppers()[told.customer].email
    stranger, handle = get_or_create_by_handle(
        organization.pk, HandleKind.EMAIL, told.sender_address, name=told.sender_name
    )
    return stranger, handle.value


def _play(scene: _Scene) -> None:
    for index, said in enumerate(scene.told.messages):
        at = scene.at(said)
        with _step(scene, at):
            if said.is_from_customer:
                _write_in(scene, said, is_first=index == 0)
            else:
                _answer(scene, said)
        if index == 0:
            _triage(scene, at + timedelta(minutes=2))
        if said.kind != "note":
            name = scene.customer.name if said.is_from_customer else scene.channel.name
            scene.previous = Quoted(name, said.text, at)
    _finish(scene)


@contextmanager
def _step(scene: _Scene, at: datetime, actor: Actor | None = None) -> Iterator[None]:
    """One moment of the past: its events show the ticket as it stood then, not as it ended."""
    with unit_of_work(actor=actor, at=at) as unit:
        if scene.ticket_id is not None:
            ring_clocks(unit, until=at, ticket_id=scene.ticket_id)
        known = len(unit.numbered)
        yield
        unit.flush()
        keep_clocks(unit, known)


def _write_in(scene: _Scene, said: Said, *, is_first: bool) -> None:
    incoming = _incoming(scene, said)
    if scene.ticket_id is None:
        message = receive_on_new_ticket(scene.channel.organization, incoming)
        scene.ticket_id = message.ticket_id
    else:
        message = receive_on_ticket(scene.ticket_id, incoming)
    scene.external_ids.append(incoming.external_id)
    intent = said.intent or (scene.told.intent if is_first else "")
    set_understanding(
        message.pk,
        language=scene.told.language,
        intent=intent,
        confidence=0.9 if intent else None,
        sentiment=SENTIMENTS.get(scene.told.intent, "neutral"),
    )


def _incoming(scene: _Scene, said: Said) -> IncomingMessage:
    quoted = scene.previous if said.quotes_previous else None
    language = scene.told.language
    name, domain = len(scene.external_ids), scene.address.rpartition("@")[2]
    answers = scene.external_ids[-1:]
    return IncomingMessage(
        customer=scene.customer,
        channel=scene.channel,
        subject=scene.told.subject if not answers else f"Re: {scene.told.subject}",
        text=said.text,
        quoted_text=quote(quoted, language) if quoted else "",
        html=html_of(said.text, quoted, language=language) if said.has_html or quoted else "",
        from_address={"name": scene.customer.name, "address": scene.address},
        to=[{"name": scene.channel.name, "address": scene.channel.address}],
        external_id=f"{scene.told.key}.{name}.{scene.opened_at:%y%m%d%H%M%S}@{domain}",
        in_reply_to=answers[0] if answers else "",
        references=list(scene.external_ids),
        is_sender_verified=bool(scene.told.customer),
        files=[_stored(scene, said)] if said.attachment else [],
        at=scene.at(said),
    )


def _stored(scene: _Scene, said: Said) -> StoredFile:
    file = said.attachment
    assert file is not None  # noqa: S101 (the callers asked)
    data, content_type = files.make(
        file.shows,
        name=file.name,
        order_number=scene.told.order,
        customer_name=scene.customer.name,
    )
    return StoredFile(file.name, content_type, len(data), blobs.write(data))


def _answer(scene: _Scene, said: Said) -> None:
    user, at = scene.agents[said.author], scene.at(said)
    assert scene.ticket_id is not None  # noqa: S101 (customers write first)
    if said.kind == "note":
        add_note(scene.ticket_id, said.text, user=user, at=at)
        return
    message = reply(
        scene.ticket_id,
        OutgoingMessage(text=said.text, attachment_ids=_uploaded(scene, said, user), at=at),
        user=user,
    )
    external_id = f"{message.pk}@{scene.channel.address.rpartition('@')[2]}"
    set_external_id(message, external_id)
    set_delivery_state(message.pk, DeliveryState.SENT, at=at + timedelta(seconds=12))
    scene.external_ids.append(external_id)


def _uploaded(scene: _Scene, said: Said, user: User) -> list[uuid.UUID]:
    if said.attachment is None:
        return []
    stored = _stored(scene, said)
    attachment = Attachment.objects.create(
        organization=scene.channel.organization,
        uploaded_by=user,
        name=stored.name,
        content_type=stored.content_type,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
    )
    return [attachment.pk]


def _triage(scene: _Scene, at: datetime) -> None:
    """What an agent does with a new ticket: tags, priority, whose it is."""
    told = scene.told
    assert scene.ticket_id is not None  # noqa: S101 (the first message made it)
    user = scene.agents[told.assignee or TRIAGER]
    with _step(scene, at, Actor.of_user(user)):
        if told.tags:
            change_tags(scene.ticket_id, add=told.tags)
        set_priority(scene.ticket_id, told.priority)
        if told.assignee:
            assign(scene.ticket_id, assignee_id=user.pk)


def _finish(scene: _Scene) -> None:
    told, ticket_id = scene.told, scene.ticket_id
    assert ticket_id is not None  # noqa: S101 (the first message made it)
    at = scene.ended_at + timedelta(minutes=6)
    user = scene.agents[told.assignee or TRIAGER]
    with _step(scene, at, Actor.of_user(user)):
        if told.status == Status.SNOOZED:
            snooze(ticket_id, scene.opened_at + timedelta(days=3))
        elif told.status != Status.OPEN:
            set_status(ticket_id, told.status, at=at)
        if told.status == Status.CLOSED:
            seed_survey(ticket_id, told, user, closed_at=at, today=scene.opened_at)
