"""Stores are connected, called, asked and read: nothing lost, nothing twice, nobody waits.

TEST_MATRIX G16.1 and G16.2: several stores side by side, progress and health that can be seen,
and a dead shop that holds up nobody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from helpdesk import kept_calls
from helpdesk.accounts.models import Organization, User
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from helpdesk.lib.errors import (
    Conflict,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
)
from helpdesk.lib.filling_in import Filled
from integrations.commerce import backfill, connector, erasing, set_up, syncing, webhooks
from integrations.commerce.connector import OrderPage
from integrations.commerce.models import (
    Backfill,
    Order,
    OrderToRead,
    Store,
    StoreConnection,
    StoreContact,
    StoreHook,
)
from tests.integrations.commerce.shop import SECRET, Bazaar
from tests.integrations.commerce.tellings import NOON, buyer, customer_of

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[..., Any]
FILLED = Filled(address="bazaar.example", secrets={"token": "t"})


@pytest.fixture
def bazaar() -> Iterator[Bazaar]:
    made = Bazaar()
    connector.register_store(made)
    yield made
    connector._connectors.pop("bazaar")


@pytest.fixture
def organization(ada: User) -> Organization:
    return ada.organization


@pytest.fixture
def store(organization: Organization, bazaar: Bazaar) -> Store:
    """A store that was connected, and whose history was read."""
    store = set_up.add_store(
        organization, kind="bazaar", name="Bazaar", filled=FILLED, is_active=True
    )
    backfill.go_on(store.pk)
    Store.objects.filter(pk=store.pk).update(synced_at=NOON)
    StoreConnection.objects.filter(store=store).update(sync_due_at=None, check_due_at=None)
    bazaar.asked.clear()
    return store


def call_in(store: Store, key: str, topic: str, about: str = "1", secret: str = SECRET) -> int:
    said = Client().post(
        f"/hooks/stores/bazaar/{store.hook_token}",
        json.dumps({"topic": topic, "about": about}),
        content_type="application/json",
        headers={"X-Secret": secret, "X-Id": key},
    )
    return said.status_code


def due(store: Store, **fields: Any) -> None:
    """The store's time has come."""
    StoreConnection.objects.filter(store=store).update(
        **{"ask_next_at": None, "lease_until": None, **fields}
    )


def line_of(store: Store) -> StoreConnection:
    return StoreConnection.objects.get(store=store)


# --- Calls ----------------------------------------------------------------------------------------


def test_calls_about_one_order_are_one_reading_and_a_change_during_it_is_read_once_more(
    store: Store, bazaar: Bazaar, monkeypatch: pytest.MonkeyPatch
) -> None:
    bazaar.have("1")
    for number in range(4):
        assert call_in(store, f"k{number}", "changed") == 200
    webhooks.process_hooks(store.pk)
    assert OrderToRead.objects.get().asks == 4
    read = bazaar.get_order

    def changed_meanwhile(store: Store, external_id: str) -> Any:
        data = read(store, external_id)
        if len(bazaar.asked) == 1:
            bazaar.have("1", note="leave it at the door", updated_at=NOON + timedelta(hours=1))
            call_in(store, "k9", "changed")
            webhooks.process_hooks(store.pk)
        return data

    monkeypatch.setattr(bazaar, "get_order", changed_meanwhile)
    due(store)
    syncing.ask_store(store.pk)
    assert bazaar.asked == ["order 1", "order 1"]
    assert Order.objects.get().note == "leave it at the door"
    assert OrderToRead.objects.count() == 0


