"""The sentences the heads are trained and judged on: our own, and public sets where they are.

Public sets stay outside the project (`../shared/corpora/intents`, or the folder given). Only sets
whose licence allows it are trained on; a third of each is held out. See README.md in this folder.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path

SENTENCES = Path(__file__).parent / "sentences"
PUBLIC = Path("../shared/corpora/intents")
OWN = "own"

# Trained on: CC BY 4.0, CC BY 3.0, Apache-2.0, CDLA-Sharing-1.0 (results are free of conditions).
TRAINED_SETS = ("banking77", "clinc150", "dstc11-intents", "bitext-8100")
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

    @property
    def is_held_out(self) -> bool:
        """True for three in ten public examples, always the same ones: never trained on."""
        return self.source != OWN and part_of(self.text, 10) < 3


def part_of(text: str, parts: int) -> int:
    """Which of `parts` parts a text always falls into."""
    return int.from_bytes(sha1(text.encode(), usedforsecurity=False).digest()[:4]) % parts


def own_examples() -> list[Example]:
    """Every sentence of `sentences/<language>.tsv`."""
    return [
        Example(OWN, path.stem, *line.split("\t", 1))
        for path in sorted(SENTENCES.glob("*.tsv"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


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
