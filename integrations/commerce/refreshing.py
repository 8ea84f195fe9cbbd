"""A person wants an order as the shop has it now: one read, in a few seconds or not at all."""

from __future__ import annotations

import threading
import uuid
from datetime import datetime, timedelta

from helpdesk.lib import http
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, ConnectorFailure, InvalidInput, NotFound
from integrations.commerce import connections
from integrations.commerce.actions import take_looked_at
from integrations.commerce.connector import find_store_connector
from integrations.commerce.models import Order
from integrations.commerce.selectors import get_order

DEADLINE_SECONDS = 5.0
NOT_AGAIN_FOR = timedelta(seconds=10)
MAX_REMEMBERED = 10_000

_lock = threading.Lock()
_in_vain: dict[uuid.UUID, tuple[datetime, str]] = {}
"""Orders that could not be read lately, in this process: when, and why not."""


def refresh_order(order: Order) -> Order:
    """The order as its shop has it now, for everybody who looks at it.

    What was read less than NOT_AGAIN_FOR ago is as good as now and the shop is not asked; neither
    is a shop that just did not answer for this order. Raises Conflict ``shop_unreachable`` (what
    we knew stays) or ``order_gone``.
    """
    if now() - order.as_of < NOT_AGAIN_FOR:
        return order
    reason = _lately_in_vain(order)
    if reason:
        raise _unreachable(order, reason)
    connector = find_store_connector(order.store.kind)
    if connector is None or not order.store.is_active:
        raise _unreachable(order, "It is disconnected.")
    as_of = now()
    try:
        with http.within(DEADLINE_SECONDS):
            data = connector.get_order(order.store, order.external_id)
        take_looked_at(order, data, as_of=as_of)
    except NotFound as missing:
        raise Conflict(
            f"{order.store.name} does not know order {order.number} any more.", code="order_gone"
        ) from missing
    except ConnectorFailure as failure:
        connections.note_failure(order.store, failure)
        raise _failed(order, failure.message) from failure
    except InvalidInput as unreadable:
        raise _failed(order, "What it says cannot be read.") from unreadable
    return get_order(order.organization_id, order.pk)


def _lately_in_vain(order: Order) -> str:
    with _lock:
        known = _in_vain.get(order.pk)
    return known[1] if known and now() - known[0] < NOT_AGAIN_FOR else ""


def _failed(order: Order, reason: str) -> Conflict:
    with _lock:
        if len(_in_vain) >= MAX_REMEMBERED:
            _in_vain.clear()
        _in_vain[order.pk] = (now(), reason)
    return _unreachable(order, reason)


def _unreachable(order: Order, reason: str) -> Conflict:
    return Conflict(
        f"{order.store.name} cannot be asked now. {reason} What you see stays as it was.",
        code="shop_unreachable",
        extra={"store": order.store.name},
    )
