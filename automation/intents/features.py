"""Letters-and-words features: what the sentence encoder does not know (Czech, shop words, typos)."""

import re
from collections.abc import Iterator
from functools import lru_cache
from zlib import crc32

from automation.intents.text import fold, is_unspaced, without_numbers

BUCKETS = 1 << 14

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


def buckets_of(sentence: str) -> list[int]:
    """The distinct hash buckets of the words, word pairs and letter groups of a sentence."""
    folded = without_numbers(fold(sentence))
    words = _WORD.findall(folded)
    found = {_bucket("?")} if "?" in folded or "？" in folded else set[int]()
    if is_unspaced(folded):
        found.update(_unspaced_buckets("".join(words)))
        return sorted(found)
    before = "^"
    for word in words:
        found.update(_word_buckets(word))
        found.add(_bucket(f"p {before} {word}"))
        before = word
    return sorted(found)


def _bucket(gram: str) -> int:
    return crc32(gram.encode()) % BUCKETS


@lru_cache(maxsize=16_384)
def _word_buckets(word: str) -> tuple[int, ...]:
    """The word itself and its letter groups: the same wherever it stands."""
    grams = [f"w {word}"]
    if len(word) > 3:
        padded = f" {word} "
        for size in (4, 5):
            grams += (padded[i : i + size] for i in range(len(padded) - size + 1))
    return tuple(_bucket(gram) for gram in grams)


def _unspaced_buckets(text: str) -> Iterator[int]:
    for size in (1, 2, 3, 4):
        yield from (_bucket(text[i : i + size]) for i in range(len(text) - size + 1))
