"""Notes, custom fields, addresses, the timeline, and who may be the same person."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from automation.customer_history import history_of
from automation.rules.conditions import evaluate
from automation.rules.fields import check_conditions
from automation.rules.snapshot import Snapshot
from helpdesk.accounts.models import Organization, User
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from inbox.inbound import InboundMessage, SenderHandle
from inbox.matching import find_match
from integrations.commerce.actions import create_store, upsert_order
from integrations.commerce.models import Store
from integrations.commerce.normal_form import OrderData, StoreCustomerData
from integrations.commerce.same_person import possible_same
from tests.api.conftest import write_in
from tickets.actions.apart import forget_apart, keep_apart
from tickets.actions.custom_fields import change_field, define_field
from tickets.actions.customers import add_handle, change_customer, get_or_create_by_handle
from tickets.fields import as_query, check_tree, custom_field_of
from tickets.models import Channel, Customer, CustomerNote, CustomField, Handle, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store(organization: Organization) -> Store:
    return create_store(organization, kind="demo_store", slug="main", name="Linden & Loom")


def order(store: Store, number: str, *, email: str = "", phone: str = "", **more: Any) -> None:
    at = now() - timedelta(days=3)
    upsert_order(
        store,
        OrderData(
            external_id=f"x{number}",
            number=number,
            placed_at=at,
            currency="EUR",
            total_minor=8490,
            financial_status="paid",
            fulfillment_status="unfulfilled",
            updated_at=at,
            email=email,
            phone=phone,
            **more,
        ),
    )


# Notes


def test_a_note_is_authored_and_only_its_author_or_an_admin_changes_it(
    api_as: Callable[..., Any], ticket: Ticket, bo: User, cy: User, ada: User
):
    path = f"/api/v1/customers/{ticket.customer_id}/notes"
    body = {"id": str(uuid.uuid4()), "text": "Prefers the phone"}
    assert api_as(bo).post(path, body).status_code == 201
    again = api_as(bo).post(path, body)
    assert (again.status_code, CustomerNote.objects.count()) == (200, 1)

    one = f"/api/v1/customer-notes/{body['id']}"
    assert api_as(cy).patch(one, {"text": "Rubbish"}).status_code == 403
    assert api_as(cy).delete(one).status_code == 403
    changed = api_as(ada).patch(one, {"text": "Prefers e-mail"}).json()
    assert (changed["text"], changed["author_name"]) == ("Prefers e-mail", "Bo Larsen")
    assert changed["edited_at"]
    assert api_as(bo).delete(one).status_code == 204
    assert api_as(bo).get(path).json()["results"] == []


# Custom fields


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("text", "M", 5),
        ("number", 41.5, "41"),
        ("number", 0, True),
        ("flag", False, "no"),
        ("choice", "Red", "Green"),
        ("date", "2026-11-22", "22.11.2026"),
        ("date", "2026-02-28", "2026-02-30"),
        ("link", "https://example.com/a?b=c", "javascript:alert(1)"),
    ],
)
def test_a_custom_field_takes_what_fits_and_names_what_does_not(
    organization: Organization, ticket: Ticket, bo: User, type_: str, good: Any, bad: Any
):
    choices = ["Red", "Blue"] if type_ == "choice" else []
    define_field(organization.pk, owner="customer", slug="f", name="F", type=type_, choices=choices)
    assert change_customer(ticket.customer, by=bo, fields={"f": good}).fields == {"f": good}
    with pytest.raises(InvalidInput) as refused:
        change_customer(ticket.customer, by=bo, fields={"f": bad})
    assert [each.path for each in refused.value.errors] == ["fields.f"]
    assert Customer.objects.get(pk=ticket.customer_id).fields == {"f": good}
    assert change_customer(ticket.customer, by=bo, fields={"f": None}).fields == {}


def test_fields_that_nobody_defined_or_that_are_archived_are_refused_by_name(
    api_as: Callable[..., Any], organization: Organization, ticket: Ticket, bo: User
):
    size = define_field(organization.pk, owner="ticket", slug="size", name="Size", type="text")
    path = f"/api/v1/tickets/{ticket.pk}"
    assert api_as(bo).patch(path, {"fields": {"size": "M"}}).json()["fields"] == {"size": "M"}
    change_field(size, is_archived=True)
    refused = api_as(bo).patch(path, {"fields": {"size": "L", "colour": "red"}})
    assert refused.status_code == 422
    assert {each["path"] for each in refused.json()["errors"]} == {"fields.size", "fields.colour"}
    assert Ticket.objects.get(pk=ticket.pk).fields == {"size": "M"}


@pytest.mark.parametrize("slug", ["Größe", "2nd", "a__b", "contains", "has_key", "_x", ""])
def test_a_slug_that_conditions_could_not_name_is_refused(organization: Organization, slug: str):
    with pytest.raises(InvalidInput):
        define_field(organization.pk, owner="ticket", slug=slug, name="X", type="text")
    assert not CustomField.objects.exists()


def test_views_and_filters_ask_about_custom_fields(
    organization: Organization, ticket: Ticket, bo: User
):
    define_field(organization.pk, owner="customer", slug="size", name="Size", type="number")
    define_field(organization.pk, owner="ticket", slug="cause", name="Cause", type="text")
    change_customer(ticket.customer, by=bo, fields={"size": 44})
    Ticket.objects.filter(pk=ticket.pk).update(fields={"cause": "Wrong parcel"})
    write_in(organization, email="someone@else.example")
    own = custom_field_of(organization.pk)

    def found(name: str, operator: str, value: Any = None) -> list[uuid.UUID]:
        tree = {"all": [{"field": name, "operator": operator, "value": value}]}
        check_tree(tree, custom=own)
        return list(Ticket.objects.filter(as_query(tree)).values_list("pk", flat=True))

    assert found("customer.field.size", "more_than", 40) == [ticket.pk]
    assert found("customer.field.size", "less_than", 40) == []
    assert found("ticket.field.cause", "contains", "parcel") == [ticket.pk]
    assert found("ticket.field.cause", "is_present") == [ticket.pk]
    assert ticket.pk not in found("ticket.field.cause", "is_empty")
    with pytest.raises(InvalidInput):
        found("customer.field.size", "contains", "4")
    with pytest.raises(InvalidInput):
        found("customer.field.nothing", "is", "4")


# Addresses


def test_addresses_are_added_verified_and_removed(
    api_as: Callable[..., Any], organization: Organization, ticket: Ticket, bo: User
):
    path = f"/api/v1/customers/{ticket.customer_id}/handles"
    added = api_as(bo).post(path, {"kind": "phone", "value": "+33 6 00 00 00 01"})
    assert added.status_code == 201
    phone = next(each for each in added.json()["handles"] if each["kind"] == "phone")
    assert (phone["value"], phone["is_verified"]) == ("+33600000001", False)
    shown = api_as(bo).patch(f"{path}/{phone['id']}", {"is_verified": True}).json()
    assert next(each for each in shown["handles"] if each["kind"] == "phone")["is_verified"]
    left = api_as(bo).delete(f"{path}/{phone['id']}").json()
    assert [each["kind"] for each in left["handles"]] == ["email"]

    get_or_create_by_handle(organization.pk, "email", "taken@else.example")
    taken = api_as(bo).post(path, {"kind": "email", "value": "taken@else.example"})
    assert (taken.status_code, taken.json()["code"]) == (409, "handle_taken")
    assert api_as(bo).post(path, {"kind": "phone", "value": "call me"}).status_code == 422
    assert Handle.objects.filter(customer_id=ticket.customer_id).count() == 1


# The timeline


def test_the_timeline_shows_every_channel_and_order_once_and_pages_without_gaps(
    organization: Organization, store: Store, ticket: Ticket, bo: User
):
    customer = ticket.customer
    Handle.objects.filter(customer=customer).update(is_verified=True)
    for index in range(5):
        order(store, f"10{index}", email="mia@shopper.example")
        write_in(organization, f"Question {index}", email="mia@shopper.example")
    write_in(organization, "And again", ticket=ticket)
    whole = history_of(bo, customer, after=None, limit=200)
    assert whole.next is None
    kinds = [each.type for each in whole.rows]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "ticket": 6,
        "messages": 6,
        "order": 5,
    }
    folded = next(
        each
        for each in whole.rows
        if each.type == "messages" and each.data["ticket_id"] == str(ticket.pk)
    )
    assert folded.data["count"] == 2

    paged, after = [], None
    while True:
        page = history_of(bo, customer, after=after, limit=3)
        paged += [each.key for each in page.rows]
        after = page.next
        if after is None:
            break
    assert paged == [each.key for each in whole.rows]


# The same person


def test_a_name_alone_never_suggests_the_same_person(
    organization: Organization, store: Store, ticket: Ticket, bo: User
):
    get_or_create_by_handle(organization.pk, "email", "other@shopper.example", name="Mia Laurent")
    get_or_create_by_handle(organization.pk, "email", "mia@elsewhere.example", name="Mia Laurent")
    assert possible_same(bo, ticket.customer) == []


def test_a_phone_that_an_order_of_hers_bears_suggests_her_and_not_her_is_remembered(
    api_as: Callable[..., Any], organization: Organization, store: Store, ticket: Ticket, bo: User
):
    """UX 12."""
    order(store, "1042", email="mia@shopper.example", phone="+33600000001")
    guest, _ = get_or_create_by_handle(organization.pk, "instagram", "@mia.l", name="mia")
    add_handle(guest, "phone", "+33600000001")
    found = possible_same(bo, guest)
    assert [(each.customer.pk, each.reason, each.value) for each in found] == [
        (ticket.customer_id, "same_phone", "+33600000001")
    ]

    client = api_as(bo)
    refused = client.post(
        f"/api/v1/customers/{guest.pk}/apart", {"other_id": str(ticket.customer_id)}
    )
    assert refused.status_code == 204
    assert client.get(f"/api/v1/customers/{guest.pk}/possible").json()["results"] == []
    assert possible_same(bo, ticket.customer) == []
    forget_apart("customer", guest.pk, ticket.customer_id, by=bo)
    assert len(possible_same(bo, guest)) == 1


def test_a_buyer_with_both_addresses_and_an_unusual_name_before_the_at_are_evidence(
    organization: Organization, store: Store, bo: User
):
    work, _ = get_or_create_by_handle(organization.pk, "email", "mia.laurent@work.example")
    home, _ = get_or_create_by_handle(organization.pk, "email", "mia.laurent@home.example")
    assert possible_same(bo, work) == []
    order(store, "1", email="mia.laurent@home.example")
    assert [each.reason for each in possible_same(bo, work)] == ["same_email_name"]
    third, _ = get_or_create_by_handle(organization.pk, "email", "third@home.example")
    buyer = StoreCustomerData(
        external_id="b1",
        updated_at=now(),
        name="M",
        emails=("third@home.example", "mia.laurent@work.example"),
    )
    order(store, "2", customer=buyer)
    assert [(each.customer.pk, each.reason) for each in possible_same(bo, third)] == [
        (work.pk, "same_email")
    ]
    assert home.pk not in {each.customer.pk for each in possible_same(bo, third)}


# Joining


def test_what_the_same_verified_customer_wrote_elsewhere_is_offered_to_be_joined(
    api_as: Callable[..., Any], organization: Organization, ticket: Ticket, bo: User
):
    other = write_in(organization, "hello??", email="mia@shopper.example").ticket
    path = f"/api/v1/tickets/{ticket.pk}/joinable"
    assert api_as(bo).get(path).json()["results"] == []  # nobody has proven to be her
    Handle.objects.filter(customer=ticket.customer).update(is_verified=True)
    offered = api_as(bo).get(path).json()["results"]
    assert [(each["ticket"]["id"], each["text"]) for each in offered] == [
        (str(other.pk), "hello??")
    ]

    keep_apart("ticket", ticket.pk, other.pk, by=bo)
    assert api_as(bo).get(path).json()["results"] == []
    third = write_in(organization, "and?", email="mia@shopper.example").ticket
    Ticket.objects.filter(pk=third.pk).update(last_message_at=now() - timedelta(hours=25))
    assert api_as(bo).get(path).json()["results"] == []


def test_rules_see_custom_fields_and_empty_ones_as_empty(
    organization: Organization, ticket: Ticket, bo: User
):
    define_field(organization.pk, owner="customer", slug="size", name="Size", type="number")
    define_field(organization.pk, owner="ticket", slug="due", name="Due", type="date")
    day = now().date() - timedelta(days=1)
    Ticket.objects.filter(pk=ticket.pk).update(fields={"due": day.isoformat()})
    ticket.refresh_from_db()

    def holds(name: str, operator: str, value: Any = None) -> bool:
        tree = {"all": [{"field": name, "operator": operator, "value": value}]}
        check_conditions(tree, organization_id=organization.pk)
        return evaluate(tree, Snapshot(ticket, None, at=now()), {}, at=now()).is_match

    assert holds("customer.field.size", "is_empty")
    assert not holds("customer.field.size", "more_than", 1)
    assert holds("ticket.field.due", "within_last", "3d")
    assert not holds("ticket.field.due", "longer_ago_than", "3d")


@pytest.mark.parametrize("joins", [True, False])
def test_a_proven_customer_who_writes_elsewhere_joins_the_open_ticket_if_the_shop_wants_it(
    organization: Organization, ticket: Ticket, joins: bool
):
    """UX 11, as far as two mailboxes are two channels."""
    Organization.objects.filter(pk=organization.pk).update(joins_automatically=joins)
    Channel.objects.create(
        organization=organization, slug="sales", name="Sales", address="sales@linden.example"
    )
    sales = Channel.objects.get(slug="sales")
    assert find(sales, ticket, is_verified=True) == (ticket.pk if joins else None)
    assert find(sales, ticket, is_verified=False) is None
    assert find(ticket.channel, ticket, is_verified=True) is None  # the same channel: a new topic
    late = now() - timedelta(hours=25)
    Ticket.objects.filter(pk=ticket.pk).update(last_message_at=late)
    assert find(sales, ticket, is_verified=True) is None


def find(channel: Channel, ticket: Ticket, *, is_verified: bool) -> uuid.UUID | None:
    """The ticket that a new message of the ticket's customer belongs to."""
    sender = SenderHandle("email", "mia@shopper.example", "Mia", is_verified=is_verified)
    message = InboundMessage(
        sender=sender, external_id="new@x.example", subject="Anybody there?", text="hello??"
    )
    organization = Organization.objects.get(pk=ticket.organization_id)
    match = find_match(organization, channel, ticket.customer, message, kind="customer")
    return match.ticket.pk if match.ticket else None


def test_an_export_holds_what_is_kept_and_only_admins_get_it(
    api_as: Callable[..., Any], ticket: Ticket, ada: User, bo: User
):
    path = f"/api/v1/customers/{ticket.customer_id}/export"
    assert api_as(bo).get(path).status_code == 403
    answer = api_as(ada).get(path)
    assert answer["Content-Disposition"].startswith("attachment")
    exported = answer.json()
    assert exported["customer"]["handles"][0]["value"] == "mia@shopper.example"
    assert exported["tickets"][0]["messages"][0]["text"] == "Where is my order?"
