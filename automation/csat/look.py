"""The shop's own colour on survey pages and mails, in shades that can be read by light and dark."""

from __future__ import annotations

from dataclasses import dataclass

OURS = "#2f5d46"
OURS_DARK = "#67977d"
_LEAST_CONTRAST = 4.5
_LIGHT, _DARK = "#ffffff", "#17181b"


@dataclass(frozen=True)
class Accent:
    """A colour for surfaces, what is written on it, and the same colour as text by day and night."""

    fill: str
    on_fill: str
    text: str
    text_dark: str


def accent_of(colour: str) -> Accent:
    """The shades of a ``#rrggbb``; ours where none was chosen. Text has a contrast of 4.5 or more."""
    if not colour:
        return Accent(OURS, _LIGHT, OURS, OURS_DARK)
    on_fill = _LIGHT if contrast(colour, _LIGHT) >= contrast(colour, _DARK) else _DARK
    return Accent(
        colour, on_fill, _until(colour, _LIGHT, "#000000"), _until(colour, _DARK, "#ffffff")
    )


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 reckons it, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _until(colour: str, ground: str, towards: str) -> str:
    """The colour, moved towards black or white until it can be read on this ground."""
    for step in range(21):
        mixed = _mix(colour, towards, step / 20)
        if contrast(mixed, ground) >= _LEAST_CONTRAST:
            return mixed
    return towards


def _mix(one: str, other: str, share: float) -> str:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(each / 255) for each in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)
