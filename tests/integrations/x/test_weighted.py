"""X's own counting of a post, by cases of its published rules; the composer counts the same ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integrations.x.weighted import weight

CASES = json.loads(
    (Path(__file__).parents[2] / "golden" / "x_weights.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:30])
def test_a_post_weighs_what_x_says(case: dict[str, object]) -> None:
    assert weight(str(case["text"])) == case["weight"]
