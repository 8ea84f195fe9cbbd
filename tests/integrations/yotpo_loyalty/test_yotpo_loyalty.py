"""Yotpo Loyalty: who has how many points, judged by the unofficial OpenAPI file."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import iso
from helpdesk.lib.errors import InvalidInput, NeedsReauthorization, TemporaryFailure
from helpdesk.lib.secrets import encrypt
from integrations.commerce.actions import create_store
from integrations.commerce.connector import KnowsShoppers
from integrations.commerce.models import Store
from integrations.yotpo_loyalty.connector import YotpoLoyaltyConnector, read_customer
from tests.contracts.vendor import VendorServer

pytestmark = pytest.mark.django_db
YOTPO = YotpoLoyaltyConnector()
MIA = "mia@posteo.example"
CUSTOMERS = r"/customers$"


def add_the_referral_link(document: dict[str, Any]) -> None:
    """The file leaves out a parameter that the vendor documents."""
    wanted = {"name": "with_referral_code", "in": "query", "schema": {"type": "boolean"}}
    document["paths"]["/customers"]["get"]["parameters"].append(wanted)


@pytest.fixture
def service(organization: Organization, vendor: VendorServer) -> Store:
    vendor.obeys(
        "yotpo/UNOFFICIAL-yotpo-openapi.yml", connector="yotpo loyalty",
        relax=add_the_referral_link,
    )  # fmt: skip
    store = create_store(organization, kind="yotpo_loyalty", slug="loyal", name="Yotpo")
    store.config = {"api_url": vendor.url, "guid": "g-1"}
    store.secrets = encrypt({"api_key": "k-1"})
    store.save()
    return store


def customer(**changes: Any) -> dict[str, Any]:
    """A customer as the API tells them."""
    return {
        "email": MIA, "points_balance": 640, "points_earned": 900, "perks_redeemed": 2,
        "third_party_id": "5001", "opt_in": True, "opted_in_at": "2026-01-05T10:00:00.000Z",
        "vip_tier_name": "Silver", "vip_tier_expiration": "2027-01-05T00:00:00.000Z",
        "vip_tier_upgrade_requirements": {"points_needed": 360, "amount_cents_needed": None},
        "referral_link": {"link": "rwrd.io/abc123", "code": "abc123", "expired": False},
        **changes,
    }  # fmt: skip


def test_it_is_what_it_says() -> None:
    assert isinstance(YOTPO, KnowsShoppers)


def test_a_customer_says_the_same_in_our_words() -> None:
    told = read_customer(customer(), "Mia@Posteo.example")
    assert told is not None
    assert (told.points, told.tier, told.points_to_next, told.next_tier) == (640, "Silver", 360, "")
    assert told.referral_url == "https://rwrd.io/abc123"
    assert (told.rewards_claimed, told.referred_count, told.external_id) == (2, None, "5001")
    assert iso(told.tier_ends_at) == "2027-01-05T00:00:00.000Z"


def test_tiers_that_are_bought_by_money_have_no_points_to_the_next() -> None:
    by_money = {"points_needed": None, "amount_cents_needed": 5000}
    told = read_customer(customer(vip_tier_upgrade_requirements=by_money), MIA)
    bare = read_customer({"email": MIA, "points_balance": 3}, MIA)
    assert told is not None
    assert bare is not None
    assert told.points_to_next is None
    assert (bare.points, bare.tier, bare.referral_url) == (3, "", "")


def test_who_has_not_opted_in_is_no_member_and_somebody_else_is_nobody() -> None:
    told = read_customer(customer(opt_in=False), MIA)
    assert told is not None
    assert not told.is_member
    assert read_customer(customer(email="other@posteo.example"), MIA) is None


@pytest.mark.parametrize("changes", [{"points_balance": "many"}, {"referral_link": "x"}])
def test_an_answer_that_is_no_customer_is_refused_by_name(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="Yotpo Loyalty"):
        read_customer(customer(**changes), MIA)


def test_they_are_asked_for_by_address(service: Store, vendor: VendorServer) -> None:
    vendor.answers("GET", CUSTOMERS, 200, customer())
    told = YOTPO.find_shopper(service, MIA)
    assert told is not None
    assert told.points == 640
    asked = vendor.last("GET", CUSTOMERS)
    assert asked.query == {"customer_email": MIA, "with_referral_code": "true"}
    assert (asked.headers["x-guid"], asked.headers["x-api-key"]) == ("g-1", "k-1")
    vendor.answers("GET", CUSTOMERS, 404, {"error": "not found"})
    assert YOTPO.find_shopper(service, MIA) is None


@pytest.mark.parametrize(
    ("status", "failure"),
    [(401, NeedsReauthorization), (429, TemporaryFailure), (500, TemporaryFailure)],
)
def test_a_refusal_means_what_it_means(
    service: Store, vendor: VendorServer, status: int, failure: type[Exception]
) -> None:
    vendor.answers("GET", CUSTOMERS, status, {"error": "no"})
    with pytest.raises(failure):
        YOTPO.find_shopper(service, MIA)
    with pytest.raises(failure):
        YOTPO.connect(service, "")


def test_credentials_are_good_where_nobody_is_not_found(
    service: Store, vendor: VendorServer
) -> None:
    vendor.answers("GET", CUSTOMERS, 404, {"error": "not found"})
    assert YOTPO.connect(service, "").label == "Yotpo Loyalty & Referrals"
    assert YOTPO.check(service, "") == []
