"""What each role may do. Deny by default: what is not listed is not allowed."""

from __future__ import annotations

from helpdesk.accounts.models import Role, User
from helpdesk.lib.errors import NotAllowed

_VIEWER = frozenset({"ticket.view", "customer.view", "order.view", "report.view", "macro.view"})
_AGENT = _VIEWER | {
    "ticket.change",
    "ticket.reply",
    "customer.change",
    "customer.verify",
    "customer.merge",
    "order.act",
    "rule.view",
    "inbound.view",
    "token.own",
}
_ADMIN = _AGENT | {
    "macro.change",
    "rule.change",
    "view.change",
    "channel.change",
    "store.change",
    "inbound.retry",
    "team.change",
    "settings.change",
    "customer.export",
    "ticket.remove",
    "order.approve",
    "order.limits",
}

CAPABILITIES: dict[str, frozenset[str]] = {
    Role.VIEWER: _VIEWER,
    Role.AGENT: frozenset(_AGENT | {"macro.change", "inbound.retry"}),
    Role.ADMIN: frozenset(_ADMIN),
}


def may(user: User, capability: str) -> bool:
    """Whether the person's role allows it."""
    return user.is_active and capability in CAPABILITIES.get(user.role, frozenset())


def require(user: User, capability: str) -> None:
    """Raises NotAllowed naming what is missing and who can grant it."""
    if not may(user, capability):
        raise NotAllowed(
            f"Your role ({user.get_role_display()}) does not allow this. "
            f"An admin can grant “{capability}”."
        )
