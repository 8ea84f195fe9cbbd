"""`aftercare train-intents`: the heads learn from what people corrected, here on this server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from automation.corrections.correct import hash_of
from automation.corrections.models import IntentCorrection
from automation.intents.adapt import Adapted, Lesson, adapt
from automation.intents.model import get_shipped_heads, learned_path, save_heads
from automation.intents.training.corpora import own_examples
from automation.rules.understanding import text_to_understand

MIN_CORRECTIONS = 20
MAX_CORRECTIONS = 5_000


@dataclass(frozen=True, slots=True)
class Training:
    """What came of it: `adapted` is None where there was too little to learn from."""

    corrections: int
    is_kept: bool
    reason: str
    adapted: Adapted | None = None
    version: str = ""


def corrected_examples() -> list[Lesson]:
    """The newest corrected messages whose words are still those that were judged.

    The words are read from the message and kept nowhere else; where they were erased or changed
    there is nothing to learn. "None of these" teaches `out_of_scope`.
    """
    kept = (
        IntentCorrection.objects.select_related("message__body")
        .order_by("-corrected_at", "-pk")
        .iterator(chunk_size=500)
    )
    lessons: list[Lesson] = []
    for each in kept:
        text = text_to_understand(each.message)
        if text.strip() and hash_of(text) == each.text_hash:
            lessons.append(Lesson(text, each.language, each.intent or "out_of_scope"))
        if len(lessons) == MAX_CORRECTIONS:
            break
    return lessons


def train() -> Training:
    """Learn from all corrections, starting from the shipped weights; kept only when better.

    Messages understood from then on use the new weights, without a restart.
    """
    lessons = corrected_examples()
    if len(lessons) < MIN_CORRECTIONS:
        reason = f"too few corrections: {len(lessons)} of at least {MIN_CORRECTIONS}"
        return Training(len(lessons), is_kept=False, reason=reason)
    shipped = get_shipped_heads()
    known = [Lesson(each.text, each.language, each.intent) for each in own_examples()]
    version = f"{shipped.version}+{len(lessons)}"
    adapted = adapt(shipped, lessons, known, version=version)
    if not adapted.is_better:
        reason = "the new weights would do worse on what was known; the old ones stay in use"
        return Training(len(lessons), is_kept=False, reason=reason, adapted=adapted)
    save_heads(adapted.heads, learned_path(Path(settings.DATA_DIR)))
    return Training(len(lessons), is_kept=True, reason="", adapted=adapted, version=version)
