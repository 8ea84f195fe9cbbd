"""What can be done to an order of Shopify: a module for each, found by kind in ``ACTS``."""

from __future__ import annotations

from integrations.commerce.acting import ActionKind
from integrations.shopify.acting.address import EditAddress
from integrations.shopify.acting.base import Act
from integrations.shopify.acting.cancel import Cancel
from integrations.shopify.acting.credit import DiscountCode, GiftCard, StoreCredit
from integrations.shopify.acting.duplicate import Duplicate
from integrations.shopify.acting.holds import Hold, Release
from integrations.shopify.acting.items import EditItems
from integrations.shopify.acting.refund import Refund
from integrations.shopify.acting.returns import ReturnLabel
from integrations.shopify.acting.words import Note, Tags

ACTS: dict[ActionKind, Act] = {
    ActionKind.CANCEL: Cancel(),
    ActionKind.REFUND: Refund(),
    ActionKind.EDIT_ADDRESS: EditAddress(),
    ActionKind.EDIT_ITEMS: EditItems(),
    ActionKind.DUPLICATE: Duplicate(),
    ActionKind.RETURN_LABEL: ReturnLabel(),
    ActionKind.DISCOUNT_CODE: DiscountCode(),
    ActionKind.STORE_CREDIT: StoreCredit(),
    ActionKind.GIFT_CARD: GiftCard(),
    ActionKind.NOTE: Note(),
    ActionKind.TAGS: Tags(),
    ActionKind.HOLD: Hold(),
    ActionKind.RELEASE: Release(),
}

__all__ = ["ACTS", "Act"]
