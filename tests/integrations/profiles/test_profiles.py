"""What loyalty programmes and newsletters know of a customer: read when it is wanted, and kept.

Issue 5, point 4.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from automation.macros.loyalty import membership_of
from automation.rules.conditions import evaluate
from automation.rules.edit import create_rule
from automation.rules.fields import RULE_FIELDS, check_conditions
from automation.rules.models import RuleRun
from automation.rules.snapshot import Snapshot
from helpdesk.accounts.models import Organization
from helpdesk.events.dispatch import run_subscribers
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, PermanentFailure, TemporaryFailure
from integrations.commerce import syncing
from integrations.commerce.erasing import erase
from integrations.commerce.models import Erasure, Store, StoreConnection
from integrations.commerce.profiles.fields import PROFILE_FIELDS
from integrations.commerce.profiles.keeping import ask_to_read, forget_unowned, keep_profile
from integrations.commerce.profiles.models import Profile
from integrations.commerce.profiles.noticing import after_order_moved, note_changed
from integrations.commerce.profiles.selectors import profiles_of
from integrations.commerce.profiles.shape import ProfileData
from tests.factories import make_customer, receive_mail
from tests.integrations.profiles.conftest import MIA
from tests.integrations.profiles.service import GOLD, SUBSCRIBED, Fond
from tickets.fields import as_query
from tickets.models import Channel, Customer, Handle, Ticket

pytestmark = pytest.mark.django_db
NOW = timedelta(0)


def holds(ticket: Ticket, name: str, operator: str, value: object = None) -> tuple[bool, bool]:
    """Whether it is so for rules, and for lists: they must agree."""
    leaf = {"field": name, "operator": operator, "value": value}
    tree = {"all": [leaf]}
    check_conditions(tree, organization_id=ticket.organization_id)
    by_rule = evaluate(tree, Snapshot(ticket, None, at=now()), {}, at=now()).is_match
    return by_rule, Ticket.objects.filter(as_query(tree), pk=ticket.pk).exists()


def test_whoever_writes_is_asked_for_once_and_read_in_the_background(
    ticket: Ticket, fond: Fond, store: Store, organization: Organization
) -> None:
    fond.people[MIA] = GOLD
    assert fond.asked == []
    run_subscribers(organization.pk)
    run_subscribers(organization.pk)
    assert fond.asked == []  # nobody who reads events waits for a service
    assert syncing.ask_store(store.pk) == 1
    assert syncing.ask_store(store.pk) == 0
    assert fond.asked == [MIA]
    profile = Profile.objects.get()
    assert (profile.points, profile.tier, profile.is_known, profile.due_at) == (
        1240, "Gold", True, None,
    )  # fmt: skip
    said = Event.objects.get(type="profile.updated")
    assert said.payload == {"profile_id": str(profile.pk), "customer_id": str(ticket.customer_id)}


def test_opening_a_customer_shows_what_is_known_and_asks_anew_where_it_is_old(
    ticket: Ticket, fond: Fond, store: Store, bo, api_as
) -> None:
    path = f"/api/v1/customers/{ticket.customer_id}/profiles"
    assert api_as(bo).get(path).json() == {"profiles": [], "is_awaited": True}
    fond.people[MIA] = GOLD
    syncing.ask_store(store.pk)
    told = api_as(bo).get(path).json()
    assert told["is_awaited"] is False
    (profile,) = told["profiles"]
    assert profile["service"] == {
        "id": str(store.pk), "kind": "fond", "name": "Fond", "group": "loyalty",
        "program": "Loom Circle",
    }  # fmt: skip
    assert profile["loyalty"]["points"] == 1240
    assert profile["loyalty"]["next_tier"] == "Platinum"
    assert profile["marketing"] is None
    Profile.objects.update(as_of=now() - timedelta(minutes=6))
    assert api_as(bo).get(path).json()["is_awaited"] is True
    assert len(fond.asked) == 1


def test_an_address_that_is_not_proven_says_nothing(
    organization: Organization, store: Store, fond: Fond, bo, api_as
) -> None:
    claimed = make_customer(organization, "claimed@posteo.example")
    keep_profile(store, "claimed@posteo.example", GOLD)
    assert profiles_of(claimed) == []
    told = api_as(bo).get(f"/api/v1/customers/{claimed.pk}/profiles").json()
    assert told == {"profiles": [], "is_awaited": False}


def test_somebody_the_service_does_not_know_is_not_asked_for_at_every_message(
    ticket: Ticket, fond: Fond, store: Store, organization: Organization
) -> None:
    ask_to_read(organization.pk, [MIA], fresh_for=timedelta(hours=6))
    syncing.ask_store(store.pk)
    assert ask_to_read(organization.pk, [MIA], fresh_for=timedelta(hours=6)) == 0
    syncing.ask_store(store.pk)
    assert fond.asked == [MIA]
    assert profiles_of(ticket.customer) == []


def test_who_leaves_the_programme_is_emptied(mia: Customer, store: Store) -> None:
    keep_profile(store, MIA, GOLD)
    keep_profile(store, MIA, None)
    profile = Profile.objects.get()
    assert (profile.is_known, profile.points, profile.tier, profile.referral_url) == (
        False, None, "", "",
    )  # fmt: skip


def test_old_news_changes_nothing_and_nonsense_is_refused(mia: Customer, store: Store) -> None:
    keep_profile(store, MIA, GOLD)
    assert not keep_profile(store, MIA, None, as_of=now() - timedelta(minutes=1))
    assert Profile.objects.get().points == 1240
    with pytest.raises(InvalidInput):
        keep_profile(store, MIA, ProfileData(email_consent="perhaps"))
    assert Profile.objects.get().points == 1240


def test_a_service_that_is_away_is_asked_later_and_what_is_known_stays(
    mia: Customer, fond: Fond, store: Store, organization: Organization
) -> None:
    keep_profile(store, MIA, GOLD, as_of=now() - timedelta(days=1))
    fond.people[MIA] = TemporaryFailure("It sleeps.")
    ask_to_read(organization.pk, [MIA], fresh_for=NOW)
    syncing.ask_store(store.pk)
    profile = Profile.objects.get()
    assert profile.points == 1240
    assert profile.due_at is not None
    assert profile.due_at > now()
    assert StoreConnection.objects.get(store=store).failures == 1


def test_an_address_that_it_refuses_holds_up_nobody_else(
    mia: Customer, fond: Fond, store: Store, organization: Organization
) -> None:
    fond.people = {"odd@": PermanentFailure("This is no address."), MIA: GOLD}
    ask_to_read(organization.pk, ["odd@", MIA], fresh_for=NOW)
    syncing.ask_store(store.pk)
    assert Profile.objects.get(email=MIA).points == 1240
    assert Profile.objects.get(email="odd@").reason == "This is no address."


def test_asked_for_while_it_is_read_it_is_read_once_more(
    mia: Customer, fond: Fond, store: Store, organization: Organization, monkeypatch
) -> None:
    def told_while_reading(_: Store, email: str) -> ProfileData:
        fond.asked.append(email)
        if len(fond.asked) == 1:
            ask_to_read(organization.pk, [MIA], fresh_for=NOW)
        return GOLD

    monkeypatch.setattr(fond, "find_shopper", told_while_reading)
    ask_to_read(organization.pk, [MIA], fresh_for=NOW)
    syncing.ask_store(store.pk)
    assert fond.asked == [MIA, MIA]


def test_only_customers_are_read_when_a_service_calls(
    mia: Customer, store: Store, fond: Fond
) -> None:
    assert note_changed(store, "MIA@posteo.example ")
    assert not note_changed(store, "stranger@posteo.example")
    assert list(Profile.objects.values_list("email", flat=True)) == [MIA]


def test_an_order_that_moves_lets_who_is_known_be_read_a_little_later(
    mia: Customer, store: Store, organization: Organization
) -> None:
    keep_profile(store, MIA, GOLD)
    event = Event(organization=organization, payload={"order_id": "1", "customer_id": str(mia.pk)})
    after_order_moved(event)
    due_at = Profile.objects.get().due_at
    assert due_at is not None
    assert now() + timedelta(seconds=5) < due_at <= now() + timedelta(seconds=60)


def test_rules_and_lists_agree_on_points_and_tier(ticket: Ticket, store: Store) -> None:
    assert holds(ticket, "loyalty.is_member", "is", value=True) == (False, False)
    assert holds(ticket, "loyalty.is_member", "is", value=False) == (True, True)
    assert holds(ticket, "loyalty.tier", "is_not", "Gold") == (False, False)
    keep_profile(store, MIA, GOLD)
    for name, operator, value, wanted in [
        ("loyalty.is_member", "is", True, True),
        ("loyalty.tier", "is", "Gold", True),
        ("loyalty.tier", "is_not", "Gold", False),
        ("loyalty.tier", "is_present", None, True),
        ("loyalty.tier", "is_empty", None, False),
        ("loyalty.points", "more_than", 1000, True),
        ("loyalty.points", "less_than", 1000, False),
        ("marketing.email_consent", "is", "subscribed", False),
    ]:
        assert holds(ticket, name, operator, value) == (wanted, wanted), (name, operator, value)


def test_rules_and_lists_agree_on_what_a_newsletter_says(ticket: Ticket, store: Store) -> None:
    keep_profile(store, MIA, SUBSCRIBED)
    assert holds(ticket, "marketing.email_consent", "is", "subscribed") == (True, True)
    assert holds(ticket, "marketing.sms_consent", "is", "subscribed") == (False, False)
    assert holds(ticket, "marketing.predicted_value", "more_than", 300) == (True, True)
    assert holds(ticket, "marketing.churn_percent", "more_than", 50) == (False, False)
    assert holds(ticket, "loyalty.is_member", "is", value=True) == (False, False)


def test_every_field_can_be_asked_by_rules_and_by_lists(mia: Customer, store: Store) -> None:
    assert set(PROFILE_FIELDS) <= set(RULE_FIELDS)
    assert all(each.find is not None for each in PROFILE_FIELDS.values())


def test_macros_print_fresh_points_of_members_and_no_old_ones(ticket: Ticket, store: Store) -> None:
    assert membership_of(ticket) is None
    keep_profile(store, MIA, GOLD)
    assert membership_of(ticket) == {
        "points": 1240, "tier": "Gold", "points_to_next": 260, "next_tier": "Platinum",
        "referral_url": "https://shop.example/r/mia", "program": "Loom Circle",
    }  # fmt: skip
    Profile.objects.update(as_of=now() - timedelta(hours=25))
    assert membership_of(ticket) is None
    keep_profile(store, MIA, ProfileData(points=5, is_member=False))
    assert membership_of(ticket) is None


def test_a_service_that_was_disconnected_says_nothing_any_more(mia: Customer, store: Store) -> None:
    keep_profile(store, MIA, GOLD)
    Store.objects.filter(pk=store.pk).update(is_active=False)
    assert profiles_of(mia) == []


def test_who_is_to_be_erased_at_the_shop_is_forgotten_here_too(
    mia: Customer, store: Store, organization: Organization
) -> None:
    keep_profile(store, MIA, GOLD)
    keep_profile(store, "other@posteo.example", GOLD)
    erase(Erasure.objects.create(store=store, email=MIA).pk)
    assert list(Profile.objects.values_list("email", flat=True)) == ["other@posteo.example"]


def test_profiles_of_addresses_that_are_nobodys_are_deleted_after_a_day(
    mia: Customer, store: Store
) -> None:
    keep_profile(store, MIA, GOLD)
    Profile.objects.update(as_of=now() - timedelta(days=2))
    assert forget_unowned() == 0
    Handle.objects.filter(value=MIA).delete()
    assert forget_unowned() == 1


def test_rules_run_on_open_tickets_when_tier_or_points_change_and_only_then(
    ticket: Ticket, store: Store, organization: Organization, channel: Channel
) -> None:
    """Issue 6, point 2: loyalty events."""
    closed = receive_mail(channel, "Thanks", customer=ticket.customer).ticket
    Ticket.objects.filter(pk=closed.pk).update(status="closed")
    for name, tag in (("tier_changed", "risen"), ("points_changed", "points")):
        create_rule(organization, {
            "name": name, "triggers": [f"loyalty.{name}"], "conditions": {},
            "actions": [{"type": "add_tags", "params": {"tags": [tag]}}],
        })  # fmt: skip
    keep_profile(store, MIA, GOLD)
    keep_profile(store, MIA, replace(GOLD, pending_points=61))
    run_subscribers(organization.pk)
    assert not RuleRun.objects.exists()
    assert all("change" not in e.payload for e in Event.objects.filter(type="profile.updated"))

    keep_profile(store, MIA, replace(GOLD, tier="Platinum"))
    keep_profile(store, MIA, replace(GOLD, tier="Platinum"))
    run_subscribers(organization.pk)
    run_subscribers(organization.pk)

    told = [e.payload for e in Event.objects.filter(type="profile.updated").order_by("seq")]
    assert [each.get("change") for each in told[2:]] == [{"tier": ["Gold", "Platinum"]}, None]
    (run,) = RuleRun.objects.all()
    assert (run.rule_name, run.ticket_id) == ("tier_changed", ticket.pk)
    ticket.refresh_from_db()
    assert ticket.tags == ["risen"]

    keep_profile(store, MIA, replace(GOLD, tier="Platinum", points=1300))
    run_subscribers(organization.pk)
    assert RuleRun.objects.count() == 2
    ticket.refresh_from_db()
    assert set(ticket.tags) == {"points", "risen"}
