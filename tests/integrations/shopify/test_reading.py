"""Orders as Shopify tells them: by export, by pages, by call, and through the recorded payloads."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from helpdesk.lib.connecting import WebhookRequest
from helpdesk.lib.errors import (
    InvalidInput,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
)
from helpdesk.lib.secrets import encrypt
from integrations.commerce import webhooks
from integrations.commerce.connector import AccessEnded, OrderChanged, Passed, PersonForgotten
from integrations.commerce.models import Store, StoreHook
from integrations.commerce.normal_form import OrderData
from integrations.shopify import client, listing
from integrations.shopify.connector import ShopifyConnector
from integrations.shopify.webhooks import TOPICS, split
from tests.contracts.shopify_shop import (
    DOMAIN,
    GRAPHQL,
    SECRET,
    Shop,
    bag,
    export_lines,
    order_node,
    signed,
)
from tests.contracts.store_connector import NOON, Told
from tests.contracts.vendor import Asked
from tests.integrations.shopify.conftest import post

pytestmark = pytest.mark.django_db
HOOKS = "https://desk.example/hooks/stores/shopify/"


def exported(shop: Shop, told: list[Told]) -> bytes:
    """Let the shop have these orders, and an export of them that is complete."""
    shop.tell(*told)
    content = export_lines([order_node(each) for each in told])
    shop.bulk = {
        "id": "gid://shopify/BulkOperation/1", "status": "COMPLETED", "errorCode": None,
        "objectCount": str(3 * len(told)), "rootObjectCount": str(len(told)),
        "fileSize": str(len(content)), "url": f"{shop.vendor.url}/export.jsonl",
    }  # fmt: skip

    def piece(asked: Asked) -> tuple[int, Any]:
        first, last = asked.headers["range"].removeprefix("bytes=").split("-")
        return 206, content[int(first) : int(last) + 1]

    shop.vendor.answers("GET", r"^/export\.jsonl$", 206, piece)
    return content


def test_an_export_is_read_in_pieces_from_where_the_cursor_stands(
    shop: Shop, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "EXPORT_BYTES", 12_000)
    told = [Told(str(2000 + n), updated_at=NOON + timedelta(minutes=n)) for n in range(30)]
    content = exported(shop, told)
    found: list[OrderData] = []
    cursor, pages = "", 0
    while True:
        page = ShopifyConnector().list_orders(store, since=None, cursor=cursor)
        again = ShopifyConnector().list_orders(store, since=None, cursor=cursor)
        assert again.orders == page.orders
        found += page.orders
        cursor, pages = page.cursor, pages + 1
        if not cursor:
            break
    assert [each.number for each in found] == [f"#{each.number}" for each in told]
    assert pages > len(content) / 12_000
    assert found[0].lines[0].title == "Linen shirt"
    assert found[0].promised_at is not None


def test_an_export_that_is_not_ready_is_waited_for_and_one_that_failed_is_paged(
    shop: Shop, store: Store
) -> None:
    exported(shop, [Told()])
    assert shop.bulk is not None
    shop.bulk["status"] = "RUNNING"
    first = ShopifyConnector().list_orders(store, since=None, cursor="")
    assert (first.orders, first.total, first.wait_seconds) == ((), 1, 10)
    again = ShopifyConnector().list_orders(store, since=None, cursor=first.cursor)
    assert (again.cursor, again.wait_seconds) == (first.cursor, 10)
    shop.bulk["status"] = "FAILED"
    failed = ShopifyConnector().list_orders(store, since=None, cursor=first.cursor)
    paged = ShopifyConnector().list_orders(store, since=None, cursor=failed.cursor)
    assert [each.number for each in paged.orders] == ["#1042"]


def test_what_an_export_says_never_hides_what_was_read_whole(shop: Shop, store: Store) -> None:
    exported(shop, [Told(is_shipped=True)])
    whole = ShopifyConnector().get_order(store, "771042")
    cursor = json.dumps({"bulk": "gid://shopify/BulkOperation/1", "offset": 0})
    [short] = ShopifyConnector().list_orders(store, since=None, cursor=cursor).orders
    assert short.updated_at < whole.updated_at
    assert whole.fulfillments[0].lines[0].quantity == 2
    assert short.fulfillments[0].tracking_number == whole.fulfillments[0].tracking_number
    assert short.lines[0].fulfilled_quantity == whole.lines[0].fulfilled_quantity == 2


@pytest.mark.parametrize(
    ("app", "by"),
    [
        ({"title": "Rokt Aftersell: Post Purchase Upsell", "handle": "aftersell"}, "AfterSell"),
        ({"title": "Order Editor", "handle": "order-editor"}, "Order Editor"),
        (None, ""),
    ],
)
def test_lines_that_were_added_after_the_purchase_say_when_and_by_whom(
    shop: Shop, store: Store, app: dict[str, str] | None, by: str
) -> None:
    node = shop.only()
    scarf = {**node["lines"][0], "id": "gid://shopify/LineItem/9002", "title": "Linen scarf"}
    node["lines"].append(scarf)
    node["edited"] = True
    sale = {"__typename": "ProductSale", "actionType": "ORDER", "lineItem": {"id": scarf["id"]}}
    bought = {
        "__typename": "OrderAgreement",
        "happenedAt": node["createdAt"],
        "sales": {"nodes": []},
    }
    edited = {
        "__typename": "OrderEditAgreement", "happenedAt": "2026-11-20T12:03:00Z", "app": app,
        "sales": {"nodes": [sale]},
    }  # fmt: skip
    node["agreements"] = {"nodes": [bought, edited]}
    shirt, added = ShopifyConnector().get_order(store, "771042").lines
    assert (shirt.added_at, shirt.added_by, added.added_by) == (None, "", by)
    assert added.added_at is not None
    assert added.added_at.isoformat() == "2026-11-20T12:03:00+00:00"


def test_an_order_with_more_lines_than_a_page_has_them_all(shop: Shop, store: Store) -> None:
    node = shop.only()
    node["lines"] = [
        {**node["lines"][0], "id": f"gid://shopify/LineItem/{n}"} for n in range(1, 131)
    ]
    assert len(ShopifyConnector().get_order(store, "771042").lines) == 130
    page = ShopifyConnector().list_orders(store, since=NOON, cursor="")
    assert len(page.orders[0].lines) == 130


def test_an_order_paid_in_another_currency_is_told_in_both(shop: Shop, store: Store) -> None:
    node = shop.only()
    node.update(currencyCode="EUR", presentmentCurrencyCode="GBP")
    for name, value in node.items():
        if name.endswith("Set"):
            minor = round(float(value["presentmentMoney"]["amount"]) * 100)
            node[name] = bag(minor, "GBP", (minor * 2, "EUR"))
    node["lines"][0]["originalUnitPriceSet"] = bag(2950, "GBP")
    order = ShopifyConnector().get_order(store, "771042")
    assert (order.currency, order.total_minor) == ("GBP", 6390)
    assert (order.store_currency, order.store_total_minor) == ("EUR", 12780)


def test_scans_and_a_delivery_are_told_and_count_as_a_change(shop: Shop, store: Store) -> None:
    shop.tell(Told(is_shipped=True))
    [parcel] = shop.only()["fulfillments"]
    parcel.update(displayStatus="DELAYED")
    scan = {
        "happenedAt": "2026-11-21T07:00:00Z", "createdAt": "2026-11-21T07:05:00Z",
        "status": "DELAYED", "message": "Held at customs", "city": "Leipzig", "country": "DE",
    }  # fmt: skip
    parcel["events"]["nodes"].append(scan)
    order = ShopifyConnector().get_order(store, "771042")
    assert order.updated_at.isoformat() == "2026-11-21T07:05:00+00:00"
    told = order.fulfillments[0]
    assert (told.status, told.problem) == ("in_transit", "Delayed")
    assert told.scans[0].place == "Leipzig, DE"
    parcel.update(displayStatus="DELIVERED", deliveredAt="2026-11-21T10:00:00Z")
    assert ShopifyConnector().get_order(store, "771042").fulfillments[0].status == "delivered"


def test_a_list_that_costs_too_much_is_asked_for_in_smaller_pages(shop: Shop, store: Store) -> None:
    def dear(asked: Asked) -> tuple[int, Any]:
        if asked.json["variables"]["first"] > 2:
            error = {"message": "Too costly", "extensions": {"code": "MAX_COST_EXCEEDED"}}
            return 200, {"errors": [error]}
        return shop.answer(asked)

    shop.tell(*(Told(str(3000 + n)) for n in range(3)))
    shop.cost = {
        "requestedQueryCost": 400, "actualQueryCost": 40,
        "throttleStatus": {
            "maximumAvailable": 1000.0, "currentlyAvailable": 150.0, "restoreRate": 50.0,
        },
    }  # fmt: skip
    shop.vendor.answers("POST", GRAPHQL, 200, dear, body_pattern="query Orders")
    page = ShopifyConnector().list_orders(store, since=NOON, cursor="")
    assert (len(page.orders), page.wait_seconds) == (2, 5)
    rest = ShopifyConnector().list_orders(store, since=NOON, cursor=page.cursor)
    assert (len(rest.orders), rest.cursor) == (1, "")
    sizes = [each.json["variables"]["first"] for each in shop.vendor.requests]
    assert sizes == [10, 5, 2, 2]


def test_without_a_scope_its_part_of_the_order_is_not_asked_for(shop: Shop, store: Store) -> None:
    store.config = {**store.config, "scopes": ["read_orders"]}
    order = ShopifyConnector().get_order(store, "771042")
    assert order.customer is None
    wanted = shop.vendor.requests[-1].json["variables"]
    assert (wanted["customers"], wanted["returns"], wanted["holds"]) == (False, False, False)


# Connecting


def test_connecting_names_the_scopes_that_are_missing_and_leaves_their_topics_out(
    shop: Shop, store: Store
) -> None:
    shop.granted = ["read_orders", "write_orders"]
    account = ShopifyConnector().connect(store, HOOKS + store.hook_token)
    assert account.config["currency"] == "EUR"
    assert any("write_gift_cards" in each for each in account.notes)
    assert not any("read_orders:" in each for each in account.notes)
    topics = {each["topic"] for each in shop.hooks}
    assert topics == {each for each in TOPICS if not each.startswith("RETURNS_")}
    shop.granted = ["read_customers"]
    with pytest.raises(PermanentFailure, match="read_orders"):
        ShopifyConnector().connect(store, "")


def test_a_subscription_that_is_gone_is_made_anew_and_taken_back_at_the_end(
    shop: Shop, store: Store
) -> None:
    url = HOOKS + store.hook_token
    other = {
        "id": "gid://shopify/WebhookSubscription/99",
        "topic": "ORDERS_PAID",
        "uri": "https://e.example",
    }
    shop.hooks = [other]
    ShopifyConnector().connect(store, url)
    assert ShopifyConnector().check(store, url) == []
    shop.hooks = [each for each in shop.hooks if each["topic"] != "ORDERS_UPDATED"]
    [problem] = ShopifyConnector().check(store, url)
    assert "ORDERS_UPDATED" in problem
    assert ShopifyConnector().check(store, url) == []
    ShopifyConnector().disconnect(store)
    assert shop.hooks == [other]


def test_another_version_than_the_one_we_were_made_for_is_told(shop: Shop, store: Store) -> None:
    shop.vendor.answers(
        "POST", GRAPHQL, 200, shop.answer, headers={"X-Shopify-API-Version": "2027-10"}
    )
    [problem] = ShopifyConnector().check(store, "")
    assert "2027-10" in problem


def test_a_token_of_another_shop_is_refused_at_the_field(shop: Shop, store: Store) -> None:
    store.address = "somebody-else"
    with pytest.raises(InvalidInput) as wrong:
        ShopifyConnector().connect(store, "")
    assert wrong.value.errors[0].path == "address"


def test_an_app_of_the_dev_dashboard_gets_a_token_and_keeps_it(shop: Shop, store: Store) -> None:
    client._tokens.clear()
    store.secrets = encrypt({"client_secret": SECRET})
    with pytest.raises(NeedsReauthorization):
        ShopifyConnector().get_order(store, "771042")
    store.config = {**store.config, "client_id": "app-1"}
    path = r"^/admin/oauth/access_token$"
    shop.vendor.answers("POST", path, 200, {"access_token": "shpua_1", "expires_in": 86399})
    for _ in range(2):
        assert ShopifyConnector().get_order(store, "771042").number == "#1042"
    assert shop.vendor.asked("POST", path) == 1
    assert shop.vendor.last("POST", path).form["grant_type"] == "client_credentials"
    assert shop.vendor.requests[-1].headers["x-shopify-access-token"] == "shpua_1"
    shop.vendor.answers("POST", GRAPHQL, 401, {"errors": "[API] Invalid API key"}, times=1)
    with pytest.raises(NeedsReauthorization):
        ShopifyConnector().get_order(store, "771042")
    assert ShopifyConnector().get_order(store, "771042").number == "#1042"
    assert shop.vendor.asked("POST", path) == 2


@pytest.mark.parametrize(
    "pasted",
    [
        "linden-loom", DOMAIN, f"https://{DOMAIN}/admin",
        "https://admin.shopify.com/store/linden-loom/orders",
    ],
)  # fmt: skip
def test_a_shop_is_known_by_whatever_people_paste(pasted: str) -> None:
    assert client.domain_of(pasted) == DOMAIN


def test_a_shop_that_is_gone_and_one_that_is_frozen_say_so(shop: Shop, store: Store) -> None:
    for status, words in ((404, "no Shopify shop"), (402, "frozen"), (423, "locked")):
        shop.vendor.answers("POST", GRAPHQL, status, {"errors": "Not Found"})
        with pytest.raises(PermanentFailure, match=words):
            ShopifyConnector().get_order(store, "771042")
    shop.vendor.answers("POST", GRAPHQL, 502, b"")
    with pytest.raises(TemporaryFailure):
        ShopifyConnector().get_order(store, "771042")


# Calls


def call(topic: str, told: Any) -> WebhookRequest:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return WebhookRequest("POST", "", {}, {"x-shopify-topic": topic}, body)


def test_each_topic_finds_its_order() -> None:
    gid = "gid://shopify/Order/9"
    for topic, told, number in (
        ("orders/create", {"id": 5}, "5"),
        ("orders/edited", {"order_edit": {"order_id": 6}}, "6"),
        ("refunds/create", {"id": 1, "order_id": 7}, "7"),
        ("fulfillments/update", {"id": 1, "order_id": 8}, "8"),
        ("returns/request", {"id": 1, "order": {"admin_graphql_api_id": gid}}, "9"),
    ):
        assert split(call(topic, told)) == [OrderChanged(number, topic)]
    assert isinstance(split(call("returns/update", {"id": 1}))[0], Passed)
    assert isinstance(split(call("app/uninstalled", {}))[0], AccessEnded)
    assert split(call("shop/redact", {})) == [PersonForgotten(is_whole_shop=True)]
    bad: list[tuple[str, Any]] = [
        ("orders/create", b"{"), ("orders/create", []), ("orders/create", {"id": "../x"}),
        ("orders/create", {}), ("customers/redact", {"customer": []}),
    ]  # fmt: skip
    for topic, nonsense in bad:
        with pytest.raises(InvalidInput):
            split(call(topic, nonsense))


def test_a_call_signed_for_another_shop_of_the_same_app_is_refused(
    shop: Shop, store: Store
) -> None:
    theirs = signed("orders/create", {"id": 5}, domain="evil.myshopify.com")
    assert post(store, theirs) == 401
    assert StoreHook.objects.count() == 0


VALUES: tuple[Any, ...] = (None, 7, "7", "x", [], {})
TOPIC_OF = {
    "fulfillment_event": "fulfillment_events/create", "odoo_order": "orders/create",
    "odoo_fulfillment": "fulfillments/create", "refund": "refunds/create",
    "transaction": "order_transactions/create", "gdpr_customers_redact": "customers/redact",
    "gdpr_customers_data": "customers/data_request",
    "odoo_transaction": "order_transactions/create",
}  # fmt: skip


def test_recorded_payloads_twice_and_shuffled_are_each_kept_and_read_once(
    corpora: Path, shop: Shop, store: Store
) -> None:
    """Taken, passed or refused, whatever topic they come under."""
    shop.tell()
    calls = []
    for path in sorted((corpora / "payloads" / "shopify").glob("*.json")):
        told = json.loads(path.read_bytes())
        inner = next(iter(told.values())) if isinstance(told, dict) and len(told) == 1 else told
        topics = [topic for name, topic in TOPIC_OF.items() if path.name.startswith(name)]
        calls.append(signed(topics[0] if topics else "products/update", inner, path.name))
        for topic in ("orders/updated", "refunds/create", "returns/request", "customers/redact"):
            assert (
                about_order(signed(topic, told)) is None or told.get("id") or told.get("order_id")
            )
    assert len(calls) == 27
    doubled = calls * 2
    random.Random(3).shuffle(doubled)
    for each in doubled:
        assert post(store, each) < 300
    assert StoreHook.objects.count() == len(calls)
    webhooks.process_hooks(store.pk)
    assert not StoreHook.objects.filter(state="received").exists()
    assert {each.external_id for each in map(about_order, calls) if each} == {
        "100500", "100510", "2776493818019", "450789469",
    }  # fmt: skip


def about_order(told: Any) -> OrderChanged | None:
    headers = {name.lower(): value for name, value in told.headers.items()}
    try:
        [item] = split(WebhookRequest("POST", "", {}, headers, told.body))
    except InvalidInput:
        return None
    return item if isinstance(item, OrderChanged) else None


def test_every_topic_of_shopify_is_read_or_refused_whatever_is_in_its_fields(
    corpora: Path,
) -> None:
    folder = corpora.parent / "contracts" / "shopify" / "webhooks-2026-07"
    if not folder.is_dir():
        pytest.skip("../shared/contracts is not beside this checkout")
    for path in sorted(folder.glob("*/*.json")):
        schema = json.loads(path.read_bytes())
        for value in VALUES:
            told = dict.fromkeys(schema.get("properties") or {}, value)
            with suppress(InvalidInput):
                assert split(call(f"{path.parent.name}/{path.stem}", told))
