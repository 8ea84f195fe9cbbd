"""Orders over HTTP: of the caller's organization, with the errors of the house."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.actions import create_token, create_user
from helpdesk.accounts.models import Organization
from integrations.commerce.actions import mark_synced, upsert_order
from integrations.commerce.models import Store
from integrations.commerce.normal_form import (
    LineQuantity,
    OrderLineData,
    PaymentData,
    RefundData,
    ReturnData,
)
from tests.integrations.commerce.tellings import NOON, customer_of, parcel, telling

pytestmark = pytest.mark.urls("tests.integrations.commerce.urls")


def _client(organization: Organization, role: str = "agent") -> Client:
    user = create_user(
        organization,
        email=f"{role}@{organization.slug}.example",
        password="flax-and-thread",
        role=role,
    )
    _, secret = create_token(user, "test")
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_a_customers_orders_come_newest_first_with_what_they_spent(store: Store) -> None:
    mia = customer_of(store.organization, "mia@posteo.example")
    upsert_order(store, telling("#1042", fulfillment_status="fulfilled", fulfillments=(parcel(),)))
    answer = _client(store.organization, "viewer").get(f"/api/v1/customers/{mia.pk}/orders")
    assert answer.status_code == 200
    body = answer.json()
    assert [each["number"] for each in body["orders"]] == ["#1042"]
    order = body["orders"][0]
    assert order["total"] == {"minor": 8490, "currency": "EUR", "text": "€84.90"}
    assert order["fulfillments"][0]["carrier"] == "Colissimo"
    assert [line["title"] for line in order["lines"]] == [
        "Linen shirt Noor",
        "Napkins, set of four",
    ]
    assert body["summary"] == {
        "order_count": 1,
        "returned_count": 0,
        "returned_percent": 0,
        "spent": [{"minor": 8490, "currency": "EUR", "text": "€84.90"}],
    }


def test_a_customer_without_verified_handle_has_no_orders_over_http(store: Store) -> None:
    somebody = customer_of(store.organization, "mia@posteo.example", is_verified=False)
    upsert_order(store, telling())
    answer = _client(store.organization).get(f"/api/v1/customers/{somebody.pk}/orders")
    assert answer.json()["orders"] == []


def test_orders_and_customers_of_another_organization_do_not_exist(
    store: Store, other_organization: Organization
) -> None:
    order = upsert_order(store, telling())
    mia = customer_of(store.organization, "mia@posteo.example")
    client = _client(other_organization)
    for path in (f"orders/{order.pk}", f"customers/{mia.pk}/orders", f"orders/{uuid.uuid4()}"):
        answer = client.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert client.get("/api/v1/orders", {"q": "1042"}).json() == {"orders": []}


def test_search_finds_an_order_and_refuses_an_empty_question_by_name(store: Store) -> None:
    upsert_order(store, telling())
    client = _client(store.organization)
    found = client.get("/api/v1/orders", {"q": "#1042"}).json()["orders"]
    assert [each["number"] for each in found] == ["#1042"]
    for query in ({}, {"q": " \x00"}, {"q": "x" * 201}):
        answer = client.get("/api/v1/orders", query)
        assert answer.status_code == 422
        assert answer["Content-Type"] == "application/problem+json"
        assert [each["path"] for each in answer.json()["errors"]] == ["q"]
    assert client.get("/api/v1/orders", {"q": "1", "limit": "0"}).status_code == 422
    assert client.get("/api/v1/orders", {"q": "1", "colour": "red"}).status_code == 422


def test_strangers_get_nothing(store: Store) -> None:
    order = upsert_order(store, telling())
    for path in (f"orders/{order.pk}", "orders?q=1042"):
        assert Client().get(f"/api/v1/{path}").status_code in (401, 403)


def test_an_order_tells_its_money_its_returns_and_what_can_still_be_done(store: Store) -> None:
    shirt = OrderLineData("Linen shirt", 2, 5900, external_id="l1", refunded_quantity=1)
    told = telling(
        lines=(shirt, OrderLineData("Gift wrap", 1, 300, external_id="l2", added_at=NOON)),
        fulfillments=(parcel(lines=(LineQuantity("l1", 2),)),),
        returns=(ReturnData("r1", "requested", "R-1", lines=(LineQuantity("l1", 1, "small"),)),),
        payments=(PaymentData("p1", "captured", 8490, "Visa •4242", NOON),),
        refunds=(RefundData("x1", 490, NOON, method="Visa •4242"),),
        store_currency="SEK",
        store_total_minor=94000,
        refundable_minor=8000,
        is_on_hold=True,
        can_cancel=False,
        discount_codes=("WELCOME",),
        admin_url="https://shop.example/orders/1042",
    )
    order = upsert_order(store, told)
    body = _client(store.organization).get(f"/api/v1/orders/{order.pk}").json()
    assert [(each["line"], each["refunded_quantity"]) for each in body["lines"]] == [
        ("l1", 1),
        ("l2", 0),
    ]
    assert [bool(each["added_at"]) for each in body["lines"]] == [False, True]
    in_parcel = {"line": "l1", "title": "Linen shirt", "quantity": 2, "reason": ""}
    assert body["fulfillments"][0]["lines"] == [in_parcel]
    back = body["returns"][0]
    assert (back["number"], back["state"], back["refund"]) == ("R-1", "requested", None)
    assert back["lines"] == [{**in_parcel, "quantity": 1, "reason": "small"}]
    assert (body["payments"][0]["method"], body["refunds"][0]["method"]) == ("Visa •4242",) * 2
    assert (body["refundable"]["text"], body["store_total"]["currency"]) == ("€80.00", "SEK")
    assert (body["is_on_hold"], body["can_cancel"], body["can_edit_address"]) == (True, False, None)
    assert body["admin_url"] == "https://shop.example/orders/1042"


def test_an_order_is_as_fresh_as_its_store_was_asked(store: Store) -> None:
    order = upsert_order(store, telling(), as_of=NOON)
    client = _client(store.organization)
    assert client.get(f"/api/v1/orders/{order.pk}").json()["as_of"].startswith("2026-11-20T12:00")
    mark_synced(store, NOON + timedelta(hours=1))
    assert client.get(f"/api/v1/orders/{order.pk}").json()["as_of"].startswith("2026-11-20T13:00")


def test_a_customers_orders_cost_as_many_queries_for_one_as_for_many(
    store: Store, django_assert_max_num_queries: Any
) -> None:
    mia = customer_of(store.organization, "mia@posteo.example")
    for number in range(12):
        upsert_order(store, telling(f"#{number}", fulfillments=(parcel(),)))
    client = _client(store.organization)
    with django_assert_max_num_queries(16):
        body = client.get(f"/api/v1/customers/{mia.pk}/orders").json()
    assert len(body["orders"]) == 12
