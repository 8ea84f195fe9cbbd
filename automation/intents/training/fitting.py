"""Fits what the product reads a message with: units over the sentence vector, and letter groups.

Both learn together, so that letters say what the vector does not. Plain numpy; the same weights
every time. Adam (Kingma and Ba 2015) with a rate that falls along a cosine and weights that shrink
by themselves (Loshchilov and Hutter 2017, 2019), inputs and units left out at random while learning
(Srivastava et al. 2014) and answers softened a little: each keeps twenty thousand short sentences
from being learned by heart.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float32]

UNITS = 1024
EPOCHS = 16
RATE = 3e-3
DECAY = 2e-2
LEFT_OUT_INPUTS, LEFT_OUT_LETTERS, LEFT_OUT_UNITS = 0.1, 0.5, 0.4
SOFTENED = 0.07
# A sentence vector has length one; learning goes faster where each of its numbers is about that.
INPUT_SCALE = np.float32(8.0)
_BATCH = 256
_MEMORY, _MEMORY_OF_SQUARES, _LEAST = 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Lessons:
    """What is learned: vectors and letter groups (a row each), the right label, how much it counts."""

    vectors: Floats
    letters: sparse.csr_matrix
    answers: NDArray[np.int64]
    weights: NDArray[np.float64]


@dataclass(frozen=True)
class Layers:
    """``max(0, vectors @ inwards + shift) @ outwards + bias``, and ``letters @ grams`` beside it."""

    inwards: Floats
    shift: Floats
    outwards: Floats
    bias: Floats
    grams: Floats

    @property
    def each(self) -> list[Floats]:
        """The arrays, in the order of their names."""
        return [self.inwards, self.shift, self.outwards, self.bias, self.grams]


def fit(lessons: Lessons, labels: int) -> Layers:
    """Layers that say the answers, one of so many labels."""
    chance = np.random.default_rng(5)
    layers = _beginning(chance, lessons.vectors.shape[1], lessons.letters.shape[1], labels)
    inputs = lessons.vectors * INPUT_SCALE
    weights = (lessons.weights / lessons.weights.mean()).astype(np.float32)
    adam = _Adam(layers.each, EPOCHS * -(-len(inputs) // _BATCH))
    for _ in range(EPOCHS):
        order = chance.permutation(len(inputs))
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            letters = lessons.letters[rows]
            letters.data *= _kept(chance, letters.data.shape, LEFT_OUT_LETTERS)
            seen = inputs[rows] * _kept(chance, (len(rows), inputs.shape[1]), LEFT_OUT_INPUTS)
            batch = _Batch(seen, letters, lessons.answers[rows], weights[rows])
            adam.step(_slopes(layers, batch, chance))
    return Layers(layers.inwards * INPUT_SCALE, *layers.each[1:])


def _beginning(chance: np.random.Generator, size: int, buckets: int, labels: int) -> Layers:
    return Layers(
        inwards=chance.normal(0, (2 / size) ** 0.5, (size, UNITS)).astype(np.float32),
        shift=np.zeros(UNITS, dtype=np.float32),
        outwards=chance.normal(0, (1 / UNITS) ** 0.5, (UNITS, labels)).astype(np.float32),
        bias=np.zeros(labels, dtype=np.float32),
        grams=np.zeros((buckets, labels), dtype=np.float32),
    )


@dataclass(frozen=True)
class _Batch:
    seen: Floats
    letters: sparse.csr_matrix
    answers: NDArray[np.int64]
    weights: Floats


def _slopes(layers: Layers, batch: _Batch, chance: np.random.Generator) -> list[Floats]:
    """How the mistakes on these rows change with each number of the layers."""
    before = batch.seen @ layers.inwards + layers.shift
    kept = _kept(chance, before.shape, LEFT_OUT_UNITS) * (before > 0)
    units = before * kept
    scores = units @ layers.outwards + layers.bias + batch.letters @ layers.grams
    wrong = np.exp(scores - scores.max(axis=1, keepdims=True))
    wrong /= wrong.sum(axis=1, keepdims=True)
    wrong -= np.float32(SOFTENED / len(layers.bias))
    wrong[np.arange(len(wrong)), batch.answers] -= np.float32(1 - SOFTENED)
    wrong *= (batch.weights / len(wrong))[:, None]
    back = (wrong @ layers.outwards.T) * kept
    return [
        batch.seen.T @ back,
        back.sum(axis=0),
        units.T @ wrong,
        wrong.sum(axis=0),
        np.asarray(batch.letters.T @ wrong),
    ]


def _kept(chance: np.random.Generator, shape: tuple[int, ...], left_out: float) -> Floats:
    kept = chance.random(shape, dtype=np.float32) >= left_out
    return kept.astype(np.float32) / np.float32(1 - left_out)


class _Adam:
    def __init__(self, layers: list[Floats], steps: int) -> None:
        self._layers, self._steps, self._taken = layers, steps, 0
        self._means = [np.zeros_like(layer) for layer in layers]
        self._squares = [np.zeros_like(layer) for layer in layers]

    def step(self, slopes: list[Floats]) -> None:
        """One step down these slopes; the layers change in place."""
        self._taken += 1
        rate = RATE * 0.5 * (1 + np.cos(np.pi * self._taken / self._steps))
        first, second = 1 - _MEMORY**self._taken, 1 - _MEMORY_OF_SQUARES**self._taken
        for layer, mean, square, slope in zip(
            self._layers, self._means, self._squares, slopes, strict=True
        ):
            mean += (1 - _MEMORY) * (slope - mean)
            square += (1 - _MEMORY_OF_SQUARES) * (slope * slope - square)
            layer -= np.float32(rate) * (mean / first / (np.sqrt(square / second) + _LEAST))
            if layer.ndim > 1:
                layer *= np.float32(1 - rate * DECAY)
