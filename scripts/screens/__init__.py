"""Every screen and state, in the order of the app's places."""

from __future__ import annotations

from scripts.screens import inbox, orders, places, public, stores
from scripts.screens.opening import Screen


def screens() -> list[Screen]:
    """What pictures are taken of."""
    return [each for place in (inbox, orders, stores, places, public) for each in place.screens()]
