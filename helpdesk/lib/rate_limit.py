"""How many calls of one vendor are taken: many at once, and then as many as can be read.

Each process counts for itself, in memory: a bucket per channel or store that fills again by itself. What
was accepted is never dropped; what is refused is told to come again, and vendors do.
"""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass

PER_SECOND = 200.0
AT_ONCE = 5000.0
RETRY_AFTER_SECONDS = 5
MAX_BUCKETS = 10_000


@dataclass
class _Bucket:
    left: float
    at: float


_lock = threading.Lock()
_buckets: dict[uuid.UUID, _Bucket] = {}


def admits(line_id: uuid.UUID) -> bool:
    """Whether one more call on this line (a channel or a store) is taken now."""
    at = time.monotonic()
    with _lock:
        if len(_buckets) > MAX_BUCKETS:
            _buckets.clear()
        bucket = _buckets.setdefault(line_id, _Bucket(AT_ONCE, at))
        bucket.left = min(AT_ONCE, bucket.left + (at - bucket.at) * PER_SECOND)
        bucket.at = at
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True
