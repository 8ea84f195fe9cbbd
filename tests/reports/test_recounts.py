"""Satisfaction, SLA, macros, rules, orders and the live wall equal a recount of all rows (G8.5)."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine

from automation.csat.models import CsatSurvey, SurveyState
from automation.macros.models import Macro, MacroUse
from automation.reports.catalog import report
from automation.reports.live import live
from automation.reports.period import period_of
from automation.reports.rebuild import rebuild
from automation.reports.scope import Filters, Scope
from automation.rules.models import Rule, RuleRun
from automation.sla.models import SlaClock
from helpdesk.lib.clock import now
from integrations.commerce.actions import create_store, upsert_order
from integrations.commerce.models import Order, Refund
from integrations.commerce.normal_form import OrderData
from tests.factories import make_channel, make_customer, receive_mail
from tests.reports import recount_rows
from tests.reports.recount_rows import Days
from tickets.actions.status import close
from tickets.models import Handle, Ticket

pytestmark = pytest.mark.django_db
ZONE = "Europe/Lisbon"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PERIODS = [("2026-10-20", "2026-11-20"), ("2026-10-25", "2026-10-25"), ("2026-11-01", "2026-11-09")]


@pytest.fixture
def shop(organization, ada, bo, cy):
    """Ten tickets of five customers, and rows about them over 70 days by seeded dice."""
    organization.time_zone = ZONE
    organization.save()
    dice = random.Random(2207)
    channels = [make_channel(organization),
                make_channel(organization, slug="two", address="2@s.example")]  # fmt: skip
    channels[1].kind = "form"
    channels[1].save()
    customers = [
        make_customer(organization, f"c{n}@posteo.example", f"C {n}", is_verified=n != 4)
        for n in range(5)
    ]
    for number in range(10):
        with time_machine.travel(NOON - timedelta(days=dice.randrange(40)), tick=False):
            ticket = receive_mail(channels[number % 2], customer=dice.choice(customers)).ticket
        Ticket.objects.filter(pk=ticket.pk).update(
            assignee=dice.choice([bo, cy, None]),
            tags=dice.choice([[], ["vip"], ["vip", "return"]]),
        )
    tickets = list(Ticket.objects.order_by("pk"))
    shop = SimpleNamespace(organization=organization, ada=ada, bo=bo, cy=cy, dice=dice,
                           tickets=tickets, agents=[bo, cy])  # fmt: skip
    _surveys(shop)
    return shop


def _surveys(shop):
    dice, rows = shop.dice, []
    for number in range(220):
        kind = "csat" if number % 3 else "nps"
        sent_at = moment(dice)
        is_answered = dice.random() < 0.6
        scores = [1, 2, 3, 4, 5, 5] if kind == "csat" else [0, 3, 6, 7, 8, 9, 9, 10]
        ticket, (bo, cy) = dice.choice(shop.tickets), shop.agents
        part = dice.choice([0.25, 0.5, 0.6667])
        rows.append(
            CsatSurvey(
                organization=shop.organization, ticket=ticket, customer=ticket.customer, kind=kind,
                resolution=number, user=dice.choice([bo, cy, None]), sent_at=sent_at,
                state=SurveyState.ANSWERED if is_answered else SurveyState.SENT,
                score=dice.choice(scores) if is_answered else None,
                comment=dice.choice(["", "", "Fine"]) if is_answered else "",
                answered_at=sent_at + timedelta(hours=dice.randrange(60)) if is_answered else None,
                recovered_at=NOON if dice.random() < 0.1 and is_answered else None,
                credits=dice.choice([[], [{"user_id": str(bo.pk), "share": part},
                                          {"user_id": str(cy.pk), "share": 1 - part}]]),
            )
        )  # fmt: skip
    CsatSurvey.objects.bulk_create(rows)


def moment(dice):
    return NOON - timedelta(minutes=dice.randrange(70 * 24 * 60))


def asked(shop, name, first, last, **filters):
    scope = Scope(shop.organization, period_of(first, last, shop.organization), shop.ada,
                  Filters(**filters))  # fmt: skip
    return report(name, scope, compare=True)


def tiles_of(answer):
    return {each["key"]: each["value"] for each in answer["tiles"]}


def rows_of(answer, key):
    table = next(each for each in answer["tables"] if each["key"] == key)
    return {row["key"]: row["values"] for row in table["rows"]}


def same(found, expected, *where):
    """Every expected figure is told, rounded as it is shown."""
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, abs=6e-4), (*where, key)


def cuts(shop):
    """The filters that are tried: (name, filters, which ticket counts, which person's)."""
    yield "all", {}, lambda ticket: True, None
    yield "form", {"channel": "form"}, lambda ticket: ticket.channel_kind == "form", None
    yield "vip", {"tag": "vip"}, lambda ticket: "vip" in ticket.tags, None
    yield "bo", {"agent": shop.bo.pk}, lambda ticket: True, shop.bo


def of_person(survey, person):
    who = [each["user_id"] for each in survey.credits] or [str(survey.user_id)]
    return person is None or str(person.pk) in who


def test_csat_and_nps_equal_a_recount_of_all_surveys(shop, other_organization):
    """G8.5: averages, shares of the agents, bands, distribution, NPS of 28 days."""
    by_pk = {each.pk: each for each in shop.tickets}
    everything = list(CsatSurvey.objects.all())
    for first, last in PERIODS:
        days = Days(date.fromisoformat(first), date.fromisoformat(last), ZONE)
        length = len(days.each())
        before = Days(days.first - timedelta(length), days.first - timedelta(1), ZONE)
        for name, filters, kept, person in cuts(shop):
            some = [e for e in everything if kept(by_pk[e.ticket_id]) and of_person(e, person)]
            answer = asked(shop, "csat", first, last, **filters)
            same(tiles_of(answer), recount_rows.csat(some, days), first, name)
            same({each["key"]: each["previous"] for each in answer["tiles"]},
                 recount_rows.csat(some, before), first, name, "before")  # fmt: skip
            line = {
                each["day"]: (each["value"], each["n"], each["low"], each["high"])
                for each in answer["series"][0]["points"]
            }
            assert len(line) == length
            expected = recount_rows.csat_by_day(some, days)
            for day, told in line.items():
                assert told == pytest.approx(expected.get(day, (None, 0, None, None)), abs=6e-4)
            scores = [e.score for e in some if e.kind == "csat" and days.holds(e.answered_at)]
            assert {row["key"]: row["value"] for row in answer["bars"][0]["rows"]} == {
                str(n): scores.count(n) for n in range(1, 6)
            }
            agents = rows_of(answer, "agents")
            agents.pop("average")
            expected = recount_rows.csat_of_agents(some, days)
            assert agents.keys() == expected.keys()
            for agent, values in agents.items():
                same(values, expected[agent], first, name, agent)

            answer = asked(shop, "nps", first, last, **filters)
            same(tiles_of(answer), recount_rows.nps(some, days), first, name)
            line = {e["day"]: (e["value"], e["n"]) for e in answer["series"][0]["points"]}
            expected = recount_rows.nps_over_time(some, days)
            for day, told in line.items():
                assert told == pytest.approx(expected[day], abs=6e-4), (first, name, day)
    nobodys = Scope(other_organization, period_of("2026-10-20", "2026-11-20", other_organization),
                    shop.ada)  # fmt: skip
    assert tiles_of(report("csat", nobodys, compare=False))["sent"] == 0


def test_sla_equals_a_recount_of_all_clocks(shop):
    """G8.5: met and missed, medians and ninetieth percentiles, by target and policy."""
    dice, rows = shop.dice, []
    for number in range(160):
        started, state = moment(dice), dice.choice(["done"] * 5 + ["dropped"])
        if number < 20:  # at most one clock of a ticket and target runs
            state = dice.choice(["running", "paused", "done"])
        stopped = started + timedelta(minutes=dice.randrange(3000)) if state == "done" else None
        rows.append(
            SlaClock(
                organization=shop.organization, ticket=shop.tickets[number % 10],
                target=("next_reply" if number >= 20 else ["first_reply", "resolution"][number // 10]),
                policy_name=dice.choice(["VIP", "Everybody"]), goal_seconds=3600, state=state,
                started_at=started, stopped_at=stopped,
                breached_at=started + timedelta(hours=1) if dice.random() < 0.3 else None,
                taken_seconds=dice.randrange(90_000) if state == "done" else None,
                message_id=uuid.uuid4(),
            )
        )  # fmt: skip
    SlaClock.objects.bulk_create(rows)
    by_pk = {each.pk: each for each in shop.tickets}
    for first, last in PERIODS:
        days = Days(date.fromisoformat(first), date.fromisoformat(last), ZONE)
        for name, filters, kept, person in cuts(shop):
            some = [
                each
                for each in rows
                if kept(by_pk[each.ticket_id])
                and (person is None or by_pk[each.ticket_id].assignee_id == person.pk)
            ]
            answer = asked(shop, "sla", first, last, **filters)
            same(tiles_of(answer), recount_rows.clocks(some, days), first, name)
            for table, column in (("targets", "target"), ("policies", "policy_name")):
                expected = recount_rows.clocks_by(some, days, column)
                found = rows_of(answer, table)
                assert found.keys() == expected.keys()
                for key, values in found.items():
                    same(values, expected[key], first, name, key)
            expected = recount_rows.clocks_by_day(some, days)
            for point in answer["series"][0]["points"]:
                assert point["value"] == pytest.approx(expected.get(point["day"]), abs=6e-4)


def test_macros_and_rules_equal_a_recount_of_all_uses_and_runs(shop):
    """G8.5: uses, CSAT afterwards; runs, failures, time saved by the assumptions shown."""
    dice = shop.dice
    macros = [Macro.objects.create(organization=shop.organization, name=f"M{n}") for n in range(3)]
    uses = MacroUse.objects.bulk_create(
        MacroUse(
            message_id=uuid.uuid4(), organization=shop.organization, macro=dice.choice(macros),
            ticket=dice.choice(shop.tickets), user=dice.choice([*shop.agents, None]),
            macro_version=1, used_at=moment(dice),
        )
        for _ in range(60)
    )  # fmt: skip
    rules = [Rule.objects.create(organization=shop.organization, name=f"R{n}") for n in range(3)]
    actions = ["reply_with_macro", "add_note", "assign_team", "add_tags", "close"]
    runs = RuleRun.objects.bulk_create(
        RuleRun(
            organization=shop.organization, rule=dice.choice(rules), rule_name="R", rule_version=1,
            ticket=dice.choice(shop.tickets), event_seq=number, at=moment(dice),
            outcome=dice.choice(["acted", "acted", "partly", "stopped", "error", "shadow"]),
            actions=[{"type": each} for each in dice.sample(actions, dice.randrange(4))],
        )
        for number in range(120)
    )  # fmt: skip
    by_pk = {each.pk: each for each in shop.tickets}
    surveys = list(CsatSurvey.objects.all())
    for first, last in PERIODS:
        days = Days(date.fromisoformat(first), date.fromisoformat(last), ZONE)
        for name, filters, kept, person in cuts(shop):
            some = [
                each for each in uses if kept(by_pk[each.ticket_id]) and person in (None, each.user)
            ]
            answer = asked(shop, "macros", first, last, **filters)
            top, expected = recount_rows.macros(some, surveys, days)
            same(tiles_of(answer), top, first, name)
            _same_days(answer, "uses", [each.used_at for each in some], days)
            _same_rows(rows_of(answer, "macros"), expected, first, name)

            some = [
                each
                for each in runs
                if kept(by_pk[each.ticket_id])
                and (person is None or by_pk[each.ticket_id].assignee_id == person.pk)
            ]
            answer = asked(shop, "automation", first, last, **filters)
            top, expected = recount_rows.rules(some, days)
            same(tiles_of(answer), top, first, name)
            acted = [each.at for each in some if each.outcome in ("acted", "partly")]
            _same_days(answer, "runs", acted, days)
            _same_rows(rows_of(answer, "rules"), expected, first, name)
            assumed = {key: row["seconds"] for key, row in rows_of(answer, "assumptions").items()}
            assert assumed == recount_rows.SECONDS | {"other": 5}


def _same_days(answer, key, moments, days):
    line = next(each for each in answer["series"] if each["key"] == key)
    found = [str(days.of(at)) for at in moments]
    assert {each["day"]: each["value"] for each in line["points"]} == {
        str(day): found.count(str(day)) for day in days.each()
    }


def _same_rows(found, expected, *where):
    assert found.keys() == expected.keys()
    for key, values in found.items():
        same(values, expected[key], *where, key)


def test_sales_equal_a_recount_of_all_orders(shop):
    """G8.5: for the newest ticket of three days before, net of refunds, in two currencies."""
    dice = shop.dice
    store = create_store(shop.organization, kind="demo_store", slug="m", name="Linden & Loom")
    Handle.objects.create(
        organization=shop.organization, customer=shop.tickets[0].customer, kind="phone",
        value="+351211234567", is_verified=True,
    )  # fmt: skip
    for number in range(80):
        near = dice.choice(shop.tickets).created_at + timedelta(hours=dice.randrange(-20, 90))
        order = upsert_order(
            store,
            OrderData(
                external_id=f"o{number}", number=f"#{number}", placed_at=near, updated_at=now(),
                currency=dice.choice(["EUR", "EUR", "EUR", "USD"]),
                email=dice.choice([f"C{dice.randrange(5)}@posteo.example", ""]),
                phone=dice.choice(["+351211234567", ""]), total_minor=dice.randrange(100, 90_000),
                financial_status="paid", fulfillment_status="unfulfilled",
                cancelled_at=near if dice.random() < 0.1 else None,
            ),
        )  # fmt: skip
        if dice.random() < 0.2:
            Refund.objects.create(order=order, external_id="r", amount_minor=50, refunded_at=near)
    rebuild(shop.organization.pk)
    orders, refunds = list(Order.objects.all()), list(Refund.objects.all())
    handles = list(Handle.objects.all())
    for first, last in [("2026-10-01", "2026-11-30"), *PERIODS]:
        days = Days(date.fromisoformat(first), date.fromisoformat(last), ZONE)
        expected = recount_rows.sales(orders, shop.tickets, handles, refunds, days)
        answer = asked(shop, "orders", first, last)
        found = tiles_of(answer)
        assert (found["orders"], found["converted"]) == (expected["orders"], expected["converted"])
        by_currency = {key: row["revenue"] for key, row in rows_of(answer, "currencies").items()}
        assert by_currency == expected["revenue"]
        main = answer["tiles"][-1].get("currency")
        assert found["revenue"] == expected["revenue"].get(main, 0)
        agents = {key: row["revenue"] for key, row in rows_of(answer, "agents").items()}
        assert agents == {
            str(who): net
            for (currency, who), net in expected["by_agent"].items()
            if currency == main and who is not None
        }
    assert expected is not None
    assert len(by_currency) <= 2


def test_the_live_wall_equals_a_recount_of_all_tickets(shop):
    with time_machine.travel(NOON + timedelta(hours=3, minutes=10), tick=False):
        channel = shop.tickets[0].channel
        for minutes in (170, 130, 65, 4):
            with time_machine.travel(now() - timedelta(minutes=minutes), tick=False):
                made = receive_mail(channel, customer=shop.tickets[0].customer).ticket
            if minutes > 100:
                with time_machine.travel(now() - timedelta(minutes=minutes - 60), tick=False):
                    close(made.pk)
        rebuild(shop.organization.pk)
        told = live(shop.ada)
        tickets = list(Ticket.objects.all())
        is_open = [each for each in tickets if each.status == "open"]
        waiting = [each for each in is_open if each.waiting_since is not None]
        today = [each.created_at for each in tickets if each.created_at >= NOON]
        closed = [e.closed_at for e in tickets if e.closed_at is not None and e.closed_at >= NOON]
        found = tiles_of(told)
        assert found == {
            "open": len(is_open),
            "unassigned": sum(each.assignee_id is None for each in is_open),
            "waiting": len(waiting),
            "longest_wait": max((now() - each.waiting_since).total_seconds() for each in waiting),
            "agents_online": 0,
            "arrived_today": len(today),
            "closed_today": len(closed),
        }
        assert [each["hour"] for each in told["hours"]] == list(range(16))
        for each in told["hours"]:
            assert each["arrived"] == sum(at.hour == each["hour"] for at in today)
            assert each["closed"] == sum(at.hour == each["hour"] for at in closed)
        assert {e["key"]: (e["open"], e["waiting"]) for e in told["channels"]} == {
            kind: (
                sum(each.channel_kind == kind for each in is_open),
                sum(each.channel_kind == kind for each in waiting),
            )
            for kind in ("email", "form")
        }
