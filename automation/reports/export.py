"""A table of a report as CSV: what the screen shows, cell by cell."""

from __future__ import annotations

import csv
import io

from automation.reports.frame import Json
from helpdesk.lib.errors import NotFound

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(report: Json, name: str) -> str:
    """The table of that name, the first one if there is none; raises NotFound.

    The first two columns are the row's key and label. Texts that a spreadsheet would take for a
    formula get an apostrophe before them; numbers stay numbers.
    """
    tables = report["tables"]
    found = next((each for each in tables if name in ("", each["key"])), None)
    if found is None:
        known = ", ".join(each["key"] for each in tables)
        raise NotFound(f"There is no table “{name}” in this report: {known or 'none'}.")
    columns = [each["key"] for each in found["columns"]]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["key", "label", *columns])
    for row in found["rows"]:
        values = [row["values"][column] for column in columns]
        writer.writerow([cell(each) for each in (row["key"], row["label"], *values)])
    return out.getvalue()


def cell(value: object) -> str:
    """One cell; None is empty."""
    if value is None:
        return ""
    text = str(value)
    is_number = isinstance(value, int | float)
    return f"'{text}" if not is_number and text.startswith(_DANGEROUS) else text
