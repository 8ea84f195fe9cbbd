"""What a shop's one colour becomes: six tokens for light and six for dark, all of them readable.

A colour is never refused: it is repaired. A near-black accent turns into a near-white one in the
dark, and a yellow one gets black text and an edge that carries its shape.
"""

from __future__ import annotations

from integrations.chat.contrast import contrast, mixed, readable_on, text_on

WHITE, BLACK = "#ffffff", "#000000"
SHAPE = 3.0
"""What a shape needs against what is around it (WCAG 1.4.11)."""
_SURFACES = {"light": (WHITE, "#f5f5f2", "#f1f1ed"), "dark": ("#17181b", "#101113", "#24272b")}
_SOFT = {"light": 0.91, "dark": 0.80}
_NEAR_WHITE = "#ecedee"
_TOO_DARK_TO_LIFT = 1.5


def tokens(accent: str, theme: str) -> dict[str, str]:
    """CSS custom properties of the accent in ``light`` or ``dark``."""
    surface, *others = _SURFACES[theme]
    fill = accent if theme == "light" else _lifted(accent, surface)
    on = text_on(fill)
    soft = mixed(fill, surface, _SOFT[theme])
    return {
        "--accent": fill,
        "--on-accent": on,
        "--accent-hover": _hovered(fill, on),
        "--accent-text": readable_on(accent, surface, *others, soft),
        "--accent-soft": soft,
        "--accent-edge": readable_on(fill, surface, ratio=SHAPE),
    }


def declarations(accent: str, theme: str) -> str:
    """The tokens as CSS writes them."""
    return "".join(f"{name}:{value};" for name, value in tokens(accent, theme).items())


def _lifted(accent: str, surface: str) -> str:
    if contrast(accent, surface) < _TOO_DARK_TO_LIFT:
        return _NEAR_WHITE
    return readable_on(accent, surface, ratio=SHAPE)


def _hovered(fill: str, on: str) -> str:
    """A little further from the text on it, or where that cannot be, the same."""
    found = mixed(fill, BLACK if on == WHITE else WHITE, 0.12)
    return found if contrast(found, on) >= contrast(fill, on) else fill
