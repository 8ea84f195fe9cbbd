"""Giving memory back to the machine that was needed only once."""

from __future__ import annotations

import ctypes
import gc


def give_back() -> None:
    """Return what is free in this process, where the C library can, and look no more through what
    stays: modules, models of messages. Once the process is warm; a full collection that walks over
    all of them stops everything for a tenth of a second."""
    gc.collect()
    gc.freeze()
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        return
