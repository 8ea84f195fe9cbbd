"""What Medusa is and can do, and what an admin fills in."""

from __future__ import annotations

from pathlib import Path

from helpdesk.lib.connecting import ConfigField, Step
from integrations.commerce.acting import ActionKind
from integrations.commerce.connector import StoreCapabilities, StoreManifest

SUBSCRIBER = Path(__file__).with_name("subscriber.js")

ACTIONS = frozenset(
    {
        ActionKind.CANCEL,
        ActionKind.REFUND,
        ActionKind.EDIT_ADDRESS,
        ActionKind.EDIT_ITEMS,
        ActionKind.DUPLICATE,
        ActionKind.RETURN_LABEL,
        ActionKind.DISCOUNT_CODE,
        ActionKind.NOTE,
        ActionKind.TAGS,
    }
)

MANIFEST = StoreManifest(
    kind="medusa",
    label="Medusa",
    summary="Orders of a Medusa 2 shop, read and changed through its admin API.",
    docs_url="https://docs.medusajs.com/api/admin",
    capabilities=StoreCapabilities(
        lists_orders=True,
        gets_order=True,
        webhooks=True,
        actions=ACTIONS,
        missing={
            ActionKind.STORE_CREDIT: "Medusa has no store credit of its own",
            ActionKind.GIFT_CARD: "Medusa has no gift cards of its own",
            ActionKind.HOLD: "Medusa has no holds",
            ActionKind.RELEASE: "Medusa has no holds",
        },
    ),
    config=(
        ConfigField(
            "address", "Address of your Medusa server", type="url",
            help="Where its API answers, like https://api.your-shop.com",
        ),
        ConfigField(
            "api_key", "Secret API key", is_secret=True,
            help="Medusa admin › Settings › Secret API keys. It begins with sk_",
        ),
        ConfigField(
            "admin_url", "Address of its admin", type="url", is_required=False,
            help="Only where it is not the server's address with /app",
        ),
        ConfigField("signing_key", "Signing key", type="webhook_key", is_secret=True, is_made=True),
    ),
    steps=(
        Step("In the Medusa admin, open Settings › Secret API keys and create one for Aftercare"),
        Step(
            "To hear of changes at once, save this as src/subscribers/aftercare.js in your Medusa "
            "project. Without it changed orders are asked for every few minutes",
            SUBSCRIBER.read_text(),
        ),
        Step("Start Medusa with AFTERCARE_HOOK_URL set to this address", "{hook_url}"),
        Step("… and with AFTERCARE_HOOK_KEY set to this key", "{signing_key}"),
    ),
    icon="shopping-bag",
    poll_seconds=300,
)  # fmt: skip
