"""How many parts a text message goes out in: 3GPP TS 23.038 (GSM 7-bit) and UCS-2.

A text whose every character is in the GSM alphabet costs 7 bits a character (characters of the
extension table cost two); one other character makes the whole text UCS-2, counted in UTF-16 units.
Long texts are split, and each part gives room to a header; an escape pair or a surrogate pair is
never torn apart. ``frontend/shared/ui/src/segments.ts`` counts the same way; both are tested
against ``tests/golden/segments.json``.
"""

from __future__ import annotations

from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
GSM_SINGLE, GSM_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67


@dataclass(frozen=True)
class Segments:
    """``units`` is what the text costs, ``left`` how many units the last part still has."""

    encoding: str
    units: int
    count: int
    left: int


def segments_of(text: str) -> Segments:
    """The parts that a text message goes out in; an empty text is none."""
    if all(each in BASIC or each in EXTENDED for each in text):
        costs = [2 if each in EXTENDED else 1 for each in text]
        return _counted("gsm7", costs, GSM_SINGLE, GSM_PART)
    costs = [2 if ord(each) > 0xFFFF else 1 for each in text]
    return _counted("ucs2", costs, UCS2_SINGLE, UCS2_PART)


def _counted(encoding: str, costs: list[int], single: int, part: int) -> Segments:
    units = sum(costs)
    if units <= single:
        return Segments(encoding, units, 1 if units else 0, single - units)
    count, used = 1, 0
    for cost in costs:
        if used + cost > part:
            count, used = count + 1, 0
        used += cost
    return Segments(encoding, units, count, part - used)
