"""Sales after support: within three days, net of refunds, for the newest ticket before."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from automation.reports.catalog import report
from automation.reports.period import period_of
from automation.reports.rebuild import rebuild
from automation.reports.scope import Scope
from helpdesk.lib.clock import now
from integrations.commerce.actions import create_store, upsert_order
from integrations.commerce.models import Refund
from integrations.commerce.normal_form import OrderData
from tests.factories import make_channel, make_customer, receive_mail
from tests.reports.conftest import BEGIN
from tickets.actions.assign import assign

pytestmark = pytest.mark.django_db


def test_an_order_counts_for_the_newest_ticket_of_the_three_days_before_it(
    organization, ada, bo, cy
):
    channel = make_channel(organization)
    mia = make_customer(organization, is_verified=True)
    eve = make_customer(organization, "eve@posteo.example", "Eve")
    store = create_store(organization, kind="demo_store", slug="main", name="Linden & Loom")
    for customer, hours, agent in ((mia, 0, bo), (mia, 24, cy), (eve, 0, bo)):
        with time_machine.travel(BEGIN + timedelta(hours=hours), tick=False):
            ticket = receive_mail(channel, customer=customer).ticket
            assign(ticket.pk, assignee_id=agent.pk)
    made = [
        ("mia@posteo.example", 10, 5000),  # Bo's: the other ticket came later
        ("Mia@posteo.example", 30, 7000),  # Cy's, 1000 of it given back
        ("mia@posteo.example", 95, 2000),  # 71 hours after the newest ticket
        ("mia@posteo.example", 97, 3000),  # 73 hours: too late
        ("mia@posteo.example", -1, 4000),  # before anything was said
        ("eve@posteo.example", 1, 9000),  # nobody has proven that this is Eve's address
    ]
    for number, (email, hours, total) in enumerate(made):
        order = upsert_order(
            store,
            OrderData(
                external_id=f"o{number}", number=f"#{number}", currency="EUR", email=email,
                placed_at=BEGIN + timedelta(hours=hours), updated_at=now(), total_minor=total,
                financial_status="paid", fulfillment_status="unfulfilled",
            ),
        )  # fmt: skip
        if total == 7000:
            Refund.objects.create(
                order=order, external_id="r", amount_minor=1000, refunded_at=now()
            )
    rebuild(organization.pk)
    scope = Scope(organization, period_of("2026-09-01", "2026-10-31", organization), ada)
    answer = report("orders", scope, compare=False)
    tiles = {each["key"]: each for each in answer["tiles"]}
    assert tiles["revenue"]["value"] == 5000 + 6000 + 2000
    assert tiles["revenue"]["currency"] == "EUR"
    assert (tiles["orders"]["value"], tiles["converted"]["value"]) == (3, 2)
    assert tiles["conversion"]["value"] == round(2 / 3, 4)
    agents = {row["label"]: row["values"]["revenue"] for row in answer["tables"][1]["rows"]}
    assert agents == {"Cy Okafor": 8000, "Bo Larsen": 5000}
