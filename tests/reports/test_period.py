"""Periods that cannot be, and the band around an average."""

from __future__ import annotations

import pytest

from automation.reports.period import period_of
from automation.reports.satisfaction import band
from helpdesk.accounts.models import Organization
from helpdesk.lib.errors import InvalidInput


@pytest.mark.parametrize(
    ("first", "last", "path"),
    [
        ("yesterday", "2026-11-20", "from"),
        ("2026-11-20", "20.11.2026", "to"),
        ("2026-11-20", "2026-11-19", "to"),
        ("2020-01-01", "2026-11-19", "to"),
    ],
)
def test_a_period_that_cannot_be_is_refused_by_its_end(first, last, path):
    with pytest.raises(InvalidInput) as caught:
        period_of(first, last, Organization(time_zone="UTC"))
    assert caught.value.errors[0].path == path


def test_one_answer_has_no_band_and_no_band_leaves_the_scale():
    assert band(4.0, None, 1) == (None, None)
    assert band(5.0, 0.0, 3) == (5.0, 5.0)
    assert band(1.2, 1.0, 4)[0] == 1.0
