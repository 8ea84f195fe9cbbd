"""A shop with a customer whose address is proven, and a service that can be asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpdesk.accounts.models import Organization
from integrations.commerce import connector as connectors
from integrations.commerce.models import Store
from tests.factories import make_channel, make_customer, receive_mail
from tests.integrations.profiles.service import Fond, open_fond
from tickets.models import Channel, Customer, Ticket

MIA = "mia@posteo.example"


@pytest.fixture
def service(organization: Organization) -> Iterator[tuple[Fond, Store]]:
    yield open_fond(organization)
    connectors._connectors.pop("fond", None)


@pytest.fixture
def fond(service: tuple[Fond, Store]) -> Fond:
    return service[0]


@pytest.fixture
def store(service: tuple[Fond, Store]) -> Store:
    return service[1]


@pytest.fixture
def channel(organization: Organization) -> Channel:
    return make_channel(organization)


@pytest.fixture
def mia(organization: Organization) -> Customer:
    return make_customer(organization, MIA, is_verified=True)


@pytest.fixture
def ticket(channel: Channel, mia: Customer, service: tuple[Fond, Store]) -> Ticket:
    return Ticket.objects.get(pk=receive_mail(channel, "Hello", customer=mia).ticket_id)
