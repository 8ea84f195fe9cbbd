"""Digits and letters as people type them in any script, in the form numbers are compared in."""

from __future__ import annotations

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_FIRST_ZEROS = (0x0660, 0x06F0, 0x0966, 0x0E50)
"""Zero in Arabic-Indic, Persian, Devanagari and Thai."""
_OTHER = {zero + value: ord("0") + value for zero in _FIRST_ZEROS for value in range(10)}
_TABLE = _WIDE | _OTHER


def in_plain_digits(text: str) -> str:
    """``＃１０４２`` and ``#๑๐๔๒`` as ``#1042``; every sign keeps its position."""
    return text.translate(_TABLE)
