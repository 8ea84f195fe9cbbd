"""The fingerprint of an order: everything that was said, and nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime

from helpdesk.bench.stores import order_of


def plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def test_the_fingerprint_is_of_every_part_and_the_same_each_time() -> None:
    for number in (0, 1, 50):
        order = order_of(number)
        whole = json.dumps(asdict(order), sort_keys=True, default=plain)
        assert (order.as_json(), order.as_json()) == (whole, whole)
        line = replace(order.lines[1], sku="OTHER")
        changed = replace(order, lines=(order.lines[0], line, order.lines[2]))
        assert changed.digest() != order.digest() == order_of(number).digest()