def test_a_call_that_cannot_be_read_waits_with_its_reason_and_holds_up_nothing(
    store: Store, bazaar: Bazaar, ada: User, api_as: Api
) -> None:
    bazaar.have("1")
    api = api_as(ada)
    Client().post(
        f"/hooks/stores/bazaar/{store.hook_token}", "nonsense", content_type="text/plain",
        headers={"X-Secret": SECRET, "X-Id": "odd"},
    )  # fmt: skip
    call_in(store, "k1", "told")
    webhooks.process_hooks(store.pk)
    assert Order.objects.get().external_id == "1"
    [odd] = api.get("/api/v1/store-hooks?state=quarantined").json()["results"]
    assert odd["reason"] == "This is not a call of Bazaar."
    assert api.get(f"/api/v1/store-hooks/{odd['id']}/raw").content == b"nonsense"
    StoreHook.objects.filter(pk=odd["id"]).update(body=b'{"topic": "changed", "about": "1"}')
    replayed = api.post(f"/api/v1/store-hooks/{odd['id']}/replay").json()
    assert (replayed["state"], replayed["outcome"][0]["became"]) == ("processed", "to be read")


def test_a_reader_that_crashes_is_tried_again_and_then_left_alone(
    store: Store, bazaar: Bazaar
) -> None:
    call_in(store, "k1", "crash")
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(kept_calls.MAX_ATTEMPTS):
            clock.shift(timedelta(hours=1))
            webhooks.process_due()
    hook = StoreHook.objects.get()
    assert (hook.state, hook.reason) == ("quarantined", "RuntimeError. The log says more.")


def test_a_forged_call_is_counted_and_not_kept(store: Store, ada: User, api_as: Api) -> None:
    assert call_in(store, "k1", "changed", secret="guessed") == 401
    assert StoreHook.objects.count() == 0
    shown = api_as(ada).get(f"/api/v1/stores/{store.pk}").json()
    assert shown["connection"]["refused"] == 1


def test_a_buyer_is_erased_with_their_addresses_and_the_amounts_stay(
    store: Store, bazaar: Bazaar
) -> None:
    bazaar.have("1", customer=buyer("mia"), note="ring twice")
    bazaar.have("2", email="leo@x.example", customer=buyer("leo", emails=("leo@x.example",)))
    call_in(store, "k1", "told", "1")
    call_in(store, "k2", "told", "2")
    call_in(store, "k3", "forget", "mia")
    webhooks.process_hooks(store.pk)
    assert erasing.erase_due() == 1
    erased, kept = Order.objects.order_by("external_id")
    assert (erased.email, erased.note, erased.shipping_address) == ("", "", {})
    assert (erased.total_minor, erased.customer.name) == (8490, "")  # type: ignore[union-attr]
    assert kept.email == "leo@x.example"
    assert not StoreContact.objects.filter(customer__external_id="mia").exists()
    assert erasing.erase_due() == 0


# --- Asking ---------------------------------------------------------------------------------------


def test_what_changed_without_a_call_is_found_by_asking_and_goes_on_after_a_failure(
    store: Store, bazaar: Bazaar
) -> None:
    bazaar.have_many(5)
    due(store, sync_due_at=now())
    bazaar.fails = []
    pages = bazaar.list_orders

    def fails_on_the_second(store: Store, **asked: Any) -> Any:
        if asked["cursor"] == "2" and "list 2" not in bazaar.asked:
            bazaar.asked.append("list 2")
            raise TemporaryFailure("Bazaar is busy.", retry_after_seconds=40)
        return pages(store, **asked)

    bazaar.list_orders = fails_on_the_second  # type: ignore[method-assign]
    with time_machine.travel(now(), tick=False) as clock:
        syncing.ask_store(store.pk)
        assert Order.objects.count() == 2
        assert syncing.ask_store(store.pk) == 0  # it asked to be left alone for 40 s
        clock.shift(41)
        assert syncing.ask_store(store.pk) == 3
    assert bazaar.asked == ["list", "list 2", "list 2", "list 4"]
    assert line_of(store).failures == 0
    store.refresh_from_db()
    assert store.synced_at is not None
    assert store.synced_at > NOON


def test_one_worker_at_a_time_asks_a_store(store: Store, bazaar: Bazaar) -> None:
    bazaar.have("1")
    due(store, sync_due_at=now(), lease_until=now() + timedelta(seconds=30))
    assert syncing.ask_store(store.pk) == 0
    assert bazaar.asked == []


