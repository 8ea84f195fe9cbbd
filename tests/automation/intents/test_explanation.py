"""`aftercare classify "text"` says what a message wants and why; the customer's own words only."""

from datetime import date

import pytest

from automation.intents.explanation import explained
from helpdesk.cli import main

TODAY = date(2026, 11, 22)


def test_an_explanation_names_verdict_threshold_entities_and_the_deciding_words() -> None:
    text = "Please cancel my order 1042 of yesterday.\nThe invoice is missing, too."
    told = "\n".join(explained(text, today=TODAY))
    assert "Intent     cancel_order (order/cancel), 1.00 where" in told
    assert "Orders     1042" in told
    assert "Date       2026-11-21 (yesterday)" in told
    assert '"Please cancel my order 1042 of yesterday."' in told
    assert "words that decide: this is cancel_order" in told


def test_what_rules_an_intent_out_is_told_too() -> None:
    told = "\n".join(explained("I do NOT want to cancel my order.", today=TODAY))
    assert "words that rule out: cancel_order" in told
    assert "Intent     cancel_order" not in told


def test_a_text_without_words_is_explained_as_such() -> None:
    assert "Intent     none: there are no words to judge" in list(explained("...", today=TODAY))


QUOTED = """Thank you so much, it all arrived!

Mia Keller
--
Mia Keller
Cancel my order hotline: please cancel my order

On Mon, 16 Nov 2026 at 10:00, Linden & Loom <shop@lindenloom.example> wrote:
> Please cancel my order 1042. Where is my parcel?
"""


def test_neither_the_quote_nor_the_signature_is_explained(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["classify", QUOTED]) == 0
    told = capsys.readouterr().out
    assert "Intent     thanks" in told
    assert "hotline" not in told
    assert "1042" not in told
