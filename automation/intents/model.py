"""The trained heads: sentence vectors and letter groups in, probabilities out. Plain numpy.

`weights/heads.npz` is written by `automation.intents.training.train` and says which version it is.
"""

import os
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automation.intents.catalog import get_intent
from automation.intents.features import buckets_of

WEIGHTS = Path(__file__).parent / "weights" / "heads.npz"
ROOT = Path(__file__).parents[2]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Heads:
    """Weights of the intent head and of the sentiment head, as they were trained together.

    A sentence vector excites ``units`` (``inwards``, ``shift``); these (``outwards``, ``bias``) and
    the letter groups (``grams``) speak for each of ``labels``.
    """

    version: str
    labels: tuple[str, ...]
    inwards: Floats
    shift: Floats
    outwards: Floats
    grams: Floats
    bias: Floats
    sentiments: tuple[str, ...]
    sentiment_dense: Floats
    sentiment_bias: Floats
    temperature: float = 1.0

    @cached_property
    def canonical(self) -> tuple[str, ...]:
        """The wider intents the labels count as, in a fixed order."""
        return tuple(sorted({get_intent(label).canonical for label in self.labels}))

    @cached_property
    def widening(self) -> Floats:
        """Probabilities over `labels` times this are probabilities over `canonical`."""
        wide = np.zeros((len(self.labels), len(self.canonical)), dtype=np.float32)
        for row, label in enumerate(self.labels):
            wide[row, self.canonical.index(get_intent(label).canonical)] = 1.0
        return wide

    def intents(self, vectors: Floats, sentences: list[str]) -> Floats:
        """A row of probabilities over `labels` for each sentence (with its vector)."""
        return self.weighed(vectors, [self.letters(buckets_of(each)) for each in sentences])

    def letters(self, buckets: list[int]) -> Floats:
        """What the letter groups of a sentence say for each of `labels`."""
        if not buckets:
            return np.zeros(len(self.labels), dtype=np.float32)
        found: Floats = self.grams[buckets].sum(axis=0) / np.sqrt(np.float32(len(buckets)))
        return found

    def units(self, vectors: Floats) -> Floats:
        """What the vectors excite: a row of numbers from nought upwards for each."""
        return np.maximum(vectors @ self.inwards + self.shift, 0)

    def weighed(self, vectors: Floats, letters: list[Floats]) -> Floats:
        """The same as `intents`, where the letters were judged before."""
        scores = self.units(vectors) @ self.outwards + self.bias
        return _softmax((scores + np.array(letters, dtype=np.float32)) / self.temperature)

    def by_letters(self, letters: Floats) -> Floats:
        """A row without the sentence's vector: rough, and a hundred times cheaper."""
        return _softmax(((letters + self.bias) / self.temperature)[None, :])[0]

    @cached_property
    def wanted(self) -> tuple[int, ...]:
        """The columns of `canonical` that are a wish, not a courtesy nor something else's business."""
        return tuple(
            column
            for column, name in enumerate(self.canonical)
            if name not in ("thanks", "out_of_scope", "spam", "no_reply")
        )

    def sentiment(self, vectors: Floats) -> Floats:
        """A row of probabilities over `sentiments` for each vector."""
        return _softmax(vectors @ self.sentiment_dense + self.sentiment_bias)


def get_heads() -> Heads:
    """The weights in use: those this server learned from corrections, else the shipped ones.

    Learned weights count only while they come from the shipped version; a newer release wins.
    Raises FileNotFoundError where the shipped ones are missing.
    """
    learned = learned_path(_data_folder())
    try:
        changed = learned.stat().st_mtime_ns
    except OSError:
        return get_shipped_heads()
    heads = _read_heads(learned, changed)
    shipped = get_shipped_heads()
    return heads if heads.version.split("+")[0] == shipped.version else shipped


def get_shipped_heads() -> Heads:
    """The weights of this release, read once per process."""
    return _read_heads(WEIGHTS, 0)


def forget_heads() -> None:
    """Read the files anew next time (training has just written one)."""
    _read_heads.cache_clear()


def learned_path(data: Path) -> Path:
    """Where an installation keeps what it learned."""
    return data / "intents" / "heads.npz"


@lru_cache(maxsize=1)
def _data_folder() -> Path:
    return Path(os.environ.get("AFTERCARE_DATA", "").strip() or ROOT / "var").resolve()


@lru_cache(maxsize=3)
def _read_heads(path: Path, changed: int) -> Heads:
    """The heads of this file as it was at that time."""
    del changed
    with np.load(path, allow_pickle=False) as stored:
        return Heads(
            version=str(stored["version"]),
            labels=tuple(str(label) for label in stored["labels"]),
            inwards=stored["inwards"].astype(np.float32),
            shift=stored["shift"].astype(np.float32),
            outwards=stored["outwards"].astype(np.float32),
            grams=stored["grams"].astype(np.float32),
            bias=stored["bias"].astype(np.float32),
            sentiments=tuple(str(label) for label in stored["sentiments"]),
            sentiment_dense=stored["sentiment_dense"].astype(np.float32),
            sentiment_bias=stored["sentiment_bias"].astype(np.float32),
            temperature=float(stored["temperature"]) if "temperature" in stored else 1.0,
        )


def save_heads(heads: Heads, path: Path = WEIGHTS) -> None:
    """Write the weights for `get_heads`, in half precision."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(".new.npz")
    np.savez_compressed(
        written,
        version=np.array(heads.version),
        labels=np.array(heads.labels),
        inwards=heads.inwards.astype(np.float16),
        shift=heads.shift,
        outwards=heads.outwards.astype(np.float16),
        grams=heads.grams.astype(np.float16),
        bias=heads.bias,
        sentiments=np.array(heads.sentiments),
        sentiment_dense=heads.sentiment_dense.astype(np.float16),
        sentiment_bias=heads.sentiment_bias,
        temperature=np.array(heads.temperature),
    )
    written.replace(path)  # whoever reads meanwhile finds the old file or the new one, never half


def _softmax(scores: Floats) -> Floats:
    scores = scores - scores.max(axis=1, keepdims=True)
    powers = np.exp(scores)
    shares: Floats = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares
