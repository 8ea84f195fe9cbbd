"""Seeding: whole, once, quick, and quiet."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from automation.csat.models import CsatSurvey
from automation.macros.defaults import ensure_default_macros
from automation.macros.models import MacroUse
from automation.models import SlaClock
from automation.reports.models import ClosingFigures, TicketFigures
from helpdesk.accounts.actions import create_organization, create_user
from helpdesk.accounts.models import Organization, User
from helpdesk.events.models import Event, EventCounter, SubscriberCursor
from helpdesk.lib import blobs
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict
from inbox.models import Delivery
from integrations.commerce.connector import synchronize
from integrations.commerce.models import Order, Store
from integrations.commerce.selectors import orders_of_customer, resolve_order_number, summarize
from integrations.demo_store.seed import DEMO_EMAIL, DEMO_PASSWORD, Demo, seed_demo
from integrations.demo_store.seed_macros import seed_macro_uses
from tickets.models import Attachment, Customer, Message, Status, Ticket

MAX_SECONDS = 20


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Demo, float]]:
    """The demo, really committed once for this module, and the processor seconds it took."""
    with django_db_blocker.unblock():
        began = time.process_time()
        demo = seed_demo()
        yield demo, time.process_time() - began
        _forget()


@pytest.fixture
def demo(seeded: tuple[Demo, float], db: None) -> Demo:
    return seeded[0]


def _everything() -> dict[str, Any]:
    """Every row of every table, as counts and newest ids."""
    tables: list[type[models.Model]] = list(apps.get_models())
    return {
        each._meta.label: (
            each._default_manager.count(),
            each._default_manager.order_by("-pk")[:1].values_list("pk").first(),
        )
        for each in tables
    }


def test_the_demo_is_seeded_within_twenty_seconds(seeded: tuple[Demo, float]) -> None:
    demo, seconds = seeded
    assert demo.is_new
    assert seconds < MAX_SECONDS


def test_seeding_twice_changes_nothing(demo: Demo) -> None:
    before = _everything()
    again = seed_demo()
    assert not again.is_new
    assert again.organization == demo.organization
    assert _everything() == before


def test_the_demo_has_what_it_promises(demo: Demo) -> None:
    organization = demo.organization
    assert organization.name == "Linden & Loom"
    assert User.objects.get(email=DEMO_EMAIL).check_password(DEMO_PASSWORD)
    assert User.objects.filter(organization=organization).count() == 3
    assert Order.objects.filter(organization=organization).count() == 200
    assert Ticket.objects.filter(organization=organization).count() >= 120
    assert Message.objects.filter(organization=organization).count() >= 250
    newest = Ticket.objects.order_by("-number").first()
    assert newest is not None
    assert newest.number == 48213
    assert newest.subject == "Cancel my order please"


def test_mia_has_nine_orders_and_spent_what_the_mock_says(demo: Demo) -> None:
    mia = Customer.objects.get(name="Mia Laurent")
    orders = orders_of_customer(mia)
    summary = summarize(orders)
    assert (summary.order_count, summary.returned_count) == (9, 1)
    assert summary.spent_minor == {"EUR": 128400}
    assert orders[0].number == "#1042"
    assert resolve_order_number(mia, "#0988") is None
    assert mia.is_vip


def test_mias_ticket_waits_urgently_with_the_talk_of_the_mock(demo: Demo) -> None:
    ticket = Ticket.objects.get(number=48213)
    assert (ticket.status, ticket.priority, ticket.intent) == ("open", "urgent", "cancel_order")
    assert ticket.tags == ["cancellation"]
    assert ticket.is_unread
    assert ticket.message_count == 5
    kinds = list(ticket.messages.order_by("position").values_list("kind", flat=True))
    assert kinds == ["customer", "note", "customer", "reply", "customer"]


def test_history_is_dated_back(demo: Demo) -> None:
    oldest = Ticket.objects.order_by("created_at").first()
    assert oldest is not None
    assert timedelta(days=25) < now() - oldest.created_at < timedelta(days=31)
    closed = Ticket.objects.filter(status="closed").first()
    assert closed is not None
    assert closed.closed_at is not None
    assert closed.closed_at >= closed.last_message_at
    event = Event.objects.get(object_id=oldest.pk, type="ticket.created")
    assert event.at == oldest.created_at
    assert not Message.objects.filter(created_at__gt=now()).exists()


def test_nothing_seeded_is_news_to_anybody_and_no_mail_leaves(demo: Demo) -> None:
    last_seq = EventCounter.objects.get(pk=demo.organization.pk).last_seq
    assert last_seq > 1000
    cursors = SubscriberCursor.objects.filter(organization=demo.organization)
    assert all(cursor.seq == last_seq for cursor in cursors)
    assert Delivery.objects.count() == 0
    outgoing = Message.objects.filter(direction="out")
    assert set(outgoing.values_list("delivery_state", flat=True)) == {"sent"}


def test_targets_were_met_and_missed_and_others_run(demo: Demo) -> None:
    shown = set(Ticket.objects.values_list("sla_state", flat=True))
    assert {"running", "breached", "paused", "met"} <= shown
    clocks = SlaClock.objects.filter(organization=demo.organization)
    pressing = clocks.filter(policy_name="Urgent and VIP", state="running")
    assert pressing.filter(breached_at=None, warned=1).exists()
    assert pressing.filter(breached_at__isnull=False).exists()
    assert not clocks.filter(started_at__gt=now()).exists()
    said = Event.objects.filter(type="sla.breached", organization=demo.organization)
    assert said.exists()
    for each in said:
        assert abs(each.at - datetime.fromisoformat(each.payload["due_at"])) < timedelta(seconds=1)


def test_the_history_is_in_the_reports(demo: Demo) -> None:
    tickets = Ticket.objects.filter(organization=demo.organization)
    counted = TicketFigures.objects.filter(organization=demo.organization)
    assert counted.count() == tickets.exclude(status=Status.SPAM).count() > 0
    closings = ClosingFigures.objects.filter(organization=demo.organization)
    assert closings.filter(agent_messages=1, seconds__gt=60).exists()
    assert not closings.filter(seconds__lt=60).exists()


def test_macros_were_used_and_noting_it_twice_changes_nothing(demo: Demo) -> None:
    ensure_default_macros(demo.organization)
    noted = seed_macro_uses(demo.organization)
    assert noted == seed_macro_uses(demo.organization) == MacroUse.objects.count() > 20
    assert MacroUse.objects.values("macro").distinct().count() >= 5


def test_every_attachment_can_be_read(demo: Demo) -> None:
    attachments = list(Attachment.objects.all())
    assert len(attachments) >= 10
    for each in attachments:
        assert each.message_id is not None
        assert len(blobs.read(each.sha256)) == each.size_bytes


def test_answers_thread_by_their_message_ids(demo: Demo) -> None:
    ticket = Ticket.objects.get(number=48213)
    first, *_, last = ticket.messages.exclude(kind="note").order_by("position")
    assert last.references[0] == first.external_id
    assert last.in_reply_to == last.references[-1]


def test_every_resolved_ticket_was_surveyed_once_and_some_customers_answered(demo: Demo) -> None:
    resolved = Ticket.objects.filter(status="closed").count()
    scored = Ticket.objects.exclude(csat_score=None).count()
    assert CsatSurvey.objects.count() == resolved
    answered = CsatSurvey.objects.filter(state="answered")
    assert answered.filter(kind="csat").count() == scored
    assert answered.filter(kind="nps").count() >= 12
    assert not answered.filter(credits=[]).exists()
    assert not answered.exclude(comment="").filter(comment_intent="").exists()
    assert 30 <= scored < resolved
    survey = CsatSurvey.objects.get(ticket__customer__name="Émile Carron")
    assert (survey.score, survey.state) == (1, "answered")
    assert survey.comment.startswith("Annulation demandée")
    assert not CsatSurvey.objects.filter(answered_at__gt=now()).exists()


def test_synchronizing_again_changes_no_order(demo: Demo) -> None:
    store = Store.objects.get(organization=demo.organization)
    before = Event.objects.count()
    store.synced_at = None
    assert synchronize(store) == 200
    assert Event.objects.count() == before
    assert set(Order.objects.values_list("version", flat=True)) == {1}


def test_the_same_opening_time_gives_the_same_content(demo: Demo) -> None:
    fields = ("number", "subject", "status", "priority", "snippet", "last_message_at", "tags")
    store = Store.objects.get(organization=demo.organization)
    opened_at = datetime.fromisoformat(store.config["opened_at"])
    first = list(Ticket.objects.order_by("number").values_list(*fields))
    digests = list(Order.objects.order_by("number").values_list("number", "source_digest"))
    _forget()
    seed_demo(opened_at=opened_at)
    assert list(Ticket.objects.order_by("number").values_list(*fields)) == first
    assert list(Order.objects.order_by("number").values_list("number", "source_digest")) == digests


def test_a_seed_that_cannot_finish_leaves_nothing_behind(demo: Demo) -> None:
    _forget()
    other = create_organization("Kiln & Clay", slug="kiln")
    create_user(other, email="petra@lindenloom.example", password="clay-in-the-oven")
    before = _everything()
    with pytest.raises(Conflict):
        seed_demo()
    assert _everything() == before


def _forget() -> None:
    Message.objects.all().delete()
    Ticket.objects.all().delete()
    Organization.objects.all().delete()
