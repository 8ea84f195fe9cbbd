"""Places in a text that were meant to be filled and were not: such a text never leaves the house.

A macro shows a value we do not have as ``⟦order.tracking_url⟧``; ``{{ order.number }}`` is one
that was never filled at all. Other braces are left alone: people may write about code.
"""

from __future__ import annotations

import re

from helpdesk.lib.errors import FieldError, MissingValues

_PLACE = re.compile(
    r"⟦\s*(?P<marked>[^⟦⟧\n]{1,200}?)\s*⟧"
    r"|\{\{-?\s*(?P<raw>[a-z_]+(?:\.[a-z_0-9]+)+)\b[^{}\n]{0,200}\}\}"
    r"|\{%-?\s*(?P<tag>if|unless|for|assign|case|capture|end[a-z]+)\b[^{}\n]{0,200}%\}"
)


def check_filled(*texts: str) -> None:
    """Raises MissingValues naming every place that is not filled."""
    places = dict.fromkeys(
        found["marked"] or found["raw"] or found["tag"]
        for text in texts
        for found in _PLACE.finditer(text)
    )
    if places:
        errors = [FieldError(f"text.{each}", "missing", f"Fill in {each}.") for each in places]
        some = "1 missing value" if len(places) == 1 else f"{len(places)} missing values"
        raise MissingValues(f"Fill {some}: {', '.join(places)}.", errors=errors)
