"""The sentences the heads are trained and judged on: our own, and public sets where they are.

Public sets stay outside the project (`../shared/corpora/intents`, or the folder given). Only sets
whose licence allows it are trained on; a third of each is held out. See README.md in this folder.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha1
from pathlib import Path

from automation.intents.text import fold

SENTENCES = Path(__file__).parent / "sentences"
HARD = Path(__file__).parent / "hard"
"""Sentences written where two intents were confused: what sounds like one and means the other."""
MOODS = Path(__file__).parent / "moods"
PUBLIC = Path("../shared/corpora/intents")
OWN = "own"

_MOST_OF_ONE = 120
_MOST_OUTSIDE = 1_500
_PUNCTUATION = re.compile(r"[^\w\s\u0e00-\u0e7f'#%&+@/-]+")

# Trained on: CC BY 4.0, CC BY 3.0, Apache-2.0, CDLA-Sharing-1.0 (results are free of conditions).
TRAINED_SETS = ("banking77", "clinc150", "dstc11-intents", "bitext-8100")
# Never trained on. Their mistakes were looked at while writing sentences, so: a development figure.
JUDGED_SETS = (
    "fr-parfum-chat", "cs-eshop-mails", "zh-ecommerce-phrases", "pl-ecommerce-phrases", "ru-ecommerce-phrases",
    "es-ecommerce-phrases", "rasa-de-reklamation", "rasa-es-anfora", "rasa-zh-shop",
)  # fmt: skip
_OUTSIDE_OUR_DOMAIN = frozenset({"banking77", "clinc150", "dstc11-intents"})
# A bank's "my card has not arrived" or "cancel the transfer" is neither a wish nor a counter-example.
_BANK_LABELS_LEFT_OUT = frozenset(
    {"order_status", "delivery_info", "refund_request", "refund_status"}
)
# Labelled as tracking there, but asks how long delivery takes in general.
_AMBIGUOUS_SOURCE_INTENTS = frozenset({"delivery_period"})


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled text and where it comes from."""

    source: str
    language: str
    intent: str
    text: str
    is_noisy: bool = False

    @property
    def is_held_out(self) -> bool:
        """True for three in ten public examples, always the same ones: never trained on."""
        return self.source != OWN and part_of(self.text, 10) < 3


def part_of(text: str, parts: int) -> int:
    """Which of `parts` parts a text always falls into."""
    return int.from_bytes(sha1(text.encode(), usedforsecurity=False).digest()[:4]) % parts


def own_examples() -> list[Example]:
    """Every sentence of `sentences/<language>.tsv` and `hard/<language>.tsv`."""
    return [
        Example(OWN, path.stem, line.split("\t", 1)[0], line.split("\t", 1)[1])
        for folder in (SENTENCES, HARD)
        for path in sorted(folder.glob("*.tsv"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def never_judged_on(own: list[Example], folder: Path = PUBLIC) -> list[Example]:
    """Those of our sentences that do not stand word for word in a set that is only judged on."""
    judged = {plain(row["text"]) for source in JUDGED_SETS for row in rows_of(folder, source)}
    return [example for example in own if plain(example.text) not in judged]


def mood_sentences() -> list[tuple[Example, str]]:
    """Every sentence of `moods/<language>.tsv` with its mood."""
    return [
        (Example(OWN, path.stem, "", line.split("\t", 1)[1]), line.split("\t", 1)[0])
        for path in sorted(MOODS.glob("*.tsv"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def plain(text: str) -> str:
    """The text as it is typed in a hurry: no capitals, no accents, no punctuation."""
    return " ".join(_PUNCTUATION.sub(" ", fold(text)).split())


def noisy(examples: list[Example]) -> list[Example]:
    """The plainly written twins of the sentences that differ from theirs."""
    twins = [replace(each, text=plain(each.text), is_noisy=True) for each in examples]
    return [
        twin
        for twin, each in zip(twins, examples, strict=True)
        if twin.text and twin.text != each.text
    ]


def some_of_each(examples: list[Example]) -> list[Example]:
    """Enough public examples of each set and intent: more of the same only takes longer."""
    taken: Counter[tuple[str, str]] = Counter()
    some = []
    for example in sorted(examples, key=lambda each: sha1(each.text.encode()).digest()):  # noqa: S324
        limit = _MOST_OUTSIDE if example.intent == "out_of_scope" else _MOST_OF_ONE
        taken[example.source, example.intent] += 1
        if taken[example.source, example.intent] <= limit:
            some.append(example)
    return some


def public_examples(folder: Path = PUBLIC) -> list[Example]:
    """The usable examples of the sets that may be trained on; empty where the folder is absent."""
    seen: set[tuple[str, str]] = set()
    found = []
    for example in _all_public(folder):
        if (example.source, example.text) not in seen:
            seen.add((example.source, example.text))
            found.append(example)
    return found


def _all_public(folder: Path) -> Iterator[Example]:
    for source in TRAINED_SETS:
        for row in rows_of(folder, source):
            intent = _intent_of(source, row)
            if intent is not None:
                yield Example(source, "en", intent, row["text"])


def rows_of(folder: Path, source: str) -> Iterator[dict[str, str]]:
    """The rows of one set as stored; nothing where it is absent."""
    path = folder / source / "data.jsonl"
    if path.exists():
        with path.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines if line.strip())


def _intent_of(source: str, row: dict[str, str]) -> str | None:
    if row["intent"] in _AMBIGUOUS_SOURCE_INTENTS:
        return None
    canonical = row.get("canonical")
    if source == "banking77" and canonical in _BANK_LABELS_LEFT_OUT:
        return None
    if canonical is None and source in _OUTSIDE_OUR_DOMAIN:
        return "out_of_scope"
    return canonical