def test_an_order_that_cannot_be_read_does_not_hold_up_the_others(
    store: Store, bazaar: Bazaar
) -> None:
    bazaar.have("1", currency="euros")
    bazaar.have("2")
    call_in(store, "k1", "changed", "1")
    call_in(store, "k2", "changed", "2")
    call_in(store, "k3", "changed", "gone")
    webhooks.process_hooks(store.pk)
    due(store)
    syncing.ask_store(store.pk)
    assert [each.external_id for each in Order.objects.all()] == ["2"]
    left = OrderToRead.objects.get()
    assert (left.external_id, left.attempts) == ("1", 1)
    assert "currency" in left.reason


def test_credentials_that_ended_are_told_at_once_and_nobody_asks_until_they_are_renewed(
    store: Store, bazaar: Bazaar, ada: User, api_as: Api
) -> None:
    api = api_as(ada)
    due(store, sync_due_at=now())
    bazaar.fails = [NeedsReauthorization("Bazaar does not take our token any more.")]
    syncing.ask_store(store.pk)
    shown = api.get("/api/v1/stores").json()["results"][0]["health"]
    assert shown["state"] == "attention"
    assert shown["detail"] == "Bazaar does not take our token any more."
    assert syncing.ring_due() == 0
    told = Event.objects.filter(type="store.updated").order_by("seq").last()
    assert told is not None
    assert told.payload["store"]["health"] == shown
    api.patch(f"/api/v1/stores/{store.pk}", {"secrets": {"token": "new"}})
    assert api.post(f"/api/v1/stores/{store.pk}/test").json()["account"] == "Bazaar of Linden"
    due(store, sync_due_at=now())
    syncing.ask_store(store.pk)
    assert api.get("/api/v1/stores").json()["results"][0]["health"]["state"] == "ok"


def test_access_that_was_taken_away_needs_a_person(store: Store, bazaar: Bazaar) -> None:
    call_in(store, "k1", "ended")
    webhooks.process_hooks(store.pk)
    assert line_of(store).needs_attention
    assert syncing.ask_store(store.pk) == 0


def test_a_webhook_that_was_switched_off_is_told_and_then_forgotten(
    store: Store, bazaar: Bazaar
) -> None:
    bazaar.problems = [["Bazaar had switched its calls off. They are on again."]]
    due(store, check_due_at=now())
    syncing.ask_store(store.pk)
    assert line_of(store).problems == ["Bazaar had switched its calls off. They are on again."]
    due(store, check_due_at=now())
    syncing.ask_store(store.pk)
    assert line_of(store).problems == []


# --- History --------------------------------------------------------------------------------------


def test_the_history_is_read_page_by_page_and_its_progress_can_be_seen(
    organization: Organization, bazaar: Bazaar, ada: User, api_as: Api
) -> None:
    bazaar.have_many(7)
    store = set_up.add_store(
        organization, kind="bazaar", name="Bazaar", filled=FILLED, is_active=True
    )
    api = api_as(ada)
    bazaar.per_page = 3
    bazaar.fails = [TemporaryFailure("Slow down.", retry_after_seconds=30)]
    with time_machine.travel(now(), tick=False) as clock:
        assert backfill.go_on(store.pk) == 0
        shown = api.get(f"/api/v1/stores/{store.pk}").json()["backfill"]
        assert (shown["state"], shown["done"], shown["reason"]) == ("running", 0, "Slow down.")
        assert shown["waits_until"]
        assert backfill.go_on(store.pk) == 0
        assert bazaar.asked == ["list"]
        clock.shift(31)
        assert backfill.go_on(store.pk) == 7
    shown = api.get(f"/api/v1/stores/{store.pk}").json()
    run = shown["backfill"]
    assert (run["state"], run["done"], run["total"], run["skipped"]) == ("done", 7, 7, 0)
    assert shown["order_count"] == 7
    assert not Event.objects.filter(type="order.updated").exists()  # history is no news


