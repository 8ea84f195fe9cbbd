"""Figures as people read them in a mail: the same roundings as in the app."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit

from automation.reports.mails.words import Words
from integrations.commerce.money import decimal_of

NOTHING = "–"
_SMALLEST = {
    "share": 0.005, "seconds": 1, "stars": 0.005, "score": 0.5, "money": 1, "ratio": 0.05,
}  # fmt: skip
_BIG_MONEY = 100_000


@dataclass(frozen=True)
class Change:
    """How far a figure moved since the period before, and whether that is good news."""

    is_up: bool
    is_good: bool | None
    size: str


def written(value: float | None, unit: str, language: str, *, currency: str | None = None) -> str:
    """A figure with its unit; a dash for none."""
    if value is None:
        return NOTHING
    if unit == "share":
        sign = "%" if language == "en" else "\N{NO-BREAK SPACE}%"
        pattern = ("#,##0.0" if 0 < value < 0.1 else "#,##0") + sign
        return format_percent(value, pattern, locale=language)
    if unit == "seconds":
        return duration(value, language)
    if unit == "money":
        return _money(int(value), currency, language) if currency else NOTHING
    digits = {"stars": "#,##0.00", "score": "+#,##0;−#,##0", "ratio": "#,##0.0"}
    whole = "#,##0" if float(value).is_integer() else "#,##0.0"
    number = value if unit != "score" or abs(value) >= 0.5 else 0
    pattern = "0" if unit == "score" and not number else digits.get(unit, whole)
    return format_decimal(number, pattern, locale=language)


def duration(seconds: float, language: str) -> str:
    """A length of time in its two largest units."""
    whole = round(seconds)
    if whole < 60:
        return _unit(whole, "second", language)
    minutes = round(whole / 60)
    if minutes < 60:
        return _unit(minutes, "minute", language)
    if minutes < 48 * 60:
        return _pair(divmod(minutes, 60), ("hour", "minute"), language)
    return _pair(divmod(round(whole / 3600), 24), ("day", "hour"), language)


def change_of(
    now: float | None,
    before: float | None,
    unit: str,
    good: str | None,
    words: Words,
    *,
    currency: str | None = None,
) -> Change | None:
    """What changed since the period before; None where there is nothing to tell."""
    if now is None or before is None or abs(now - before) < _SMALLEST.get(unit, 0.5):
        return None
    size = abs(now - before)
    is_up = now > before
    if unit == "share":
        pattern = "0.0" if size < 0.01 else "0"
        told = f"{format_decimal(size * 100, pattern, locale=words.language)} {words.say('points')}"
    elif unit == "score":
        told = format_decimal(size, "0", locale=words.language)
    else:
        told = written(size, unit, words.language, currency=currency)
    return Change(is_up, None if good is None else is_up == (good == "up"), told)


def days(first: date, last: date, language: str) -> str:
    """One day in full, or the first and the last."""
    if first == last:
        return str(format_date(first, "full", locale=_place(language)))
    return str(format_interval(first, last, "yMMMd", locale=_place(language)))


def day(which: date, language: str) -> str:
    """A day beside others of its period."""
    return str(format_skeleton("MMMEd", which, locale=_place(language)))


def _place(language: str) -> str:
    """Days before months."""
    return "en_GB" if language == "en" else language


def _money(minor: int, currency: str, language: str) -> str:
    """Without the small coins where it is much."""
    amount = decimal_of(minor, currency)
    is_much = abs(minor) >= _BIG_MONEY
    pattern = None if not is_much else "¤#,##0" if language == "en" else "#,##0\N{NO-BREAK SPACE}¤"
    return str(
        format_currency(amount, currency, pattern, locale=language, currency_digits=not is_much)
    )


def _pair(values: tuple[int, int], units: tuple[str, str], language: str) -> str:
    large, small = (_unit(value, unit, language) for value, unit in zip(values, units, strict=True))
    return f"{large} {small}" if values[1] else large


def _unit(value: int, unit: str, language: str) -> str:
    length: Literal["narrow", "short"] = "narrow" if language == "en" else "short"
    return str(format_unit(value, f"duration-{unit}", length, locale=language))
