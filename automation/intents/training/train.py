"""Re-train the heads: `python -m automation.intents.training.train` (about five minutes).

Writes weights/heads.npz and weights/MODEL_CARD.md. Needs scikit-learn (requirements/dev.in); the
product itself does not. Same sentences in, same weights out.
"""

import argparse
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from automation.intents.catalog import NAMES
from automation.intents.czech import in_english
from automation.intents.encoder import FREQUENT, KNOWN_PIECES, encode, pieces_of
from automation.intents.features import BUCKETS, buckets_of
from automation.intents.model import Heads, save_heads
from automation.intents.text import clean
from automation.intents.training.corpora import (
    OWN,
    PUBLIC,
    Example,
    mood_sentences,
    never_judged_on,
    noisy,
    own_examples,
    part_of,
    plain,
    public_examples,
    rows_of,
    some_of_each,
)
from automation.intents.training.fitting import Layers, Lessons, fit
from automation.intents.understanding import Understanding, understand_many

VERSION = "4"
FOLDS = 3
_BATCH = 64

# What a public example may weigh at most together with the others of its set and intent.
_PUBLIC_WEIGHT = 60.0
_PUBLIC_OUT_OF_SCOPE_WEIGHT = 400.0
_OWN_WEIGHT = 2.0
# The same sentence without capitals, accents and full stops says nothing new, it only writes worse.
_NOISY_SHARE = 0.3
# An intent with more own sentences than this does not become likelier by having them.
_OWN_EVEN_COUNT = 400.0

_MOOD_OF_INTENT = {
    "complaint": "negative",
    "damaged_item": "negative",
    "wrong_item": "negative",
    "missing_item": "negative",
    "feedback": "positive",
    "thanks": "positive",
}
_NEUTRAL_INTENTS = frozenset(
    {"product_question", "delivery_info", "payment_info", "invoice", "store_info", "place_order", "change_address",
     "change_order", "account", "order_status", "return_exchange", "refund_policy", "cancel_policy"}
)  # fmt: skip
_WISESIGHT_MOODS = {"pos": "positive", "neg": "negative", "neu": "neutral", "q": "neutral"}


