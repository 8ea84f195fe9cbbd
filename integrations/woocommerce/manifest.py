"""What the WooCommerce connector is, can do and needs to know."""

from __future__ import annotations

from helpdesk.lib.connecting import ConfigField, Step
from integrations.commerce.acting import ActionKind
from integrations.commerce.connector import StoreCapabilities, StoreManifest

TOPICS = ("order.created", "order.updated", "order.deleted", "order.restored")

MANIFEST = StoreManifest(
    kind="woocommerce",
    label="WooCommerce",
    capabilities=StoreCapabilities(
        lists_orders=True,
        gets_order=True,
        webhooks=True,
        actions=frozenset(
            {
                ActionKind.CANCEL, ActionKind.REFUND, ActionKind.EDIT_ADDRESS,
                ActionKind.EDIT_ITEMS, ActionKind.DUPLICATE, ActionKind.DISCOUNT_CODE,
                ActionKind.NOTE, ActionKind.HOLD, ActionKind.RELEASE,
            }
        ),
        missing={
            ActionKind.RETURN_LABEL: "WooCommerce itself has no returns.",
            ActionKind.STORE_CREDIT: "WooCommerce itself has no store credit.",
            ActionKind.GIFT_CARD: "WooCommerce itself has no gift cards.",
            ActionKind.TAGS: "Orders have no tags in WooCommerce.",
        },
    ),
    config=(
        ConfigField(
            "address", "Address of the shop", type="url",
            help="Where WordPress lives, such as https://lindenloom.example.",
        ),
        ConfigField("consumer_key", "Consumer key", is_secret=True, help="Begins with ck_."),
        ConfigField("consumer_secret", "Consumer secret", is_secret=True, help="Begins with cs_."),
        ConfigField("webhook_secret", "Webhook secret", is_secret=True, is_made=True),
    ),
    steps=(
        Step(
            "In WordPress open WooCommerce › Settings › Advanced › REST API and add a key with "
            "the permission Read/Write. Its user must be a shop manager.",
            link="https://woocommerce.com/document/woocommerce-rest-api/",
        ),
        Step(
            "Paste both halves of the key here. The shop must be reached by https. Aftercare "
            "then sets the webhooks up by itself and switches them on again when WooCommerce "
            "silently switches them off."
        ),
    ),
    summary="Orders, refunds, cancellations and addresses of a WooCommerce shop.",
    docs_url="https://woocommerce.github.io/woocommerce-rest-api-docs/",
    poll_seconds=600,
    pace_per_second=4.0,
    is_official=False,
)  # fmt: skip
