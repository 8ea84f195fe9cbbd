"""Learning from corrections without leaving the server: the shipped heads, moved a little.

Small steps of gradient descent from the weights in use, over the corrected messages and as many of
our own sentences, so that what was known is not forgotten. Plain numpy: no training library needed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from automation.intents.czech import in_english
from automation.intents.encoder import DIMENSIONS, encode
from automation.intents.features import buckets_of
from automation.intents.model import Floats, Heads
from automation.intents.text import clean, sentences_of

EPOCHS = 8
RATE = 0.35
CORRECTED_WEIGHT = 2.0
REPLAY_PER_INTENT = 40
MAX_LOST = 0.01
"""A share of the sentences known before that may be judged differently for the worse."""
_HELD_OUT_EACH = 5
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Lesson:
    """A text and what it wants, a name of the catalogue."""

    text: str
    language: str
    intent: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Adapted:
    """New heads, and how they and the old ones did on what neither of them had learned from."""

    heads: Heads
    learned: int
    held_out: int
    right_before: int
    right_after: int
    control: int
    control_before: int
    control_after: int
    false_cancels_before: int
    false_cancels_after: int

    @property
    def is_better(self) -> bool:
        """True where corrections are met more often and nothing that was known got lost."""
        lost = self.control_before - self.control_after
        return (
            self.right_after >= self.right_before
            and lost <= MAX_LOST * max(1, self.control)
            and self.false_cancels_after <= self.false_cancels_before
        )


def adapt(heads: Heads, corrected: list[Lesson], known: list[Lesson], *, version: str) -> Adapted:
    """Heads that learned from the corrections; every fifth of both is held out to judge them.

    Same input, same heads. `known` should hold every intent, or those without sentences fade.
    """
    usable = [each for each in corrected if each.intent in heads.labels]
    replay = _some_of_each([each for each in known if each.intent in heads.labels])
    fresh, unseen = _split(_read(heads, (replace(e, weight=CORRECTED_WEIGHT) for e in usable)))
    old, control = _split(_read(heads, replay))
    learned = _learn(heads, fresh + old)
    learned = replace(learned, version=version)
    return Adapted(
        heads=learned,
        learned=len(fresh),
        held_out=len(unseen),
        right_before=_right(heads, unseen),
        right_after=_right(learned, unseen),
        control=len(control),
        control_before=_right(heads, control),
        control_after=_right(learned, control),
        false_cancels_before=_false_cancels(heads, control),
        false_cancels_after=_false_cancels(learned, control),
    )


@dataclass(frozen=True, slots=True)
class _Prepared:
    units: Floats
    buckets: list[int]
    intent: str
    weight: float


def _some_of_each(lessons: list[Lesson]) -> list[Lesson]:
    taken: Counter[str] = Counter()
    some = []
    for lesson in random.Random(7).sample(lessons, len(lessons)):  # noqa: S311 (no secret)
        if taken[lesson.intent] < REPLAY_PER_INTENT:
            taken[lesson.intent] += 1
            some.append(lesson)
    return some


def _read(heads: Heads, lessons: Iterable[Lesson]) -> list[_Prepared]:
    """As `understand` sees a message of one sentence; of a long one its first sentences."""
    given = list(lessons)
    texts = [" ".join(sentences_of(clean(each.text))) for each in given]
    words = [
        in_english(text) if each.language == "cs" else text
        for text, each in zip(texts, given, strict=True)
    ]
    vectors = [encode(words[start : start + _BATCH]) for start in range(0, len(words), _BATCH)]
    rows = np.concatenate(vectors) if vectors else np.zeros((0, DIMENSIONS), dtype=np.float32)
    return [
        _Prepared(row, buckets_of(text), each.intent, each.weight)
        for row, text, each in zip(heads.units(rows), texts, given, strict=True)
        if text.strip()
    ]


def _split(prepared: list[_Prepared]) -> tuple[list[_Prepared], list[_Prepared]]:
    held_out = prepared[_HELD_OUT_EACH - 1 :: _HELD_OUT_EACH]
    taken = [each for place, each in enumerate(prepared, start=1) if place % _HELD_OUT_EACH]
    return taken, held_out


def _learn(heads: Heads, lessons: list[_Prepared]) -> Heads:
    outwards, grams, bias = heads.outwards.copy(), heads.grams.copy(), heads.bias.copy()
    column_of = {label: column for column, label in enumerate(heads.labels)}
    order = random.Random(11)  # noqa: S311 (no secret)
    for epoch in range(EPOCHS):
        rate = RATE / (1 + epoch)
        for each in order.sample(lessons, len(lessons)):
            scale = 1 / np.sqrt(max(1, len(each.buckets)))
            scores = each.units @ outwards + bias
            if each.buckets:
                scores = scores + grams[each.buckets].sum(axis=0) * scale
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            shares[column_of[each.intent]] -= 1.0
            step = (rate * each.weight * shares).astype(np.float32)
            outwards -= np.outer(each.units / max(1.0, float(each.units @ each.units)), step)
            bias -= step * 0.1
            if each.buckets:
                grams[each.buckets] -= step * scale
    return replace(heads, outwards=outwards, grams=grams, bias=bias)


def _guesses(heads: Heads, prepared: list[_Prepared]) -> list[str]:
    found = []
    for each in prepared:
        scores = each.units @ heads.outwards + heads.bias
        if each.buckets:
            scores = scores + heads.grams[each.buckets].sum(axis=0) / np.sqrt(len(each.buckets))
        found.append(heads.labels[int(scores.argmax())])
    return found


def _right(heads: Heads, prepared: list[_Prepared]) -> int:
    guesses = _guesses(heads, prepared)
    return sum(guess == each.intent for guess, each in zip(guesses, prepared, strict=True))


def _false_cancels(heads: Heads, prepared: list[_Prepared]) -> int:
    guesses = _guesses(heads, prepared)
    return sum(
        guess == "cancel_order" != each.intent
        for guess, each in zip(guesses, prepared, strict=True)
    )
