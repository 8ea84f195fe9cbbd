"""What Shopify is and can do, and what an admin fills in."""

from __future__ import annotations

from helpdesk.lib.connecting import ConfigField, Step
from integrations.commerce.acting import ActionKind
from integrations.commerce.connector import StoreCapabilities, StoreManifest

SCOPES: dict[str, str] = {
    "read_orders": "orders",
    "read_all_orders": "orders older than 60 days",
    "write_orders": "cancelling, refunds, addresses, notes and tags",
    "read_customers": "the names and addresses of buyers",
    "read_products": "pictures and variants",
    "read_locations": "where returned goods are put back",
    "read_merchant_managed_fulfillment_orders": "holds and promised dates",
    "write_merchant_managed_fulfillment_orders": "holding orders",
    "read_returns": "returns",
    "write_returns": "making returns",
    "read_order_edits": "changing items",
    "write_order_edits": "changing items",
    "read_draft_orders": "replacements",
    "write_draft_orders": "replacements",
    "read_discounts": "discount codes",
    "write_discounts": "discount codes",
    "read_gift_cards": "gift cards",
    "write_gift_cards": "gift cards",
    "read_store_credit_accounts": "store credit",
    "read_store_credit_account_transactions": "store credit",
    "write_store_credit_account_transactions": "store credit",
}
"""Every access scope that we ask for, and what for."""

NEEDED_BY: dict[ActionKind, tuple[str, ...]] = {
    ActionKind.CANCEL: ("write_orders",),
    ActionKind.REFUND: ("write_orders", "read_locations"),
    ActionKind.EDIT_ADDRESS: ("write_orders",),
    ActionKind.EDIT_ITEMS: ("read_order_edits", "write_order_edits"),
    ActionKind.DUPLICATE: ("read_draft_orders", "write_draft_orders"),
    ActionKind.RETURN_LABEL: ("read_returns", "write_returns"),
    ActionKind.DISCOUNT_CODE: ("read_discounts", "write_discounts"),
    ActionKind.STORE_CREDIT: (
        "read_store_credit_accounts", "read_store_credit_account_transactions",
        "write_store_credit_account_transactions",
    ),
    ActionKind.GIFT_CARD: ("read_gift_cards", "write_gift_cards"),
    ActionKind.NOTE: ("write_orders",),
    ActionKind.TAGS: ("write_orders",),
    ActionKind.HOLD: ("write_merchant_managed_fulfillment_orders",),
    ActionKind.RELEASE: ("write_merchant_managed_fulfillment_orders",),
}  # fmt: skip


def is_granted(scope: str, granted: set[str]) -> bool:
    """Whether the app has it; to write includes to read."""
    return scope in granted or scope.replace("read_", "write_", 1) in granted


MANIFEST = StoreManifest(
    kind="shopify",
    label="Shopify",
    capabilities=StoreCapabilities(
        lists_orders=True, gets_order=True, webhooks=True, actions=frozenset(NEEDED_BY)
    ),
    config=(
        ConfigField("address", "Shop", help="linden-loom.myshopify.com"),
        ConfigField(
            "token", "Admin API access token", is_secret=True, is_required=False,
            help="Begins with shpat_; only if the app was made in the shop's own settings",
        ),
        ConfigField(
            "client_id", "Client id", is_required=False,
            help="Of an app made in the Dev Dashboard, instead of the token",
        ),
        ConfigField(
            "client_secret", "Client secret", is_secret=True,
            help="Also called API secret key; Shopify signs what it sends with it",
        ),
    ),
    steps=(
        Step("Make an app for your shop in the Dev Dashboard", link="https://dev.shopify.com/dashboard"),
        Step("Give it these access scopes", ",".join(SCOPES)),
        Step("Enter this address for the three privacy webhooks (data request, redact)", "{hook_url}"),
        Step("Install the app in your shop, and copy its client id and secret into the fields here"),
    ),
    summary="Orders, customers, parcels and returns; cancel, refund and change orders.",
    docs_url="https://shopify.dev/docs/api/admin-graphql",
    icon="shopping-bag",
    poll_seconds=600,
    pace_per_second=4,
)  # fmt: skip
