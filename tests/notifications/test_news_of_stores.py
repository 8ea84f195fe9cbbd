"""A store that cannot be reached is news to admins: once per outage, and none once it works again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.accounts.models import Organization, Role, User
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib.clock import now
from helpdesk.lib.errors import NeedsReauthorization, TemporaryFailure
from helpdesk.notifications.mail import _compose
from helpdesk.notifications.models import Notification, NotificationMail
from integrations.commerce.actions import create_store
from integrations.commerce.connections import (
    FAILS_BEFORE_TOLD,
    note_check,
    note_failure,
    note_success,
)
from integrations.commerce.models import Store
from tests.factories import make_channel

pytestmark = pytest.mark.django_db
AWAY = "The shop does not answer."


@pytest.fixture
def store(organization: Organization) -> Store:
    store = create_store(organization, kind="demo_store", slug="linden", name="Linden & Loom")
    store.is_active = True
    store.save(update_fields=["is_active"])
    return store


@pytest.fixture
def cy(cy: User) -> User:
    """An admin, too."""
    cy.role = Role.ADMIN
    cy.save(update_fields=["role"])
    return cy


def _begin_to_fail(store: Store) -> None:
    for _ in range(FAILS_BEFORE_TOLD):
        note_failure(store, TemporaryFailure(AWAY))


def _told(store: Store) -> list[tuple[str, str, bool]]:
    """Who was told what, and whether it is still new."""
    run_subscribers(store.organization_id)
    rows = Notification.objects.order_by("pk").values_list("user__name", "preview", "read_at")
    return sorted((str(name), str(text), read_at is None) for name, text, read_at in rows)


def test_every_admin_is_told_once_per_outage_and_agents_never(
    store: Store, ada: User, bo: User, cy: User
) -> None:
    note_failure(store, TemporaryFailure(AWAY))
    assert _told(store) == []
    _begin_to_fail(store)
    once = sorted([(ada.name, AWAY, True), (cy.name, AWAY, True)])
    assert _told(store) == once
    note_failure(store, TemporaryFailure("The shop answered 502."))
    note_failure(store, NeedsReauthorization("The key was taken back."))
    note_check(store, ["The webhook is off."], due_at=now())
    assert _told(store) == once

    note_success(store)
    assert _told(store) == [(name, text, False) for name, text, _ in once]

    note_failure(store, NeedsReauthorization("The key was taken back."))
    assert [each for each in _told(store) if each[2]] == sorted(
        (each.name, "The key was taken back.", True) for each in (ada, cy)
    )
    assert Notification.objects.count() == 4


def test_an_outage_that_was_over_before_anybody_was_told_leaves_nothing_new(
    store: Store, ada: User
) -> None:
    _begin_to_fail(store)
    note_success(store)
    assert _told(store) == [(ada.name, AWAY, False)]
    _begin_to_fail(store)
    note_success(store)
    _begin_to_fail(store)
    assert [each for each in _told(store) if each[2]] == [(ada.name, AWAY, True)]


def test_news_of_a_store_lead_to_its_page_on_screen_and_in_the_mail(
    store: Store, ada: User, api_as: Callable[[User], Any]
) -> None:
    _begin_to_fail(store)
    _told(store)
    [news] = api_as(ada).get("/api/v1/notifications").json()["results"]
    assert (news["kind"], news["ticket_id"], news["store_id"], news["store_name"]) == (
        "store_problem", None, str(store.pk), "Linden & Loom",
    )  # fmt: skip
    row = Notification.objects.select_related("store", "ticket").get()
    mail = _compose(NotificationMail(user=ada), ada, [row], make_channel(store.organization))
    assert mail.subject == "Linden & Loom cannot be reached"
    assert f"/settings/stores/{store.pk}" in mail.text
