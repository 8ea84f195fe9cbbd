"""A measured figure with the baseline of the same run."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """``ratio`` is value / baseline, where a baseline of the same run makes sense."""

    name: str
    value: float | None
    unit: str
    baseline: float | None = None
    ratio: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_text(self) -> str:
        against = f"   baseline {self.baseline:g}, ratio {self.ratio:g}" if self.ratio else ""
        return f"{self.name:24} {self.value} {self.unit}{against}"

    def print(self) -> None:
        """One JSON line on stdout, for ``aftercare bench``."""
        print(json.dumps(self.as_json()), flush=True)  # noqa: T201 (the bench's answer)


def compared(name: str, value: float, unit: str, baseline: float) -> Figure:
    """A figure against its baseline, rounded to what one run can tell."""
    ratio = round(value / baseline, 3) if baseline else None
    return Figure(name, round(value, 2), unit, round(baseline, 2), ratio)


def percentile(values: list[float], share: float) -> float:
    """The value that ``share`` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
