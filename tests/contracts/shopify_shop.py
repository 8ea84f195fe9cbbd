"""A Shopify that remembers: orders, refunds, jobs, drafts, returns, codes, cards, credit, holds.

It answers GraphQL by executing it over dicts with Shopify's own schema (``graphql_judge.answer``),
so that every answer has the shape the schema gives it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from helpdesk.accounts.models import Organization
from helpdesk.lib.secrets import encrypt
from integrations.commerce.actions import create_store
from integrations.commerce.models import Store
from integrations.shopify.manifest import SCOPES
from tests.contracts.channel_connector import Call
from tests.contracts.graphql_judge import Resolver, answer, graphql_judge, load
from tests.contracts.store_connector import (
    QUANTITY,
    SHIPPING_MINOR,
    TITLE,
    TOTAL_MINOR,
    UNIT_MINOR,
    Told,
)
from tests.contracts.vendor import Asked, VendorServer

CONTRACT = "shopify/admin_2026-10.json.gz"
GRAPHQL = r"/admin/api/2026-10/graphql\.json$"
LINE, PART, VARIANT, CUSTOMER = "9001", "9101", "9201", "5001"
SECRET = "shpss_whispered"
DOMAIN = "linden-loom.myshopify.com"
OTHER = {"/admin/oauth/access_token": "access_token", "/export.jsonl": "the export's file"}
Record = dict[str, Any]


def bag(minor: int, currency: str = "EUR", shop: tuple[int, str] | None = None) -> Record:
    """An amount as Shopify tells it: what the customer paid in, and the shop's own."""
    own = shop or (minor, currency)
    return {
        "presentmentMoney": {"amount": str(Decimal(minor) / 100), "currencyCode": currency},
        "shopMoney": {"amount": str(Decimal(own[0]) / 100), "currencyCode": own[1]},
    }


def cents(amount: Any) -> int:
    return int(Decimal(str(amount)) * 100)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def address(name: str) -> Record:
    first, _, last = name.rpartition(" ")
    return {
        "firstName": first, "lastName": last, "name": name, "company": None,
        "address1": "Leinenweg 4", "address2": "Hinterhaus", "zip": "10115", "city": "Berlin",
        "province": "Berlin", "provinceCode": "BE", "countryCodeV2": "DE", "phone": None,
    }  # fmt: skip


