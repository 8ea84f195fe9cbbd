"""The event catalogue as data and as TypeScript: `catalog.json` and the front end's types.

Both are made from the TypedDicts that helpdesk.events.catalog names, so there is one list of events.
"""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from typing import (
    Any,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from helpdesk.events import catalog

PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", Any: "unknown"}
DO_NOT_EDIT = "Made by `make api` from helpdesk/events/catalog.py. Do not edit."


def as_json() -> str:
    """catalog.json: every event type and the fields of every record it carries."""
    events = [
        {
            "name": each.name,
            "version": each.version,
            "payload": each.payload.__name__,
            "describes": each.describes,
        }
        for each in catalog.TYPES.values()
    ]
    records = {shape.__name__: dict(_fields(shape)) for shape in _shapes()}
    content = {"major_version": catalog.MAJOR_VERSION, "events": events, "records": records}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def as_typescript() -> str:
    """The same as interfaces, and a map from event name to payload."""
    lines = [f"/* {DO_NOT_EDIT} */", ""]
    lines += [f"export const CATALOG_VERSION = {catalog.MAJOR_VERSION};", ""]
    for shape in _shapes():
        lines += [f"export interface {shape.__name__} {{"]
        lines += [f"  {name}: {words};" for name, words in _fields(shape)]
        lines += ["}", ""]
    lines += ["export interface EventPayloads {"]
    for each in catalog.TYPES.values():
        lines += [f"  /** {each.describes} */", f"  '{each.name}': {each.payload.__name__};"]
    lines += ["}", "", "export type EventName = keyof EventPayloads;", ""]
    return "\n".join(lines)


def _shapes() -> list[Any]:
    """Every record that an event carries, those that are part of another first."""
    found: dict[str, Any] = {}
    for each in catalog.TYPES.values():
        _collect(each.payload, found)
    return list(found.values())


def _collect(shape: Any, found: dict[str, Any]) -> None:
    if is_typeddict(shape):
        for hint in get_type_hints(shape).values():
            _collect(hint, found)
        found.setdefault(shape.__name__, shape)
    for part in get_args(shape):
        _collect(part, found)


def _fields(shape: Any) -> Iterator[tuple[str, str]]:
    """Name (with `?` where it may be left out) and TypeScript type of each field."""
    for name, hint in get_type_hints(shape, include_extras=True).items():
        if get_origin(hint) is NotRequired:
            yield f"{name}?", _words(get_args(hint)[0])
        else:
            yield name, _words(hint)


def _words(hint: Any) -> str:
    """A Python type in TypeScript's words; raises TypeError for one that has none yet."""
    origin, parts = get_origin(hint), get_args(hint)
    if hint in PLAIN:
        return PLAIN[hint]
    if hint is types.NoneType:
        return "null"
    if is_typeddict(hint):
        return str(hint.__name__)
    if origin is Literal:
        return " | ".join(json.dumps(value) for value in parts)
    if origin in {Union, types.UnionType}:
        return " | ".join(_words(part) for part in parts)
    if origin is list:
        return f"Array<{_words(parts[0])}>"
    if origin is dict:
        return f"Record<{_words(parts[0])}, {_words(parts[1])}>"
    raise TypeError(f"no TypeScript for {hint!r}")
