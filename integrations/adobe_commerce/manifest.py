"""What the Adobe Commerce (Magento) connector is, can do and needs to know."""

from __future__ import annotations

from helpdesk.lib.connecting import ConfigField, Step
from integrations.commerce.acting import ActionKind
from integrations.commerce.connector import StoreCapabilities, StoreManifest

_OWN_ADMIN = "Its API offers this through a shopper's cart alone: do it in the Magento admin."

MANIFEST = StoreManifest(
    kind="adobe_commerce",
    label="Adobe Commerce (Magento)",
    capabilities=StoreCapabilities(
        lists_orders=True,
        gets_order=True,
        actions=frozenset(
            {
                ActionKind.CANCEL, ActionKind.REFUND, ActionKind.EDIT_ADDRESS,
                ActionKind.DISCOUNT_CODE, ActionKind.NOTE, ActionKind.HOLD, ActionKind.RELEASE,
            }
        ),
        missing={
            ActionKind.EDIT_ITEMS: "Magento cancels an order and makes another instead.",
            ActionKind.DUPLICATE: _OWN_ADMIN,
            ActionKind.RETURN_LABEL: "Magento Open Source has no returns.",
            ActionKind.STORE_CREDIT: "Magento Open Source has no store credit.",
            ActionKind.GIFT_CARD: "Magento Open Source has no gift cards.",
            ActionKind.TAGS: "Orders have no tags in Magento.",
        },
    ),
    config=(
        ConfigField(
            "address", "Address of the shop", type="url",
            help="Where Magento answers, such as https://lindenloom.example.",
        ),
        ConfigField("access_token", "Access token", is_secret=True),
        ConfigField(
            "access_token_secret", "Access token secret", is_secret=True, is_required=False,
            help="Fill in this and the next two to sign requests (OAuth 1.0a).",
        ),
        ConfigField("consumer_key", "Consumer key", is_secret=True, is_required=False),
        ConfigField("consumer_secret", "Consumer secret", is_secret=True, is_required=False),
        ConfigField(
            "store_code", "Store view", is_required=False, default="all",
            help="The code of one store view, or “all”.",
        ),
    ),
    steps=(
        Step(
            "In the Magento admin open System › Extensions › Integrations, add “Aftercare” and "
            "give it Sales, Stores › Settings › All Stores, and Marketing › Cart Price Rules."
        ),
        Step(
            "Activate it and paste the access token here. Where Stores › Configuration › Services "
            "› OAuth does not allow access tokens to be used as standalone bearer tokens, paste "
            "all four values: requests are signed then.",
            link="https://developer.adobe.com/commerce/webapi/get-started/authentication/",
        ),
    ),
    summary="Orders, refunds, cancellations and addresses of a Magento 2 or Adobe Commerce shop.",
    docs_url="https://developer.adobe.com/commerce/webapi/rest/",
    poll_seconds=180,
    pace_per_second=4.0,
)  # fmt: skip
