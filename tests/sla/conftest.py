"""A shop with a channel, and a way to catch up with events."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.events.dispatch import run_subscribers
from tests.factories import make_channel
from tickets.models import Channel


@pytest.fixture
def channel(organization: Organization) -> Channel:
    return make_channel(organization)


@pytest.fixture
def catch_up(organization: Organization) -> Callable[[], int]:
    """Run every background subscriber until none is behind."""
    return lambda: run_subscribers(organization.pk)
