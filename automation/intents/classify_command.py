"""`{"id", "text"}` lines in, `{"id", "language", "intent", "confidence", "sentiment"}` lines out."""

import json
import sys
from collections.abc import Iterable, Iterator

from automation.intents.understanding import understand


def classify_lines(lines: Iterable[str]) -> Iterator[dict[str, object]]:
    """One answer for each line that is not empty, in order.

    A line that is no JSON object with a `text` gets an answer too: its id where it has one, and
    `error` saying what is wrong. One bad line never stops the others.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _answer(line, number)


def _answer(line: str, number: int) -> dict[str, object]:
    try:
        row = json.loads(line)
    except ValueError as error:
        return _refusal(None, f"line {number} is not JSON: {error}")
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        row_id = row.get("id") if isinstance(row, dict) else None
        return _refusal(row_id, f"line {number} needs a text: expected an object with id and text")
    understood = understand(row["text"])
    return {
        "id": row.get("id"),
        "language": understood.language,
        "intent": understood.intent,
        "confidence": understood.confidence,
        "sentiment": understood.sentiment,
    }


def _refusal(row_id: object, reason: str) -> dict[str, object]:
    return {
        "id": row_id,
        "language": None,
        "intent": None,
        "confidence": 0.0,
        "sentiment": "neutral",
        "error": reason,
    }


def main() -> None:
    """Classify standard input to standard output, a line at a time."""
    for answer in classify_lines(sys.stdin):
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
