"""The macros every organization begins with; afterwards they are its own to change."""

from __future__ import annotations

import tomllib
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
    known = set(
        Macro.objects.filter(organization=organization)
        .exclude(key="")
        .values_list("key", flat=True)
    )
    for each in tomllib.loads(_FILE.read_text())["macro"]:
        if each["key"] not in known:
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
