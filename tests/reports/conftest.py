"""A shop with a past: two months of tickets that went this way and that, by the real actions."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from automation.reports.models import FiguresState
from automation.reports.rebuild import SHAPE
from helpdesk.events.actor import Actor
from helpdesk.events.dispatch import run_subscribers
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from tests.factories import make_channel, make_customer, receive_mail
from tickets.actions.assign import assign
from tickets.actions.merge import merge
from tickets.actions.reply import OutgoingMessage, reply
from tickets.actions.status import close, reopen, set_status
from tickets.actions.tags import change_tags
from tickets.models import Ticket

RULE = Actor("rule", "00000000-0000-4000-8000-000000000001", "Out of hours")
BEGIN = datetime(2026, 10, 1, 9, tzinfo=UTC)
TICKETS = 20


@pytest.fixture
def past(organization, ada, bo, cy) -> SimpleNamespace:
    """Everything a ticket can do, by seeded dice; the log is handled as it would be, now and then.

    The clock goes back in Lisbon on 25 October 2026, in the middle of it.
    """
    organization.time_zone = "Europe/Lisbon"
    organization.save()
    channels = [
        make_channel(organization),
        make_channel(organization, slug="two", address="2@s.example"),
    ]
    channels[1].kind = "form"
    channels[1].save()
    dice = random.Random(1411)
    customers = [make_customer(organization, f"c{n}@posteo.example", f"C {n}") for n in range(5)]
    kept: list[Ticket] = []
    for number in range(TICKETS):
        at = BEGIN + timedelta(minutes=dice.randrange(50 * 24 * 60))
        with time_machine.travel(at, tick=False) as clock:
            first = receive_mail(dice.choice(channels), customer=dice.choice(customers))
            kept.append(first.ticket)
            for _ in range(dice.randrange(8)):
                clock.shift(timedelta(minutes=dice.choice([3, 40, 300, 2000, 9000])))
                _act(dice, first.ticket, kept, [bo, cy])
        if number % 9 == 0:
            run_subscribers(organization.pk)
    run_subscribers(organization.pk)
    FiguresState.objects.create(organization=organization, shape=SHAPE, finished_at=now())
    return SimpleNamespace(organization=organization, ada=ada, bo=bo, cy=cy)


def _act(dice: random.Random, ticket: Ticket, kept: list[Ticket], agents: list[Any]) -> None:
    ticket.refresh_from_db()
    if ticket.merged_into_id is not None:
        return
    what = dice.choice(["in", "reply", "reply", "auto", "close", "close", "open", "tag", "assign",
                        "spam", "merge"])  # fmt: skip
    agent = dice.choice(agents)
    if what == "in":
        receive_mail(ticket.channel, ticket=ticket, customer=ticket.customer)
    elif what == "reply":
        reply(ticket.pk, OutgoingMessage(text="It is on its way."), user=agent)
    elif what == "auto":
        with unit_of_work(actor=RULE):
            reply(ticket.pk, OutgoingMessage(text="We are closed.", is_automatic=True))
    elif what == "close":
        with unit_of_work(actor=dice.choice([RULE, Actor.of_user(agent)])):
            close(ticket.pk)
    elif what == "open":
        reopen(ticket.pk)
    elif what == "tag":
        change_tags(ticket.pk, add=[dice.choice(["vip", "wismo", "return"])])
    elif what == "assign":
        assign(ticket.pk, assignee_id=agent.pk)
    elif what == "spam" and dice.random() < 0.3:
        set_status(ticket.pk, "spam")
    elif what == "merge" and dice.random() < 0.4 and len(kept) > 1:
        target = kept[-2]
        target.refresh_from_db()
        if target.merged_into_id is None and target.pk != ticket.pk:
            merge(ticket.pk, target.pk, merge_id=new_id(), user=agent)
