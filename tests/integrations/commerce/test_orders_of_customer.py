"""Whose orders a customer sees: those of verified handles, in the same organization, no others."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from helpdesk.accounts.models import Organization
from helpdesk.lib.errors import NotFound
from integrations.commerce.actions import create_store, upsert_order
from integrations.commerce.many_customers import orders_of_customers
from integrations.commerce.models import Store
from integrations.commerce.normal_form import number_key
from integrations.commerce.selectors import (
    find_customer_of_order,
    get_order,
    orders_of_customer,
    resolve_order_number,
    search_orders,
    summarize,
)
from tests.integrations.commerce.tellings import NOON, buyer, customer_of, parcel, telling
from tickets.actions.customers import add_handle


def test_a_customer_with_three_addresses_a_phone_and_two_stores_sees_all_orders(
    store: Store,
) -> None:
    """G16.1"""
    second = create_store(store.organization, kind="demo_store", slug="uk", name="UK")
    mia = customer_of(store.organization, "mia@posteo.example")
    add_handle(mia, "email", "mia@work.example", is_verified=True)
    add_handle(mia, "email", "third@x.example", is_verified=True)
    add_handle(mia, "phone", "+33655510872", is_verified=True)
    upsert_order(store, telling("#1", email="MIA@posteo.example "))
    upsert_order(store, telling("#2", email="", customer=buyer(emails=("mia@work.example",))))
    upsert_order(second, telling("#3", email="third@x.example"))
    upsert_order(second, telling("#4", email="", phone="+33 6 55 51 08 72"))
    upsert_order(second, telling("#5", email="somebody@else.example"))
    assert {each.number for each in orders_of_customer(mia)} == {"#1", "#2", "#3", "#4"}


def test_an_unverified_handle_shows_no_orders_until_it_is_verified(store: Store) -> None:
    upsert_order(store, telling())
    mia = customer_of(store.organization, "mia@posteo.example", is_verified=False)
    assert orders_of_customer(mia) == []
    assert resolve_order_number(mia, "#1042") is None
    add_handle(mia, "email", "mia@posteo.example", is_verified=True)
    assert [each.number for each in orders_of_customer(mia)] == ["#1042"]


def test_an_order_number_in_text_resolves_only_within_the_customers_own_orders(
    store: Store,
) -> None:
    """G16.3"""
    upsert_order(store, telling("#1042"))
    upsert_order(store, telling("#0988", email="lea@courriel.example"))
    mia = customer_of(store.organization, "mia@posteo.example")
    own = resolve_order_number(mia, "1042")
    assert own is not None
    assert own.number == "#1042"
    assert resolve_order_number(mia, "#0988") is None
    assert resolve_order_number(mia, "#7777") is None
    assert resolve_order_number(mia, "") is None


@pytest.mark.parametrize(
    ("written", "shown"),
    [("1042", "#1042"), ("#01042", "1042"), ("no. 42-a", "NO42A"), ("000", "#0")],
)
def test_numbers_are_compared_without_signs_and_leading_zeros(written: str, shown: str) -> None:
    assert number_key(written) == number_key(shown)


def test_a_foreign_organization_sees_nothing(
    store: Store, other_organization: Organization
) -> None:
    order = upsert_order(store, telling(customer=buyer()))
    stranger = customer_of(other_organization, "mia@posteo.example")
    assert orders_of_customer(stranger) == []
    assert resolve_order_number(stranger, "1042") is None
    assert search_orders(other_organization.pk, "1042") == []
    assert find_customer_of_order(order) is None
    with pytest.raises(NotFound):
        get_order(other_organization.pk, order.pk)


def test_an_order_between_two_people_belongs_to_neither(store: Store) -> None:
    order = upsert_order(store, telling(email="bo@x.example", customer=buyer()))
    customer_of(store.organization, "mia@posteo.example")
    customer_of(store.organization, "bo@x.example")
    assert find_customer_of_order(order) is None


def test_thirty_orders_cost_as_many_queries_as_one(store: Store) -> None:
    mia = customer_of(store.organization, "mia@posteo.example")
    upsert_order(store, telling("#1", customer=buyer(), fulfillments=(parcel(),)))
    with CaptureQueriesContext(connection) as one:
        orders_of_customer(mia)
    for number in range(2, 31):
        upsert_order(store, telling(f"#{number}", customer=buyer(), fulfillments=(parcel(),)))
    with CaptureQueriesContext(connection) as thirty:
        found = orders_of_customer(mia)
    assert len(found) == 30
    assert len(thirty) == len(one) == 7


def test_many_customers_at_once_get_what_each_would_get_alone(store: Store) -> None:
    people = [customer_of(store.organization, f"c{n}@posteo.example") for n in range(3)]
    unproven = customer_of(store.organization, "d@posteo.example", is_verified=False)
    add_handle(people[1], "phone", "+33655510872", is_verified=True)
    for n in range(4):
        upsert_order(store, telling(f"#{n}", email="c0@posteo.example"))
    upsert_order(store, telling("#7", email="c1@posteo.example"))
    upsert_order(store, telling("#8", email="", phone="+33 6 55 51 08 72"))
    upsert_order(store, telling("#9", email="", customer=buyer(emails=("c1@posteo.example",))))
    upsert_order(store, telling("#5", email="c0@posteo.example", phone="+33 6 55 51 08 72"))
    upsert_order(store, telling("#6", email="d@posteo.example"))
    everyone = [*people, unproven]
    with CaptureQueriesContext(connection) as asked:
        found = orders_of_customers(everyone)
    assert found == {each.pk: orders_of_customer(each) for each in everyone}
    assert {order.number for order in found[people[1].pk]} == {"#7", "#8", "#9", "#5"}
    assert found[people[2].pk] == found[unproven.pk] == []
    assert len(asked) == 9
    newest = orders_of_customers(everyone, limit=2)
    assert newest == {each.pk: orders_of_customer(each, limit=2) for each in everyone}


def test_search_finds_by_number_address_phone_tracking_and_name(store: Store) -> None:
    upsert_order(
        store,
        telling(
            "#1042", customer=buyer(), fulfillment_status="fulfilled", fulfillments=(parcel(),)
        ),
    )
    upsert_order(store, telling("#2000", email="bo@x.example"))
    for text in ("1042", "#104", "mia@posteo.example", "ll1042fr", "laurent", "+33655510872"):
        found = [each.number for each in search_orders(store.organization_id, text)]
        assert found == ["#1042"], text
    for text in (
        "Mia Laurent",
        "LAUR mi",
        "mia@work.exam",
        "%",
        "o'neill",
        "&|!",
    ):
        found = [each.number for each in search_orders(store.organization_id, text)]
        assert found == (["#1042"] if text[0] in "ML0m" else []), text
    assert search_orders(store.organization_id, "   ") == []


def test_spending_leaves_out_cancelled_orders_and_refunds(store: Store) -> None:
    from integrations.commerce.normal_form import RefundData

    mia = customer_of(store.organization, "mia@posteo.example")
    upsert_order(store, telling("#1"))
    upsert_order(store, telling("#2", refunds=(RefundData("r", 490, NOON),)))
    upsert_order(store, telling("#3", cancelled_at=NOON))
    upsert_order(store, telling("#4", currency="JPY", total_minor=4800, return_status="returned"))
    summary = summarize(orders_of_customer(mia))
    assert summary.spent_minor == {"EUR": 8490 + 8000, "JPY": 4800}
    assert (summary.order_count, summary.returned_count) == (4, 1)
