"""The macros every organization begins with; afterwards they are its own to change."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from automation.macros.edit import create_macro
from automation.macros.models import Macro
from helpdesk.accounts.models import Organization

TRACKING = "tracking"
"""Key of the macro that the shipped rule *Where is my order* replies with."""

_FILE = Path(__file__).with_name("defaults.toml")


def ensure_default_macros(organization: Organization) -> None:
    """Create the default macros that are not there yet, by key; changed ones stay as they are."""
    ensure_macros(organization, _FILE)


def ensure_macros(
    organization: Organization, file: Path, keys: Iterable[str] | None = None
) -> None:
    """The same for the macros of another file, or those of them with these keys."""
    listed = tomllib.loads(file.read_text())["macro"]
    wanted = {each["key"] for each in listed} if keys is None else set(keys)
    known = set(
        Macro.objects.filter(organization=organization)
        .exclude(key="")
        .values_list("key", flat=True)
    )
    for each in listed:
        if each["key"] in wanted - known:
            create_macro(organization, fields_of(each), key=each["key"])


def fields_of(described: dict[str, Any]) -> dict[str, Any]:
    """The fields of a macro written as name, folder, tags, status and body by language."""
    actions: list[dict[str, Any]] = []
    if described.get("tags"):
        actions.append({"type": "add_tags", "params": {"tags": described["tags"]}})
    if described.get("status"):
        actions.append({"type": "set_status", "params": {"status": described["status"]}})
    return {
        "name": described["name"],
        "folder": described.get("folder", ""),
        "variants": [
            {"language": language, "subject": None, "body": body.strip("\n")}
            for language, body in described["body"].items()
        ],
        "actions": actions,
    }
