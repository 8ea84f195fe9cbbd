"""Orders are cancelled, refunded and changed with a look first, once, and within limits.

UX 26-33 as far as the server decides, UX.md §1.4 (1)-(10), RELIABILITY F56.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from helpdesk.events.dispatch import run_subscribers
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from helpdesk.notifications.models import Notification
from integrations.commerce.ledger.models import OrderAction, OrderMoney
from integrations.commerce.models import Order
from integrations.demo_store import till
from integrations.demo_store.models import ShopCall
from tests.orders.conftest import calls, make_due, set_shop, work
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_preview_lists_effects_and_the_exact_refund_and_changes_nothing(desk_of, bo, order_of):
    """UX 26."""
    order = order_of("1042")

    shown = desk_of(bo).preview(order, "cancel").json()

    assert [(e["name"], e["amount"] and e["amount"]["minor"]) for e in shown["effects"]] == [
        ("cancel", None), ("refund", order.total_minor), ("restock", None),
    ]  # fmt: skip
    assert shown["amount"]["minor"] == order.total_minor
    assert shown["refund_to"] == order.payment_method
    assert [each["code"] for each in shown["warnings"]] == ["picking_soon"]
    assert shown["needs_approval"] is None
    assert ShopCall.objects.count() == 0
    assert OrderAction.objects.count() == 0


def test_a_confirmed_cancellation_is_done_once_and_its_receipt_is_in_the_ticket(
    desk_of, bo, order_of, mia, api_as
):
    order, desk = order_of("1042"), desk_of(bo)
    token = desk.preview(order, "cancel", mia).json()["preview_token"]
    key = uuid.uuid4()

    first, second = desk.start(order, token, key), desk.start(order, token, key)
    work()

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["id"] == second.json()["id"] == str(key)
    done = desk.look(first.json())
    assert (done["state"], done["actor"]["name"]) == ("done", "Bo Larsen")
    assert {e["name"]: e["state"] for e in done["steps"]} == {
        "cancel": "done", "refund": "done", "restock": "done",
    }  # fmt: skip
    assert all(each["reference"] for each in done["steps"])
    assert (done["before"]["state"], done["after"]["state"]) == ("Picking", "Cancelled")
    assert (calls("cancel"), calls("refund"), calls("release")) == (1, 1, 0)
    assert order_of("1042").cancelled_at is not None
    money = OrderMoney.objects.get(order=order)
    assert (money.refunded_minor, money.reserved_minor) == (order.total_minor, 0)
    lines = api_as(bo).get(f"/api/v1/tickets/{mia.pk}").json()["timeline"]
    told = [each["data"]["order_action"] for each in lines if "order_action" in each["data"]]
    assert told[-1] == done


def test_what_changed_between_preview_and_confirmation_is_shown_and_nothing_is_done(
    desk_of, bo, order_of, shop
):
    """UX 28: shipped meanwhile; refused with what changed and what would help."""
    order, desk = order_of("1042"), desk_of(bo)
    token = desk.preview(order, "cancel").json()["preview_token"]
    till.ask(shop, order.external_id, "warehouse", "ship", {})

    refused = desk.start(order, token)

    assert (refused.status_code, refused.json()["code"]) == (409, "action_refused")
    assert refused.json()["reason_code"] == "already_shipped"
    assert refused.json()["instead"] == ["return_label", "refund"]
    changed = {each["field"]: each for each in refused.json()["changes"]}
    assert changed["fulfillment"]["before"] == "Unfulfilled"
    assert changed["fulfillment"]["after"] == "Fulfilled"
    assert (calls("cancel"), calls("refund"), OrderAction.objects.count()) == (0, 0, 0)


def test_another_amount_than_was_shown_is_shown_again_before_it_is_done(
    desk_of, bo, ada, order_of, shop
):
    order, desk = order_of("1036"), desk_of(bo)
    token = desk.preview(order, "cancel").json()["preview_token"]
    till.ask(shop, order.external_id, "at-the-shop", "refund", {"amount_minor": 500})

    stale = desk.start(order, token)

    assert (stale.status_code, stale.json()["code"]) == (409, "stale_preview")
    changed = {each["field"]: (each["before"], each["after"]) for each in stale.json()["changes"]}
    assert changed["refunded"] == ("€0.00", "€5.00")
    new = stale.json()["preview"]
    assert new["amount"]["minor"] == order.total_minor - 500
    assert desk.start(order, new["preview_token"]).status_code == 202


def test_a_preview_is_good_for_five_minutes_one_person_and_one_order(desk_of, bo, ada, order_of):
    order, other, desk = order_of("1036"), order_of("1037"), desk_of(bo)
    token = desk.preview(order, "cancel").json()["preview_token"]

    assert desk_of(ada).start(order, token).json()["errors"][0]["path"] == "preview_token"
    assert desk.start(other, token).status_code == 422
    assert desk.start(order, token + "x").status_code == 422
    with time_machine.travel(now() + timedelta(minutes=6), tick=False):
        assert desk.start(order, token).json()["code"] == "stale_preview"
    assert OrderAction.objects.count() == 0


def test_the_second_of_two_people_sees_who_was_faster(desk_of, bo, cy, order_of):
    """UX 31."""
    order = order_of("1036")
    tokens = {
        user: desk_of(user).preview(order, "cancel").json()["preview_token"] for user in (bo, cy)
    }

    assert desk_of(bo).start(order, tokens[bo]).status_code == 202
    late = desk_of(cy).start(order, tokens[cy])
    work()

    assert (late.status_code, late.json()["code"]) == (409, "already_running")
    assert late.json()["running"]["actor"]["name"] == "Bo Larsen"
    assert "Bo Larsen" in late.json()["detail"]
    assert calls("cancel") == 1


def test_a_slow_shop_leaves_it_pending_until_it_is_done(desk_of, bo, order_of, shop):
    """UX 27."""
    set_shop(shop, slow_seconds=10)
    desk, order = desk_of(bo), order_of("1036")
    action = desk.confirm(order, "cancel")
    work()
    assert desk.look(action)["state"] == "pending"
    assert order_of("1036").cancelled_at is None

    with time_machine.travel(now() + timedelta(seconds=11), tick=True):
        make_due()
        work()

        assert desk.look(action)["state"] == "done"
    assert (calls("cancel"), calls("refund")) == (1, 1)
    assert order_of("1036").cancelled_at is not None


def test_a_refund_that_failed_after_the_cancellation_is_tried_again_once(
    desk_of, bo, order_of, shop
):
    """UX 29."""
    set_shop(shop, trouble="refund_fails")
    desk, order = desk_of(bo), order_of("1036")
    action = desk.confirm(order, "cancel")
    work()
    partial = desk.look(action)
    assert (partial["state"], partial["can_retry"]) == ("partial", True)
    assert "gateway" in partial["reason"]
    assert OrderMoney.objects.get(order=order).reserved_minor == 0

    set_shop(shop, trouble="none")
    assert desk.tell(action, "retry").status_code == 202
    assert desk.tell(action, "retry").json()["code"] == "not_failed"
    work()

    assert desk.look(action)["state"] == "done"
    assert (calls("cancel"), calls("refund")) == (1, 1)
    money = OrderMoney.objects.get(order=order)
    assert (money.refunded_minor, money.reserved_minor) == (order.total_minor, 0)


def test_a_lost_answer_is_looked_up_and_never_repeated(desk_of, bo, order_of, shop):
    """UX 30."""
    set_shop(shop, trouble="lost_answer")
    desk, order = desk_of(bo), order_of("1036")
    action = desk.confirm(order, "refund", amount_minor=1000)
    work()
    assert desk.look(action)["state"] == "checking"
    assert OrderMoney.objects.get(order=order).reserved_minor == 1000

    make_due()
    work()

    assert desk.look(action)["state"] == "done"
    assert calls("refund") == 1
    assert ShopCall.objects.filter(step="refund").values("key").distinct().count() == 1


def test_what_the_shop_cannot_tell_is_asked_of_a_person(desk_of, bo, order_of, shop):
    set_shop(shop, trouble="lost_answer")
    desk, order = desk_of(bo), order_of("1036")
    action = desk.confirm(order, "refund", amount_minor=1000)
    work()
    set_shop(shop, trouble="away")
    for _ in range(7):
        make_due()
        work()
    asked = desk.look(action)
    assert (asked["state"], asked["needs_person"]) == ("checking", True)
    assert desk.preview(order, "refund").json()["code"] == "shop_unreachable"

    settled = desk.tell(action, "settle", did_happen=True, reference="R-1").json()

    assert (settled["state"], settled["steps"][0]["reference"]) == ("done", "R-1")
    assert desk.tell(action, "settle", did_happen=False).json()["code"] == "already_decided"
    money = OrderMoney.objects.get(order=order)
    assert (money.refunded_minor, money.reserved_minor) == (1000, 0)


def test_a_shop_that_is_away_is_waited_for_and_asked_again_what_would_happen(
    desk_of, bo, order_of, shop
):
    desk, order = desk_of(bo), order_of("1036")
    action = desk.confirm(order, "cancel")
    set_shop(shop, trouble="away")
    work()
    assert (desk.look(action)["state"], calls("cancel")) == ("queued", 0)
    set_shop(shop, trouble="none")
    till.ask(shop, order.external_id, "at-the-shop", "refund", {"amount_minor": 500})

    with time_machine.travel(now() + timedelta(minutes=2), tick=True):
        make_due()
        work()

    failed = desk.look(action)
    assert (failed["state"], failed["reason_code"]) == ("failed", "changed")
    assert calls("cancel") == 0
    assert OrderMoney.objects.get(order=order).reserved_minor == 0


def test_never_more_goes_back_than_came_in(desk_of, bo, order_of):
    desk, order = desk_of(bo), order_of("1036")
    half = order.total_minor // 2 + 100
    first = desk.confirm(order, "refund", amount_minor=half)
    token = desk.preview(order, "cancel").json()["preview_token"]

    refused = desk.start(order, token)

    assert (refused.status_code, refused.json()["reason_code"]) == (409, "too_much")
    work()
    assert desk.look(first)["state"] == "done"
    over = desk.preview(order, "refund", amount_minor=half)
    assert (over.status_code, over.json()["errors"][0]["path"]) == (422, "params.amount_minor")
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderMoney.objects.filter(order=order).update(reserved_minor=half)


def test_a_partial_refund_is_counted_by_lines_shipping_and_amount(desk_of, bo, order_of):
    """UX.md §1.4 (10)."""
    desk, order = desk_of(bo), order_of("1031")
    line = order.lines.get(position=2)

    shown = desk.preview(
        order, "refund", lines=[{"line": line.external_id, "quantity": 1}], shipping_minor=490
    ).json()

    assert shown["amount"]["minor"] == line.price_minor + 490
    assert shown["refundable"]["minor"] == order.total_minor
    assert shown["refundable_shipping"]["minor"] == 490
    assert [(e["quantity"], e["unit"]["minor"]) for e in shown["refundable_lines"]] == [
        (each.quantity, each.price_minor) for each in order.lines.all()
    ]
    too_many = desk.preview(order, "refund", lines=[{"line": line.external_id, "quantity": 9}])
    assert too_many.json()["errors"][0]["path"] == "params.lines.0.quantity"
    wrong = desk.preview(order, "refund", amount=5, lines=[{"line": "x"}]).json()
    assert [e["path"] for e in wrong["errors"]] == ["params.amount", "params.lines.0.quantity"]


def test_an_address_is_changed_and_the_printed_label_warned_about(desk_of, bo, order_of):
    """UX.md §1.4 (9)."""
    desk, order = desk_of(bo), order_of("1031")
    address = {**order.shipping_address, "street": "Storgatan 1"}

    shown = desk.preview(order, "edit_address", address=address).json()
    assert [each["code"] for each in shown["warnings"]] == ["label_printed"]
    action = desk.confirm(order, "edit_address", address=address)
    work()

    assert "Storgatan 1" in desk.look(action)["after"]["address"]
    assert order_of("1031").shipping_address["street"] == "Storgatan 1"


@pytest.mark.parametrize(
    ("number", "kind", "params", "detail"),
    [
        ("1036", "duplicate", {}, {"number": "#1036-R1"}),
        ("1017", "return_label", {}, {"number": "RMA-1017-1"}),
        ("1036", "discount_code", {"percent": 15, "code": "SORRY15"}, {"code": "SORRY15"}),
        ("1036", "store_credit", {"amount_minor": 500}, None),
        ("1036", "gift_card", {"amount_minor": 500}, None),
        ("1036", "note", {"text": "Ring twice"}, {}),
        ("1036", "tags", {"add": ["vip"], "remove": ["x"]}, {}),
        ("1036", "hold", {"reason": "Address unclear"}, {}),
    ],
)
def test_every_other_action_of_the_demo_shop_is_really_done(
    desk_of, bo, order_of, number, kind, params, detail
):
    desk, order = desk_of(bo), order_of(number)
    action = desk.confirm(order, kind, **params)
    work()

    done = desk.look(action)
    assert done["state"] == "done", done
    if detail is not None:
        assert detail.items() <= done["steps"][0]["detail"].items()
    after = order_of(number)
    told = {"note": after.note, "tags": after.tags, "hold": after.hold_reason}
    wanted = {"note": "Ring twice", "tags": ["vip"], "hold": "Address unclear"}
    if kind in wanted:
        assert wanted[kind] == told[kind] or set(wanted[kind]) <= set(told[kind])


def test_items_are_changed_and_the_difference_goes_back(desk_of, bo, order_of):
    desk, order = desk_of(bo), order_of("1038")
    gone = order.lines.get(position=2)
    action = desk.confirm(
        order, "edit_items", lines=[{"line": gone.external_id, "quantity": 0}],
        add=[{"variant": "isle-scarf/Ink", "quantity": 1}],
    )  # fmt: skip
    work()

    assert desk.look(action)["state"] == "done"
    titles = [each.title for each in order_of("1038").lines.all()]
    assert (gone.title in titles, len(titles)) == (False, 2)


def test_what_a_role_may_do_alone_is_limited_and_another_person_agrees(
    desk_of, bo, cy, ada, order_of, mia
):
    """UX 32: both names in the ticket; never oneself, never without the right."""
    euros = {"currency": "EUR", "per_action_minor": 2000, "per_day_minor": 3000}
    policy = {"role": "agent", "kinds": None, "limits": [euros]}
    assert desk_of(bo).client.put("/api/v1/order-limits", policy).status_code == 403
    assert desk_of(ada).client.put("/api/v1/order-limits", policy).status_code == 200
    order, desk = order_of("1042"), desk_of(bo)
    shown = desk.preview(order, "refund", mia, amount_minor=2001).json()
    assert shown["needs_approval"] == {
        "reason": "limit", "limit": {"minor": 2000, "currency": "EUR", "text": "€20.00"},
    }  # fmt: skip

    action = desk.start(order, shown["preview_token"], note="She is right").json()
    work()

    assert (action["state"], action["approver"], calls("refund")) == ("needs_approval", None, 0)
    assert desk.tell(action, "approve").status_code == 403
    assert desk_of(cy).tell(action, "approve").status_code == 403
    boss = desk_of(ada)
    fresh = boss.client.get(f"/api/v1/order-actions/{action['id']}/preview").json()
    assert (fresh["amount"]["minor"], fresh["running"]) == (2001, [])
    approved = boss.tell(action, "approve", preview_token=fresh["preview_token"])
    assert (approved.status_code, approved.json()["approver"]["name"]) == (202, "Ada Kern")
    assert boss.tell(action, "approve").json()["code"] == "already_decided"
    work()
    done = desk.look(action)
    assert (done["state"], done["actor"]["name"], calls("refund")) == ("done", "Bo Larsen", 1)
    said = Event.objects.filter(type="order_action.changed", ticket_id=mia.pk)
    assert {each.actor["name"] for each in said} == {"Bo Larsen", "Ada Kern"}


def test_a_day_has_a_budget_and_other_currencies_none(desk_of, bo, ada, order_of):
    euros = {"currency": "EUR", "per_action_minor": None, "per_day_minor": 3000}
    desk_of(ada).client.put(
        "/api/v1/order-limits", {"role": "agent", "kinds": None, "limits": [euros]}
    )
    desk = desk_of(bo)
    desk.confirm(order_of("1036"), "refund", amount_minor=2000)

    shown = desk.preview(order_of("1037"), "refund", amount_minor=1001).json()
    assert shown["needs_approval"]["reason"] == "budget"
    assert shown["needs_approval"]["limit"]["minor"] == 1000
    assert desk.confirm(order_of("1037"), "refund", amount_minor=1000)["state"] == "queued"
    Order.objects.filter(number="#1038").update(currency="USD")
    with time_machine.travel(now() + timedelta(days=1), tick=True):
        assert desk.preview(order_of("1040"), "refund", amount_minor=3000).json()[
            "needs_approval"
        ] is None  # fmt: skip


def test_a_kind_that_a_role_may_not_do_needs_a_second_person_and_requests_end(
    desk_of, bo, ada, order_of
):
    desk_of(ada).client.put(
        "/api/v1/order-limits", {"role": "agent", "kinds": ["note"], "limits": []}
    )
    desk = desk_of(bo)
    wish = desk.confirm(order_of("1036"), "hold")
    assert (wish["state"], wish["approval"]) == (
        "needs_approval", {"reason": "capability", "limit": None},
    )  # fmt: skip
    no = desk_of(ada).tell(wish, "reject", reason="Ship it").json()
    assert (no["state"], no["reason"], no["approver"]["name"]) == (
        "rejected",
        "Ship it",
        "Ada Kern",
    )
    own = desk.confirm(order_of("1036"), "hold")
    assert desk.tell(own, "reject").json()["reason_code"] == "taken_back"
    late = desk.confirm(order_of("1036"), "hold")
    with time_machine.travel(now() + timedelta(hours=25), tick=True):
        from integrations.commerce.ledger.intents import expire_due

        assert expire_due() == 1
    assert desk.look(late)["state"] == "expired"
    assert calls("hold") == 0


def test_an_order_of_somebody_else_than_the_ticket_is_warned_about(desk_of, bo, order_of, mia):
    """G16.3."""
    shown = desk_of(bo).preview(order_of("1036"), "note", mia, text="x").json()

    assert [each["code"] for each in shown["warnings"]] == ["other_customer"]


def test_another_organization_reaches_nothing(desk_of, bo, dee, order_of):
    order = order_of("1036")
    action = desk_of(bo).confirm(order, "hold")
    token = desk_of(bo).preview(order, "note", text="x").json()["preview_token"]

    stranger = desk_of(dee)

    assert stranger.preview(order, "hold").status_code == 404
    assert stranger.start(order, token).status_code == 404
    for what in ("approve", "reject", "retry", "confirm", "settle"):
        body = {"preview_token": token, "did_happen": True} if what != "retry" else {}
        keep = {
            "approve": ["preview_token"],
            "confirm": ["preview_token"],
            "settle": ["did_happen"],
        }
        sent = {name: body[name] for name in keep.get(what, [])}
        assert stranger.tell(action, what, **sent).status_code == 404
    assert stranger.client.get(f"/api/v1/order-actions/{action['id']}").status_code == 404
    assert stranger.client.get("/api/v1/order-actions").json()["results"] == []


def test_the_list_is_filtered_paged_and_takes_as_many_queries_however_long(
    desk_of, bo, order_of, django_assert_max_num_queries, mia
):
    desk = desk_of(bo)
    for number in ("1036", "1037", "1040", "1041"):
        desk.confirm(order_of(number), "hold")
    desk.confirm(order_of("1042"), "note", mia, text="x")

    with django_assert_max_num_queries(8):
        page = desk.client.get("/api/v1/order-actions?limit=3").json()
    rest = desk.client.get(f"/api/v1/order-actions?limit=3&after={page['next']}").json()
    ids = [each["id"] for each in page["results"] + rest["results"]]
    assert (len(ids), len(set(ids)), rest["next"]) == (5, 5, None)
    of_mia = desk.client.get(f"/api/v1/order-actions?ticket={mia.pk}&state=queued,done").json()
    assert [each["kind"] for each in of_mia["results"]] == ["note"]


def test_approvers_asker_and_nobody_else_are_told(desk_of, bo, cy, ada, order_of, mia, shop):
    """UX 27, UX 32: who is to approve, what was decided, and what came of it in the end."""
    euros = {"currency": "EUR", "per_action_minor": 2000, "per_day_minor": None}
    policy = {"role": "agent", "kinds": None, "limits": [euros]}
    desk_of(ada).client.put("/api/v1/order-limits", policy)
    desk, order = desk_of(bo), order_of("1042")
    wish = desk.confirm(order, "refund", mia, amount_minor=2500)
    with time_machine.travel(now() + timedelta(seconds=30), tick=True):
        desk_of(ada).tell(wish, "approve")
        work()
        set_shop(shop, trouble="refund_fails")
        desk.confirm(order_of("1036"), "refund", amount_minor=900)
        work()
        desk.tell(desk.confirm(order_of("1037"), "hold"), "reject")
        set_shop(shop, trouble="none")
        work()
    run_subscribers(bo.organization_id)
    run_subscribers(bo.organization_id)

    told = Notification.objects.order_by("pk").values_list("user__name", "kind", "ticket__number")
    assert list(told) == [
        ("Ada Kern", "order_approval", mia.number),
        ("Bo Larsen", "order_decided", mia.number),
        ("Bo Larsen", "order_done", mia.number),
        ("Bo Larsen", "order_problem", None),
    ]
    listed = desk.client.get("/api/v1/notifications").json()["results"]
    assert [each["order_number"] for each in listed] == ["#1036", "#1042", "#1042"]
    assert listed[0]["preview"].startswith("#1036 · €9.00 · The payment gateway")
    assert listed[1]["order_action_id"] == wish["id"]


def test_what_waits_is_counted_for_whoever_can_do_something_about_it(
    desk_of, api_as, bo, cy, ada, order_of, mia
):
    desk_of(ada).client.put(
        "/api/v1/order-limits",
        {"role": "agent", "kinds": None,
         "limits": [{"currency": "EUR", "per_action_minor": 1000, "per_day_minor": None}]},
    )  # fmt: skip
    assert desk_of(bo).confirm(order_of("1042"), "cancel", mia)["state"] == "needs_approval"
    Ticket.objects.filter(pk=mia.pk).update(assignee=cy)
    OrderAction.objects.create(
        organization_id=mia.organization_id, store=order_of("1042").store, order=order_of("1042"),
        ticket=mia, kind="note", state="proposed", currency="EUR",
    )  # fmt: skip

    counted = {
        each.name: list(api_as(each).get("/api/v1/order-actions/waiting").json().values())
        for each in (ada, bo, cy)
    }
    assert counted == {ada.name: [1, 0], bo.name: [0, 0], cy.name: [0, 1]}
