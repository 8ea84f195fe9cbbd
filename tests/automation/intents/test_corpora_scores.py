"""Floors under the scores on the public corpora; the figures themselves are in weights/MODEL_CARD.md."""

import pytest

from automation.intents.training.card import COSTLY, macro_f1
from automation.intents.training.corpora import JUDGED_SETS, PUBLIC, public_examples, rows_of
from automation.intents.understanding import understand

pytestmark = pytest.mark.skipif(not PUBLIC.exists(), reason=f"{PUBLIC} is not here")

SAMPLE = 700


def test_messages_outside_our_domain_hardly_ever_claim_a_costly_intent() -> None:
    outside = [
        e
        for e in public_examples()
        if e.is_held_out and e.source != "bitext-8100" and e.intent not in COSTLY
    ]
    sample = outside[:: max(1, len(outside) // SAMPLE)]
    claims = [understand(example.text).intent for example in sample]
    assert sum(claim == "cancel_order" for claim in claims) <= 0.005 * len(claims)
    assert sum(claim in COSTLY for claim in claims) <= 0.012 * len(claims)


def test_real_shop_messages_are_mostly_understood() -> None:
    pairs = [
        (row["canonical"], understand(row["text"]).intent)
        for source in JUDGED_SETS
        for row in rows_of(PUBLIC, source)
        if row.get("canonical")
    ]
    assert macro_f1(pairs) >= 0.70
    assert sum(got == "cancel_order" != want for want, got in pairs) <= 1
