"""The CSAT report equals a recount from the raw rows."""

from __future__ import annotations

import random
import statistics
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from automation.csat.models import CsatSurvey, SurveyState
from automation.reports.csat import band, csat_report
from automation.reports.period import period_of
from helpdesk.accounts.models import Organization
from helpdesk.lib.errors import InvalidInput
from tests.factories import make_channel, make_customer, receive_mail

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def surveys(organization, bo, cy):
    """150 surveys over 80 days; two thirds answered, some with words, some about nobody."""
    dice = random.Random(48213)
    organization.time_zone = "Europe/Lisbon"
    organization.save()
    ticket = receive_mail(make_channel(organization)).ticket
    rows = []
    for number in range(150):
        sent_at = NOON - timedelta(minutes=dice.randrange(80 * 24 * 60))
        is_answered = dice.random() < 0.66
        rows.append(
            CsatSurvey(
                organization=organization,
                ticket=ticket,
                resolution=number,
                customer=ticket.customer,
                user=dice.choice([bo, bo, cy, None]),
                state=SurveyState.ANSWERED if is_answered else SurveyState.SENT,
                sent_at=sent_at,
                score=dice.choice([1, 2, 3, 4, 5, 5, 5]) if is_answered else None,
                comment=dice.choice(["", "Fine", "Slow"]) if is_answered else "",
                answered_at=sent_at + timedelta(hours=dice.randrange(60)) if is_answered else None,
            )
        )
    CsatSurvey.objects.bulk_create(rows)
    return rows


def recount(rows, first, last, zone):
    def within(moment):
        return moment is not None and first <= moment.astimezone(zone).date() <= last

    sent = [row for row in rows if within(row.sent_at)]
    answered = [row for row in rows if within(row.answered_at)]
    scores = [row.score for row in answered]
    return (
        sent,
        answered,
        {
            "average": round(statistics.mean(scores), 3) if scores else None,
            "response_rate": round(sum(r.answered_at is not None for r in sent) / len(sent), 4)
            if sent
            else None,
            "sent": len(sent),
            "answered": len(answered),
            "low": sum(score <= 2 for score in scores),
        },
    )


def test_every_figure_equals_a_recount_from_the_rows(organization, surveys, bo, cy):
    """G8.5"""
    zone = ZoneInfo("Europe/Lisbon")
    period = period_of("2026-10-22", "2026-11-20", organization)
    report = csat_report(organization, period)

    _, answered, tiles = recount(surveys, period.first, period.last, zone)
    *_, before = recount(surveys, period.before().first, period.before().last, zone)
    assert report["tiles"] == tiles
    assert report["previous"] == before
    assert len(report["days"]) == 30
    for day in report["days"]:
        scores = [
            row.score
            for row in answered
            if row.answered_at.astimezone(zone).date().isoformat() == day["date"]
        ]
        assert day["n"] == len(scores)
        assert day["average"] == (round(statistics.mean(scores), 3) if scores else None)
        deviation = statistics.stdev(scores) if len(scores) > 1 else None
        mean = statistics.mean(scores) if scores else 0.0
        assert (day["low"], day["high"]) == pytest.approx(band(mean, deviation, len(scores)))
    counted = {str(s): sum(row.score == s for row in answered) for s in range(1, 6)}
    assert report["distribution"] == counted
    spoken = sorted((r for r in answered if r.comment), key=lambda r: r.answered_at, reverse=True)
    assert [each["comment"] for each in report["comments"]] == [r.comment for r in spoken][:50]
    for agent in report["agents"]:
        mine = [row.score for row in answered if str(row.user_id) == agent["user_id"]]
        assert agent["rated"] == len(mine)
        assert agent["low"] == sum(score <= 2 for score in mine)
        assert agent["average"] == (round(statistics.mean(mine), 3) if len(mine) >= 5 else None)
    assert {agent["name"] for agent in report["agents"]} == {"Bo Larsen", "Cy Okafor"}


def test_the_report_costs_the_same_queries_whatever_the_rows(organization, surveys):
    period = period_of("2026-09-01", "2026-11-20", organization)
    with CaptureQueriesContext(connection) as queries:
        csat_report(organization, period)
    assert len(queries) <= 10


def test_an_average_of_fewer_than_five_ratings_is_not_shown(organization, surveys, cy):
    keep = [s.pk for s in surveys if s.user_id == cy.pk and s.score is not None][:4]
    CsatSurvey.objects.filter(user=cy).exclude(pk__in=keep).delete()
    agents = csat_report(organization, period_of("2026-08-01", "2026-11-23", organization))[
        "agents"
    ]

    shown = next(agent for agent in agents if agent["name"] == "Cy Okafor")
    assert (shown["rated"], shown["average"]) == (4, None)


def test_another_organization_is_not_counted(other_organization, surveys):
    report = csat_report(
        other_organization, period_of("2026-08-01", "2026-11-23", other_organization)
    )

    assert report["tiles"] == {
        "average": None,
        "response_rate": None,
        "sent": 0,
        "answered": 0,
        "low": 0,
    }
    assert report["agents"] == report["comments"] == []
    assert isinstance(other_organization, Organization)


@pytest.mark.parametrize(
    ("first", "last", "path"),
    [
        ("yesterday", "2026-11-20", "from"),
        ("2026-11-20", "20.11.2026", "to"),
        ("2026-11-20", "2026-11-19", "to"),
        ("2020-01-01", "2026-11-19", "to"),
    ],
)
def test_a_period_that_cannot_be_is_refused_by_its_end(organization, first, last, path):
    with pytest.raises(InvalidInput) as caught:
        period_of(first, last, organization)
    assert caught.value.errors[0].path == path


def test_a_customer_with_one_answer_has_no_band():
    assert band(4.0, None, 1) == (None, None)
    assert band(5.0, 0.0, 3) == (5.0, 5.0)
    assert make_customer is not None
