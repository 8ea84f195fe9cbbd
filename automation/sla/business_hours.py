"""When a shop is open: weekly hours in its own time zone, minus holidays. Pure; no database.

An instant is open when its wall clock in the zone lies in one of the week's spans and its date is
no holiday. So an hour that a change of clocks repeats counts twice, one that it skips not at all,
and a night shift that runs into a holiday ends at midnight.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
HORIZON_DAYS = 3 * 366
"""Nothing is looked for further ahead: whoever does not open until then never does."""

Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Span:
    """Open from ``opens`` to ``closes``, minutes after midnight of ``weekday`` (Monday is 0).

    ``closes`` may be up to 2880: behind midnight, on the day after.
    """

    weekday: int
    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not (0 <= self.weekday < 7 and 0 <= self.opens < DAY_MINUTES):
            raise ValueError("a span begins on a day of the week")
        if not self.opens < self.closes <= 2 * DAY_MINUTES:
            raise ValueError("a span ends behind its beginning, within two days")


ALWAYS = tuple(Span(weekday, 0, DAY_MINUTES) for weekday in range(7))


@dataclass(frozen=True)
class Calendar:
    """Opening hours in one zone. Moments are aware; those that it returns are in UTC."""

    zone: ZoneInfo
    spans: tuple[Span, ...] = ALWAYS
    holidays: Container[date] = frozenset()
    _week: tuple[tuple[tuple[int, int], ...], ...] = field(init=False, repr=False, compare=False)
    _known: dict[date, tuple[Interval, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_week", _by_weekday(self.spans))

    @property
    def is_never_open(self) -> bool:
        """Whether the week has no open minute at all."""
        return not any(self._week)

    def is_open(self, at: datetime) -> bool:
        """Whether the shop is open at this instant."""
        wall = at.astimezone(self.zone)
        if wall.date() in self.holidays:
            return False
        seconds = wall.hour * 3600 + wall.minute * 60 + wall.second
        return any(
            opens * 60 <= seconds < closes * 60 for opens, closes in self._week[wall.weekday()]
        )

    def next_open(self, at: datetime) -> datetime | None:
        """The first open instant from ``at`` on; None if there is none within three years."""
        first = next(self.intervals(at), None)
        return first[0] if first else None

    def next_change(self, at: datetime) -> datetime | None:
        """When it opens if it is closed, closes if it is open; None where that never comes."""
        first = next(self.intervals(at), None)
        if first is None:
            return None
        if first[0] > at:
            return first[0]
        return first[1] if first[1] < _floor(at) + HORIZON_DAYS * _DAY else None

    def add(self, at: datetime, seconds: float) -> datetime | None:
        """The first instant that has so many open seconds between ``at`` and itself.

        None if they do not come within three years.
        """
        if seconds <= 0:
            return at.astimezone(UTC)
        left = timedelta(seconds=seconds)
        for opens, closes in self._pieces(at):
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        return None

    def between(self, a: datetime, b: datetime) -> float:
        """How many seconds it is open from ``a`` to ``b``; 0 where ``b`` is not later."""
        open_for = timedelta()
        for opens, closes in self._pieces(a, until=b):
            open_for += closes - opens
        return open_for.total_seconds()

    def intervals(self, at: datetime, *, until: datetime | None = None) -> Iterator[Interval]:
        """Open times from ``at`` on, in order, each as long as it is without a break."""
        waiting: Interval | None = None
        for opens, closes in self._pieces(at, until=until):
            if waiting and waiting[1] == opens:
                waiting = (waiting[0], closes)
                continue
            if waiting:
                yield waiting
            waiting = (opens, closes)
        if waiting:
            yield waiting

    def _pieces(self, at: datetime, *, until: datetime | None = None) -> Iterator[Interval]:
        """Open times cut at midnights of UTC."""
        if self.is_never_open:
            return
        begins = at.astimezone(UTC)
        first = _floor(begins)
        ends = until.astimezone(UTC) if until else first + HORIZON_DAYS * _DAY
        while first < ends:
            for opens, closes in self._of_day(first):
                opens, closes = max(opens, begins), min(closes, ends)
                if opens < closes:
                    yield opens, closes
            first += _DAY

    def _of_day(self, first: datetime) -> tuple[Interval, ...]:
        """Open times within the day of UTC that begins at ``first``."""
        known = self._known.get(first.date())
        if known is None:
            found = [each for part in self._steady(first) for each in self._within(*part)]
            known = self._known[first.date()] = tuple(sorted(found))
        return known

    def _steady(self, first: datetime) -> list[Interval]:
        """The day cut where clocks are changed."""
        last = first + _DAY
        if self._offset(first) == self._offset(last - _SECOND):
            return [(first, last)]
        low, high = 0, 24 * 3600 - 1
        while high - low > 1:
            middle = (low + high) // 2
            if self._offset(first + middle * _SECOND) == self._offset(first):
                low = middle
            else:
                high = middle
        changes = first + high * _SECOND
        return [(first, changes), (changes, last)]

    def _within(self, begins: datetime, ends: datetime) -> Iterator[Interval]:
        """Open times while the zone keeps one distance from UTC."""
        offset = self._offset(begins)
        day = (begins + offset).date()
        while (midnight := datetime(day.year, day.month, day.day, tzinfo=UTC) - offset) < ends:
            for opens, closes in () if day in self.holidays else self._week[day.weekday()]:
                since = max(midnight + timedelta(minutes=opens), begins)
                until = min(midnight + timedelta(minutes=closes), ends)
                if since < until:
                    yield since, until
            day += _DAY

    def _offset(self, at: datetime) -> timedelta:
        return at.astimezone(self.zone).utcoffset() or timedelta()


def _floor(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _by_weekday(spans: Iterable[Span]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Spans cut at midnight, those that touch or overlap as one, by weekday."""
    days: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for span in spans:
        days[span.weekday].append((span.opens, min(span.closes, DAY_MINUTES)))
        if span.closes > DAY_MINUTES:
            days[(span.weekday + 1) % 7].append((0, span.closes - DAY_MINUTES))
    return tuple(tuple(_joined(sorted(each))) for each in days)


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for opens, closes in spans:
        if found and opens <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], closes))
        else:
            found.append((opens, closes))
    return found
