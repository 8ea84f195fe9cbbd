"""Approved message templates: what may be written after the 24 hours are over."""

from __future__ import annotations

import re
from typing import Any

from inbox.connector import Template

_VARIABLE = re.compile(r"\{\{\s*(\w{1,60})\s*\}\}")


def template_of(told: dict[str, Any]) -> Template | None:
    """An approved template of text that we can send; None for any other."""
    if told.get("status") != "APPROVED" or not told.get("name"):
        return None
    parts = [each for each in told.get("components") or [] if isinstance(each, dict)]
    by_type = {str(each.get("type")): each for each in parts}
    header, body = by_type.get("HEADER", {}), by_type.get("BODY", {})
    needs_file = bool(header) and header.get("format") not in (None, "TEXT")
    needs_link = any(
        "{{" in str(button.get("url") or "")
        for button in by_type.get("BUTTONS", {}).get("buttons") or []
    )
    if needs_file or needs_link or not body.get("text"):
        return None
    return Template(
        name=str(told["name"]),
        language=str(told.get("language") or ""),
        text=str(body["text"]),
        header=str(header.get("text") or ""),
        footer=str(by_type.get("FOOTER", {}).get("text") or ""),
        variables=tuple(dict.fromkeys(_VARIABLE.findall(str(body["text"])))),
        header_variables=tuple(dict.fromkeys(_VARIABLE.findall(str(header.get("text") or "")))),
        category=str(told.get("category") or "").lower(),
    )


def components_of(chosen: dict[str, Any]) -> list[dict[str, Any]]:
    """The values of a chosen template in the form that the Cloud API takes."""
    found = []
    for part, prefix in (("header", "header_"), ("body", "")):
        values = values_of(chosen, prefix)
        if values:
            parameters = [_parameter(name, value) for name, value in values.items()]
            found.append({"type": part, "parameters": parameters})
    return found


def values_of(chosen: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """What stands in the gaps, by name; where no names were given they are numbered."""
    values = [str(each) for each in chosen.get(f"{prefix}values") or []]
    names = [str(each) for each in chosen.get(f"{prefix}names") or []]
    numbered = [str(number) for number in range(len(names) + 1, len(values) + 1)]
    return dict(zip([*names, *numbered], values, strict=False))


def _parameter(name: str, value: str) -> dict[str, str]:
    told = {"type": "text", "text": value}
    return told if name.isdigit() else {**told, "parameter_name": name}
