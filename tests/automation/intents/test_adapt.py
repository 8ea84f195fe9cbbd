"""Learning from corrections: small steps, judged on what was held out, undone where it does harm."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from automation.intents import model
from automation.intents.adapt import Adapted, Lesson, adapt
from automation.intents.model import get_heads, get_shipped_heads, learned_path, save_heads

# A shop's own words that no training sentence has: "pouch plan" is what it calls its subscription.
WISHES = [
    "pouch plan off from now on",
    "no more of that pouch plan",
    "the pouch plan is not for me any longer",
    "our pouch plan should end",
    "pouch plan: over",
    "I am through with the pouch plan",
    "end of the pouch plan",
    "pouch plan no more",
    "done with pouch plan",
    "let the pouch plan run out",
]
KNOWN = [
    Lesson("Please cancel my order.", "en", "cancel_order"),
    Lesson("I want to cancel order 1042.", "en", "cancel_order"),
    Lesson("Where is my parcel?", "en", "order_status"),
    Lesson("When will my order arrive?", "en", "order_status"),
    Lesson("Thank you so much!", "en", "thanks"),
    Lesson("I want my money back.", "en", "refund_request"),
    Lesson("The vase arrived broken.", "en", "damaged_item"),
    Lesson("Do you ship to Norway?", "en", "delivery_info"),
    Lesson("What is it made of?", "en", "product_question"),
    Lesson("My code does not work.", "en", "discount_code"),
]


@pytest.fixture(scope="module")
def adapted() -> Adapted:
    corrected = [Lesson(text, "en", "subscription_cancel") for text in WISHES]
    return adapt(get_shipped_heads(), corrected, KNOWN * 2, version="2+10")


def test_corrections_teach_messages_of_the_same_kind_and_nothing_known_is_lost(
    adapted: Adapted,
) -> None:
    assert (adapted.learned, adapted.held_out) == (8, 2)
    assert adapted.right_after == adapted.held_out
    assert adapted.control_after >= adapted.control_before
    assert adapted.is_better


def test_the_shipped_weights_are_not_touched(adapted: Adapted) -> None:
    assert not np.array_equal(adapted.heads.outwards, get_shipped_heads().outwards)
    assert get_shipped_heads().version != adapted.heads.version == "2+10"


def test_weights_that_cancel_more_than_before_are_not_better(adapted: Adapted) -> None:
    worse = Adapted(
        heads=adapted.heads,
        learned=8,
        held_out=2,
        right_before=0,
        right_after=2,
        control=100,
        control_before=90,
        control_after=90,
        false_cancels_before=0,
        false_cancels_after=1,
    )
    assert not worse.is_better


def test_learned_weights_are_used_at_once_and_a_newer_release_wins(
    adapted: Adapted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "_data_folder", lambda: tmp_path)
    assert get_heads().version == get_shipped_heads().version
    ours = get_shipped_heads().version + "+10"

    save_heads(_with_version(adapted, ours), learned_path(tmp_path))
    assert get_heads().version == ours

    model.forget_heads()
    save_heads(_with_version(adapted, "0+10"), learned_path(tmp_path))
    assert get_heads().version == get_shipped_heads().version


def _with_version(adapted: Adapted, version: str) -> model.Heads:
    return replace(adapted.heads, version=version)
