"""What BigCommerce is and can do, and what an admin fills in."""

from __future__ import annotations

from helpdesk.lib.connecting import ConfigField, Step
from integrations.commerce.acting import ActionKind
from integrations.commerce.connector import StoreCapabilities, StoreManifest

ACTIONS = frozenset(
    {
        ActionKind.CANCEL, ActionKind.REFUND, ActionKind.EDIT_ADDRESS, ActionKind.DUPLICATE,
        ActionKind.DISCOUNT_CODE, ActionKind.STORE_CREDIT, ActionKind.NOTE, ActionKind.HOLD,
        ActionKind.RELEASE,
    }
)  # fmt: skip
MISSING = {
    ActionKind.EDIT_ITEMS: "BigCommerce does not say what a change of items costs before it is made.",
    ActionKind.RETURN_LABEL: "BigCommerce has no returns in its API.",
    ActionKind.GIFT_CARD: "BigCommerce's gift certificates are not among what we can prove.",
    ActionKind.TAGS: "BigCommerce orders have no tags.",
}
SCOPES = ("store/order/*", "store/shipment/*", "store/app/uninstalled")
"""What is subscribed; the first holds refunds and messages, too."""

MANIFEST = StoreManifest(
    kind="bigcommerce",
    label="BigCommerce",
    capabilities=StoreCapabilities(
        lists_orders=True, gets_order=True, webhooks=True, actions=ACTIONS, missing=MISSING
    ),
    config=(
        ConfigField(
            "address", "Store hash", help="The part of the API path after /stores/, like abc123xyz"
        ),
        ConfigField("token", "Access token", is_secret=True),
        ConfigField(
            "client_secret", "Client secret", is_secret=True, is_required=False,
            help="BigCommerce signs some calls with it; ours carry a secret of their own as well",
        ),
        ConfigField("hook_secret", "Secret of our webhooks", is_secret=True, is_made=True),
    ),
    steps=(
        Step("Settings › Store-level API accounts › Create API account (V2/V3 API token)"),
        Step("Orders: modify · Order transactions: modify · Customers: modify · Marketing: modify · "
             "Information & settings: read-only"),
        Step("Copy the access token, and the store hash from the API path, into the fields here"),
    ),
    summary="Orders, parcels and refunds; cancel, refund, change and replace orders.",
    docs_url="https://developer.bigcommerce.com/docs/store-operations/orders",
    icon="shopping-bag",
    poll_seconds=600,
    pace_per_second=4,
)  # fmt: skip
