"""Ids for names and names for ids: a text that people review speaks of nobody by number.

People are named by their address, channels by their slug, teams by name, macros by folder and
name, customers by their address.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import cached_property
from typing import Any

from automation.macros.models import Audience, Macro
from helpdesk.accounts.models import Organization, Team, User
from helpdesk.lib.errors import InvalidInput
from integrations.commerce.models import Store
from tickets.models import Channel, Handle

_FIELDS = {
    "ticket.assignee": "person",
    "ticket.followers": "person",
    "ticket.mentions": "person",
    "ticket.team": "team",
    "ticket.channel": "channel",
    "ticket.customer": "customer",
}
"""Conditions whose values are ids."""
_PARAMS = {
    "user_id": ("person", "person"),
    "team_id": ("team", "team"),
    "macro_id": ("macro", "macro"),
    "channel_id": ("channel", "channel"),
    "user_ids": ("people", "person"),
    "team_ids": ("teams", "team"),
}
"""Parameters of actions that are ids: what they are called in the text, and whom they name."""
_SAID_AGAIN = {"user_id", "team_id", "macro_id", "user_ids", "team_ids"}
"""Beside these stands ``name`` or ``names``, which saving fills in by itself."""


class Names:
    """Who and what an organization has, read once per text."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization

    @cached_property
    def _by_name(self) -> dict[str, dict[str, str]]:
        known: dict[str, dict[str, str]] = {
            "person": dict(self._pairs(User, "email")),
            "team": dict(self._pairs(Team, "name")),
            "channel": dict(self._pairs(Channel, "slug")),
            "macro": {},
        }
        for macro in shared_macros(self.organization):
            known["macro"].setdefault(macro_name(macro), str(macro.pk))
        return known

    def _pairs(self, model: Any, name: str) -> list[tuple[str, str]]:
        found = model.objects.filter(organization=self.organization).order_by("pk")
        return [(each, str(pk)) for each, pk in found.values_list(name, "pk")]

    @cached_property
    def _by_id(self) -> dict[str, dict[str, str]]:
        return {
            kind: {pk: name for name, pk in known.items()} for kind, known in self._by_name.items()
        }

    def name_of(self, kind: str, pk: str) -> str:
        """What it is called; who is gone keeps the id, which says so when it is read."""
        if kind == "customer":
            handle = Handle.objects.filter(customer_id=pk, kind="email").order_by("created_at")
            return handle.values_list("value", flat=True).first() or pk
        return self._by_id[kind].get(pk, pk)

    def id_of(self, kind: str, name: Any, path: str) -> str:
        """The id behind the name; raises InvalidInput naming the place."""
        found = self._customer(str(name)) if kind == "customer" else self._known(kind, str(name))
        if found is None:
            message = f"There is no {kind} “{str(name)[:80]}” here."
            raise InvalidInput.field(path, message, code="unknown_name")
        return found

    def _known(self, kind: str, name: str) -> str | None:
        return self._by_name[kind].get(name)

    def _customer(self, address: str) -> str | None:
        found = Handle.objects.filter(
            customer__organization=self.organization, kind="email", value=address
        )
        pk = found.values_list("customer_id", flat=True).first()
        return str(pk) if pk else None

    @cached_property
    def _stores(self) -> dict[str, str]:
        return dict(self._pairs(Store, "slug"))

    def store_id(self, slug: str) -> uuid.UUID:
        """The store of this slug; raises InvalidInput."""
        found = self._stores.get(slug)
        if found is None:
            message = f"There is no store “{slug[:80]}” here."
            raise InvalidInput.field("store", message, code="unknown_name")
        return uuid.UUID(found)

    def store_slug(self, pk: str) -> str:
        """What the store is called; one that is gone keeps its id."""
        return next((slug for slug, each in self._stores.items() if each == pk), pk)

    def conditions_as_names(self, tree: Any) -> Any:
        """The same tree with names for ids."""
        return _mapped(tree, "conditions", lambda kind, value, _: self._named(kind, value))

    def conditions_as_ids(self, tree: Any, path: str) -> Any:
        """The same tree with ids for names; raises InvalidInput naming the place."""
        return _mapped(tree, path, self._identified)

    def actions_as_names(self, actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The same actions with names for ids."""
        return [
            {"type": each["type"], **({"params": params} if params else {})}
            for each in actions
            for params in [self._params_as_names(each["params"])]
        ]

    def actions_as_ids(self, actions: Any, path: str) -> Any:
        """The same actions with ids for names; what is no action is left for the check."""
        if not isinstance(actions, list):
            return actions
        return [self._action_as_ids(each, f"{path}.{at}") for at, each in enumerate(actions)]

    def _params_as_names(self, params: dict[str, Any]) -> dict[str, Any]:
        more = {"name", "names"} if _SAID_AGAIN & set(params) else set()
        said: dict[str, Any] = {}
        for name, value in params.items():
            if name in _PARAMS:
                label, kind = _PARAMS[name]
                said[label] = self._named(kind, value)
            elif name not in more:
                said[name] = value
        return said

    def _action_as_ids(self, action: Any, path: str) -> Any:
        params = action.get("params", {}) if isinstance(action, dict) else None
        if not isinstance(params, dict):
            return action
        ids: dict[str, Any] = {}
        labels = {label: (name, kind) for name, (label, kind) in _PARAMS.items()}
        for name, value in params.items():
            stored, kind = labels.get(name, (name, ""))
            place = f"{path}.params.{name}"
            ids[stored] = self._identified(kind, value, place) if kind else value
        return {**action, "params": ids}

    def _named(self, kind: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self._named(kind, each) for each in value]
        return value if value in (None, "me") else self.name_of(kind, str(value))

    def _identified(self, kind: str, value: Any, path: str) -> Any:
        if isinstance(value, list):
            return [self._identified(kind, each, f"{path}.{at}") for at, each in enumerate(value)]
        return value if value in (None, "me") else self.id_of(kind, value, path)


def shared_macros(organization: Organization) -> list[Macro]:
    """Every macro that is not one person's own, in a stable order."""
    found = Macro.objects.filter(organization=organization).exclude(audience=Audience.PERSONAL)
    return list(found.select_related("team").order_by("folder", "name", "created_at", "pk"))


def macro_name(macro: Macro) -> str:
    """``Shipping / Tracking link``: names alone may be there twice."""
    return f"{macro.folder} / {macro.name}" if macro.folder else macro.name


def _mapped(node: Any, path: str, change: Callable[[str, Any, str], Any]) -> Any:
    if not isinstance(node, dict):
        return node
    for group in ("all", "any", "none"):
        if isinstance(node.get(group), list):
            children = [
                _mapped(each, f"{path}.{group}.{at}", change) for at, each in enumerate(node[group])
            ]
            return {**node, group: children}
    if "not" in node:
        return {**node, "not": _mapped(node["not"], f"{path}.not", change)}
    kind = _FIELDS.get(str(node.get("field")))
    if kind is None or node.get("value") is None:
        return node
    return {**node, "value": change(kind, node["value"], f"{path}.value")}
