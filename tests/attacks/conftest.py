"""Bo stands outside Cy's private team; ``secret`` is a ticket of it."""

from __future__ import annotations

import pytest

from helpdesk.accounts.models import Organization, Team, User
from tests.api.conftest import foreign_ticket, ticket, viewer, write, write_in  # noqa: F401
from tickets.models import Ticket

CANARY = "zanzibarite"


@pytest.fixture
def secret(organization: Organization, team_b: Team, cy: User) -> Ticket:
    """A ticket that Cy sees and Bo does not; the canary is in every text of it."""
    Team.objects.filter(pk=team_b.pk).update(is_private=True)
    message = write_in(organization, f"The {CANARY} is broken", subject=f"My {CANARY}")
    Ticket.objects.filter(pk=message.ticket_id).update(team=team_b)
    return Ticket.objects.get(pk=message.ticket_id)


@pytest.fixture
def open_ticket(organization: Organization) -> Ticket:
    """A ticket of the same customer that everybody sees."""
    return write_in(organization, "Where is my parcel?").ticket
