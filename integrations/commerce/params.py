"""Reading the parameters of an action: one wrong field is named, nothing is guessed."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.normal_form import AddressData

Params = dict[str, Any]
ADDRESS_FIELDS = tuple(each.name for each in fields(AddressData))
NEEDED = ("street", "city", "country_code")
REASONS = ("customer", "fraud", "stock", "staff", "other")


def choice(params: Params, name: str, choices: tuple[str, ...], default: str) -> str:
    """One of the words, or the default; raises InvalidInput naming ``params.<name>``."""
    given = params.get(name) or default
    if given not in choices:
        raise InvalidInput.field(f"params.{name}", f"One of: {', '.join(choices)}.")
    return str(given)


def amount(params: Params, name: str, default: int, *, most: int) -> int:
    """A sum in minor units, not below zero and not above what there is."""
    given = params.get(name)
    if given is None:
        return default
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise InvalidInput.field(f"params.{name}", "An amount is not below zero.")
    if given > most:
        raise InvalidInput.field(f"params.{name}", "More than can go back.", code="too_much")
    return given


def quantities(params: Params) -> dict[str, int]:
    """How many of each line: ``lines`` [{line, quantity}]."""
    given = params.get("lines") or []
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise InvalidInput.field("params.lines", "A list of lines with quantities.")
    return {str(each.get("line")): quantity(each) for each in given}


def quantity(told: Params) -> int:
    """The whole number of one line; raises InvalidInput naming ``params.lines``."""
    given = told.get("quantity")
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise InvalidInput.field("params.lines", "A quantity is a whole number.")
    return given


def as_lines(chosen: dict[str, int]) -> list[Params]:
    """The same as it stands in the parameters."""
    return [{"line": line, "quantity": many} for line, many in chosen.items()]


def chosen_of(params: Params, left: dict[str, int]) -> dict[str, int]:
    """The lines and how many of each; no more than are left."""
    chosen = quantities(params)
    for position, (line, many) in enumerate(chosen.items()):
        if many > left.get(line, 0):
            path = f"params.lines.{position}.quantity"
            raise InvalidInput.field(path, "More than can go back of this.")
    return chosen


def address(params: Params, before: AddressData) -> AddressData:
    """The new address: what was given laid over the old one. Street, city and country it needs."""
    given = params.get("address") or {}
    if not isinstance(given, dict) or set(given) - set(ADDRESS_FIELDS):
        raise InvalidInput.field("params.address", "This is no address.")
    after = replace(before, **{name: str(value or "")[:200] for name, value in given.items()})
    for name in NEEDED:
        if given and not getattr(after, name).strip():
            raise InvalidInput.field(f"params.address.{name}", "Fill this in.")
    return after


def one_line(address: AddressData) -> str:
    """The address in a line, as an effect's detail."""
    parts = (address.street.replace("\n", ", "), address.postcode, address.city)
    return ", ".join(part for part in parts if part)
