"""The model card: what the shipped weights score, on what, and how honest each figure is."""

import time
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from automation.intents.catalog import get_intent
from automation.intents.model import WEIGHTS, forget_heads, get_shipped_heads
from automation.intents.training.corpora import JUDGED_SETS, Example, rows_of
from automation.intents.understanding import (
    DEFAULT_THRESHOLD,
    LANGUAGE_THRESHOLDS,
    THRESHOLDS,
    Understanding,
    understand,
)

CARD = WEIGHTS.parent / "MODEL_CARD.md"
COSTLY = ("cancel_order", "order_status", "refund_request", "refund_status")
FEW_SENTENCES = 60
_CONFUSIONS_SHOWN = 6
_SURENESS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)

Pair = tuple[str, str | None]


def write_card(
    own: list[Example], held_out: list[Example], own_answers: dict[str, Understanding], public: Path
) -> None:
    """Judge the weights just saved and write MODEL_CARD.md beside them."""
    forget_heads()
    started = time.process_time()
    public_answers = {example.text: understand(example.text).intent for example in held_out}
    milliseconds = (time.process_time() - started) * 1000 / max(1, len(held_out))
    heads = get_shipped_heads()
    lines = [
        "# Model card: intent and sentiment heads",
        "",
        f"Version {heads.version}. Written by `python -m automation.intents.training.train`; do not edit.",
        f"Thresholds: {_thresholds()}. Temperature {heads.temperature:.2f}. "
        f"CPU per held-out message: {milliseconds:.1f} ms on one thread.",
        "Provenance: `../training/README.md`.",
        "",
        *_counts_table(own),
        *_own_table(own, own_answers),
        *_confusions(own, own_answers),
        *_calibration(own, own_answers),
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
    each = [f"{intent} {value:.2f}" for intent, value in sorted(THRESHOLDS.items())]
    each += [
        f"{intent} in {language} {value:.2f}"
        for (language, intent), value in sorted(LANGUAGE_THRESHOLDS.items())
    ]
    return ", ".join([*each, f"others {DEFAULT_THRESHOLD:.2f}"])


def _languages(own: list[Example]) -> list[str]:
    return sorted({example.language for example in own})


def _counts_table(own: list[Example]) -> list[str]:
    languages = _languages(own)
    counts = Counter((example.intent, example.language) for example in own)
    thin = sum(
        counts[intent, language] < FEW_SENTENCES
        for intent in {each.intent for each in own}
        for language in languages
    )
    return [
        "## Our own sentences by intent and language",
        "",
        f"{len(own)} in all; {thin} of the cells have fewer than {FEW_SENTENCES}.",
        "",
        f"| intent | {' | '.join(languages)} |",
        "|---" * (len(languages) + 1) + "|",
        *(
            f"| {intent} | {' | '.join(str(counts[intent, each]) for each in languages)} |"
            for intent in sorted({each.intent for each in own})
        ),
        "",
    ]


def _pairs(own: list[Example], answers: dict[str, Understanding], language: str) -> list[Pair]:
    return [
        (get_intent(each.intent).canonical, answers[each.text].intent)
        for each in own
        if each.language == language
    ]


def _own_table(own: list[Example], answers: dict[str, Understanding]) -> list[str]:
    lines = [
        "## The same sentences, each judged by a head that did not see it",
        "",
        "The lexicon was written with these in view, some scenes stand in several languages: a comparison, not a promise.",
        "Finer names count as the wider intent they belong to, except in the last column.",
        "",
        "| language | sentences | right | unsure | macro F1 | cancel_order found | precision | F1 | order_status found | precision | F1 | finer name right |",
        "|---" * 12 + "|",
    ]
    for language in _languages(own):
        pairs = _pairs(own, answers, language)
        mine = [each for each in own if each.language == language]
        names = [
            answers[each.text].wishes[0].name == each.intent
            for each in mine
            if answers[each.text].wishes
        ]
        right = sum(want == got for want, got in pairs)
        unsure = sum(got is None for _, got in pairs)
        cells = " | ".join(
            f"{_recall(pairs, intent)} | {_precision(pairs, intent):.2f} | {_f1(Counter(pairs), intent):.2f}"
            for intent in COSTLY[:2]
        )
        lines.append(
            f"| {language} | {len(pairs)} | {right / len(pairs):.0%} | {unsure / len(pairs):.0%} | "
            f"{macro_f1(pairs):.3f} | {cells} | {sum(names) / max(1, len(names)):.0%} |"
        )
    return [*lines, ""]


def _confusions(own: list[Example], answers: dict[str, Understanding]) -> list[str]:
    """For each language the intents that are found least, and what they are taken for."""
    lines = ["## Confusions by language: the intents found least", ""]
    for language in _languages(own):
        counts = Counter(_pairs(own, answers, language))
        wanted = {want for want, _ in counts}
        weakest = sorted(wanted, key=lambda intent: _f1(counts, intent))[:_CONFUSIONS_SHOWN]
        lines += [f"### {language}", "", "| meant | F1 | of | taken for |", "|---|---|---|---|"]
        for intent in weakest:
            missed = Counter(
                {got or "(unsure)": n for (want, got), n in counts.items() if want == intent != got}
            )
            taken = ", ".join(f"{got} {n}" for got, n in missed.most_common(4))
            asked = sum(n for (want, _), n in counts.items() if want == intent)
            lines.append(f"| {intent} | {_f1(counts, intent):.2f} | {asked} | {taken} |")
        lines.append("")
    return lines


def _calibration(own: list[Example], answers: dict[str, Understanding]) -> list[str]:
    """How often a claim of that sureness is right: the two columns should agree."""
    lines = [
        "## Calibration: how sure, how often right",
        "",
        "| confidence | claims | mean confidence | right |",
        "|---|---|---|---|",
    ]
    claims = [
        (answers[e.text].confidence, answers[e.text].intent == get_intent(e.intent).canonical)
        for e in own
        if answers[e.text].intent
    ]
    for low, high in pairwise(_SURENESS):
        some = [(sure, is_right) for sure, is_right in claims if low <= sure < high]
        if some:
            mean = sum(sure for sure, _ in some) / len(some)
            right = sum(is_right for _, is_right in some) / len(some)
            lines.append(
                f"| {low:.1f} to {min(high, 1.0):.1f} | {len(some)} | {mean:.2f} | {right:.2f} |"
            )
    return [*lines, ""]


def _recall(pairs: list[Pair], intent: str) -> str:
    return f"{sum(want == got == intent for want, got in pairs)}/{sum(want == intent for want, _ in pairs)}"


def _precision(pairs: list[Pair], intent: str) -> float:
    said = sum(got == intent for _, got in pairs)
    return sum(want == got == intent for want, got in pairs) / said if said else 0.0


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
    lines = [
        "## Small real sets (development figure)",
        "",
        "Never trained on, but their mistakes were read while sentences were being written: too kind by an unknown amount.",
        "",
        "| set | messages | right | macro F1 |",
        "|---|---|---|---|",
    ]
    together: list[Pair] = []
    for source in JUDGED_SETS:
        pairs: list[Pair] = [
            (row["canonical"], understand(row["text"]).intent)
            for row in rows_of(public, source)
            if row.get("canonical")
        ]
        if pairs:
            together += pairs
            lines.append(_row(source, pairs))
    return [*lines, _row("together", together)] if together else []


def _row(source: str, pairs: list[Pair]) -> str:
    right = sum(want == got for want, got in pairs)
    return f"| {source} | {len(pairs)} | {right / len(pairs):.1%} | {macro_f1(pairs):.3f} |"
