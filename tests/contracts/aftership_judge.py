"""Judges calls of AfterShip by contracts/aftership: operations and models made from the vendor's
own SDK (see its README). Paths begin with /tracking/2026-07."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tests.contracts.vendor import Asked, Verdict, contract_file

_MODEL = re.compile(r"\w+Request")


@cache
def _contract() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    folder = contract_file("aftership")
    operations = json.loads((folder / "operations.json").read_bytes())
    models = json.loads((folder / "models.schema.json").read_bytes())["$defs"]
    for model in models.values():
        if model.get("properties"):
            model["additionalProperties"] = False
    return operations, models


def judge(asked: Asked) -> Verdict:
    """Whether there is such an operation, and whether names and types are those of its model."""
    operations, models = _contract()
    for each in operations:
        pattern = re.sub(r"\{\w+\}", "[^/]+", each["path"])
        if each["method"] == asked.method and re.fullmatch(pattern, asked.path):
            return f"{each['method']} {each['path']}", _wrong(asked, each, models)
    return f"{asked.method} {asked.path}", ["not in the contract"]


def _wrong(asked: Asked, operation: dict[str, Any], models: dict[str, Any]) -> list[str]:
    wrong = [f"unknown query {name}" for name in asked.query if name not in operation["query"]]
    if not asked.headers.get("as-api-key"):
        wrong.append("no as-api-key")
    model = next(
        (_MODEL.search(kind) for _, kind in operation["args"] if _MODEL.search(kind)), None
    )
    if model is not None:
        schema = {"$ref": f"#/$defs/{model.group()}", "$defs": models}
        errors = Draft202012Validator(schema).iter_errors(asked.json)
        wrong += [f"{'/'.join(map(str, each.path))}: {each.message}"[:200] for each in errors]
    return wrong
