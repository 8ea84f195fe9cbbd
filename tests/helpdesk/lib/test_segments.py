"""A text message is counted as carriers count it, on the server as in the composer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpdesk.lib.segments import BASIC, EXTENDED, segments_of

TABLE = json.loads(
    (Path(__file__).parents[2] / "golden" / "segments.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["case"])
def test_texts_are_counted_as_the_table_says(row):
    found = segments_of(row["text"])
    assert (found.encoding, found.units, found.count, found.left) == (
        row["encoding"], row["units"], row["count"], row["left"],
    )  # fmt: skip


def test_the_alphabet_is_that_of_3gpp():
    assert len(BASIC) == 127  # 128 places less the escape
    assert len(EXTENDED) == 10
    assert not BASIC & EXTENDED
