"""What templates are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from automation.rules.definition import EMPTY
from automation.rules.models import Definition
from automation.rules.shipped import action, customer_wants, leaf

Macros = dict[str, str]
"""The ids of the shop's macros by key."""


@dataclass(frozen=True)
class Template:
    """One card of the gallery; ``make`` fills in the shop's own macros."""

    key: str
    name: str
    what: str
    make: Callable[[Macros], dict[str, Any]]
    macros: tuple[str, ...] = ()
    has_orders: bool = False
    shipped: str = ""
    """The key of the rule every shop begins with, whose next version this is."""

    @property
    def rule_key(self) -> str:
        """What the rule made of it is found by."""
        return self.shipped or f"template:{self.key}"

    def definition(self, macros: Macros) -> Definition:
        """What the rule would say in this shop; replies with macros that are not there left out."""
        said: Definition = {
            **EMPTY,
            "name": self.name,
            "description": self.what,
            "triggers": ["message.received"],
            **self.make(macros),
        }
        for name in ("actions", "else_actions"):
            said[name] = [each for each in said[name] if each["params"].get("macro_id", "-")]
        return said


def tagged(*tags: str) -> dict[str, Any]:
    """The action that adds these tags."""
    return action("add_tags", tags=list(tags))


def priority(level: str) -> dict[str, Any]:
    """The action that sets the priority."""
    return action("set_priority", priority=level)


def answer(macros: Macros, key: str) -> dict[str, Any]:
    """The action that answers with the macro of that key."""
    return action("reply_with_macro", macro_id=macros.get(key, ""), name="")


def wants(*intents: str) -> list[dict[str, Any]]:
    """Conditions: a customer's own message with one of these intents."""
    return [*customer_wants(intents[0])[:2], leaf("message.intent", "is_any_of", list(intents))]


INBOUND = [leaf("message.direction", "is", "in"), leaf("message.kind", "is", "customer")]
NOT_SENT = [
    leaf("order.is_fulfilled", "is", value=False),
    leaf("order.is_cancelled", "is", value=False),
]
FIRST = leaf("message.is_first", "is", value=True)
PRIVATE = leaf("message.is_public", "is", value=False)
PROVEN = leaf("message.is_sender_verified", "is", value=True)
