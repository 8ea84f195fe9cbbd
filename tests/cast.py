"""The cast of every permission test: Ada, Bo and Cy work at one shop, Dee at another.

Ada is an admin. Bo and Cy are agents of different teams. Dee may see nothing of all this.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from helpdesk.accounts.actions import create_organization, create_team, create_user
from helpdesk.accounts.models import Organization, Team, User

PASSWORD = "every linen thread 48213"


class JsonClient(APIClient):
    """DRF's test client, speaking JSON without being told."""

    default_format = "json"


@pytest.fixture
def quick_passwords(settings: Settings) -> None:
    """Hash passwords quickly: argon2 is slow on purpose, and not what a test is about."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def organization(db: None) -> Organization:
    """Linden & Loom, where Ada, Bo and Cy work."""
    return create_organization("Linden & Loom", slug="linden-loom")


@pytest.fixture
def other_organization(db: None) -> Organization:
    """Nord Ceramics, where Dee works."""
    return create_organization("Nord Ceramics", slug="nord-ceramics")


@pytest.fixture
def team_a(organization: Organization) -> Team:
    """Bo's team."""
    return create_team(organization, "Orders")


@pytest.fixture
def team_b(organization: Organization) -> Team:
    """Cy's team."""
    return create_team(organization, "Wholesale")


@pytest.fixture
def ada(organization: Organization, quick_passwords: None) -> User:
    """The admin."""
    return _person(organization, "ada@linden.example", "Ada Kern", role="admin")


@pytest.fixture
def bo(organization: Organization, team_a: Team, quick_passwords: None) -> User:
    """An agent of team A."""
    return _person(organization, "bo@linden.example", "Bo Larsen", teams=[team_a])


@pytest.fixture
def cy(organization: Organization, team_b: Team, quick_passwords: None) -> User:
    """An agent of team B."""
    return _person(organization, "cy@linden.example", "Cy Okafor", teams=[team_b])


@pytest.fixture
def dee(other_organization: Organization, quick_passwords: None) -> User:
    """The admin of another organization."""
    return _person(other_organization, "dee@nord.example", "Dee Nyberg", role="admin")


@pytest.fixture
def api_as() -> Callable[[User | None], JsonClient]:
    """``api_as(bo).get("/api/v1/tickets")``; ``api_as(None)`` has not signed in."""

    def client_of(user: User | None) -> JsonClient:
        client = JsonClient()
        if user is not None:
            client.force_login(user)
        return client

    return client_of


def _person(organization: Organization, email: str, name: str, **more: Any) -> User:
    return create_user(organization, email=email, password=PASSWORD, name=name, **more)
