"""Public holidays of countries and their regions, by the holidays library.

Imported only where somebody asks: the library knows a few hundred countries and weighs accordingly.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import date
from functools import lru_cache
from typing import Any


def official_holidays(country: str, region: str = "") -> Container[date]:
    """The days on which the country, or this region of it, rests; years are added as asked.

    Raises NotImplementedError for a country or region that the library does not know.
    """
    import holidays

    known: Container[date] = holidays.country_holidays(country, subdiv=region or None)
    return known


@lru_cache(maxsize=1)
def known_regions() -> dict[str, list[str]]:
    """Every country that is known, by its code, with the codes of its regions."""
    import holidays

    return holidays.list_supported_countries(include_aliases=False)


def holidays_in(country: str, region: str, year: int, *, language: str = "en") -> list[Any]:
    """The holidays of a year, ``(date, name)`` in order; named in the language if it is known."""
    import holidays

    known = holidays.country_holidays(country, subdiv=region or None, years=year)
    named = sorted(known.supported_languages or ())
    chosen = next((each for each in named if each.split("_")[0] == language), None)
    chosen = chosen or next((each for each in named if each.startswith("en")), None)
    if chosen:
        known = holidays.country_holidays(
            country, subdiv=region or None, years=year, language=chosen
        )
    return sorted(known.items())