def order_node(told: Told) -> Record:
    """The kit's order in Shopify's words."""
    number, back = f"77{told.number}", told.refunded_minor
    paid = TOTAL_MINOR if told.is_paid else 0
    money = "PAID" if told.is_paid else "PENDING"
    if back:
        money = "REFUNDED" if back == TOTAL_MINOR else "PARTIALLY_REFUNDED"
    at, changed = stamp(told.placed_at), stamp(told.updated_at)
    waiting = 0 if told.is_shipped or told.is_cancelled else QUANTITY
    line = {
        "__typename": "LineItem", "id": f"gid://shopify/LineItem/{LINE}", "title": TITLE,
        "variantTitle": "Sand / M", "sku": "LS-M", "quantity": QUANTITY,
        "currentQuantity": 0 if told.is_cancelled else QUANTITY,
        "refundableQuantity": QUANTITY, "unfulfilledQuantity": waiting,
        "originalUnitPriceSet": bag(UNIT_MINOR), "totalDiscountSet": bag(0), "isGiftCard": False,
        "restockable": True, "image": {"url": "https://cdn.shopify.com/shirt.jpg"},
        "product": {"id": "gid://shopify/Product/9301"},
        "variant": {"id": f"gid://shopify/ProductVariant/{VARIANT}"},
    }  # fmt: skip
    return {
        "__typename": "Order", "id": f"gid://shopify/Order/{number}", "legacyResourceId": number,
        "name": f"#{told.number}", "createdAt": at, "processedAt": at, "updatedAt": changed,
        "cancelledAt": changed if told.is_cancelled else None,
        "cancelReason": "CUSTOMER" if told.is_cancelled else None, "edited": False,
        "displayFinancialStatus": money,
        "displayFulfillmentStatus": "FULFILLED" if told.is_shipped else "UNFULFILLED",
        "returnStatus": "NO_RETURN", "currencyCode": "EUR", "presentmentCurrencyCode": "EUR",
        "taxesIncluded": True, "refundable": paid > back,
        "totalPriceSet": bag(TOTAL_MINOR), "subtotalPriceSet": bag(QUANTITY * UNIT_MINOR),
        "totalShippingPriceSet": bag(SHIPPING_MINOR), "totalDiscountsSet": bag(0),
        "totalTaxSet": bag(1020), "totalReceivedSet": bag(paid), "totalRefundedSet": bag(back),
        "totalCapturableSet": bag(0), "email": told.email, "phone": None,
        "customerLocale": "de-DE", "note": None, "tags": ["vip"], "discountCodes": [],
        "paymentGatewayNames": ["shopify_payments"], "risk": {"recommendation": "ACCEPT"},
        "shippingAddress": address(told.name), "billingAddress": address(told.name),
        "customer": {
            "legacyResourceId": CUSTOMER, "displayName": told.name, "locale": "de",
            "updatedAt": at, "defaultEmailAddress": {"emailAddress": told.email},
            "defaultPhoneNumber": None,
        },
        "transactions": [_sale(at)] if told.is_paid else [],
        "lines": [line], "fulfillments": [_parcel(told, changed)] if told.is_shipped else [],
        "refunds": [refund_node("6001", back, changed, "")] if back else [],
        "returns": {"nodes": []}, "agreements": {"nodes": []},
        "fulfillmentOrders": {"nodes": [] if told.is_shipped else [_part()]},
    }  # fmt: skip


def refund_node(number: str, minor: int, at: str, note: str, status: str = "SUCCESS") -> Record:
    transaction = {
        "id": f"gid://shopify/OrderTransaction/{number}", "formattedGateway": "Shopify Payments",
        "status": status, "amountSet": bag(minor),
    }  # fmt: skip
    return {
        "id": f"gid://shopify/Refund/{number}", "createdAt": at, "processedAt": at, "note": note,
        "totalRefundedSet": bag(minor), "transactions": {"nodes": [transaction]},
    }  # fmt: skip


def _sale(at: str) -> Record:
    return {
        "id": "gid://shopify/OrderTransaction/4001", "kind": "SALE", "status": "SUCCESS",
        "amountSet": bag(TOTAL_MINOR), "createdAt": at, "processedAt": at,
        "formattedGateway": "Shopify Payments", "accountNumber": "•••• •••• •••• 4242",
        "paymentDetails": {"__typename": "CardPaymentDetails", "company": "Visa"},
    }  # fmt: skip


def _parcel(told: Told, at: str) -> Record:
    part = {
        "id": f"gid://shopify/FulfillmentLineItem/{PART}", "quantity": QUANTITY,
        "lineItem": {"id": f"gid://shopify/LineItem/{LINE}"},
    }  # fmt: skip
    return {
        "legacyResourceId": f"88{told.number}", "status": "SUCCESS", "displayStatus": "IN_TRANSIT",
        "createdAt": at, "updatedAt": at, "inTransitAt": at, "deliveredAt": None,
        "estimatedDeliveryAt": None, "events": {"nodes": []},
        "trackingInfo": [
            {
                "company": "DHL", "number": told.tracking_number,
                "url": f"https://www.dhl.de/{told.tracking_number}",
            }
        ],
        "fulfillmentLineItems": {"nodes": [part]},
    }  # fmt: skip


def _part() -> Record:
    return {
        "__typename": "FulfillmentOrder", "id": "gid://shopify/FulfillmentOrder/3001",
        "status": "OPEN", "supportedActions": [{"action": "HOLD"}], "fulfillmentHolds": [],
        "deliveryMethod": {"maxDeliveryDateTime": "2026-11-25T18:00:00Z"},
    }  # fmt: skip


