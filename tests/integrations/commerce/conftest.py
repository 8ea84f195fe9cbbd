"""Two organizations with a store each, and orders told in normal form."""

from __future__ import annotations

import pytest

from helpdesk.accounts.actions import create_organization
from helpdesk.accounts.models import Organization
from integrations.commerce.actions import create_store
from integrations.commerce.models import Store


@pytest.fixture
def organization(db: None) -> Organization:
    return create_organization("Linden & Loom", slug="linden")


@pytest.fixture
def other_organization(db: None) -> Organization:
    return create_organization("Kiln & Clay", slug="kiln")


@pytest.fixture
def store(organization: Organization) -> Store:
    return create_store(organization, kind="demo_store", slug="main", name="Linden & Loom")


@pytest.fixture
def other_store(other_organization: Organization) -> Store:
    return create_store(other_organization, kind="demo_store", slug="main", name="Kiln & Clay")
