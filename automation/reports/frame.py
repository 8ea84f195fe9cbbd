"""The frame all reports share: tiles, lines, bars and tables, as plain JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Aggregate, FloatField

Json = dict[str, Any]
Days = Mapping[date, Mapping[str, Any]]

MIN_RATED_FOR_AVERAGE = 5


class Percentile(Aggregate):
    """The value that a share of all rows does not exceed, between two rows by their distance."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: Any, share: float, **extra: Any) -> None:
        extra.setdefault("output_field", FloatField())
        super().__init__(expression, share=share, **extra)


class MiddleAndMost(Aggregate):
    """The 50th and the 90th percentile, from one sorting of the rows: ``told_apart``."""

    function = "percentile_cont"
    template = (
        "%(function)s(ARRAY[0.5, 0.9]::double precision[]) WITHIN GROUP (ORDER BY %(expressions)s)"
    )
    output_field = ArrayField(FloatField())


def told_apart(found: Mapping[str, Any], keys: Iterable[str]) -> Json:
    """The figures with each of these pairs of percentiles as ``key`` and ``key_p90``."""
    told = dict(found)
    for key in keys:
        if key in told:
            middle, most = told[key] or (None, None)
            told |= {key: middle, f"{key}_p90": most}
    return told


@dataclass(frozen=True)
class Kind:
    """How a figure is read: its unit, and whether more is good."""

    unit: str
    good: str | None = None
    drill: bool = False
    of: str = ""
    """The key of the count that the figure rests on; empty: the figure itself."""


@dataclass
class Frame:
    """What one report says of one period."""

    tiles: list[Json] = field(default_factory=list)
    series: list[Json] = field(default_factory=list)
    bars: list[Json] = field(default_factory=list)
    heat: list[Json] = field(default_factory=list)
    tables: list[Json] = field(default_factory=list)
    comments: list[Json] | None = None


def rounded(value: Any, digits: int = 3) -> float | int | None:
    """A figure as it is shown and exported: whole numbers stay whole."""
    if value is None or isinstance(value, int):
        return value
    return round(float(value), digits)


def ratio(part: float | None, whole: float | None) -> float | None:
    """A share, rounded to what is shown; None of nothing."""
    return round(part / whole, 4) if whole and part is not None else None


def tile(
    key: str, kind: Kind, values: Mapping[str, Any], previous: Mapping[str, Any] | None = None
) -> Json:
    """One figure on top of a report."""
    return {
        "key": key,
        "value": rounded(values[key], 4),
        "unit": kind.unit,
        "n": values[kind.of or key] or 0,
        "previous": None if previous is None else rounded(previous[key], 4),
        "good": kind.good,
        "drill": kind.drill,
    }


def tiles(
    kinds: Mapping[str, Kind], values: Mapping[str, Any], previous: Mapping[str, Any] | None
) -> list[Json]:
    """All figures on top, in the order of their kinds."""
    return [tile(key, kind, values, previous) for key, kind in kinds.items()]


def points(
    days: Sequence[date], rows: Days, key: str, *, of: str = "", empty: Any = 0
) -> list[Json]:
    """A value for each day; a day without rows has ``empty``."""
    found = []
    for day in days:
        row = rows.get(day, {})
        value = row.get(key)
        found.append(
            {
                "day": day.isoformat(),
                "value": empty if value is None else rounded(value),
                "n": row.get(of or key) or 0,
            }
        )
    return found


def line(
    key: str, unit: str, now: list[Json], before: list[Json] | None, *, group: str | None = None,
    drill: bool = False,
) -> Json:  # fmt: skip
    """One line of a chart."""
    return {
        "key": key,
        "group": group,
        "unit": unit,
        "drill": drill,
        "points": now,
        "previous": before or [],
    }


def bars(key: str, unit: str, rows: Iterable[tuple[str, str, int]], *, drill: bool = False) -> Json:
    """Parts of a whole: (key, label, count)."""
    known = list(rows)
    whole = sum(count for *_, count in known)
    return {
        "key": key,
        "unit": unit,
        "drill": drill,
        "rows": [
            {"key": name, "label": label, "value": count, "n": count,
             "share": ratio(count, whole), "hidden": False}
            for name, label, count in known
        ],
    }  # fmt: skip


def table(key: str, columns: Mapping[str, Kind], rows: Iterable[tuple[str, str, Json]]) -> Json:
    """Rows of (key, label, values); a value that is not told is named in ``hidden``."""
    return {
        "key": key,
        "columns": [
            {"key": name, "unit": kind.unit, "drill": kind.drill} for name, kind in columns.items()
        ],
        "rows": [
            {
                "key": name,
                "label": label,
                "values": {
                    column: rounded(values.get(column), 4 if kind.unit == "share" else 3)
                    if kind.unit != "text"
                    else values.get(column)
                    for column, kind in columns.items()
                },
                "hidden": values.get("hidden", []),
            }
            for name, label, values in rows
        ],
    }