def make_store(organization: Organization, url: str) -> Store:
    store = create_store(organization, kind="shopify", slug="linden", name="Linden & Loom")
    store.address = DOMAIN
    store.config = {"api_url": url}
    store.secrets = encrypt({"token": "shpat_1", "client_secret": SECRET})
    store.save()
    return store


def signed(topic: str, told: Any, key: str = "k1", domain: str = DOMAIN) -> Call:
    """A call as Shopify sends it."""
    return signed_bytes(topic, json.dumps(told).encode(), key, domain)


def signed_bytes(topic: str, body: bytes, key: str = "k1", domain: str = DOMAIN) -> Call:
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    headers = {
        "X-Shopify-Topic": topic, "X-Shopify-Hmac-SHA256": base64.b64encode(digest).decode(),
        "X-Shopify-Webhook-Id": key, "X-Shopify-Shop-Domain": domain,
    }  # fmt: skip
    return Call(body, headers)


@dataclass
class Shop:
    """One shop. ``refusal`` makes every mutation of orders refuse in these words."""

    vendor: VendorServer
    orders: dict[str, Record] = field(default_factory=dict)
    refusal: str = ""
    refused: set[str] = field(default_factory=set)
    granted: list[str] = field(default_factory=lambda: list(SCOPES))
    hooks: list[Record] = field(default_factory=list)
    done: list[tuple[str, Record]] = field(default_factory=list)
    by_key: dict[str, Record] = field(default_factory=dict)
    drafts: list[Record] = field(default_factory=list)
    codes: dict[str, Record] = field(default_factory=dict)
    cards: list[Record] = field(default_factory=list)
    credits: list[Record] = field(default_factory=list)
    sessions: dict[str, Record] = field(default_factory=dict)
    variants: list[Record] = field(default_factory=list)
    searched: list[str] = field(default_factory=list)
    bulk: Record | None = None
    job_status: str = "STARTED"
    refund_status: str = "SUCCESS"
    cost: Record = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    key: str = ""

    def opens(self) -> Shop:
        """Answer from now on, judged by Shopify's schema and by the scopes that we ask for."""
        judge = graphql_judge(CONTRACT, granted=frozenset(SCOPES), other=OTHER)
        self.vendor.judged_by(judge, connector="shopify")
        self.vendor.answers("POST", GRAPHQL, 200, self.answer, headers=self.headers)
        return self

    def tell(self, *told: Told) -> None:
        self.orders = {node["legacyResourceId"]: node for node in map(order_node, told)}

    def only(self) -> Record:
        [node] = self.orders.values()
        return node

    def answer(self, asked: Asked) -> tuple[int, Any]:
        body = asked.json
        variables = body.get("variables") or {}
        self.key = str(variables.get("key") or "")
        try:
            said = answer(load(CONTRACT), body["query"], variables, self.resolvers())
        except AssertionError as mistake:
            self.vendor.refusals.append(f"the shop of the test: {str(mistake)[:600]}")
            return 500, {"errors": str(mistake)[:600]}
        return 200, {**said, **({"extensions": {"cost": self.cost}} if self.cost else {})}

    def resolvers(self) -> dict[str, Resolver]:
        def by_id(_: Any, given: Record) -> Record | None:
            return self.orders.get(given["id"].rsplit("/", 1)[-1])

        found: dict[str, Resolver] = {
            "QueryRoot.order": by_id,
            "QueryRoot.orders": self._orders,
            "QueryRoot.ordersCount": lambda _s, _g: {"count": len(self.orders)},
            "Order.lineItems": self._lines,
            "Order.refunds": lambda node, _g: node["refunds"],
            "Order.suggestedRefund": self._suggested,
            "QueryRoot.shop": lambda _s, _g: {
                "name": "Linden & Loom", "myshopifyDomain": "linden-loom.myshopify.com",
                "currencyCode": "EUR", "ianaTimezone": "Europe/Berlin",
                "orderNumberFormatPrefix": "#", "orderNumberFormatSuffix": "",
            },
            "QueryRoot.currentAppInstallation": lambda _s, _g: {
                "accessScopes": [{"handle": each} for each in self.granted]
            },
            "QueryRoot.webhookSubscriptions": lambda _s, _g: {
                "nodes": self.hooks, "pageInfo": {"hasNextPage": False, "endCursor": None},
            },
            "Mutation.webhookSubscriptionCreate": self._subscribe,
            "Mutation.webhookSubscriptionDelete": self._unsubscribe,
            "Mutation.bulkOperationRunQuery": self._run_bulk,
            "QueryRoot.bulkOperation": lambda _s, _g: self.bulk,
            "QueryRoot.node": lambda _s, given: {
                "__typename": "OrderCancelJobResult", "done": self.job_status != "STARTED",
                "status": self.job_status, "errors": [],
            },
            "QueryRoot.returnableFulfillments": self._returnable,
            "QueryRoot.returnReasonDefinitions": lambda _s, _g: {
                "nodes": [
                    _reason("1", "other", "Other"), _reason("2", "too_small", "Too small"),
                ]
            },
            "QueryRoot.draftOrders": self._find_drafts,
            "QueryRoot.productVariants": self._search_variants,
            "QueryRoot.codeDiscountNodeByCode": lambda _s, given: self.codes.get(given["code"]),
            "QueryRoot.giftCards": lambda _s, given: {
                "nodes": [
                    each
                    for each in self.cards
                    if given["query"] == f"last_characters:{each['lastCharacters']}"
                ]
            },
            "QueryRoot.customer": lambda _s, _g: {
                "storeCreditAccounts": {
                    "nodes": [
                        {"balance": {"currencyCode": "EUR"},
                         "transactions": {"nodes": list(reversed(self.credits))}}
                    ]
                }
            },
        }  # fmt: skip
        return found | {
            f"Mutation.{name}": self._guarded(name, do) for name, do in self._deeds().items()
        }

    def _deeds(self) -> dict[str, Callable[[Record], Record]]:
        return {
            "orderCancel": self._cancel, "refundCreate": self._refund, "orderUpdate": self._update,
            "tagsAdd": self._add_tags, "tagsRemove": self._remove_tags,
            "orderEditBegin": self._begin, "orderEditSetQuantity": self._set_quantity,
            "orderEditAddVariant": self._add_variant, "orderEditCommit": self._commit,
            "draftOrderCreate": self._draft, "draftOrderComplete": self._complete,
            "draftOrderInvoiceSend": self._invoice, "returnCreate": self._return,
            "reverseDeliveryCreateWithShipping": self._deliver,
            "discountCodeBasicCreate": self._code, "giftCardCreate": self._card,
            "storeCreditAccountCredit": self._credit, "fulfillmentOrderHold": self._hold,
            "fulfillmentOrderReleaseHold": self._release,
        }  # fmt: skip

    def _guarded(self, name: str, do: Callable[[Record], Record]) -> Resolver:
        def deed(_: Any, given: Record) -> Record:
            errors = "orderCancelUserErrors" if name == "orderCancel" else "userErrors"
            is_draft = name in ("orderEditBegin", "orderEditSetQuantity", "orderEditAddVariant")
            if name in self.refused or (self.refusal and not is_draft):
                words = self.refusal or "No."
                return {errors: [{"message": words, "field": ["id"], "code": None}]}
            self.done.append((name, deepcopy(given)))
            return {errors: [], **do(given)}

        return deed

    # Reading

    def _search_variants(self, _: Any, given: Record) -> Record:
        self.searched.append(given["query"])
        return {"nodes": self.variants}

    def _orders(self, _: Any, given: Record) -> Record:
        found = re.search(r"updated_at:>='([^']+)'", given.get("query") or "")
        since = datetime.fromisoformat(found.group(1)) if found else None
        rows = sorted(self.orders.values(), key=lambda each: str(each["updatedAt"]))
        rows = [
            each for each in rows
            if since is None or datetime.fromisoformat(each["updatedAt"]) >= since
        ]  # fmt: skip
        return _paged(rows, given)

    def _lines(self, node: Record, given: Record) -> Record:
        return _paged(node["lines"], given)

    def _suggested(self, node: Record, given: Record) -> Record:
        left = cents(node["totalReceivedSet"]["presentmentMoney"]["amount"]) - cents(
            node["totalRefundedSet"]["presentmentMoney"]["amount"]
        )
        chosen = {
            each["lineItemId"].rsplit("/", 1)[-1]: 0 for each in given.get("refundLineItems") or []
        }
        for each in given.get("refundLineItems") or []:
            chosen[each["lineItemId"].rsplit("/", 1)[-1]] += each["quantity"]
        shipping = cents(given.get("shippingAmount") or 0)
        most_shipping = min(SHIPPING_MINOR, left)
        if given.get("suggestFullRefund"):
            chosen = {
                each["id"].rsplit("/", 1)[-1]: each["refundableQuantity"] for each in node["lines"]
            }
            shipping = most_shipping
        lines: list[Record] = [
            {
                "lineItem": {"id": each["id"]}, "quantity": count,
                "location": {"id": "gid://shopify/Location/7"},
                "subtotalSet": bag(count * _unit(each)), "totalTaxSet": bag(0),
            }
            for each in node["lines"]
            for count in [chosen.get(each["id"].rsplit("/", 1)[-1], 0)]
            if count
        ]  # fmt: skip
        amount = min(
            left,
            shipping
            + sum(cents(each["subtotalSet"]["presentmentMoney"]["amount"]) for each in lines),
        )
        sale = node["transactions"][0] if node["transactions"] else {}
        transaction = {
            "amountSet": bag(amount), "maximumRefundableSet": bag(left),
            "gateway": "shopify_payments", "formattedGateway": "Shopify Payments",
            "accountNumber": sale.get("accountNumber"),
            "parentTransaction": {"id": sale.get("id")}, "paymentDetails": sale.get("paymentDetails"),
        }  # fmt: skip
        return {
            "amountSet": bag(amount), "maximumRefundableSet": bag(left),
            "shipping": {"maximumRefundableSet": bag(most_shipping)}, "refundLineItems": lines,
            "suggestedTransactions": [transaction] if sale else [],
        }  # fmt: skip

    def _returnable(self, _: Any, given: Record) -> Record:
        node = self.orders[given["orderId"].rsplit("/", 1)[-1]]
        parts = [
            {
                "returnableFulfillmentLineItems": {
                    "nodes": [
                        {"quantity": each["quantity"], "fulfillmentLineItem": each}
                        for each in parcel["fulfillmentLineItems"]["nodes"]
                    ]
                }
            }
            for parcel in node["fulfillments"]
        ]
        return {"nodes": parts}

    def _find_drafts(self, _: Any, given: Record) -> Record:
        return {
            "nodes": [
                each for each in self.drafts if any(tag in given["query"] for tag in each["tags"])
            ]
        }

    # The app

    def _subscribe(self, _: Any, given: Record) -> Record:
        hook = {
            "id": f"gid://shopify/WebhookSubscription/{len(self.hooks) + 1}",
            "topic": given["topic"], "uri": given["webhookSubscription"]["uri"],
        }  # fmt: skip
        self.hooks.append(hook)
        return {"webhookSubscription": hook, "userErrors": []}

    def _unsubscribe(self, _: Any, given: Record) -> Record:
        self.hooks = [each for each in self.hooks if each["id"] != given["id"]]
        return {"deletedWebhookSubscriptionId": given["id"], "userErrors": []}

    def _run_bulk(self, _: Any, given: Record) -> Record:
        if self.bulk is None:
            words = "A bulk query operation for this app and shop is already in progress"
            return {
                "bulkOperation": None,
                "userErrors": [{"message": words, "field": None, "code": None}],
            }
        return {"bulkOperation": self.bulk, "userErrors": []}

    # Deeds

    def _cancel(self, given: Record) -> Record:
        return {
            "job": {"id": "gid://shopify/Job/j1", "done": False},
            "jobResult": {
                "id": "gid://shopify/OrderCancelJobResult/j1", "done": False, "status": "STARTED",
                "errors": [],
            },
        }  # fmt: skip

    def cancels(self, *, refund: bool = True) -> None:
        """The job of a cancellation is carried out."""
        node = self.only()
        node.update(cancelledAt="2026-11-22T09:00:00Z", cancelReason="CUSTOMER")
        self.job_status = "SUCCEEDED"
        if refund:
            self._pay_back(node, cents(node["totalReceivedSet"]["presentmentMoney"]["amount"]), "")

    def completes(self) -> None:
        """The newest draft becomes an order."""
        self._complete({"id": self.drafts[-1]["id"]})

    def _pay_back(self, node: Record, minor: int, note: str) -> Record:
        number = str(6000 + len(node["refunds"]) + 1)
        made = refund_node(number, minor, "2026-11-22T09:00:00Z", note, self.refund_status)
        node["refunds"].append(made)
        back = cents(node["totalRefundedSet"]["presentmentMoney"]["amount"]) + minor
        node["totalRefundedSet"] = bag(back)
        return made

    def _refund(self, given: Record) -> Record:
        if self.key in self.by_key:
            return {"refund": self.by_key[self.key]}
        node = self.orders[given["input"]["orderId"].rsplit("/", 1)[-1]]
        ways = given["input"].get("transactions") or []
        credit = given["input"].get("refundMethods") or []
        minor = sum(cents(each["amount"]) for each in ways) + sum(
            cents(each["storeCreditRefund"]["amount"]["amount"]) for each in credit
        )
        made = self._pay_back(node, minor, given["input"].get("note") or "")
        self.by_key[self.key] = made
        return {"refund": made}

    def _update(self, given: Record) -> Record:
        node, wanted = self.only(), given["input"]
        if "note" in wanted:
            node["note"] = wanted["note"]
        if "shippingAddress" in wanted:
            told = wanted["shippingAddress"]
            node["shippingAddress"] = {
                **node["shippingAddress"], **told, "countryCodeV2": told["countryCode"],
                "name": f"{told['firstName']} {told['lastName']}".strip(),
            }  # fmt: skip
        return {"order": node}

    def _add_tags(self, given: Record) -> Record:
        self.only()["tags"] = list(dict.fromkeys([*self.only()["tags"], *given["tags"]]))
        return {"node": None}

    def _remove_tags(self, given: Record) -> Record:
        self.only()["tags"] = [each for each in self.only()["tags"] if each not in given["tags"]]
        return {"node": None}

    def _begin(self, given: Record) -> Record:
        node = self.only()
        session = {
            "id": f"gid://shopify/CalculatedOrder/{len(self.sessions) + 1}",
            "quantities": {each["id"].rsplit("/", 1)[-1]: each["currentQuantity"] for each in node["lines"]},
            "added": [],
        }  # fmt: skip
        self.sessions[str(session["id"])] = session
        return {"calculatedOrder": self._calculated(session)}

    def _calculated(self, session: Record) -> Record:
        node = self.only()
        total = SHIPPING_MINOR + sum(
            _unit(each) * session["quantities"][each["id"].rsplit("/", 1)[-1]] for each in node["lines"]
        ) + sum(each["quantity"] * 1500 for each in session["added"])  # fmt: skip
        paid = cents(node["totalReceivedSet"]["presentmentMoney"]["amount"])
        return {
            "id": session["id"], "totalPriceSet": bag(total), "totalOutstandingSet": bag(total - paid),
            "lineItems": {
                "nodes": [
                    {
                        "id": f"gid://shopify/CalculatedLineItem/{line}", "quantity": count,
                        "editableQuantity": count, "title": TITLE,
                    }
                    for line, count in session["quantities"].items()
                ]
            },
            "addedLineItems": {"nodes": session["added"]},
        }  # fmt: skip

    def _set_quantity(self, given: Record) -> Record:
        session = self.sessions[given["id"]]
        session["quantities"][given["lineItemId"].rsplit("/", 1)[-1]] = given["quantity"]
        return {"calculatedOrder": self._calculated(session)}

    def _add_variant(self, given: Record) -> Record:
        session = self.sessions[given["id"]]
        session["added"].append(
            {
                "id": "gid://shopify/CalculatedLineItem/new", "title": "Linen scarf",
                "quantity": given["quantity"], "variant": given["variantId"],
            }
        )  # fmt: skip
        return {"calculatedOrder": self._calculated(session)}

    def _commit(self, given: Record) -> Record:
        session = self.sessions[given["id"]]
        for each in self.only()["lines"]:
            each["currentQuantity"] = session["quantities"][each["id"].rsplit("/", 1)[-1]]
        return {"order": self.only()}

    def _draft(self, given: Record) -> Record:
        number = len(self.drafts) + 1
        draft = {
            "id": f"gid://shopify/DraftOrder/{number}", "name": f"#D{number}", "status": "OPEN",
            "invoiceUrl": f"https://linden-loom.myshopify.com/invoices/{number}", "order": None,
            "invoiceSentAt": None, "tags": given["input"]["tags"],
        }  # fmt: skip
        self.drafts.append(draft)
        return {"draftOrder": draft}

    def _complete(self, given: Record) -> Record:
        draft = next(each for each in self.drafts if each["id"] == given["id"])
        draft.update(status="COMPLETED", order={"legacyResourceId": "771050", "name": "#1050"})
        return {"draftOrder": draft}

    def _invoice(self, given: Record) -> Record:
        draft = next(each for each in self.drafts if each["id"] == given["id"])
        draft.update(status="INVOICE_SENT", invoiceSentAt="2026-11-22T09:00:00Z")
        return {"draftOrder": draft}

    def _return(self, given: Record) -> Record:
        node, wanted = self.only(), given["returnInput"]
        number = str(2001 + len(node["returns"]["nodes"]))
        made: Record = {
            "id": f"gid://shopify/Return/{number}", "name": f"{node['name']}-R1", "status": "OPEN",
            "createdAt": "2026-11-22T09:00:00Z", "closedAt": None,
            "returnLineItems": {
                "nodes": [
                    {
                        "__typename": "ReturnLineItem", "quantity": each["quantity"],
                        "returnReasonNote": each["returnReasonNote"],
                        "returnReasonDefinition": {"name": "Too small"},
                        "fulfillmentLineItem": {
                            "lineItem": {"id": f"gid://shopify/LineItem/{LINE}", "title": TITLE}
                        },
                    }
                    for each in wanted["returnLineItems"]
                ]
            },
            "exchangeLineItems": {"nodes": []}, "refunds": {"nodes": []},
            "reverseFulfillmentOrders": {
                "nodes": [
                    {
                        "id": "gid://shopify/ReverseFulfillmentOrder/1",
                        "lineItems": {
                            "nodes": [
                                {"id": "gid://shopify/ReverseFulfillmentOrderLineItem/1",
                                 "totalQuantity": 1}
                            ]
                        },
                        "reverseDeliveries": {"nodes": []},
                    }
                ]
            },
        }  # fmt: skip
        node["returns"]["nodes"].append(made)
        return {"return": made}

    def _deliver(self, given: Record) -> Record:
        delivery = {
            "id": "gid://shopify/ReverseDelivery/1",
            "deliverable": {
                "__typename": "ReverseDeliveryShippingDeliverable",
                "label": {"publicFileUrl": "https://cdn.shopify.com/label.pdf"},
                "tracking": {
                    "carrierName": "DHL", "number": (given.get("trackingInput") or {}).get("number"),
                    "url": None,
                },
            },
        }  # fmt: skip
        for each in self.only()["returns"]["nodes"]:
            each["reverseFulfillmentOrders"]["nodes"][0]["reverseDeliveries"]["nodes"] = [delivery]
        return {"reverseDelivery": delivery}

    def _code(self, given: Record) -> Record:
        code = given["basicCodeDiscount"]["code"]
        if code in self.codes:
            taken = {"message": "Code must be unique", "field": ["code"], "code": "TAKEN"}
            return {"userErrors": [taken], "codeDiscountNode": None}
        self.codes[code] = {"id": f"gid://shopify/DiscountCodeNode/{len(self.codes) + 1}"}
        return {"codeDiscountNode": self.codes[code]}

    def _card(self, given: Record) -> Record:
        wanted = given["input"]
        if any(each["code"] == wanted["code"] for each in self.cards):
            return {
                "userErrors": [{"message": "Code is taken", "field": ["code"], "code": "TAKEN"}]
            }
        card = {
            "id": f"gid://shopify/GiftCard/{len(self.cards) + 1}", "note": wanted["note"],
            "lastCharacters": wanted["code"][-4:], "code": wanted["code"],
        }  # fmt: skip
        self.cards.append(card)
        return {"giftCard": card, "giftCardCode": wanted["code"]}

    def _credit(self, given: Record) -> Record:
        amount = given["creditInput"]["creditAmount"]
        made = {
            "__typename": "StoreCreditAccountCreditTransaction", "amount": amount,
            "id": f"gid://shopify/StoreCreditAccountCreditTransaction/{len(self.credits) + 1}",
            "createdAt": "2026-11-22T09:00:00Z", "balanceAfterTransaction": amount,
        }  # fmt: skip
        self.credits.append(made)
        return {"storeCreditAccountTransaction": made}

    def _hold(self, given: Record) -> Record:
        wanted = given["fulfillmentHold"]
        for each in self.only()["fulfillmentOrders"]["nodes"]:
            if each["id"] == given["id"]:
                each["status"] = "ON_HOLD"
                each["fulfillmentHolds"].append(hold_node(wanted["reason"], wanted["handle"]))
        return {"fulfillmentHold": {"id": "gid://shopify/FulfillmentHold/1"}}

    def _release(self, given: Record) -> Record:
        for each in self.only()["fulfillmentOrders"]["nodes"]:
            if each["id"] == given["id"]:
                each.update(status="OPEN", fulfillmentHolds=[])
        return {"fulfillmentOrder": {"id": given["id"], "status": "OPEN"}}


