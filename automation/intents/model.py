"""The trained heads: sentence vectors and letter groups in, probabilities out. Plain numpy.

`weights/heads.npz` is written by `automation.intents.training.train` and says which version it is.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automation.intents.features import buckets_of

WEIGHTS = Path(__file__).parent / "weights" / "heads.npz"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Heads:
    """Weights of the intent head and of the sentiment head, as they were trained together."""

    version: str
    labels: tuple[str, ...]
    dense: Floats
    grams: Floats
    bias: Floats
    sentiments: tuple[str, ...]
    sentiment_dense: Floats
    sentiment_bias: Floats

    def intents(self, vectors: Floats, sentences: list[str]) -> Floats:
        """A row of probabilities over `labels` for each sentence (with its vector)."""
        scores = vectors @ self.dense + self.bias
        for row, sentence in enumerate(sentences):
            buckets = buckets_of(sentence)
            if buckets:
                scores[row] += self.grams[buckets].sum(axis=0) / np.sqrt(len(buckets))
        return _softmax(scores)

    def sentiment(self, vectors: Floats) -> Floats:
        """A row of probabilities over `sentiments` for each vector."""
        return _softmax(vectors @ self.sentiment_dense + self.sentiment_bias)


@lru_cache(maxsize=1)
def get_heads() -> Heads:
    """The shipped weights, read once per process. Raises FileNotFoundError where they are missing."""
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        return Heads(
            version=str(stored["version"]),
            labels=tuple(str(label) for label in stored["labels"]),
            dense=stored["dense"].astype(np.float32),
            grams=stored["grams"].astype(np.float32),
            bias=stored["bias"].astype(np.float32),
            sentiments=tuple(str(label) for label in stored["sentiments"]),
            sentiment_dense=stored["sentiment_dense"].astype(np.float32),
            sentiment_bias=stored["sentiment_bias"].astype(np.float32),
        )


def save_heads(heads: Heads) -> None:
    """Write the weights for `get_heads`, in half precision."""
    WEIGHTS.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        WEIGHTS,
        version=np.array(heads.version),
        labels=np.array(heads.labels),
        dense=heads.dense.astype(np.float16),
        grams=heads.grams.astype(np.float16),
        bias=heads.bias,
        sentiments=np.array(heads.sentiments),
        sentiment_dense=heads.sentiment_dense.astype(np.float16),
        sentiment_bias=heads.sentiment_bias,
    )


def _softmax(scores: Floats) -> Floats:
    scores = scores - scores.max(axis=1, keepdims=True)
    powers = np.exp(scores)
    shares: Floats = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares
