"""The demo shop with its orders, and agents who act on them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.accounts.models import Organization, User
from helpdesk.lib.clock import now
from integrations.commerce.actions import create_store, upsert_order
from integrations.commerce.ledger import worker
from integrations.commerce.ledger.models import OrderAction
from integrations.commerce.models import Order, Store
from integrations.demo_store import till
from integrations.demo_store.connector import register
from integrations.demo_store.models import ShopCall
from tests.factories import make_channel, make_customer, receive_mail
from tickets.models import Ticket


class Desk:
    """What one person does with orders through the API."""

    def __init__(self, client: Any, user: User) -> None:
        self.client, self.user = client, user

    def preview(self, order: Order, kind: str, ticket: Ticket | None = None, **params: Any) -> Any:
        body = {"kind": kind, "params": params, "ticket_id": str(ticket.pk) if ticket else None}
        return self.client.post(f"/api/v1/orders/{order.pk}/actions/preview", body)

    def start(self, order: Order, token: str, key: uuid.UUID | None = None, note: str = "") -> Any:
        body = {"id": str(key or uuid.uuid4()), "preview_token": token, "note": note}
        return self.client.post(f"/api/v1/orders/{order.pk}/actions", body)

    def confirm(self, order: Order, kind: str, ticket: Ticket | None = None, **params: Any) -> Any:
        """Preview and confirm at once; the record of the action."""
        shown = self.preview(order, kind, ticket, **params)
        assert shown.status_code == 200, shown.content
        answer = self.start(order, shown.json()["preview_token"])
        assert answer.status_code == 202, answer.content
        return answer.json()

    def tell(self, action: dict[str, Any], what: str, **body: Any) -> Any:
        return self.client.post(f"/api/v1/order-actions/{action['id']}/{what}", body)

    def look(self, action: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/api/v1/order-actions/{action['id']}").json()
        return found


@pytest.fixture
def shop(organization: Organization) -> Store:
    """The demo shop, opened just now; tests know the orders they ask for."""
    register()
    store = create_store(organization, kind="demo_store", slug="main", name="Linden & Loom")
    set_shop(store, opened_at=now().isoformat())
    return store


def set_shop(store: Store, **config: Any) -> None:
    store.config = {**store.config, **config}
    store.save(update_fields=["config"])


@pytest.fixture
def order_of(shop: Store) -> Callable[[str], Order]:
    """``order_of("1042")``, as we know it now."""

    def known(number: str) -> Order:
        name = f"demo-{number}"
        found = Order.objects.select_related("store").filter(store=shop, external_id=name).first()
        return found or upsert_order(shop, till.order_now(shop, name))

    return known


@pytest.fixture
def desk_of(api_as: Callable[..., Any]) -> Callable[[User], Desk]:
    return lambda user: Desk(api_as(user), user)


@pytest.fixture
def mia(organization: Organization) -> Ticket:
    """Mia, whose order #1042 is, asks to cancel it."""
    channel = make_channel(organization)
    customer = make_customer(
        organization, "mia.laurent@posteo.example", "Mia Laurent", is_verified=True
    )
    return receive_mail(channel, "Please cancel #1042", customer=customer).ticket


def work() -> None:
    """Let the worker do what is due now."""
    while worker.attend_due():
        pass


def make_due() -> None:
    """Let the time for the next look or try come."""
    OrderAction.objects.exclude(due_at=None).filter(
        state__in=["queued", "pending", "checking"]
    ).update(due_at=now())


def calls(step: str) -> int:
    """How often the shop did this."""
    return ShopCall.objects.filter(step=step, state="done").count()
