"""Records of macros and of filled ones for the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from automation.macros.acting import order_action_of
from automation.macros.edit import audience_of
from automation.macros.models import Macro, MacroVersion
from automation.macros.render import Rendered
from automation.macros.selectors import Rated, Suggestion, changes_between
from automation.rules.actions import describe_actions
from helpdesk.lib.clock import iso, now
from integrations.commerce.models import Order
from integrations.commerce.money import format_money
from integrations.commerce.state import state_of


def light_macro_record(macro: Macro) -> dict[str, Any]:
    """What a palette needs."""
    return {
        "id": str(macro.pk),
        "name": macro.name,
        "folder": macro.folder,
        "acts_on_order": order_action_of(macro),
    }


def macro_record(macro: Macro, rated: Rated | None = None) -> dict[str, Any]:
    """The whole macro, with how customers rated tickets after it was used."""
    return {
        **light_macro_record(macro),
        **audience_of(macro),
        "intents": macro.intents,
        "claims": macro.claims,
        "last_used_at": iso(macro.last_used_at),
        "updated_at": iso(macro.updated_at),
        "csat": rated.average if rated else None,
        "csat_count": rated.count if rated else 0,
        "action_words": describe_actions(macro.actions),
        "language_variants": macro.variants,
        "actions": macro.actions,
        "is_active": macro.is_active,
        "usage_count": macro.usage_count,
        "version": macro.version,
    }


def suggestion_record(suggestion: Suggestion, rated: Rated | None) -> dict[str, Any]:
    """A macro in the palette, with why it stands where it does."""
    return {
        "id": str(suggestion.macro.pk),
        "reason": suggestion.reason,
        "usage_count": suggestion.macro.usage_count,
        "last_used_at": iso(suggestion.last_used_at),
        "csat": rated.average if rated else None,
        "csat_count": rated.count if rated else 0,
    }


def version_record(version: MacroVersion, before: MacroVersion | None) -> dict[str, Any]:
    """A version with what it changed."""
    return {
        "number": version.number,
        "created_at": iso(version.created_at),
        "user_id": str(version.user_id) if version.user_id else None,
        "user_name": version.user.name if version.user else "",
        "restored_from": version.restored_from,
        "content": version.content,
        "changes": changes_between(before.content, version.content) if before else [],
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
