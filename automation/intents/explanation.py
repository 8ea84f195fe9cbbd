"""A message's understanding in plain lines, for `aftercare classify "some text"`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from automation.intents.dates import find_dates
from automation.intents.entities import find_order_numbers, find_tracking_numbers
from automation.intents.model import get_heads
from automation.intents.understanding import (
    Judged,
    Understanding,
    sentences_judged,
    threshold_of,
    understand,
)


def explained(text: str, *, today: date) -> Iterator[str]:
    """What the text wants and why: the verdict, what was found in it, then sentence by sentence."""
    found = understand(text)
    yield f"Language   {found.language}"
    yield f"Intent     {_verdict(found)}"
    for wish in found.wishes[1:]:
        yield f"  also     {wish.name} ({wish.gorgias}), {wish.confidence:.2f}"
    yield f"Mood       {found.sentiment}{', in a hurry' if found.is_urgent else ''}"
    yield from _entities(text, found.language, today)
    judged = sentences_judged(text)
    if judged:
        yield "Because"
    for each in judged:
        yield from _sentence(each)
    yield f"Weights    version {get_heads().version}"


def _verdict(found: Understanding) -> str:
    if found.guess is None:
        return "none: there are no words to judge"
    need = threshold_of(found.guess, found.language)
    if found.intent is None:
        return f"unsure: perhaps {found.guess}, {found.confidence:.2f} where {need:.2f} is needed"
    name = found.wishes[0]
    finer = f", more exactly {name.name}" if name.name != found.intent else ""
    return (
        f"{found.intent}{finer} ({name.gorgias}), {found.confidence:.2f} where {need:.2f} is needed"
    )


def _entities(text: str, language: str, today: date) -> Iterator[str]:
    orders, parcels = find_order_numbers(text), find_tracking_numbers(text)
    if orders:
        yield f"Orders     {', '.join(orders)}"
    if parcels:
        yield f"Parcels    {', '.join(parcels)}"
    for day in find_dates(text, today, language):
        yield f"Date       {day.day.isoformat()} ({day.text})"


def _sentence(each: Judged) -> Iterator[str]:
    yield f'  "{each.text}"'
    yield f"    likeliest: {', '.join(f'{name} {share:.2f}' for name, share in each.guesses)}"
    if each.telling:
        yield f"    telling words: {', '.join(each.telling)}"
    if each.verdict.confirmed:
        yield f"    words that decide: this is {each.verdict.confirmed}"
    if each.verdict.likelier:
        yield f"    words that decide: {each.verdict.likelier} is likelier"
    if each.verdict.forbidden:
        yield f"    words that rule out: {', '.join(sorted(each.verdict.forbidden))}"
