"""Amounts as platforms write them, and as we count them."""

from __future__ import annotations

import pytest

from integrations.commerce.money import decimal_of, minor_of


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        ("84.90", "EUR", 8490),
        (84.9, "EUR", 8490),
        ("0.1", "USD", 10),
        ("4800", "JPY", 4800),
        ("4800.00", "JPY", 4800),
        ("1.234", "KWD", 1234),
        ("-3.455", "EUR", -346),
        ("", "EUR", 0),
    ],
)
def test_an_amount_of_a_platform_becomes_whole_minor_units(
    written: object, currency: str, minor: int
):
    assert minor_of(written, currency) == minor


@pytest.mark.parametrize("written", ["twelve", "1,50", None, "9" * 400 + "E9999999"])
def test_what_is_no_amount_is_refused(written: object):
    with pytest.raises(ValueError, match="no amount"):
        minor_of(written, "EUR")


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [(8490, "EUR", "84.90"), (5, "USD", "0.05"), (4800, "JPY", "4800"), (1234, "KWD", "1.234")],
)
def test_minor_units_become_what_platforms_read(minor: int, currency: str, written: str):
    assert decimal_of(minor, currency) == written
