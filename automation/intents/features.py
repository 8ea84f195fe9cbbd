"""Letters-and-words features: what the sentence encoder does not know (Czech, shop words, typos)."""

import re
from collections.abc import Iterator
from zlib import crc32

from automation.intents.text import fold, is_unspaced, without_numbers

BUCKETS = 1 << 14

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


def buckets_of(sentence: str) -> list[int]:
    """The distinct hash buckets of the words, word pairs and letter groups of a sentence."""
    return sorted({crc32(gram.encode()) % BUCKETS for gram in _grams(sentence)})


def _grams(sentence: str) -> Iterator[str]:
    folded = without_numbers(fold(sentence))
    if "?" in folded or "？" in folded:
        yield "?"
    words = _WORD.findall(folded)
    if is_unspaced(folded):
        yield from _unspaced_grams("".join(words))
        return
    before = "^"
    for word in words:
        yield f"w {word}"
        yield f"p {before} {word}"
        before = word
        if len(word) > 3:
            padded = f" {word} "
            for size in (4, 5):
                yield from (padded[i : i + size] for i in range(len(padded) - size + 1))


def _unspaced_grams(text: str) -> Iterator[str]:
    for size in (1, 2, 3, 4):
        yield from (text[i : i + size] for i in range(len(text) - size + 1))