class Vectors:
    """Sentence vectors, computed once; kept in a file between runs when one is given."""

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache
        self._known: dict[str, NDArray[np.float16]] = {}
        if cache is not None and cache.exists():
            with np.load(cache, allow_pickle=False) as stored:
                self._known = dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))

    def of(self, texts: list[str]) -> NDArray[np.float32]:
        """One row a text."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        for start in range(0, len(new), _BATCH):
            batch = new[start : start + _BATCH]
            self._known.update(zip(batch, encode(batch).astype(np.float16), strict=True))
        return np.array([self._known[text] for text in texts], dtype=np.float32)

    def save(self) -> None:
        """Keep what was computed for the next run."""
        if self._cache is not None:
            vectors = np.array(list(self._known.values()))
            np.savez(self._cache, texts=np.array(list(self._known)), vectors=vectors)


def glossed(example: Example) -> str:
    """The words the encoder gets to see, as in `understand`."""
    text = clean(example.text)
    return in_english(text) if example.language == "cs" else text


def letters_of(examples: list[Example]) -> sparse.csr_matrix:
    """The letter groups of each example, one sparse row of length one."""
    rows, columns, values = [], [], []
    for row, example in enumerate(examples):
        buckets = buckets_of(clean(example.text))
        rows += [row] * len(buckets)
        columns += buckets
        values += [1 / max(1, len(buckets)) ** 0.5] * len(buckets)
    shape = (len(examples), BUCKETS)
    return sparse.csr_matrix((np.array(values, dtype=np.float32), (rows, columns)), shape=shape)


def lessons_of(vectors: Vectors, examples: list[Example]) -> Lessons:
    """What the heads learn from; labels are places in `NAMES`."""
    return Lessons(
        vectors=vectors.of([glossed(example) for example in examples]),
        letters=letters_of(examples),
        answers=np.array([NAMES.index(example.intent) for example in examples]),
        weights=weights_of(examples),
    )


def weights_of(examples: list[Example]) -> NDArray[np.float64]:
    """How much each example counts: our own more than public ones, no intent by sheer number."""
    counts = Counter((e.source, e.intent) for e in examples if not e.is_noisy)
    return np.array(
        [_weight(example, counts[example.source, example.intent]) for example in examples]
    )


def _weight(example: Example, count: int) -> float:
    if example.source == OWN:
        share = _NOISY_SHARE if example.is_noisy else 1.0
        return share * _OWN_WEIGHT * min(1.0, (_OWN_EVEN_COUNT / count) ** 0.5)
    limit = _PUBLIC_OUT_OF_SCOPE_WEIGHT if example.intent == "out_of_scope" else _PUBLIC_WEIGHT
    return min(1.0, limit / count)


@dataclass(frozen=True)
class Unseen:
    """What heads said of sentences they had not seen, and what their scores are divided by for a
    probability to mean how often it is right."""

    answers: dict[str, Understanding]
    temperature: float


def cross_validated(
    lessons: Lessons, examples: list[Example], vectors: Vectors, mood: LogisticRegression
) -> Unseen:
    """Each own sentence judged by heads trained without it (nor its plainly written twin)."""
    parts = np.array([part_of(plain(e.text), FOLDS) if e.source == OWN else -1 for e in examples])
    folds: list[tuple[Heads, list[Example]]] = []
    for part in range(FOLDS):
        rows = np.flatnonzero(parts != part)
        seen = Lessons(
            lessons.vectors[rows], lessons.letters[rows], lessons.answers[rows], lessons.weights[rows]
        )  # fmt: skip
        unseen = [e for e in (examples[i] for i in np.flatnonzero(parts == part)) if not e.is_noisy]
        folds.append((heads_of(fit(seen, len(NAMES)), mood), unseen))
    temperature = _temperature_of(folds, vectors)
    found: dict[str, Understanding] = {}
    for heads, unseen in folds:
        calibrated = replace(heads, temperature=temperature)
        texts = [e.text for e in unseen]
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            found.update(zip(batch, understand_many(batch, calibrated), strict=True))
    return Unseen(found, temperature)


def _temperature_of(folds: list[tuple[Heads, list[Example]]], vectors: Vectors) -> float:
    shares, wanted = [], []
    for heads, unseen in folds:
        dense = vectors.of([glossed(e) for e in unseen])
        shares.append(heads.intents(dense, [clean(e.text) for e in unseen]))
        wanted += [NAMES.index(e.intent) for e in unseen]
    scores = np.log(np.maximum(np.concatenate(shares), 1e-9))
    rows, columns = np.arange(len(wanted)), np.array(wanted)

    def surprise(temperature: float) -> float:
        scaled = scores / temperature
        scaled -= np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return float(-scaled[rows, columns].mean())

    return float(min(np.arange(0.5, 2.01, 0.05), key=surprise))


def mood_examples(folder: Path) -> list[tuple[Example, str]]:
    """Sentences with a mood: Thai social posts (CC0) and our own, by what they are about."""
    thai = [
        (Example("th-wisesight", "th", row["intent"], row["text"]), row["intent"])
        for row in rows_of(folder, "th-wisesight")
    ]
    found = [
        (e, _WISESIGHT_MOODS[mood])
        for e, mood in thai
        if mood in _WISESIGHT_MOODS and not e.is_held_out
    ]
    found += mood_sentences()
    for example in own_examples():
        mood = _MOOD_OF_INTENT.get(
            example.intent, "neutral" if example.intent in _NEUTRAL_INTENTS else ""
        )
        if mood:
            found += [(example, mood)]
    return found


def _mood_weight(example: Example, count: int) -> float:
    """Sentences written for their mood count most; those of an intent only lean towards one."""
    if example.source != OWN:
        return 80.0 / count
    return 1.0 if not example.intent else 200.0 / count


def fit_mood(vectors: Vectors, folder: Path) -> LogisticRegression:
    """The sentiment head, on sentence vectors alone."""
    pairs = mood_examples(folder)
    counts = Counter((example.source, mood) for example, mood in pairs)
    weights = np.array([_mood_weight(e, counts[e.source, mood]) for e, mood in pairs])
    inputs = sparse.csr_matrix(vectors.of([glossed(example) for example, _ in pairs]))
    return LogisticRegression(C=8.0, max_iter=150, tol=2e-3).fit(
        inputs, [mood for _, mood in pairs], sample_weight=weights
    )


def save_pieces(examples: list[Example]) -> None:
    """Write which word pieces customers use most: the encoder keeps what these contribute at hand."""
    counts = Counter(piece for each in examples for piece in pieces_of(glossed(each)))
    frequent = sorted(counts, key=lambda piece: (-counts[piece], piece))[:KNOWN_PIECES]
    np.save(FREQUENT, np.array(frequent, dtype=np.uint32))


def heads_of(layers: Layers, mood: LogisticRegression, temperature: float = 1.0) -> Heads:
    """The two fitted heads as the product uses them."""
    return Heads(
        version=VERSION,
        labels=NAMES,
        inwards=layers.inwards,
        shift=layers.shift,
        outwards=layers.outwards,
        grams=layers.grams,
        bias=layers.bias,
        sentiments=tuple(str(label) for label in mood.classes_),
        sentiment_dense=mood.coef_.T.astype(np.float32),
        sentiment_bias=mood.intercept_.astype(np.float32),
        temperature=temperature,
    )


def main() -> None:
    """Train on everything that may be trained on, save, and judge on what was held out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--public", type=Path, default=PUBLIC, help="folder of the public intent sets"
    )
    parser.add_argument("--cache", type=Path, help="file that keeps sentence vectors between runs")
    parser.add_argument(
        "--no-card", action="store_true", help="write the weights only (no figures)"
    )
    parser.add_argument("--temperature", type=float, default=1.0, help="with --no-card: as known")
    chosen = parser.parse_args()
    vectors = Vectors(chosen.cache)
    own = never_judged_on(own_examples(), chosen.public)
    public = public_examples(chosen.public)
    taught = some_of_each([example for example in public if not example.is_held_out])
    examples = own + noisy(own) + taught
    save_pieces(examples)
    lessons = lessons_of(vectors, examples)
    vectors.save()
    layers = fit(lessons, len(NAMES))
    mood = fit_mood(vectors, chosen.public)
    vectors.save()
    if chosen.no_card:
        save_heads(heads_of(layers, mood, chosen.temperature))
        return
    unseen = cross_validated(lessons, examples, vectors, mood)
    save_heads(heads_of(layers, mood, unseen.temperature))
    from automation.intents.training.card import write_card

    write_card(own, [e for e in public if e.is_held_out], unseen.answers, chosen.public)


if __name__ == "__main__":
    main()
