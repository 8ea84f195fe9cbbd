"""What views can be made of, and the ones that every organization starts with."""

from __future__ import annotations

from typing import Any

from helpdesk.accounts.models import Organization
from tickets.models import View

Leaf = dict[str, Any]

SORTS = (
    "queue",
    "newest",
    "oldest",
    "waiting",
    "priority",
    "created",
    "created_oldest",
    "updated",
)
GROUPS = ("", "status", "priority", "assignee", "channel", "day")
COLUMNS = (
    "number",
    "assignee",
    "team",
    "priority",
    "status",
    "tags",
    "created",
    "waiting",
    "csat",
    "language",
    "intent",
)
"""What rows may show besides what they always show."""
MAX_PER_PERSON = 100


def ensure_default_views(organization: Organization) -> None:
    """Add the default views that are missing; existing ones stay as the shop has made them."""
    View.objects.bulk_create(
        [
            View(organization=organization, position=position, **view)
            for position, view in enumerate(_DEFAULT_VIEWS)
        ],
        ignore_conflicts=True,
    )


def is_shipped(view: View) -> bool:
    """Whether the program brought the view along: such views can be changed and stay."""
    return view.slug in _SHIPPED_SLUGS


def _leaf(field: str, operator: str, value: Any = None) -> Leaf:
    return {"field": field, "operator": operator, "value": value}


_IS_OPEN = _leaf("ticket.status", "is", "open")


def _view(slug: str, name: str, icon: str, section: str, *leaves: Leaf) -> dict[str, Any]:
    return {
        "slug": slug,
        "name": name,
        "icon": icon,
        "section": section,
        "conditions": {"all": list(leaves)},
    }


def _tagged(tag: str) -> Leaf:
    return _leaf("ticket.tags", "contains_any_of", [tag])


_DEFAULT_VIEWS = [
    _view("mine", "My queue", "user-round", "me", _IS_OPEN, _leaf("ticket.assignee", "is", "me")),
    _view(
        "unassigned",
        "Unassigned",
        "circle-dashed",
        "me",
        _IS_OPEN,
        _leaf("ticket.assignee", "is_empty"),
    ),
    _view(
        "mentions",
        "Mentions",
        "at-sign",
        "me",
        _leaf("ticket.mentions", "contains_any_of", ["me"]),
    ),
    _view("all", "All open", "layers", "me", _IS_OPEN),
    _view(
        "snoozed",
        "Snoozed",
        "alarm-clock-check",
        "me",
        _leaf("ticket.status", "is", "snoozed"),
    ),
    _view("closed", "Closed", "check", "me", _leaf("ticket.status", "is", "closed")),
    _view("urgent", "Urgent", "zap", "team", _IS_OPEN, _leaf("ticket.priority", "is", "urgent")),
    _view("cancellations", "Cancellations", "ban", "team", _IS_OPEN, _tagged("cancellation")),
    _view("wismo", "Where is my order", "package-search", "team", _IS_OPEN, _tagged("wismo")),
    _view(
        "email", "Email", "mail", "channels", _IS_OPEN, _leaf("ticket.channel_kind", "is", "email")
    ),
]
_SHIPPED_SLUGS = frozenset(view["slug"] for view in _DEFAULT_VIEWS)
