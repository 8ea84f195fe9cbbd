"""Two records of one person become one, and can be taken apart again exactly."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import Organization, User
from helpdesk.events.models import Event
from helpdesk.lib import clock
from helpdesk.lib.errors import Conflict, InvalidInput
from tests.api.conftest import write_in
from tickets.actions.custom_fields import define_field
from tickets.actions.customer_merge import merge_customers, undo_merge
from tickets.actions.customer_notes import add_customer_note
from tickets.actions.customers import add_handle, change_customer, get_or_create_by_handle
from tickets.models import Customer, CustomerMerge, Handle, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mia(organization: Organization, bo: User) -> Customer:
    """Mia as the shop knows her: a ticket, a note, a field."""
    define_field(organization.pk, owner="customer", slug="size", name="Size", type="text")
    customer = write_in(organization, email="mia@shopper.example").ticket.customer
    change_customer(customer, by=bo, city="Lyon", language="fr", fields={"size": "M"})
    add_customer_note(customer, "Sends everything back", by=bo)
    customer.refresh_from_db()
    return customer


@pytest.fixture
def other(organization: Organization, bo: User) -> Customer:
    """The same Mia, from her other address."""
    customer = write_in(organization, "And this?", email="m.laurent@work.example").ticket.customer
    add_handle(customer, "phone", "+33600000001", is_verified=True)
    add_customer_note(customer, "Called twice", by=bo)
    change_customer(customer, by=bo, name="M. Laurent", city="Paris", country="FR", is_vip=True)
    customer.refresh_from_db()
    return customer


def picture(customer: Customer) -> dict[str, Any]:
    """Everything that belongs to a customer, to be compared."""
    customer = Customer.objects.get(pk=customer.pk)
    names = ("name", "language", "time_zone", "city", "country", "is_vip", "note", "fields")
    return {
        **{name: getattr(customer, name) for name in names},
        "merged_into": customer.merged_into_id,
        "handles": set(Handle.objects.filter(customer=customer).values_list("pk", "is_verified")),
        "tickets": set(Ticket.objects.filter(customer=customer).values_list("pk", flat=True)),
        "notes": set(customer.notes.values_list("pk", "text")),
    }


def test_a_merge_moves_handles_tickets_and_notes_and_leaves_messages_where_they_are(
    mia: Customer, other: Customer, bo: User
):
    messages = list(Message.objects.order_by("pk").values_list("pk", "ticket_id", "customer_id"))
    merge_customers(mia.pk, other.pk, by=bo)

    after = picture(mia)
    assert (after["name"], after["city"], after["country"]) == ("Mia Laurent", "Lyon", "FR")
    assert after["is_vip"] is True
    assert after["fields"] == {"size": "M"}
    assert (len(after["handles"]), len(after["tickets"]), len(after["notes"])) == (3, 2, 2)
    tombstone = picture(other)
    assert tombstone["merged_into"] == mia.pk
    assert [tombstone[each] for each in ("handles", "tickets", "notes")] == [set()] * 3
    assert messages == list(
        Message.objects.order_by("pk").values_list("pk", "ticket_id", "customer_id")
    )


def test_what_the_agent_takes_from_the_other_wins(mia: Customer, other: Customer, bo: User):
    merge_customers(mia.pk, other.pk, by=bo, take=["city", "name"])
    assert (picture(mia)["city"], picture(mia)["name"]) == ("Paris", "M. Laurent")
    assert picture(mia)["language"] == "fr"


def test_undoing_a_merge_restores_both_exactly(mia: Customer, other: Customer, bo: User):
    before = picture(mia), picture(other)
    merge = merge_customers(mia.pk, other.pk, by=bo, take=["city"])
    undo_merge(merge, by=bo)
    assert (picture(mia), picture(other)) == before
    versions = Customer.objects.values_list("version", flat=True)
    undo_merge(merge, by=bo)
    assert list(versions) == list(Customer.objects.values_list("version", flat=True))


def test_what_somebody_changed_after_the_merge_survives_its_undoing(
    mia: Customer, other: Customer, bo: User
):
    merge = merge_customers(mia.pk, other.pk, by=bo, take=["city"])
    change_customer(mia, by=bo, city="Marseille")
    undo_merge(merge, by=bo)
    assert picture(mia)["city"] == "Marseille"
    assert picture(other)["city"] == "Paris"


def test_a_ticket_begun_from_a_moved_address_goes_back_with_it(
    organization: Organization, mia: Customer, other: Customer, bo: User
):
    merge = merge_customers(mia.pk, other.pk, by=bo)
    later = write_in(organization, "Third", email="m.laurent@work.example").ticket
    hers = write_in(organization, "Fourth", email="mia@shopper.example").ticket
    assert later.customer_id == hers.customer_id == mia.pk
    undo_merge(merge, by=bo)
    assert Ticket.objects.get(pk=later.pk).customer_id == other.pk
    assert Ticket.objects.get(pk=hers.pk).customer_id == mia.pk


def test_the_same_merge_twice_is_one_merge(mia: Customer, other: Customer, bo: User):
    merge_id = uuid.uuid4()
    first = merge_customers(mia.pk, other.pk, by=bo, merge_id=merge_id)
    events = Event.objects.count()
    assert merge_customers(mia.pk, other.pk, by=bo, merge_id=merge_id) == first
    assert (CustomerMerge.objects.count(), Event.objects.count()) == (1, events)


def test_a_customer_cannot_be_merged_twice_or_into_herself(
    organization: Organization, mia: Customer, other: Customer, bo: User
):
    third, _ = get_or_create_by_handle(organization.pk, "phone", "+33600000009")
    merge_customers(mia.pk, other.pk, by=bo)
    with pytest.raises(Conflict):
        merge_customers(third.pk, other.pk, by=bo)
    with pytest.raises(InvalidInput):
        merge_customers(mia.pk, mia.pk, by=bo)
    assert CustomerMerge.objects.count() == 1


def test_a_stranger_of_another_organization_is_never_merged(
    mia: Customer, other_organization: Organization, bo: User
):
    stranger, _ = get_or_create_by_handle(other_organization.pk, "email", "x@else.example")
    with pytest.raises(InvalidInput):
        merge_customers(mia.pk, stranger.pk, by=bo)
    assert picture(stranger)["merged_into"] is None


def test_merges_are_taken_apart_last_first_and_within_thirty_days(
    organization: Organization,
    mia: Customer,
    other: Customer,
    bo: User,
    monkeypatch: pytest.MonkeyPatch,
):
    third, _ = get_or_create_by_handle(organization.pk, "phone", "+33600000009")
    first = merge_customers(mia.pk, other.pk, by=bo)
    second = merge_customers(third.pk, mia.pk, by=bo)
    with pytest.raises(Conflict, match="later merge"):
        undo_merge(first, by=bo)
    undo_merge(second, by=bo)
    late = clock.now() + timedelta(days=31)
    monkeypatch.setattr("tickets.actions.customer_merge.now", lambda: late)
    with pytest.raises(Conflict, match="30 days"):
        undo_merge(first, by=bo)
    assert picture(other)["merged_into"] == mia.pk


def test_over_http_an_old_link_leads_to_who_she_turned_out_to_be(
    api_as: Callable[..., Any], mia: Customer, other: Customer, bo: User
):
    client = api_as(bo)
    path = f"/api/v1/customers/{mia.pk}/merge"
    preview = client.post(f"{path}/preview", {"source_id": str(other.pk)}).json()
    assert preview["differences"] == ["name", "city"]
    assert (preview["tickets"], preview["notes"], preview["handles"]) == (1, 1, 2)
    assert Customer.objects.get(pk=other.pk).merged_into_id is None

    done = client.post(path, {"source_id": str(other.pk)})
    assert done.status_code == 201
    assert client.get(f"/api/v1/customers/{other.pk}").json()["id"] == str(mia.pk)
    listed = client.get("/api/v1/customers").json()["results"]
    assert [each["id"] for each in listed] == [str(mia.pk)]

    merge_id = done.json()["merge_id"]
    undone = client.post(f"/api/v1/customer-merges/{merge_id}/undo")
    assert undone.json()["source"]["merged_into_id"] is None
    assert client.get(f"/api/v1/customers/{other.pk}").json()["id"] == str(other.pk)
