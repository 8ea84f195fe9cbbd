"""Who a shopper is: signed by the shop or claimed by a page, and what each opens."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import Organization, User
from helpdesk.lib.clock import now
from integrations.chat.models import Conversation, Visitor
from integrations.chat.sites import rotate_secret, secrets_of
from integrations.chat.visitors import forget_visitors
from integrations.commerce.actions import create_store, upsert_order
from integrations.commerce.same_person import possible_same
from integrations.demo_store.manifest import MANIFEST
from tests.integrations.chat.conftest import Shopper
from tests.integrations.commerce.tellings import telling
from tickets.actions.customer_merge import merge_customers
from tickets.actions.customers import get_or_create_by_handle
from tickets.models import Channel, Customer, CustomerMerge, Handle, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
MIA = "mia@posteo.example"


@pytest.fixture
def order(organization: Organization) -> Any:
    """Mia's order #1042."""
    store = create_store(organization, kind=MANIFEST.kind, slug="shop", name="Shop", currency="EUR")
    return upsert_order(store, telling(number="#1042", email=MIA))


def test_a_signed_shopper_is_the_customer_they_are_by_mail(
    shopper: Shopper, sign: Callable[..., str], organization: Organization, order: Any
):
    known, _ = get_or_create_by_handle(organization.pk, "email", MIA, is_verified=True)

    answer = shopper.begin(token=sign(email=MIA, name="Mia Laurent"))
    shopper.say("Where is it?")

    assert answer.json()["visitor"] == {
        "id": answer.json()["visitor"]["id"], "name": "Mia Laurent", "email": MIA,
        "is_verified": True,
    }  # fmt: skip
    assert [each["number"] for each in answer.json()["orders"]] == ["#1042"]
    assert Ticket.objects.get().customer_id == known.pk
    assert Message.objects.get().is_sender_verified is True


_WRONG: list[tuple[dict[str, Any], str]] = [
    ({"exp": int(time.time()) - 3600}, "identity_expired"),
    ({"exp": int(time.time()) + 3600}, "identity_invalid"),
    ({"exp": None}, "identity_invalid"),
    ({"exp": True}, "identity_expired"),
    ({"exp": float("nan")}, "identity_invalid"),
    ({"exp": float("inf")}, "identity_invalid"),
    ({"exp": "soon"}, "identity_invalid"),
    ({"aud": "ste_other"}, "identity_invalid"),
    ({"aud": None}, "identity_invalid"),
    ({"sub": ""}, "identity_invalid"),
    ({"sub": None}, "identity_invalid"),
    ({"email": "no address"}, "identity_invalid"),
    ({"nbf": int(time.time()) + 3600}, "identity_invalid"),
    ({"secret": "f" * 64}, "identity_invalid"),
    ({"alg": "none"}, "identity_invalid"),
    ({"alg": "HS512"}, "identity_invalid"),
    ({"alg": "RS256"}, "identity_invalid"),
]


def test_a_forged_or_expired_identity_opens_nothing(
    shopper: Shopper, sign: Callable[..., str], order: Any
):
    """UX 56."""
    shopper.begin(token=sign(email=MIA))
    shopper.say("My hidden words")
    before = Visitor.objects.count()

    for wrong, code in _WRONG:
        answer = shopper.begin(token=sign(**{"sub": "43", "email": MIA, **wrong}))
        assert (answer.status_code, answer.json()["code"]) == (401, code), wrong
        assert "1042" not in answer.content.decode()
        assert "hidden" not in answer.content.decode()
        assert "visitor_token" not in answer.json()

    assert Visitor.objects.count() == before


def test_a_token_whose_parts_were_exchanged_is_refused(shopper: Shopper, sign: Callable[..., str]):
    mine, theirs = sign(email=MIA).split("."), sign(email="eve@evil.example").split(".")
    for parts in ([mine[0], theirs[1], mine[2]], [mine[0], mine[1], ""], [mine[0], mine[1]]):
        answer = shopper.begin(token=".".join(parts))
        assert (answer.status_code, answer.json()["code"]) == (401, "identity_invalid")


def test_the_key_before_holds_on_after_a_rotation(
    shopper: Shopper, sign: Callable[..., str], chat: Channel
):
    old = secrets_of(chat)[0]
    rotate_secret(chat)
    assert shopper.begin(token=sign(old)).status_code == 200
    rotate_secret(Channel.objects.get(pk=chat.pk), keeps_old=False)
    assert shopper.begin(token=sign(old)).status_code == 401
    assert shopper.begin(token=sign()).status_code == 200


def test_what_a_page_claims_never_leads_to_a_customer_or_an_order(
    shopper: Shopper, organization: Organization, order: Any, bo: User
):
    known, _ = get_or_create_by_handle(organization.pk, "email", MIA, is_verified=True)

    answer = shopper.begin(traits={"email": MIA, "name": "Mia Laurent", "vip": True})
    shopper.ask("POST", "email", {"email": MIA})
    shopper.say("I am Mia, trust me")

    assert answer.json()["orders"] == []
    assert answer.json()["visitor"]["is_verified"] is False
    assert shopper.ask("GET", "orders").json() == {"orders": []}
    ticket = Ticket.objects.get()
    assert ticket.customer_id != known.pk
    assert not Handle.objects.filter(customer=ticket.customer, kind="email").exists()
    assert Message.objects.get().details["claims"] == {"email": MIA}
    (maybe,) = possible_same(bo, ticket.customer)
    assert (maybe.customer, maybe.reason, maybe.value) == (known, "claimed_email", MIA)
    assert Message.objects.get().is_sender_verified is None


