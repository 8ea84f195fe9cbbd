"""Behind every figure that can be opened stand as many tickets as it says, in every report."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from automation.csat.models import CsatSurvey, SurveyState
from automation.macros.models import Macro, MacroUse
from automation.reports.catalog import REPORTS, report
from automation.reports.drill import tickets_behind
from automation.reports.period import period_of
from automation.reports.scope import Scope
from automation.rules.models import Rule, RuleRun
from automation.sla.models import SlaClock
from integrations.commerce.actions import create_store, upsert_order
from integrations.commerce.normal_form import OrderData
from tickets.models import Handle, Ticket

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 3, 12, tzinfo=UTC)
AT_MOST = {"reopened", "next_response", "first_response"}
"""Figures of messages and closings: a ticket may be in one of them more than once."""


@pytest.fixture
def shop(past):
    """The past, with one row of everything else about each of its tickets."""
    organization, tickets = past.organization, list(Ticket.objects.order_by("pk"))
    macro = Macro.objects.create(organization=organization, name="M")
    rules = [Rule.objects.create(organization=organization, name=f"R{n}") for n in range(2)]
    store = create_store(organization, kind="demo_store", slug="m", name="Linden & Loom")
    for number, ticket in enumerate(tickets):
        scores = {"csat": 1 + number % 5, "nps": number % 11}
        kind = ("csat", "nps")[number % 2]
        CsatSurvey.objects.create(
            organization=organization, ticket=ticket, customer=ticket.customer, kind=kind,
            resolution=900, user=past.bo, state=SurveyState.ANSWERED, sent_at=AT,
            answered_at=AT + timedelta(minutes=number), score=scores[kind],
        )  # fmt: skip
        SlaClock.objects.create(
            organization=organization, ticket=ticket, policy_name="VIP", target="first_reply",
            goal_seconds=60, state=["done", "done", "running"][number % 3], started_at=AT,
            stopped_at=AT if number % 3 < 2 else None, taken_seconds=number,
            breached_at=AT if number % 2 else None,
        )  # fmt: skip
        MacroUse.objects.create(
            message_id=uuid.uuid4(), organization=organization, macro=macro, ticket=ticket,
            user=past.bo, macro_version=1, used_at=AT,
        )  # fmt: skip
        RuleRun.objects.create(
            organization=organization, rule=rules[number % 2], rule_name="R", rule_version=1,
            ticket=ticket, event_seq=number, at=AT, actions=[{"type": "close"}],
            outcome=["acted", "partly", "error"][number % 3],
        )  # fmt: skip
    Handle.objects.filter(organization=organization).update(is_verified=True)
    for number, ticket in enumerate(tickets[:8]):
        handle = ticket.customer.handles.first()
        upsert_order(
            store,
            OrderData(
                external_id=f"o{number}", number=f"#{number}", currency="EUR", total_minor=100,
                email=handle.value, placed_at=ticket.created_at + timedelta(hours=1),
                updated_at=AT, financial_status="paid", fulfillment_status="unfulfilled",
            ),
        )  # fmt: skip
    return past


def cells(answer):
    """(cell, how many it says) of everything that can be opened."""
    for tile in answer["tiles"]:
        if tile["drill"]:
            says = tile["value"] if tile["unit"] == "count" else tile["n"]
            yield tile["key"], says if tile["unit"] != "share" else round(tile["value"] * says)
    for line in answer["series"]:
        for point in line["points"] if line["drill"] else ():
            yield f"{line['key']}:{point['day']}", point["n"]
    for bars in answer["bars"]:
        for row in bars["rows"] if bars["drill"] else ():
            yield f"{bars['key']}:{row['key']}", row["value"]
    for table in answer["tables"]:
        for row in table["rows"]:
            for column in table["columns"]:
                if column["drill"] and row["key"] != "average":
                    says = row["values"][column["key"]]
                    yield f"{table['key']}:{row['key']}:{column['key']}", says


def test_behind_every_figure_stand_as_many_tickets_as_it_says(shop):
    """UX 50, over two periods; in the shorter one tickets were opened again after its end."""
    for day in ("2026-11-25", "2026-11-08"):
        scope = Scope(shop.organization, period_of("2026-10-01", day, shop.organization), shop.ada)
        opened = dict.fromkeys(REPORTS, 0)
        for name in REPORTS:
            for cell, says in cells(report(name, scope, compare=False)):
                opened[name] += _is_right(scope, name, cell, says)
        assert all(opened.values()), opened
    _a_filter_holds_behind_the_figure_too(scope)


def _is_right(scope, name, cell, says):
    found = list(tickets_behind(name, cell, scope).values_list("pk", flat=True))
    assert len(found) == len(set(found))
    if cell.split(":")[0] in AT_MOST or cell.split(":")[-1] in AT_MOST:
        assert (says > 0) == bool(found), (name, cell)
        assert len(found) <= says, (name, cell)
    else:
        assert len(found) == says, (name, cell)
    return bool(found)


def _a_filter_holds_behind_the_figure_too(scope):
    narrowed = replace(scope, filters=replace(scope.filters, channel="form"))
    for name in REPORTS:
        for cell, says in cells(report(name, narrowed, compare=False)):
            found = tickets_behind(name, cell, narrowed).values_list("channel_kind", flat=True)
            assert set(found) <= {"form"}, (name, cell)
            assert len(found) <= (says or 0), (name, cell)
