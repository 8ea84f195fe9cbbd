"""A real Medusa shop: read, heard and changed by us, and judged by its own API (G16; `make test-commerce`).

Whatever is asserted about the shop is asked of the shop itself, past our own code.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from automation.macros.defaults import ensure_default_macros
from automation.macros.models import Macro
from automation.macros.render import render_for_agent
from helpdesk.accounts.models import User
from helpdesk.lib.connecting import Refused
from helpdesk.lib.errors import InvalidInput, NeedsReauthorization, NotFound, UncertainOutcome
from helpdesk.lib.secrets import decrypt, encrypt
from integrations.commerce import syncing, webhooks
from integrations.commerce.acting import ActionKind, ActionRefused, Intent, Outcome, Quote
from integrations.commerce.actions import upsert_order
from integrations.commerce.connector import OrderChanged
from integrations.commerce.models import Order, Store, StoreConnection, StoreHook
from integrations.commerce.normal_form import check_order
from integrations.medusa.client import MedusaClient, read_order
from integrations.medusa.connector import MedusaConnector
from integrations.medusa.orders import FIELDS
from integrations.medusa.shelf import variants_named
from tests.factories import make_channel, make_customer, receive_mail
from tests.live.conftest import Hooks, keep
from tests.orders.conftest import Desk, make_due, work
from tests.services.medusa.shop import Refused as ShopRefused
from tests.services.medusa.shop import Shop
from tests.services.medusa.wire import Wire
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]

connector = MedusaConnector()
LINK = "https://www.laposte.fr/outils/suivre-vos-envois?code=6A12345678901"
NUMBER = "6A12345678901"

Known = Callable[..., Order]


@pytest.fixture
def known(store: Store) -> Known:
    """Our copy of the order, read now; what the shop said is kept for the quick tests if named."""

    def read(order_id: str, name: str = "") -> Order:
        if name:
            keep(name, read_order(MedusaClient(store), order_id, FIELDS))
        data = connector.get_order(store, order_id)
        check_order(data)
        return upsert_order(store, data)

    return read


@pytest.fixture
def desk(api_as: Callable[..., Any], ada: User) -> Desk:
    """What Ada does with orders through the API."""
    return Desk(api_as(ada), ada)


def confirmed(quote: Quote) -> Intent:
    return Intent(
        uuid.uuid4(), quote.kind, quote.params, quote.amount_minor, quote.currency, quote.context
    )


def do(store: Store, order: Order, kind: ActionKind, **params: Any) -> tuple[Intent, Outcome]:
    """Quote it, confirm it, do it."""
    intent = confirmed(connector.quote(store, order, kind, params))
    began: list[str] = []
    outcome = connector.act(store, order, intent, began.append)
    assert outcome.state == "done"
    found = connector.look_up(store, order, intent)
    assert found is not None
    assert found.state == "done"
    again = connector.act(store, order, replace(intent, began=tuple(began)), _never)
    assert again.state == "done"
    return intent, outcome


def _never(step: str) -> None:
    raise AssertionError(f"{step} was done twice")


def test_an_order_from_the_till_to_the_return_and_a_new_address(
    store: Store, shop: Shop, hooks: Hooks, wire: Wire, known: Known, bo: User
) -> None:
    """The play: order, capture, parcel, WISMO, no cancelling, return, part of the money, address."""
    organization = bo.organization
    ensure_default_macros(organization)
    order_id = shop.buy()
    order = known(order_id, "placed")
    assert (order.total_minor, order.financial_status, order.can_cancel) == (
        8480,
        "authorized",
        True,
    )

    shop.capture(order_id)
    order = known(order_id, "captured")
    assert (order.financial_status, order.captured_minor) == ("paid", 8480)

    shop.ship(order_id, NUMBER, LINK)
    order = known(order_id, "shipped")
    parcel = order.fulfillments.get()
    assert (parcel.carrier, parcel.tracking_number, parcel.tracking_url) == (
        "La Poste",
        NUMBER,
        LINK,
    )
    assert order.fulfillment_status == "fulfilled"

    customer = make_customer(
        organization, "mia.laurent@example.com", "Mia Laurent", is_verified=True
    )
    mail = receive_mail(make_channel(organization), "Where is my parcel?", customer=customer)
    ticket = Ticket.objects.get(pk=mail.ticket_id)
    macro = Macro.objects.get(organization=organization, key="tracking")
    answer = render_for_agent(macro, ticket, user=bo)
    assert answer.missing == []
    assert f"Your order {order.number} has left us with La Poste" in answer.text
    assert LINK in answer.text

    with pytest.raises(ActionRefused) as refusal:
        connector.quote(store, order, ActionKind.CANCEL, {})
    assert refusal.value.reason_code == "already_shipped"
    assert ActionKind.RETURN_LABEL in refusal.value.instead
    with pytest.raises(ShopRefused):
        shop.post(f"/admin/orders/{order_id}/cancel")
    assert shop.order(order_id)["status"] == "pending"

    line = str(order.lines.get().external_id)
    _, outcome = do(
        store, order, ActionKind.RETURN_LABEL,
        lines=[{"line": line, "quantity": 1, "reason": "too small"}],
    )  # fmt: skip
    [back] = shop.order(order_id)["returns"]
    assert (back["status"], back["items"][0]["quantity"]) == ("requested", 1)
    assert outcome.steps[0].reference == back["id"]
    order = known(order_id, "return_requested")
    assert (order.return_status, order.returns.get().state) == ("requested", "approved")

    at = f"/admin/returns/{back['id']}"
    shop.post(f"{at}/receive")
    shop.post(f"{at}/receive-items", items=[{"id": line, "quantity": 1}])
    shop.post(f"{at}/receive/confirm")
    order = known(order_id, "return_received")
    assert (order.return_status, order.total_minor) == ("returned", 8480)

    _, outcome = do(
        store, order, ActionKind.REFUND, lines=[{"line": line, "quantity": 1}], reason="too small"
    )
    [refund] = shop.refunds(order_id)
    assert (refund["id"], refund["amount"]) == (outcome.steps[0].reference, 39.95)
    assert shop.order(order_id)["payment_status"] == "partially_refunded"
    order = known(order_id, "refunded")
    assert (order.financial_status, order.refundable_minor) == ("partially_refunded", 4485)

    address = {"street": "5 place Bellecour\n2e étage", "postcode": "69002"}
    do(store, order, ActionKind.EDIT_ADDRESS, address=address)
    told = shop.order(order_id)["shipping_address"]
    assert (told["address_1"], told["address_2"], told["postal_code"], told["city"]) == (
        "5 place Bellecour", "2e étage", "69002", "Lyon",
    )  # fmt: skip
    assert (told["first_name"], told["last_name"], told["country_code"]) == ("Mia", "Laurent", "fr")
    assert known(order_id).shipping_address["street"] == "5 place Bellecour\n2e étage"

    for topic in (
        "order.placed", "payment.captured", "order.fulfillment_created", "shipment.created",
        "order.return_requested", "order.return_received", "payment.refunded", "order.updated",
    ):  # fmt: skip
        call = hooks.about(topic, order_id)
        connector.verify(store, call)
        assert connector.split(store, call) == [OrderChanged(order_id, topic)]


def test_a_call_that_was_tampered_with_is_refused(
    store: Store, shop: Shop, hooks: Hooks, known: Known
) -> None:
    call = hooks.about("order.placed", shop.buy())
    with pytest.raises(Refused):
        connector.verify(store, replace(call, body=call.body.replace(b"order_", b"0rder_")))
    store.secrets = encrypt({**decrypt(store.secrets), "signing_key": "whsec_b3RoZXI="})
    with pytest.raises(Refused):
        connector.verify(store, call)


def test_cancelling_gives_back_what_was_paid_and_lets_go_of_what_was_not(
    store: Store, shop: Shop, known: Known
) -> None:
    paid, unpaid = shop.buy(), shop.buy()
    shop.capture(paid)
    intent, _ = do(store, known(paid), ActionKind.CANCEL, reason="customer")
    assert intent.amount_minor == 8480
    assert shop.order(paid)["status"] == "canceled"
    assert [each["amount"] for each in shop.refunds(paid)] == [84.8]
    assert known(paid, "cancelled").cancelled_at is not None
    intent, _ = do(store, known(unpaid), ActionKind.CANCEL)
    assert intent.amount_minor == 0
    assert shop.payments(unpaid)[0]["canceled_at"]
    assert known(unpaid, "voided").financial_status == "voided"
    with pytest.raises(ActionRefused) as refusal:
        connector.quote(store, known(unpaid), ActionKind.CANCEL, {})
    assert refusal.value.reason_code == "already_cancelled"


def test_a_cancel_that_somebody_beat_is_refused_and_changes_nothing(
    store: Store, shop: Shop, known: Known
) -> None:
    order_id = shop.buy()
    shop.capture(order_id)
    order = known(order_id)
    intent = confirmed(connector.quote(store, order, ActionKind.CANCEL, {}))
    shop.ship(order_id)
    with pytest.raises(ActionRefused) as refusal:
        connector.act(store, order, intent, lambda _: None)
    assert refusal.value.reason_code == "already_shipped"
    assert shop.refunds(order_id) == []


def test_a_cancel_that_meets_an_open_edit_says_that_the_money_went_back_all_the_same(
    store: Store, shop: Shop, known: Known
) -> None:
    """Medusa gives the money back before it finds that it cannot cancel; nobody is told wrong."""
    order_id = shop.buy()
    shop.capture(order_id)
    order = known(order_id)
    intent = confirmed(connector.quote(store, order, ActionKind.CANCEL, {}))
    shop.post("/admin/order-edits", order_id=order_id)
    with pytest.raises(ActionRefused) as refusal:
        connector.quote(store, order, ActionKind.CANCEL, {})
    assert refusal.value.reason_code == "closed"
    outcome = connector.act(store, order, intent, lambda _: None)
    assert outcome.state == "partial"
    assert [(each.name, each.state) for each in outcome.steps] == [
        ("cancel", "failed"), ("refund", "done"),
    ]  # fmt: skip
    assert shop.order(order_id)["status"] == "pending"
    assert [each["amount"] for each in shop.refunds(order_id)] == [84.8]
    shop.ask("DELETE", f"/admin/order-edits/{order_id}")
    done = {"refund": outcome.steps[1].reference}
    again = connector.act(store, order, replace(intent, done=done), lambda _: None)
    assert again.state == "done"
    assert shop.order(order_id)["status"] == "canceled"
    assert len(shop.refunds(order_id)) == 1


@pytest.mark.parametrize(
    ("kind", "params", "lost"),
    [
        (ActionKind.REFUND, {"amount_minor": 1000}, r"/refund$"),
        (ActionKind.CANCEL, {}, r"/cancel$"),
        (ActionKind.DUPLICATE, {}, r"/convert-to-order$"),
        (ActionKind.DISCOUNT_CODE, {"amount_minor": 500}, r"/promotions$"),
        (ActionKind.NOTE, {"text": "Call first"}, r"/orders/[^/]+$"),
    ],
)
def test_what_became_of_a_lost_answer_is_found_and_not_done_twice(
    store: Store, shop: Shop, wire: Wire, known: Known,
    kind: ActionKind, params: dict[str, Any], lost: str,
) -> None:  # fmt: skip
    order_id = shop.buy()
    shop.capture(order_id)
    order = known(order_id)
    intent = confirmed(connector.quote(store, order, kind, params))
    began: list[str] = []
    wire.lose("POST", lost)
    before = len(wire.sent("POST", lost))
    with pytest.raises(UncertainOutcome):
        connector.act(store, order, intent, began.append)
    asked = replace(intent, began=tuple(began))
    found = connector.look_up(store, order, asked)
    assert found is not None
    assert found.state == "done"
    again = connector.act(store, order, asked, _never)
    assert again.state == "done"
    assert len(wire.sent("POST", lost)) == before + 1
    if kind == ActionKind.REFUND:
        assert [each["amount"] for each in shop.refunds(order_id)] == [10]


def test_a_refund_is_never_more_than_what_was_taken(store: Store, shop: Shop, known: Known) -> None:
    order_id = shop.buy()
    with pytest.raises(ActionRefused) as refusal:
        connector.quote(store, known(order_id), ActionKind.REFUND, {})
    assert refusal.value.reason_code == "payment_pending"
    shop.capture(order_id)
    order = known(order_id)
    intent = confirmed(connector.quote(store, order, ActionKind.REFUND, {}))
    do(store, order, ActionKind.REFUND, amount_minor=500)
    with pytest.raises(ActionRefused) as refusal:
        connector.act(store, order, intent, lambda _: None)
    assert refusal.value.reason_code == "too_much"
    do(store, order, ActionKind.REFUND)
    assert sum(each["amount"] for each in shop.refunds(order_id)) == pytest.approx(84.8)
    with pytest.raises(ActionRefused) as refusal:
        connector.quote(store, order, ActionKind.REFUND, {})
    assert refusal.value.reason_code == "already_refunded"


def test_what_the_shop_sells_is_found_by_its_name_and_by_its_article_number(
    store: Store, shop: Shop
) -> None:
    keep("variants", variants_named(MedusaClient(store), "linen"))
    found = connector.find_products(store, "linen", "EUR")
    assert sorted((each.variant, each.detail, each.sku) for each in found) == sorted(
        (variant, size, f"LINEN-{size}") for size, variant in shop.variants.items()
    )
    picture = "https://pictures.example/linen-shirt.jpg"
    assert {(each.title, each.price_minor, each.picture, each.is_available) for each in found} == {
        ("Linen shirt", 3995, picture, True)
    }
    [one] = connector.find_products(store, "LINEN-S", "USD")
    assert (one.variant, one.price_minor) == (shop.variants["S"], None)
    assert connector.find_products(store, "cotton", "EUR") == []


def test_items_of_a_paid_order_are_changed_and_the_difference_is_said(
    store: Store, shop: Shop, known: Known
) -> None:
    order_id = shop.buy()
    order = known(order_id)
    line = str(order.lines.get().external_id)
    with pytest.raises(ActionRefused) as refusal:
        connector.quote(
            store, order, ActionKind.EDIT_ITEMS, {"lines": [{"line": line, "quantity": 1}]}
        )
    assert refusal.value.reason_code == "payment_pending"
    shop.capture(order_id)
    quote = connector.quote(
        store, order, ActionKind.EDIT_ITEMS,
        {
            "lines": [{"line": line, "quantity": 1}],
            "add": [{"variant": "LINEN-S", "quantity": 1}],
        },
    )  # fmt: skip
    assert quote.effects[0].amount_minor == 0
    again = connector.quote(store, order, ActionKind.EDIT_ITEMS, quote.params)
    assert again.basis() == quote.basis()
    outcome = connector.act(store, order, confirmed(quote), lambda _: None)
    assert outcome.state == "done"
    items = shop.order(order_id)["items"]
    assert sorted((each["variant_sku"], each["quantity"]) for each in items) == [
        ("LINEN-M", 1), ("LINEN-S", 1),
    ]  # fmt: skip
    do(store, order, ActionKind.EDIT_ITEMS, lines=[{"line": line, "quantity": 0}])
    assert shop.order(order_id)["summary"]["pending_difference"] == -39.95
    order = known(order_id, "edited")
    assert (order.total_minor, order.refundable_minor) == (4485, 8480)


def test_what_the_shop_refuses_half_way_leaves_nothing_open(
    store: Store, shop: Shop, known: Known
) -> None:
    order_id = shop.buy()
    shop.capture(order_id)
    order = known(order_id)
    more = {"add": [{"variant": "LINEN-S", "quantity": 100_000}]}
    intent = confirmed(connector.quote(store, order, ActionKind.EDIT_ITEMS, more))
    with pytest.raises(ActionRefused):
        connector.act(store, order, intent, _never)
    shop.ship(order_id)
    intent = confirmed(connector.quote(store, order, ActionKind.RETURN_LABEL, {}))
    do(store, order, ActionKind.RETURN_LABEL)
    with pytest.raises(ActionRefused):
        connector.act(store, order, intent, _never)
    changes = shop.get(f"/admin/orders/{order_id}/changes")["order_changes"]
    assert {each["status"] for each in changes} <= {"confirmed", "canceled"}
    assert [each["status"] for each in shop.order(order_id)["returns"]] == ["requested"]


def test_a_replacement_is_free_and_a_second_order(store: Store, shop: Shop, known: Known) -> None:
    order_id = shop.buy()
    order = known(order_id)
    _, outcome = do(store, order, ActionKind.DUPLICATE, note="Arrived broken")
    copy = shop.order(outcome.steps[0].reference)
    assert (copy["status"], copy["total"], copy["email"]) == (
        "pending", 0, "mia.laurent@example.com",
    )  # fmt: skip
    assert copy["shipping_address"]["address_1"] == "12 rue des Capucins"
    assert outcome.steps[0].detail == {"number": f"#{copy['display_id']}"}
    again = known(copy["id"])
    assert (again.financial_status, again.note) == ("paid", "Arrived broken")
    _, outcome = do(store, order, ActionKind.DUPLICATE, is_free=False)
    assert shop.order(outcome.steps[0].reference)["total"] == 84.8


def test_a_discount_code_works_once_at_the_till(store: Store, shop: Shop, known: Known) -> None:
    order = known(shop.buy())
    expires = "2099-01-01T00:00:00+00:00"
    _, outcome = do(store, order, ActionKind.DISCOUNT_CODE, percent=10, expires_at=expires)
    code = str(outcome.steps[0].detail["code"])
    order_id = shop.buy(promo_codes=(code,))
    assert shop.order(order_id)["discount_total"] == 7.99
    bought = known(order_id, "discounted")
    assert (bought.total_minor, bought.discount_codes) == (7681, [code])
    with pytest.raises(InvalidInput):
        connector.quote(store, order, ActionKind.DISCOUNT_CODE, {"amount_minor": 500, "code": code})


def test_note_and_tags_lie_in_the_orders_metadata(store: Store, shop: Shop, known: Known) -> None:
    order_id = shop.buy()
    shop.post(f"/admin/orders/{order_id}", metadata={"source": "shop"})
    order = known(order_id)
    do(store, order, ActionKind.NOTE, text="Call first")
    do(store, order, ActionKind.TAGS, add=["vip", "late"])
    do(store, order, ActionKind.TAGS, remove=["late"])
    assert shop.order(order_id)["metadata"] == {
        "source": "shop", "note": "Call first", "tags": ["vip"],
    }  # fmt: skip
    order = known(order_id, "noted")
    assert (order.note, order.tags) == ("Call first", ["vip"])


def test_changed_orders_are_listed_since_then_also_when_only_money_moved(
    store: Store, shop: Shop, known: Known
) -> None:
    first, second, third = shop.buy(), shop.buy(), shop.buy()
    since = known(third).source_updated_at
    shop.capture(first)
    shop.post(f"/admin/orders/{second}", metadata={"note": "changed"})
    found: list[str] = []
    cursor = ""
    while True:
        page = connector.list_orders(store, since=since, cursor=cursor)
        found += [each.external_id for each in page.orders]
        cursor = page.cursor
        if not cursor:
            break
    assert first in found
    assert second in found
    everything = connector.list_orders(store, since=None, cursor="")
    changed = [each.updated_at for each in everything.orders]
    assert everything.total is not None
    assert len(everything.orders) == min(everything.total, 50)
    assert len({each.external_id for each in everything.orders}) == len(changed)


def test_signing_in_says_who_the_shop_is_and_a_wrong_key_needs_a_person(
    store: Store, shop: Shop
) -> None:
    account = connector.connect(store, "")
    assert (account.label, account.config) == ("Medusa Store", {"currency": "EUR"})
    keep("stores", MedusaClient(store).get("/stores", fields="id,name,*supported_currencies"))
    assert connector.check(store, "") == []
    with pytest.raises(NotFound):
        connector.get_order(store, "order_nobody")
    store.secrets = encrypt({"api_key": "sk_wrong"})
    with pytest.raises(NeedsReauthorization):
        connector.check(store, "")


# Through our own doors: the API and the ledger, the hook and the reader


def test_an_agent_takes_a_return_gives_money_back_and_corrects_the_address_through_the_ledger(
    store: Store, shop: Shop, wire: Wire, known: Known, ada: User, desk: Desk
) -> None:
    order_id = shop.buy()
    shop.capture(order_id)
    shop.ship(order_id, NUMBER, LINK)
    order = known(order_id)
    line = str(order.lines.get().external_id)

    refused = desk.preview(order, "cancel")
    assert refused.status_code == 409
    assert refused.json()["reason_code"] == "already_shipped"

    one = [{"line": line, "quantity": 1}]
    for kind, params in (
        ("return_label", {"lines": one}),
        ("refund", {"lines": one, "amount_minor": 3995}),
        ("edit_address", {"address": {"street": "5 place Bellecour", "postcode": "69002"}}),
        ("note", {"text": "Called about the size"}),
    ):
        action = desk.confirm(order, kind, **params)
        work()
        ended = desk.look(action)
        assert (ended["state"], ended["reason"]) == ("done", ""), kind

    there = shop.order(order_id)
    assert [each["status"] for each in there["returns"]] == ["requested"]
    assert [each["amount"] for each in shop.refunds(order_id)] == [39.95]
    assert there["shipping_address"]["postal_code"] == "69002"
    assert there["metadata"]["note"] == "Called about the size"
    order.refresh_from_db()
    assert (order.financial_status, order.return_status) == ("partially_refunded", "requested")
    assert (order.refundable_minor, order.note) == (4485, "Called about the size")


def test_a_refund_whose_answer_was_lost_is_checking_then_done_and_never_made_twice(
    store: Store, shop: Shop, wire: Wire, known: Known, ada: User, desk: Desk
) -> None:
    order_id = shop.buy()
    shop.capture(order_id)
    order = known(order_id)
    sent = len(wire.sent("POST", r"/refund$"))
    action = desk.confirm(order, "refund", amount_minor=1000)
    wire.lose("POST", r"/refund$")
    work()
    assert desk.look(action)["state"] == "checking"
    assert [each["amount"] for each in shop.refunds(order_id)] == [10]
    make_due()
    work()
    ended = desk.look(action)
    assert ended["state"] == "done"
    assert ended["steps"][0]["reference"] == shop.refunds(order_id)[0]["id"]
    make_due()
    work()
    assert len(wire.sent("POST", r"/refund$")) == sent + 1
    assert len(shop.refunds(order_id)) == 1
    order.refresh_from_db()
    assert (order.financial_status, order.refundable_minor) == ("partially_refunded", 7480)


def test_what_the_shop_tells_makes_the_order_read_again(
    store: Store, shop: Shop, hooks: Hooks, known: Known
) -> None:
    order_id = shop.buy()
    assert known(order_id).financial_status == "authorized"
    shop.capture(order_id)
    call = hooks.about("payment.captured", order_id)
    headers: Any = {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in call.headers.items()
        if name.startswith("webhook-")
    }
    path = f"/hooks/stores/medusa/{store.hook_token}"
    for _ in range(2):
        answer = Client().generic(
            "POST", path, call.body, content_type="application/json", **headers
        )
        assert answer.status_code < 300
    assert StoreHook.objects.count() == 1
    webhooks.process_hooks(store.pk)
    StoreConnection.objects.update_or_create(
        store=store, defaults={"sync_due_at": None, "lease_until": None, "ask_next_at": None}
    )
    syncing.ask_store(store.pk)
    assert Order.objects.get(external_id=order_id).financial_status == "paid"
