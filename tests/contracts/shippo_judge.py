"""Judges calls of Shippo by contracts/shippo: models made from the vendor's own SDK."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tests.contracts.vendor import Asked, Verdict, contract_file

OPERATIONS = (
    ("POST", r"/tracks", "TracksRequest"),
    ("POST", r"/shipments", "ShipmentCreateRequest"),
    ("POST", r"/transactions", "TransactionCreateRequest"),
    ("GET", r"/transactions", "ListTransactionsRequest"),
    ("GET", r"/webhooks", ""),
    ("POST", r"/webhooks", "WebhookUpdateRequest"),
    ("PUT", r"/webhooks/\w+", "WebhookUpdateRequest"),
    ("DELETE", r"/webhooks/\w+", ""),
)


@cache
def _models() -> dict[str, Any]:
    found = json.loads((contract_file("shippo") / "models.schema.json").read_bytes())["$defs"]
    for model in found.values():
        if model.get("properties"):
            model["additionalProperties"] = False
    return dict(found)


def judge(asked: Asked) -> Verdict:
    """Whether there is such an operation, and whether names and types are those of its model."""
    for method, pattern, model in OPERATIONS:
        if asked.method == method and re.fullmatch(pattern, asked.path):
            is_signed = asked.headers.get("authorization", "").startswith("ShippoToken ")
            return f"{method} {pattern}", ([] if is_signed else ["no token"]) + _wrong(asked, model)
    return f"{asked.method} {asked.path}", ["not in the contract"]


def _wrong(asked: Asked, model: str) -> list[str]:
    if not model:
        return []
    if asked.method == "GET":
        known = _models()[model]["properties"]
        return [f"unknown query {each}" for each in asked.query if each not in known]
    schema = {"$ref": f"#/$defs/{model}", "$defs": _models()}
    errors = Draft202012Validator(schema).iter_errors(asked.json)
    return [f"{'/'.join(map(str, each.path))}: {each.message}"[:200] for each in errors]