def hold_node(reason: str, handle: str, *, is_ours: bool = True) -> Record:
    return {
        "id": "gid://shopify/FulfillmentHold/1", "reason": reason, "reasonNotes": "wait",
        "displayReason": reason.title(), "handle": handle, "heldByRequestingApp": is_ours,
    }  # fmt: skip


def export_lines(nodes: list[Record]) -> bytes:
    """The file of an export: each order, then what hangs on it."""
    lines = []
    for node in nodes:
        parts = {"lines", "fulfillmentOrders", "returns", "agreements"}
        head = {name: value for name, value in node.items() if name not in parts}
        head["fulfillments"] = [
            {k: v for k, v in each.items() if k not in ("events", "fulfillmentLineItems")}
            for each in node["fulfillments"]
        ]
        lines.append(head)
        hanging = [*node["lines"], *node["fulfillmentOrders"]["nodes"]]
        lines += [{**each, "__parentId": node["id"]} for each in hanging]
    return b"".join(json.dumps(each).encode() + b"\n" for each in lines)


def _unit(line: Record) -> int:
    return cents(line["originalUnitPriceSet"]["presentmentMoney"]["amount"])


def _reason(number: str, handle: str, name: str) -> Record:
    return {
        "id": f"gid://shopify/ReturnReasonDefinition/{number}", "handle": handle, "name": name,
        "deleted": False,
    }  # fmt: skip


def _paged(rows: list[Record], given: Record) -> Record:
    at = int(given.get("after") or 0)
    end = at + int(given["first"])
    return {
        "nodes": rows[at:end],
        "pageInfo": {"hasNextPage": end < len(rows), "endCursor": str(end) if rows else None},
    }
