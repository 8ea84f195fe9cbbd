"""Growave: who has how many points; requests and answers as its documentation has them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import InvalidInput, NeedsReauthorization, TemporaryFailure
from helpdesk.lib.secrets import encrypt
from integrations.commerce.actions import create_store
from integrations.commerce.connector import KnowsShoppers
from integrations.commerce.models import Store
from integrations.growave.connector import GrowaveConnector, read_customer
from tests.contracts.vendor import Asked, VendorServer, Verdict

pytestmark = pytest.mark.django_db
MIA = "mia@posteo.example"
TOKEN, CUSTOMER = r"/oauth/getAccessToken$", r"/customers/getCustomer$"


def as_documented(asked: Asked) -> Verdict:
    """Only documented operations with what they need; there is no contract file to judge by."""
    wrong: list[str] = []
    if asked.path.endswith("/getAccessToken"):
        if set(asked.json) - {"shop"} != {"clientId", "clientSecret", "grantType", "scope"}:
            wrong.append("not what the token is asked for with")
    elif asked.path.endswith("/getCustomer"):
        if set(asked.query) != {"customerIdentifier"}:
            wrong.append("unknown parameters")
        if not asked.headers.get("authorization", "").startswith("Bearer "):
            wrong.append("no token")
    else:
        wrong.append("no such operation")
    return f"{asked.method} {asked.path}", wrong


@pytest.fixture
def growave() -> GrowaveConnector:
    return GrowaveConnector()


@pytest.fixture
def service(organization: Organization, vendor: VendorServer) -> Store:
    vendor.judged_by(as_documented, connector="growave (by its documentation)")
    store = create_store(organization, kind="growave", slug="growave", name="Growave")
    store.config = {"api_url": f"{vendor.url}/v2", "client_id": "c-1"}
    store.secrets = encrypt({"client_secret": "s-1"})
    store.save()
    vendor.answers("POST", TOKEN, 200, token("t-1"))
    return store


def token(value: str, minutes: int = 60) -> dict[str, Any]:
    ends_at = iso(now() + timedelta(minutes=minutes))
    return {"accessToken": value, "tokenType": "Bearer", "expiresAt": ends_at}


def customer(**changes: Any) -> dict[str, Any]:
    """A customer as the API tells them."""
    return {
        "customerId": 5001, "email": MIA, "isRewardProgramAvailable": True, "pointsBalance": 140,
        "currentTier": {"id": 4, "title": "Gold"}, "referralLink": "https://shop.example/r/5001",
        **changes,
    }  # fmt: skip


def test_it_is_what_it_says(growave: GrowaveConnector) -> None:
    assert isinstance(growave, KnowsShoppers)


def test_a_customer_says_the_same_in_our_words() -> None:
    told = read_customer(customer(), "Mia@Posteo.example")
    assert told is not None
    assert (told.points, told.tier, told.external_id) == (140, "Gold", "5001")
    assert told.referral_url == "https://shop.example/r/5001"
    outside = read_customer(customer(isRewardProgramAvailable=False, currentTier=None), MIA)
    assert outside is not None
    assert (outside.is_member, outside.tier) == (False, "")
    assert read_customer(customer(email="other@posteo.example"), MIA) is None


@pytest.mark.parametrize("changes", [{"pointsBalance": None}, {"currentTier": "Gold"}])
def test_an_answer_that_is_no_customer_is_refused_by_name(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="Growave"):
        read_customer(customer(**changes), MIA)


def test_one_token_serves_many_questions(
    growave: GrowaveConnector, service: Store, vendor: VendorServer
) -> None:
    vendor.answers("GET", CUSTOMER, 200, customer())
    assert growave.find_shopper(service, MIA) is not None
    assert growave.find_shopper(service, MIA) is not None
    assert (vendor.asked("POST", TOKEN), vendor.asked("GET", CUSTOMER)) == (1, 2)
    assert vendor.last("POST", TOKEN).json == {
        "clientId": "c-1", "clientSecret": "s-1", "grantType": "client_credentials",
        "scope": "read_customer read_reward",
    }  # fmt: skip
    assert vendor.last("GET", CUSTOMER).query == {"customerIdentifier": MIA}


def test_a_token_that_ends_is_renewed(
    growave: GrowaveConnector, service: Store, vendor: VendorServer
) -> None:
    vendor.answers("POST", TOKEN, 200, token("short", minutes=1))
    vendor.answers("GET", CUSTOMER, 200, customer())
    growave.find_shopper(service, MIA)
    growave.find_shopper(service, MIA)
    assert vendor.asked("POST", TOKEN) == 2


def test_a_token_that_ended_early_is_renewed_once(
    growave: GrowaveConnector, service: Store, vendor: VendorServer
) -> None:
    vendor.answers("GET", CUSTOMER, 200, customer())
    vendor.answers("GET", CUSTOMER, 401, {"message": "expired"}, times=1)
    assert growave.find_shopper(service, MIA) is not None
    vendor.answers("GET", CUSTOMER, 401, {"message": "no"})
    with pytest.raises(NeedsReauthorization):
        growave.find_shopper(service, MIA)
    assert vendor.asked("GET", CUSTOMER) == 4


def test_whom_it_does_not_know_is_nobody(
    growave: GrowaveConnector, service: Store, vendor: VendorServer
) -> None:
    vendor.answers("GET", CUSTOMER, 404, {"message": "not found"})
    assert growave.find_shopper(service, MIA) is None
    assert growave.connect(service, "").label == "Growave"
    assert growave.check(service, "") == []


@pytest.mark.parametrize(
    ("status", "failure"),
    [(400, NeedsReauthorization), (429, TemporaryFailure), (500, TemporaryFailure)],
)
def test_a_refused_token_means_what_it_means(
    growave: GrowaveConnector,
    service: Store,
    vendor: VendorServer,
    status: int,
    failure: type[Exception],
) -> None:
    vendor.answers("POST", TOKEN, status, {"message": "no"})
    with pytest.raises(failure):
        growave.connect(service, "")
    assert vendor.asked("GET", CUSTOMER) == 0
