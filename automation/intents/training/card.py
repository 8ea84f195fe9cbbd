"""The model card: what the shipped weights score, on what, and how honest each figure is."""

import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from automation.intents.model import WEIGHTS, get_heads
from automation.intents.training.corpora import Example, rows_of
from automation.intents.understanding import DEFAULT_THRESHOLD, THRESHOLDS, understand

CARD = WEIGHTS.parent / "MODEL_CARD.md"
COSTLY = ("cancel_order", "order_status", "refund_request", "refund_status")
# Never trained on; their mistakes were looked at while writing sentences, so: a development figure.
DEVELOPMENT_SETS = (
    "fr-parfum-chat", "cs-eshop-mails", "zh-ecommerce-phrases", "pl-ecommerce-phrases", "ru-ecommerce-phrases",
    "es-ecommerce-phrases", "rasa-de-reklamation", "rasa-es-anfora", "rasa-zh-shop",
)  # fmt: skip

Pair = tuple[str, str | None]


def write_card(
    own: list[Example], held_out: list[Example], own_answers: dict[str, str | None], public: Path
) -> None:
    """Judge the weights just saved and write MODEL_CARD.md beside them."""
    get_heads.cache_clear()
    started = time.process_time()
    public_answers = {example.text: understand(example.text).intent for example in held_out}
    milliseconds = (time.process_time() - started) * 1000 / max(1, len(held_out))
    lines = [
        "# Model card: intent and sentiment heads",
        "",
        f"Version {get_heads().version}. Written by `python -m automation.intents.training.train`; do not edit.",
        f"Thresholds: {_thresholds()}. CPU per held-out message: {milliseconds:.1f} ms on one thread.",
        "",
        *_own_table(own, own_answers),
        *_held_out_table(held_out, public_answers),
        *_development_table(public),
    ]
    CARD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def macro_f1(pairs: Iterable[Pair]) -> float:
    """Mean F1 over the wanted intents, `out_of_scope` left out; None counts as a miss."""
    counts = Counter(pairs)
    wanted = {want for want, _ in counts} - {"out_of_scope"}
    return sum(_f1(counts, intent) for intent in wanted) / len(wanted) if wanted else 0.0


def _f1(counts: Counter[Pair], intent: str) -> float:
    asked = sum(n for (want, _), n in counts.items() if want == intent)
    said = sum(n for (_, got), n in counts.items() if got == intent)
    return 2 * counts[intent, intent] / (asked + said) if asked + said else 0.0


def _thresholds() -> str:
    return (
        ", ".join(f"{intent} {value:.2f}" for intent, value in sorted(THRESHOLDS.items()))
        + f", others {DEFAULT_THRESHOLD:.2f}"
    )


def _own_table(own: list[Example], answers: dict[str, str | None]) -> list[str]:
    lines = [
        "## Our own sentences, five-fold: each judged by a head that did not see it",
        "",
        "One author wrote these and the lexicon was written with them in view: a comparison of languages, not a promise.",
        "",
        "| language | sentences | right | unsure | cancel_order recall | wrong cancels | order_status recall | wrong order_status |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for language in sorted({example.language for example in own}):
        pairs = [(e.intent, answers[e.text]) for e in own if e.language == language]
        right = sum(want == got for want, got in pairs)
        unsure = sum(got is None for _, got in pairs)
        cells = " | ".join(
            f"{_recall(pairs, intent)} | {_wrong(pairs, intent)}" for intent in COSTLY[:2]
        )
        lines.append(
            f"| {language} | {len(pairs)} | {right / len(pairs):.0%} | {unsure / len(pairs):.0%} | {cells} |"
        )
    return [*lines, ""]


def _recall(pairs: list[Pair], intent: str) -> str:
    return f"{sum(want == got == intent for want, got in pairs)}/{sum(want == intent for want, _ in pairs)}"


def _wrong(pairs: list[Pair], intent: str) -> int:
    return sum(got == intent != want for want, got in pairs)


def _held_out_table(held_out: list[Example], answers: dict[str, str | None]) -> list[str]:
    if not held_out:
        return ["Public sets were absent: nothing held out to judge on.", ""]
    lines = [
        "## Public sets, the three tenths never trained on",
        "",
        "| set | examples | right | macro F1 |",
        "|---|---|---|---|",
    ]
    for source in sorted({example.source for example in held_out}):
        pairs = [(e.intent, answers[e.text]) for e in held_out if e.source == source]
        right = sum(want == got for want, got in pairs)
        lines.append(
            f"| {source} | {len(pairs)} | {right / len(pairs):.1%} | {macro_f1(pairs):.3f} |"
        )
    foreign = [
        (e.intent, answers[e.text])
        for e in held_out
        if e.source != "bitext-8100" and e.intent not in COSTLY
    ]
    wrong = ", ".join(f"{intent} {_wrong(foreign, intent)}/{len(foreign)}" for intent in COSTLY)
    return [
        *lines,
        "",
        f"False claims outside our domain (banking77, clinc150, dstc11 held out): {wrong}.",
        "",
    ]


def _development_table(public: Path) -> list[str]:
    pairs = [
        (row["canonical"], understand(row["text"]).intent)
        for source in DEVELOPMENT_SETS
        for row in rows_of(public, source)
        if row.get("canonical")
    ]
    if not pairs:
        return []
    right = sum(want == got for want, got in pairs)
    return [
        "## Small real sets (development figure)",
        "",
        "Never trained on, but their mistakes were read while sentences were being written: too kind by an unknown amount.",
        "",
        f"{len(pairs)} messages, {right / len(pairs):.1%} right, macro F1 {macro_f1(pairs):.3f}.",
    ]
