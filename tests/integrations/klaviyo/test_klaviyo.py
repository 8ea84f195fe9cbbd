"""Klaviyo: profiles asked for and events told, judged by the vendor's own OpenAPI file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import iso
from helpdesk.lib.errors import (
    InvalidInput,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
)
from helpdesk.lib.secrets import encrypt
from integrations.commerce.actions import create_store
from integrations.commerce.connector import HearsNews, KnowsShoppers, News
from integrations.commerce.models import Store
from integrations.klaviyo.connector import KlaviyoConnector, _event
from integrations.klaviyo.reading import find_in, read_profile
from tests.contracts.vendor import VendorServer

pytestmark = pytest.mark.django_db
KLAVIYO = KlaviyoConnector()
MIA = "mia@posteo.example"
PROFILES, LISTS, EVENTS = r"/api/profiles$", r"/api/profiles/01GD/lists$", r"/api/events$"
ON_LISTS = {"data": [{"type": "list", "id": "Y6nRLr", "attributes": {"name": "Newsletter"}}]}
NEWS = News(
    key="org:7", name="Ticket opened", email=MIA, properties={"ticket": 48213, "channel": "email"},
    happened_at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
)  # fmt: skip


@pytest.fixture
def service(organization: Organization, vendor: VendorServer) -> Store:
    vendor.obeys("klaviyo/stable.json.gz", connector="klaviyo")
    store = create_store(organization, kind="klaviyo", slug="klaviyo", name="Klaviyo")
    store.config = {"api_url": vendor.url}
    store.secrets = encrypt({"api_key": "pk_1"})
    store.save()
    return store


def profile(email: str = MIA, **changes: Any) -> dict[str, Any]:
    """A profile as the API tells it."""
    mail = {"can_receive_email_marketing": True, "consent": "SUBSCRIBED"}
    attributes = {
        "email": email,
        "subscriptions": {
            "email": {"marketing": mail},
            "sms": {"marketing": {"can_receive_sms_marketing": False, "consent": "UNSUBSCRIBED"}},
        },
        "predictive_analytics": {
            "historic_clv": 93.87, "predicted_clv": 27.24, "churn_probability": 0.89,
            "expected_date_of_next_order": "2026-12-08T00:00:00+00:00",
        },
        **changes,
    }  # fmt: skip
    return {"type": "profile", "id": "01GD", "attributes": attributes}


def page(*profiles: dict[str, Any]) -> dict[str, Any]:
    return {"data": list(profiles), "links": {"self": "", "next": None, "prev": None}}


def read(**changes: Any) -> Any:
    told = find_in(page(profile(**changes)), MIA)
    assert told is not None
    return read_profile(told, ON_LISTS)


def test_it_is_what_it_says() -> None:
    assert isinstance(KLAVIYO, KnowsShoppers)
    assert isinstance(KLAVIYO, HearsNews)


def test_a_profile_says_the_same_in_our_words() -> None:
    told = read()
    assert (told.email_consent, told.sms_consent) == ("subscribed", "unsubscribed")
    assert (told.is_member, told.is_blocked, told.points) == (True, False, None)
    assert (told.predicted_value, told.historic_value, told.churn_percent) == (27.24, 93.87, 89.0)
    assert told.lists == ("Newsletter",)
    assert iso(told.next_order_at) == "2026-12-08T00:00:00.000Z"
    assert told.profile_url == "https://www.klaviyo.com/profile/01GD"


def test_a_profile_without_subscriptions_or_predictions_has_never_subscribed() -> None:
    told = read(subscriptions=None, predictive_analytics=None)
    assert (told.email_consent, told.sms_consent, told.is_member) == ("never_subscribed", "", False)
    assert (told.predicted_value, told.churn_percent, told.next_order_at) == (None, None, None)


def test_who_is_suppressed_gets_no_mail_whatever_they_agreed_to() -> None:
    mail = {"can_receive_email_marketing": False, "consent": "SUBSCRIBED"}
    assert read(subscriptions={"email": {"marketing": mail}}).is_blocked


@pytest.mark.parametrize("said", [None, {}, {"data": [7]}, {"data": [{"id": "1"}]}])
def test_an_answer_that_is_no_page_of_profiles_is_refused_by_name(said: Any) -> None:
    with pytest.raises(InvalidInput, match="Klaviyo"):
        find_in(said, MIA)


def test_they_are_asked_for_by_address(service: Store, vendor: VendorServer) -> None:
    vendor.answers("GET", PROFILES, 200, page(profile()))
    vendor.answers("GET", LISTS, 200, ON_LISTS)
    told = KLAVIYO.find_shopper(service, MIA)
    assert told is not None
    assert told.lists == ("Newsletter",)
    asked = vendor.last("GET", PROFILES)
    assert asked.query["filter"] == f'equals(email,"{MIA}")'
    assert asked.headers["revision"] == "2026-07-15"
    assert asked.headers["authorization"] == "Klaviyo-API-Key pk_1"


def test_whom_it_does_not_know_is_nobody(service: Store, vendor: VendorServer) -> None:
    vendor.answers("GET", PROFILES, 200, page())
    assert KLAVIYO.find_shopper(service, MIA) is None
    assert vendor.asked("GET", LISTS) == 0


def test_an_address_cannot_break_out_of_the_filter(service: Store, vendor: VendorServer) -> None:
    with pytest.raises(PermanentFailure):
        KLAVIYO.find_shopper(service, 'a"),any(email,"b@posteo.example')
    assert vendor.requests == []


@pytest.mark.parametrize(
    ("status", "failure"),
    [(401, NeedsReauthorization), (429, TemporaryFailure), (503, TemporaryFailure)],
)
def test_a_refusal_means_what_it_means(
    service: Store, vendor: VendorServer, status: int, failure: type[Exception]
) -> None:
    vendor.answers("GET", PROFILES, status, {"errors": [{"detail": "no"}]})
    vendor.answers("POST", EVENTS, status, {"errors": [{"detail": "no"}]})
    with pytest.raises(failure):
        KLAVIYO.find_shopper(service, MIA)
    with pytest.raises(failure):
        KLAVIYO.tell(service, NEWS)


def test_an_event_says_what_happened_under_its_own_key(
    service: Store, vendor: VendorServer
) -> None:
    vendor.answers("POST", EVENTS, 202)
    KLAVIYO.tell(service, NEWS)
    asked = vendor.last("POST", EVENTS)
    assert asked.headers["content-type"] == "application/vnd.api+json"
    event = asked.json["data"]["attributes"]
    assert event["unique_id"] == "org:7"
    assert event["time"] == "2026-11-22T09:30:00.000Z"
    assert event["metric"]["data"]["attributes"] == {"name": "Ticket opened"}
    assert event["profile"]["data"]["attributes"] == {"email": MIA}
    assert event["properties"] == {"ticket": 48213, "channel": "email"}


def test_a_key_that_may_not_write_events_still_reads(service: Store, vendor: VendorServer) -> None:
    vendor.answers("POST", EVENTS, 403, {"errors": [{"detail": "scope"}]})
    with pytest.raises(PermanentFailure, match="may not write events"):
        KLAVIYO.tell(service, NEWS)


def test_our_event_has_the_form_of_the_vendors_own_example(corpora: Path) -> None:
    example = json.loads((corpora / "payloads/klaviyo/create_event_request.json").read_text())

    def fits(ours: Any, theirs: Any) -> bool:
        """Every name of ours is one of theirs, at the same place."""
        if not isinstance(ours, dict):
            return True
        return all(name in theirs and fits(ours[name], theirs[name]) for name in ours)

    ours = _event(NEWS)
    ours["data"]["attributes"]["properties"] = {}
    assert fits(ours, example)


def test_connecting_names_the_account_and_takes_its_currency(
    service: Store, vendor: VendorServer
) -> None:
    account = {
        "contact_information": {"organization_name": "Linden & Loom"}, "preferred_currency": "EUR",
    }  # fmt: skip
    told = {"data": [{"type": "account", "id": "AbC", "attributes": account}]}
    vendor.answers("GET", r"/api/accounts$", 200, told)
    vendor.answers("GET", PROFILES, 200, page())
    known = KLAVIYO.connect(service, "")
    assert (known.label, known.config) == ("Linden & Loom", {"currency": "EUR"})
    assert KLAVIYO.check(service, "") == []
    vendor.answers("GET", PROFILES, 403, {"errors": [{"detail": "scope"}]})
    with pytest.raises(NeedsReauthorization):
        KLAVIYO.connect(service, "")


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [(None, "known"), ("known", "known"), ("everybody", "everybody"), ("nobody", "nobody")],
)
def test_the_admin_chooses_of_whom_it_is_told(chosen: str | None, wanted: str) -> None:
    assert KLAVIYO.wants(Store(config={"tell": chosen} if chosen else {})) == wanted
