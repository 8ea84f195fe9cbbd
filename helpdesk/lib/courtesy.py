"""Who asks over HTTP goes first: work in the background waits a moment while requests are answered.

Web and worker of ``serve`` share one interpreter, so a worker that reads what has piled up makes
each request wait for its turn many times over. Between two pieces of work it therefore lets the
requests of this process finish, for so long at most that a steady stream cannot starve it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_WAIT_SECONDS = 0.05

_nobody = threading.Condition()
_asking = 0


@contextmanager
def request_in_hand() -> Iterator[None]:
    """A request is being answered."""
    global _asking  # noqa: PLW0603 (one count per process)
    with _nobody:
        _asking += 1
    try:
        yield
    finally:
        with _nobody:
            _asking -= 1
            if not _asking:
                _nobody.notify_all()


def let_requests_go_first(longest_seconds: float = LONGEST_WAIT_SECONDS) -> bool:
    """Wait until no request is in hand, or as long as that; whether it came to nobody asking."""
    with _nobody:
        return _nobody.wait_for(lambda: not _asking, longest_seconds)
