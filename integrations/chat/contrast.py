"""Colours that can be read (WCAG 2 contrast), computed where nobody can forget it."""

from __future__ import annotations

import re

from helpdesk.lib.errors import InvalidInput

READABLE = 4.5
LIGHT_SURFACE = "#ffffff"
DARK_SURFACE = "#1b1d22"
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_STEPS = 40


def clean_colour(value: str) -> str:
    """``#rrggbb`` in lower case; raises InvalidInput naming ``accent``."""
    if not _HEX.fullmatch(value):
        raise InvalidInput.field("accent", "Write a colour like #1f6f5c.")
    return value.lower()


def contrast(first: str, second: str) -> float:
    """Contrast ratio from 1 to 21."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def text_on(colour: str) -> str:
    """Black or white, whichever reads better; one of them always reaches 4.5."""
    white, black = "#ffffff", "#000000"
    return white if contrast(white, colour) >= contrast(black, colour) else black


def readable_on(colour: str, *surfaces: str, ratio: float = READABLE) -> str:
    """The colour itself, or as little darker or lighter as it needs on all these surfaces."""
    toward = text_on(surfaces[0])
    for step in range(_STEPS + 1):
        found = mixed(colour, toward, step / _STEPS)
        if all(contrast(found, surface) >= ratio for surface in surfaces):
            return found
    return toward


def mixed(colour: str, toward: str, share: float) -> str:
    """That share of the way from one colour to the other."""
    pairs = zip(_channels(colour), _channels(toward), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(each / 255) for each in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
