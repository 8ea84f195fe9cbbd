"""LoyaltyLion: who has how many points; requests and answers as its documentation of API v2 has them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import iso
from helpdesk.lib.errors import InvalidInput, NeedsReauthorization, TemporaryFailure
from helpdesk.lib.secrets import encrypt
from integrations.commerce import syncing, webhooks
from integrations.commerce.actions import create_store
from integrations.commerce.connections import connection_of
from integrations.commerce.connector import KnowsShoppers, TakesStoreWebhooks
from integrations.commerce.models import Store, StoreHook, StoreHookState
from integrations.commerce.profiles.models import Profile
from integrations.loyaltylion.connector import LoyaltyLionConnector
from integrations.loyaltylion.reading import changed_email, find_in
from tests.contracts.vendor import Asked, VendorServer, Verdict
from tests.factories import make_customer

pytestmark = pytest.mark.django_db
LION = LoyaltyLionConnector()
SECRET = "a lion whispers"
MIA = "mia@posteo.example"
CUSTOMERS = r"/v2/customers$"
OPERATIONS = {
    ("GET", "/v2/customers"), ("GET", "/v2/identity/whoami"), ("GET", "/v2/webhooks"),
    ("POST", "/v2/webhooks"), ("DELETE", "/v2/webhooks/9"),
}  # fmt: skip


def as_documented(asked: Asked) -> Verdict:
    """Only documented operations, with the key; there is no contract file to judge by."""
    wrong = [] if (asked.method, asked.path) in OPERATIONS else ["no such operation"]
    if asked.headers.get("authorization") != "Bearer key-1":
        wrong.append("no key")
    if asked.path.endswith("/customers") and set(asked.query) - {"email", "limit", "cursor"}:
        wrong.append("unknown parameter")
    return f"{asked.method} {asked.path}", wrong


@pytest.fixture
def service(organization: Organization, vendor: VendorServer) -> Store:
    vendor.judged_by(as_documented, connector="loyaltylion (by its documentation)")
    store = create_store(organization, kind="loyaltylion", slug="lion", name="LoyaltyLion")
    store.config = {"api_url": vendor.url, "program": "Loom Circle"}
    store.secrets = encrypt({"api_key": "key-1", "site_secret": SECRET})
    store.save()
    connection_of(store)
    return store


def customer(email: str = MIA, **changes: Any) -> dict[str, Any]:
    """A customer as the API tells them."""
    return {
        "id": 456815004, "merchant_id": "6145627226296", "email": email, "points_approved": 120,
        "points_pending": 30, "points_spent": 500, "rewards_claimed": 2, "enrolled": True,
        "enrolled_at": "2026-08-08T22:59:58.197Z", "guest": False, "blocked": False,
        "referral_url": "https://prz.example/EDNE", "birthday": None, "referred_by": None,
        "loyalty_tier_membership": {
            "started_at": "2026-09-01T00:00:00Z", "expires_at": "2027-09-01T00:00:00Z",
            "loyalty_tier": {"id": 4, "name": "Gold"},
        },
        **changes,
    }  # fmt: skip


def page(*customers: dict[str, Any]) -> dict[str, Any]:
    return {"customers": list(customers), "cursor": {"prev": None, "next": None}}


def test_it_is_what_it_says() -> None:
    assert isinstance(LION, KnowsShoppers)
    assert isinstance(LION, TakesStoreWebhooks)


def test_a_customer_says_the_same_in_our_words() -> None:
    told = find_in(page(customer()), "Mia@Posteo.example")
    assert told is not None
    assert (told.points, told.pending_points, told.tier) == (120, 30, "Gold")
    assert (told.is_member, told.rewards_claimed, told.external_id) == (True, 2, "6145627226296")
    assert told.referral_url == "https://prz.example/EDNE"
    assert iso(told.tier_ends_at) == "2027-09-01T00:00:00.000Z"
    assert (told.next_tier, told.points_to_next) == ("", None)  # API v2 does not say


def test_an_address_that_only_contains_ours_is_somebody_else() -> None:
    assert find_in(page(customer(f"xx{MIA}")), MIA) is None
    assert find_in(page(), MIA) is None


def test_a_member_counts_before_a_guest_of_the_same_address() -> None:
    guest = customer(enrolled=False, guest=True, points_approved=0, merchant_id="1")
    told = find_in(page(guest, customer()), MIA)
    assert told is not None
    assert told.points == 120
    alone = find_in(page(guest), MIA)
    assert alone is not None
    assert not alone.is_member


@pytest.mark.parametrize(
    "said",
    [None, {}, {"customers": [{"email": MIA}]}, page(customer(points_approved="many")), [1]],
)
def test_an_answer_that_is_no_page_of_customers_is_refused_by_name(said: Any) -> None:
    with pytest.raises(InvalidInput, match="LoyaltyLion"):
        find_in(said, MIA)


def test_they_are_asked_for_by_address(service: Store, vendor: VendorServer) -> None:
    vendor.answers("GET", CUSTOMERS, 200, page(customer()))
    told = LION.find_shopper(service, MIA)
    assert told is not None
    assert told.points == 120
    assert vendor.last("GET", CUSTOMERS).query == {"email": MIA, "limit": "50"}


@pytest.mark.parametrize(
    ("status", "failure"),
    [(401, NeedsReauthorization), (429, TemporaryFailure), (500, TemporaryFailure)],
)
def test_a_refusal_means_what_it_means(
    service: Store, vendor: VendorServer, status: int, failure: type[Exception]
) -> None:
    vendor.answers("GET", CUSTOMERS, status, {"error": "no"})
    with pytest.raises(failure):
        LION.find_shopper(service, MIA)


def test_connecting_subscribes_once_and_disconnecting_takes_it_back(
    service: Store, vendor: VendorServer
) -> None:
    hook = webhooks.hook_url(service)
    scopes = {"identity": {"kind": "api_key", "scopes": ["read_customers"]}}
    mine = {"id": 9, "topic": "customers/update", "address": hook}
    vendor.answers("GET", r"/whoami$", 200, scopes)
    vendor.answers("GET", r"/webhooks$", 200, {"webhooks": []})
    vendor.answers("POST", r"/webhooks$", 201, {"webhook": mine})
    LION.connect(service, hook)
    assert vendor.last("POST", r"/webhooks$").json == {
        "webhook": {"topic": "customers/update", "address": hook}
    }
    vendor.answers("GET", r"/webhooks$", 200, {"webhooks": [mine]})
    LION.connect(service, hook)
    assert LION.check(service, hook) == []
    assert vendor.asked("POST", r"/webhooks$") == 1
    vendor.answers("DELETE", r"/webhooks/9$", 204)
    LION.disconnect(service)
    assert vendor.asked("DELETE", r"/webhooks/9$") == 1
    vendor.answers("GET", r"/webhooks$", 200, {"webhooks": []})
    assert LION.check(service, hook) == ["The webhook was gone at LoyaltyLion. We made it again."]


def test_a_key_that_may_not_read_customers_is_named(service: Store, vendor: VendorServer) -> None:
    vendor.answers("GET", r"/whoami$", 200, {"identity": {"scopes": ["read_orders"]}})
    with pytest.raises(InvalidInput) as problem:
        LION.connect(service, webhooks.hook_url(service))
    assert problem.value.errors[0].path == "api_key"


def tell(client: Client, service: Store, told: Any, *, secret: str = SECRET) -> int:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    answer = client.post(
        f"/hooks/stores/loyaltylion/{service.hook_token}", body, content_type="application/json",
        headers={"x-loyaltylion-hmac-sha256": signature},
    )  # fmt: skip
    return answer.status_code


def test_a_call_lets_the_customer_be_read_again_once(
    client: Client, service: Store, vendor: VendorServer, organization: Organization
) -> None:
    make_customer(organization, MIA, is_verified=True)
    vendor.answers("GET", CUSTOMERS, 200, page(customer(points_approved=999)))
    told = {"id": "e1", "topic": "customers/update", "payload": {"customer": customer()}}
    assert [tell(client, service, told), tell(client, service, told)] == [200, 200]
    assert StoreHook.objects.count() == 1
    webhooks.process_hooks(service.pk)
    syncing.ask_store(service.pk)
    assert Profile.objects.get().points == 999  # what the call said is not believed
    assert vendor.asked("GET", CUSTOMERS) == 1


def test_only_the_lion_is_believed(client: Client, service: Store) -> None:
    told = {"id": "e1", "topic": "customers/update", "payload": {"customer": customer()}}
    assert tell(client, service, told, secret="somebody else") in (401, 403)
    assert StoreHook.objects.count() == 0


def test_nonsense_waits_in_quarantine_and_strangers_are_passed_over(
    client: Client, service: Store
) -> None:
    tell(client, service, b"{no json")
    tell(client, service, {"id": "e2", "topic": "customers/update", "payload": 7})
    tell(
        client,
        service,
        {"id": "e3", "topic": "customers/update", "payload": customer("a@b.example")},
    )
    tell(client, service, {"id": "e4", "topic": "program_events/odd", "payload": {}})
    webhooks.process_hooks(service.pk)
    states = list(StoreHook.objects.order_by("received_at").values_list("state", flat=True))
    assert states == [StoreHookState.QUARANTINED] * 2 + [StoreHookState.PROCESSED] * 2
    assert Profile.objects.count() == 0


def test_whom_a_call_speaks_of_is_found_in_both_forms() -> None:
    assert changed_email({"payload": {"customer": {"email": MIA}}}) == MIA
    assert changed_email({"payload": {"email": MIA}}) == MIA
    assert changed_email({"payload": {}}) == ""
