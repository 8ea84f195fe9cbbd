"""Figures of an older version are counted again by themselves, and reports say so meanwhile."""

from __future__ import annotations

import pytest

from automation.reports import rebuild as module
from automation.reports.models import FiguresState, TicketFigures
from automation.reports.rebuild import Progress, progress_of, rebuild, rebuild_outdated
from tests.factories import make_channel, make_customer, receive_mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def tickets(organization):
    channel = make_channel(organization)
    return [receive_mail(channel, customer=make_customer(organization)).ticket for _ in range(5)]


def test_an_older_shape_is_counted_again_in_pieces_and_then_never_again(
    organization, other_organization, tickets, monkeypatch, ada, api_as
):
    monkeypatch.setattr(module, "BATCH", 2)
    assert progress_of(organization.pk) == Progress(0, 5)
    assert progress_of(other_organization.pk) is None
    assert rebuild_outdated(seconds=0) == 0
    assert module._count_on(organization.pk) == 2
    assert progress_of(organization.pk) == Progress(2, 5)
    told = api_as(ada).get("/api/v1/reports/overview/figures").json()
    assert told["rebuilding"] == {"counted": 2, "total": 5}
    assert rebuild_outdated(seconds=60) == 3
    assert progress_of(organization.pk) is None
    assert api_as(ada).get("/api/v1/reports/overview/figures").json()["rebuilding"] is None
    assert TicketFigures.objects.count() == 5
    TicketFigures.objects.all().delete()
    assert rebuild_outdated(seconds=60) == 0
    assert not TicketFigures.objects.exists()

    monkeypatch.setattr(module, "SHAPE", module.SHAPE + 1)
    assert progress_of(organization.pk) == Progress(0, 5)
    assert rebuild_outdated(seconds=60) == 5
    assert TicketFigures.objects.count() == 5
    assert set(FiguresState.objects.values_list("shape", flat=True)) == {module.SHAPE}


def test_who_rebuilds_by_hand_needs_no_second_time(organization, tickets):
    assert rebuild(organization.pk) == 5
    assert progress_of(organization.pk) is None
    assert rebuild_outdated(seconds=60) == 0
