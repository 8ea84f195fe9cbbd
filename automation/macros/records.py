"""Records of macros and of filled ones for the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from automation.macros.models import Macro
from automation.macros.render import Rendered
from automation.rules.actions import describe_actions
from helpdesk.lib.clock import iso, now
from integrations.commerce.models import Order
from integrations.commerce.money import format_money
from integrations.commerce.state import state_of


def light_macro_record(macro: Macro) -> dict[str, Any]:
    """What a palette needs."""
    return {"id": str(macro.pk), "name": macro.name, "folder": macro.folder}


def macro_record(macro: Macro) -> dict[str, Any]:
    """The whole macro."""
    return {
        **light_macro_record(macro),
        "language_variants": macro.variants,
        "actions": macro.actions,
        "is_active": macro.is_active,
        "usage_count": macro.usage_count,
        "version": macro.version,
    }


def rendered_record(macro: Macro, rendered: Rendered) -> dict[str, Any]:
    """The filled macro with what is missing, where values stand, and what else it does."""
    return {
        "text": rendered.text,
        "html": rendered.html,
        "subject": rendered.subject,
        "language": rendered.language,
        "missing": [asdict(each) for each in rendered.missing],
        "obstacles": [asdict(each) for each in rendered.obstacles],
        "languages": list(rendered.languages),
        "order_basis": rendered.basis,
        "spans": [asdict(each) for each in rendered.spans],
        "order": _order(rendered.order) if rendered.order else None,
        "orders": [_order(each) for each in rendered.orders],
        "actions": describe_actions(macro.actions),
    }


def _order(order: Order) -> dict[str, Any]:
    at = now()
    return {
        "id": str(order.pk),
        "number": order.number,
        "store": order.store.name,
        "state_text": str(state_of(order, at).label),
        "total": format_money(order.total_minor, order.currency),
        "placed_at": iso(order.placed_at),
        "as_of": iso(order.as_of),
    }
