"""Several wishes of one message, each by our name and by Gorgias'."""

import pytest

from automation.intents.catalog import CANONICAL, GORGIAS, INTENTS, NAMES
from automation.intents.model import get_shipped_heads
from automation.intents.understanding import threshold_of, understand

# PEERS.md §1.6, name for name.
GORGIAS_INTENTS = {
    "discount/request", "exchange/request", "exchange/status", "feedback", "order/cancel", "order/change",
    "order/damaged", "order/wrong", "other/no_reply", "other/question", "other/thanks", "product/question",
    "product/recommendation", "refund/request", "refund/status", "return/request", "return/status",
    "shipping/change", "shipping/delivery-issue", "shipping/policy", "shipping/status",
    "stock/request", "subscription/cancel", "subscription/change",
}  # fmt: skip


def test_the_catalogue_has_every_gorgias_intent_and_the_head_knows_every_name() -> None:
    assert set(GORGIAS) == GORGIAS_INTENTS
    assert set(get_shipped_heads().labels) == set(NAMES)
    assert len(set(NAMES)) == len(INTENTS)
    assert {each.canonical for each in INTENTS} == set(CANONICAL) <= set(NAMES)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "Please cancel order 1042.\nAnd could you send me the invoice of the other one?",
            ["cancel_order", "invoice"],
        ),
        (
            "Ein Glas kam zerbrochen an. Und wo ist das zweite Paket?",
            ["damaged_item", "order_status"],
        ),
        (
            "Je voudrais renvoyer la robe. Avez-vous aussi un code promo ?",
            ["return_exchange", "discount_code"],
        ),
    ],
)
def test_a_message_with_two_wishes_has_both(text: str, wanted: list[str]) -> None:
    wishes = {each.name for each in understand(text).wishes}
    assert wishes >= set(wanted)


@pytest.mark.parametrize(
    ("text", "gorgias"),
    [
        ("Can I swap the dress for a size 40?", "exchange/request"),
        ("Has my return arrived at your warehouse yet?", "return/status"),
        ("Which of your mattresses would you recommend for side sleepers?", "product/recommendation"),
        ("When will the green kettle be back in stock?", "stock/request"),
        ("I want to end my monthly coffee subscription.", "subscription/cancel"),
        ("Please skip the next box of my subscription.", "subscription/change"),
        ("I am out of the office until Monday.", "other/no_reply"),
        ("Tracking says it was delivered but there is no parcel here.", "shipping/delivery-issue"),
    ],
)  # fmt: skip
def test_the_finer_name_is_told(text: str, gorgias: str) -> None:
    assert [each.gorgias for each in understand(text).wishes][:1] == [gorgias]


def test_the_main_wish_stands_first_and_none_is_claimed_below_its_threshold() -> None:
    understood = understand("Where is my order 1042? Thank you so much, have a lovely day!")
    assert understood.wishes[0].name == understood.intent == "order_status"
    assert understood.wishes[0].confidence == understood.confidence
    assert all(each.confidence >= threshold_of("thanks") for each in understood.wishes)
