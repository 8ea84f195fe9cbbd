"""Every figure equals a recount from the raw rows (G8.5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from automation.reports.catalog import REPORTS, report
from automation.reports.counting import count_tickets
from automation.reports.models import ClosingFigures, MessageFigures, TicketFigures
from automation.reports.period import period_of
from automation.reports.rebuild import rebuild
from automation.reports.scope import Filters, Scope
from automation.sla.edit import save_calendar
from tests.reports.recount import recount, stories
from tests.reports.recount_rows import open_minutes

pytestmark = pytest.mark.django_db

ZONE = "Europe/Lisbon"


def scope_of(past, first, last, *, reader=None, **filters):
    period = period_of(first, last, past.organization)
    return Scope(past.organization, period, reader or past.ada, Filters(**filters))


def told(answer):
    return {each["key"]: each["value"] for each in answer["tiles"]}


def rows_of_all_tables():
    """What the read model holds, without the numbers that say when a row was written."""
    return (
        sorted(TicketFigures.objects.values_list(), key=str),
        sorted(ClosingFigures.objects.values_list("figures", "number", "closed_at", "reopened_at",
               "seconds", "customer_messages", "agent_messages", "is_automated"), key=str),
        sorted(MessageFigures.objects.values_list(), key=str),
    )  # fmt: skip


def _every_figure_equals_a_recount_over_many_periods_and_filters(past):
    """G8.5. One past, asked over many periods and filters; the clock goes back on 25 October."""
    all_of_them = stories(past.organization)
    periods = [("2026-10-01", "2026-12-31"), ("2026-10-20", "2026-10-31"),
               ("2026-10-25", "2026-10-25"), ("2026-11-01", "2026-11-15")]  # fmt: skip
    for first, last in periods:
        days = date.fromisoformat(first), date.fromisoformat(last)
        for name, filters, kept, agent in (
            ("all", {}, lambda _: True, None),
            ("form", {"channel": "form"}, lambda t: t.channel_kind == "form", None),
            ("vip", {"tag": "vip"}, lambda t: "vip" in t.tags, None),
            ("bo", {"agent": past.bo.pk}, lambda t: True, past.bo.pk),
        ):
            expected = recount(
                [each for each in all_of_them if kept(each.ticket)], *days, ZONE, agent=agent
            )
            _automation_is_recounted_too(past, first, last, filters, expected)
            if days[1] > date(2026, 11, 20):
                expected.pop("backlog_age")  # the period still runs: its age is of now
            answer = report("overview", scope_of(past, first, last, **filters), compare=False)
            found = told(answer)
            for key, value in expected.items():
                assert found[key] == pytest.approx(value, abs=1e-3), (first, last, name, key)


def _automation_is_recounted_too(past, first, last, filters, expected):
    found = told(report("automation", scope_of(past, first, last, **filters), compare=False))
    for key in ("automation_rate", "automated", "wismo_avoided"):
        assert found[key] == expected.pop(key), (first, filters, key)
    assert found["closed"] == expected["closed"]


def _in_hours_of_business_only_the_open_minutes_count(past):
    """A night shift over midnight, holidays, and the clock going back at two in the night."""
    week = {"mon": [["09:00", "12:00"], ["13:00", "17:30"]], "wed": [["22:00", "03:00"]],
            "fri": [["10:00", "24:00"]], "sat": [["20:00", "06:00"]]}  # fmt: skip
    closed = ["2026-10-05", "2026-11-01", "2026-10-16"]
    save_calendar(
        past.organization,
        {"name": "Ours", "time_zone": ZONE, "week": week, "is_default": True,
         "closed_days": [{"date": day, "name": "Closed"} for day in closed]},
    )  # fmt: skip
    rebuild(past.organization.pk)
    spans = [[(540, 720), (780, 1050)], [], [(1320, 1620)], [], [(600, 1440)], [(1200, 1800)], []]
    holidays = {date.fromisoformat(day) for day in closed}

    def lasts(begin, end):
        return open_minutes(begin, end, spans, holidays, ZONE) * 60

    everything = stories(past.organization)
    for first, last in [("2026-10-01", "2026-11-20"), ("2026-10-24", "2026-10-27")]:
        days = date.fromisoformat(first), date.fromisoformat(last)
        expected = recount(everything, *days, ZONE, lasts=lasts)
        found = told(
            report(
                "overview", replace(scope_of(past, first, last), hours="business"), compare=False
            )
        )
        for key in ("first_response", "first_response_p90", "next_response", "next_response_p90",
                    "resolution", "resolution_p90"):  # fmt: skip
            assert found[key] == pytest.approx(expected[key], abs=1e-3), (first, key)
        plain = told(report("overview", scope_of(past, first, last), compare=False))
        assert plain["closed"] == found["closed"]
        assert plain["resolution_p90"] is None or plain["resolution_p90"] > found["resolution_p90"]


def _each_day_channel_tag_and_agent_equals_its_own_recount(past):
    scope = scope_of(past, "2026-10-05", "2026-11-20")
    everything = stories(past.organization)
    first, last = scope.period.first, scope.period.last
    sums = report("overview", scope, compare=False)
    for row in sums["tables"][0]["rows"]:
        day = date.fromisoformat(row["key"])
        alone = recount(everything, day, day, ZONE)
        for key in ("created", "reopened", "received", "sent", "first_response"):
            assert row["values"][key] == pytest.approx(alone[key], abs=1e-3), (day, key)
    held = [row["values"]["closed"] for row in sums["tables"][0]["rows"]]
    assert sum(held) == told(sums)["closed"]

    for row in report("channels", scope, compare=False)["tables"][0]["rows"]:
        some = [each for each in everything if each.ticket.channel_kind == row["key"]]
        _same(row["values"], recount(some, first, last, ZONE))
    tags = report("tags", scope, compare=False)["tables"][0]["rows"]
    assert {row["key"] for row in tags} == {"vip", "wismo", "return"}
    for row in tags:
        some = [each for each in everything if row["key"] in each.ticket.tags]
        _same(row["values"], recount(some, first, last, ZONE))
    agents = report("agents", scope, compare=False)["tables"][0]["rows"]
    assert [row["label"] for row in agents if row["label"]] != []
    for row in agents[:-1]:
        who = past.bo if row["key"] == str(past.bo.pk) else past.cy
        assert row["label"] == who.name
        _same(row["values"], recount(everything, first, last, ZONE, agent=who.pk))


def _same(values, expected):
    for key, value in values.items():
        assert value == pytest.approx(expected[key], abs=1e-3), key


def _what_the_log_built_up_equals_a_rebuild_and_twice_is_once(past):
    grown = rows_of_all_tables()
    assert len(grown[0]) > 15
    assert len(grown[1]) > 5
    count_tickets([row[0] for row in grown[0]])
    assert rows_of_all_tables() == grown
    TicketFigures.objects.all().delete()
    assert MessageFigures.objects.count() == 0
    rebuild(past.organization.pk)
    assert rows_of_all_tables() == grown


def _comparing_counts_as_many_days_before(past):
    scope = scope_of(past, "2026-11-01", "2026-11-10")
    answer = report("overview", scope, compare=True)
    earlier = recount(stories(past.organization), date(2026, 10, 22), date(2026, 10, 31), ZONE)
    assert (answer["previous_from"], answer["previous_to"]) == ("2026-10-22", "2026-10-31")
    for tile in answer["tiles"]:
        assert tile["previous"] == pytest.approx(earlier[tile["key"]], abs=1e-3), tile["key"]
    lines = [each for each in answer["series"] if each["group"] != "by_channel"]
    assert all(len(each["previous"]) == len(each["points"]) == 10 for each in lines)


def _costs_the_same_queries_whatever_the_days(past):
    for name in REPORTS:
        counts = []
        for first in ("2026-11-19", "2026-10-01"):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                report(name, scope_of(past, first, "2026-11-20"), compare=False)
            counts.append(len(asked))
        assert counts[0] == counts[1] <= 14, (name, counts)


def _the_days_of_a_report_are_local_days(past):
    scope = scope_of(past, "2026-10-25", "2026-10-25")
    long = scope.period.end.astimezone(UTC) - scope.period.begin.astimezone(UTC)
    assert long == timedelta(hours=25)
    assert scope.period.begin.astimezone(scope.period.zone).hour == 0
    answer = report("overview", scope, compare=False)
    assert [each["day"] for each in answer["series"][0]["points"]] == ["2026-10-25"]


def test_every_figure_equals_a_recount_from_the_raw_rows(past):
    """G8.5: over periods, filters, days, channels, tags and agents, grown by the log or rebuilt.

    One past serves all of it: making it is what takes time.
    """
    _every_figure_equals_a_recount_over_many_periods_and_filters(past)
    _each_day_channel_tag_and_agent_equals_its_own_recount(past)
    _comparing_counts_as_many_days_before(past)
    _the_days_of_a_report_are_local_days(past)
    _costs_the_same_queries_whatever_the_days(past)
    _what_the_log_built_up_equals_a_rebuild_and_twice_is_once(past)
    _in_hours_of_business_only_the_open_minutes_count(past)
