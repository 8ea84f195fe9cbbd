"""YAML that reads as it looks: written in one order, read without surprises.

Only what JSON knows: no dates, no ``yes`` for true, no ``9:00`` for 540, no anchors, no key twice.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from helpdesk.lib.errors import InvalidInput

MAX_CHARS = 1_000_000
MAX_NESTING = 60

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Reader(_Loader):
    """Knows text, whole numbers, numbers, true, false and nothing."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if key.tag != "tag:yaml.org,2002:str":
                raise InvalidInput.field("text", f"Line {line}: names of parts are words.")
            if key.value in seen:
                message = f"Line {line}: “{key.value[:60]}” is there twice."
                raise InvalidInput.field("text", message, code="twice")
            seen.add(key.value)
        return dict(super().construct_mapping(node, deep=deep))


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"~|null|", ["~", "n", ""]),
    ("int", r"-?(0|[1-9][0-9]{0,17})", "-0123456789"),
    ("float", r"-?[0-9]{1,15}\.[0-9]{1,15}", "-0123456789"),
):
    _Reader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first)
    )


class _Writer(_Dumper):
    """Writes no anchors, and long texts as they are read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: Any, value: str) -> Any:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Writer.add_representer(str, _text)


def write_yaml(value: Any) -> str:
    """The value as text; the same value is the same text."""
    said: str = yaml.dump(
        value, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=100, indent=2
    )
    return said


def read_yaml(text: str) -> Any:
    """What the text says; raises InvalidInput naming ``text`` and the line."""
    if len(text) > MAX_CHARS:
        message = f"This text has {len(text)} characters; at most {MAX_CHARS} are read at once."
        raise InvalidInput.field("text", message, code="too_long")
    try:
        _refuse_tricks(text)
        return yaml.load(text, Loader=_Reader)  # noqa: S506 - it knows less than the safe one
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = f"Line {line} cannot be read: {error.problem or 'this is no YAML'}."
        raise InvalidInput.field("text", message, code="unreadable") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidInput.field(
            "text", "This cannot be read as YAML.", code="unreadable"
        ) from error


def _refuse_tricks(text: str) -> None:
    """Read once without building anything: no anchors, no types by name, not too deep."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise InvalidInput.field("text", f"Line {line}: anchors are not read here.")
        if getattr(event, "tag", None):
            raise InvalidInput.field("text", f"Line {line}: types are not named here.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_NESTING:
            message = f"Line {line}: this is nested too deeply."
            raise InvalidInput.field("text", message, code="too_deep")