def test_who_wrote_before_signing_in_becomes_the_customer_and_that_can_be_undone(
    shopper: Shopper, sign: Callable[..., str], organization: Organization
):
    known, _ = get_or_create_by_handle(organization.pk, "email", MIA, is_verified=True)
    conversation_id = shopper.say("Before I signed in").json()["conversation_id"]
    anonymous = Ticket.objects.get().customer
    old_token = shopper.token

    answer = shopper.begin(token=sign(email=MIA))

    assert [each["id"] for each in answer.json()["conversations"]] == [conversation_id]
    assert Ticket.objects.get().customer_id == known.pk
    merge = CustomerMerge.objects.get()
    assert (merge.survivor_id, merge.source_id, merge.by) == (known.pk, anonymous.pk, None)
    assert shopper.say("And after", conversation_id).status_code == 200
    assert Ticket.objects.get().message_count == 2
    stolen = Shopper()
    stolen.token = old_token
    assert stolen.ask("GET", "conversations").status_code == 401


def test_a_customer_somebody_linked_the_visitor_to_is_not_swallowed(
    shopper: Shopper, sign: Callable[..., str], organization: Organization, ada: User
):
    bob, _ = get_or_create_by_handle(organization.pk, "email", "bob@mail.example")
    shopper.say("Before I signed in")
    merge_customers(bob.pk, Ticket.objects.get().customer_id, by=ada)

    shopper.begin(token=sign(email=MIA))
    shopper.say("And after")

    assert [each.value for each in bob.handles.all()] == ["bob@mail.example"]
    bob.refresh_from_db()
    assert bob.merged_into is None
    mia = Handle.objects.get(value=MIA).customer
    assert set(mia.handles.values_list("kind", flat=True)) == {"email", "visitor"}
    assert Ticket.objects.order_by("-number")[0].customer_id == mia.pk


def test_visitors_who_said_nothing_are_forgotten_after_a_month(shopper: Shopper):
    Shopper().begin()
    talker = Shopper()
    talker.begin()
    talker.say("Hello")
    Visitor.objects.update(last_seen_at=now() - timedelta(days=31))
    shopper.begin()

    assert forget_visitors() == 1
    assert Visitor.objects.count() == 2


def test_a_second_device_of_the_same_shopper_sees_the_same_conversations(
    shopper: Shopper, sign: Callable[..., str]
):
    shopper.begin(token=sign(email=MIA))
    first = shopper.say("From my laptop").json()["conversation_id"]
    phone = Shopper()
    phone.begin()
    second = phone.say("From my phone, signed out").json()["conversation_id"]

    answer = phone.begin(token=sign(email=MIA))

    assert {each["id"] for each in answer.json()["conversations"]} == {first, second}
    assert Customer.objects.filter(merged_into=None).count() == 1
    assert Visitor.objects.filter(subject="42").count() == 1


def test_the_next_person_at_the_same_browser_gets_nothing_of_the_one_before(
    shopper: Shopper, sign: Callable[..., str]
):
    """UX 56: also without a shutdown in between."""
    shopper.begin(token=sign(sub="42", email=MIA))
    conversation_id = shopper.say("My secret").json()["conversation_id"]

    answer = shopper.begin(token=sign(sub="7", email="eve@evil.example"))

    assert answer.json()["conversations"] == []
    assert shopper.ask("GET", f"conversations/{conversation_id}/messages").status_code == 404
    assert Conversation.objects.get().visitor.subject == "42"


def test_a_signed_shoppers_session_ends_after_a_day_and_an_anonymous_one_goes_on(
    shopper: Shopper, sign: Callable[..., str], monkeypatch: pytest.MonkeyPatch
):
    from integrations.chat import tokens

    anonymous = Shopper()
    anonymous.begin()
    shopper.begin(token=sign(email=MIA))
    later = now() + tokens.VERIFIED_FOR * 1.01
    monkeypatch.setattr(tokens, "now", lambda: later)

    assert shopper.ask("GET", "conversations").json()["code"] == "session_expired"
    assert anonymous.ask("GET", "conversations").status_code == 200
    assert shopper.begin().json()["visitor"]["is_verified"] is False


def test_a_signed_shopper_with_an_open_mail_ticket_goes_on_there(
    shopper: Shopper, sign: Callable[..., str], mailbox: Channel, organization: Organization
):
    """UX 11."""
    from tests.factories import receive_mail

    organization.joins_automatically = True
    organization.save()
    customer, _ = get_or_create_by_handle(organization.pk, "email", MIA, is_verified=True)
    by_mail = receive_mail(mailbox, customer=customer, from_address={"name": "", "address": MIA})

    shopper.begin(token=sign(email=MIA))
    conversation_id = shopper.say("anyone there?").json()["conversation_id"]

    assert Ticket.objects.get().pk == by_mail.ticket_id
    texts = [each["text"] for each in shopper.read(conversation_id)]
    assert texts == ["anyone there?"]