def test_a_paused_history_stops_after_its_page_and_goes_on_where_it_was(
    organization: Organization, bazaar: Bazaar, ada: User, api_as: Api
) -> None:
    bazaar.have_many(6)
    store = set_up.add_store(
        organization, kind="bazaar", name="Bazaar", filled=FILLED, is_active=True
    )
    api = api_as(ada)
    pages = bazaar.list_orders

    def paused_meanwhile(store: Store, **asked: Any) -> Any:
        if asked["cursor"] == "2":
            api.post(f"/api/v1/stores/{store.pk}/backfill", {"action": "pause"})
        return pages(store, **asked)

    bazaar.list_orders = paused_meanwhile  # type: ignore[method-assign]
    backfill.go_on(store.pk)
    run = Backfill.objects.get()
    assert (run.state, run.done, run.cursor) == ("paused", 4, "4")
    bazaar.list_orders = pages  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        backfill.start(store)
    api.post(f"/api/v1/stores/{store.pk}/backfill", {"action": "resume"})
    backfill.go_on(store.pk)
    run.refresh_from_db()
    assert (run.state, run.done) == ("done", 6)
    assert Order.objects.count() == 6


def test_a_history_that_the_platform_refuses_ends_with_its_words(
    organization: Organization, bazaar: Bazaar
) -> None:
    store = set_up.add_store(
        organization, kind="bazaar", name="Bazaar", filled=FILLED, is_active=True
    )
    bazaar.fails = [PermanentFailure("Orders need another scope.")] * backfill.MAX_REFUSALS
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(backfill.MAX_REFUSALS):
            clock.shift(timedelta(hours=1))
            backfill.go_on(store.pk)
    run = Backfill.objects.get()
    assert (run.state, run.reason) == ("failed", "Orders need another scope.")
    bazaar.have("1")
    backfill.resume(store)
    backfill.go_on(store.pk)
    run.refresh_from_db()
    assert (run.state, run.done) == ("done", 1)


# --- Setting up -----------------------------------------------------------------------------------


def test_an_admin_connects_a_store_step_by_step(
    organization: Organization, bazaar: Bazaar, ada: User, api_as: Api
) -> None:
    api = api_as(ada)
    kinds = {each["kind"]: each for each in api.get("/api/v1/store-connectors").json()["results"]}
    assert kinds["bazaar"]["can_test"]
    made = api.post("/api/v1/stores", {"kind": "bazaar", "name": "Linden US"})
    assert made.status_code == 201, made.content
    draft = made.json()
    place = f"/api/v1/stores/{draft['id']}"
    assert draft["missing"] == ["address", "secrets.token"]
    assert draft["steps"][0]["copy"] == draft["hook_url"]
    assert draft["steps"][1]["copy"]
    assert "t0ken" not in str(draft)
    refused = api.patch(place, {"is_active": True})
    assert refused.status_code == 422
    assert api.post(f"{place}/test").json()["errors"][0]["path"] == "address"
    wrong = api.patch(place, {"config": {"region": "mars"}})
    assert wrong.json()["errors"][0]["path"] == "config.region"
    api.patch(place, {"address": "linden.bazaar.example", "secrets": {"token": "t0ken"}})
    assert api.post(f"{place}/test").json()["is_ok"]
    live = api.patch(place, {"is_active": True}).json()
    assert (live["currency"], live["secrets"]["token"]) == ("USD", True)
    assert live["backfill"]["state"] == "running"
    assert "t0ken" not in str(live)


def test_a_store_with_orders_is_disconnected_and_its_orders_stay(
    store: Store, bazaar: Bazaar, ada: User, api_as: Api
) -> None:
    bazaar.have("1")
    call_in(store, "k1", "told")
    webhooks.process_hooks(store.pk)
    api = api_as(ada)
    place = f"/api/v1/stores/{store.pk}"
    assert api.delete(place).status_code == 409
    bazaar.fails = [TemporaryFailure("Bazaar is closed.")]
    answer = api.post(f"{place}/disconnect").json()
    assert answer["left_over"] == "Bazaar is closed."
    assert answer["store"]["health"]["state"] == "disconnected"
    assert Order.objects.count() == 1
    assert syncing.ask_store(store.pk) == 0
    assert api.patch(place, {"is_active": True}).json()["health"]["state"] != "disconnected"


def test_a_store_that_nothing_came_from_can_be_taken_away(
    store: Store, ada: User, dee: User, api_as: Api
) -> None:
    place = f"/api/v1/stores/{store.pk}"
    assert api_as(dee).delete(place).status_code == 404
    assert api_as(ada).delete(place).status_code == 204
    assert not Store.objects.filter(pk=store.pk).exists()
    told = Event.objects.filter(type="store.updated").order_by("seq").last()
    assert told is not None
    assert told.payload["is_deleted"] is True


def test_several_stores_stand_side_by_side_and_one_that_is_dead_stops_none(
    store: Store, organization: Organization, bazaar: Bazaar
) -> None:
    """G16.1: each store has its own orders, line and health."""
    second = set_up.add_store(
        organization, kind="bazaar", name="Bazaar", filled=FILLED, is_active=True
    )
    assert second.slug != store.slug
    assert second.hook_token != store.hook_token
    bazaar.have("1")
    backfill.go_on(second.pk)
    due(store, sync_due_at=now())
    for _ in range(3):
        bazaar.fails = [TemporaryFailure("No answer.")]
        due(store, sync_due_at=now())
        syncing.ask_store(store.pk)
    due(second, sync_due_at=now())
    syncing.ask_store(second.pk)
    assert (line_of(store).failure, line_of(second).failure) == ("No answer.", "")
    assert [each.store_id for each in Order.objects.all()] == [second.pk]


# --- The panel ------------------------------------------------------------------------------------


def test_a_dead_shop_never_holds_up_the_panel_and_old_copies_are_read_again_behind_it(
    store: Store, bazaar: Bazaar, bo: User, api_as: Api
) -> None:
    """G16.2: what we know is shown with its date; nothing is asked while somebody waits."""
    bazaar.have("1")
    call_in(store, "k1", "told")
    webhooks.process_hooks(store.pk)
    customer = customer_of(store.organization, "mia@posteo.example")
    place = f"/api/v1/customers/{customer.pk}/orders"
    api = api_as(bo)
    bazaar.asked.clear()
    assert api.get(place).json()["orders"][0]["number"] == "#1"
    assert OrderToRead.objects.count() == 0  # it is fresh
    with time_machine.travel(now() + timedelta(minutes=30), tick=False):
        for _ in range(3):
            assert api.get(place).status_code == 200
        assert (bazaar.asked, OrderToRead.objects.count()) == ([], 1)
        bazaar.fails = [TemporaryFailure("No answer.")]
        syncing.ask_store(store.pk)
        [shown] = api.get(place).json()["orders"]
        assert shown["as_of"] < now().isoformat()
        due(store)
        OrderToRead.objects.update(due_at=now())
        syncing.ask_store(store.pk)
        [fresh] = api.get(place).json()["orders"]
        assert fresh["as_of"] > shown["as_of"]


def test_a_page_that_says_wait_is_gone_on_from_later(
    organization: Organization, bazaar: Bazaar, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = set_up.add_store(
        organization, kind="bazaar", name="Bazaar", filled=FILLED, is_active=True
    )
    bazaar.have_many(3)
    pages = bazaar.list_orders

    def exporting(store: Store, **asked: Any) -> OrderPage:
        if not asked["cursor"]:
            bazaar.asked.append("export")
            return OrderPage((), "0", wait_seconds=60)
        return pages(store, **asked)

    monkeypatch.setattr(bazaar, "list_orders", exporting)
    with time_machine.travel(now(), tick=False) as clock:
        assert backfill.go_on(store.pk) == 0
        assert backfill.go_on(store.pk) == 0
        assert bazaar.asked == ["export"]
        clock.shift(61)
        assert backfill.go_on(store.pk) == 3
