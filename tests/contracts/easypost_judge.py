"""Judges calls of EasyPost by contracts/easypost: the vendor's recorded examples and fixtures.

There is no machine-readable contract. Paths are those of the vendor's pages; a name in a body must
be one that the vendor's own fixtures use, or one that its pages add to them.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from functools import cache
from typing import Any

from tests.contracts.vendor import Asked, Verdict, contract_file

OPERATIONS: tuple[tuple[str, str, set[str], str | None], ...] = (
    ("GET", r"/v2/trackers", {"tracking_code", "page_size"}, None),
    ("POST", r"/v2/trackers", set(), "tracker"),
    ("POST", r"/v2/shipments", set(), "shipment"),
    ("GET", r"/v2/shipments/shp_\w+", set(), None),
    ("POST", r"/v2/shipments/shp_\w+/buy", set(), "rate"),
    ("GET", r"/v2/webhooks", set(), None),
    ("POST", r"/v2/webhooks", set(), "webhook"),
    ("PATCH", r"/v2/webhooks/hook_\w+", set(), None),
    ("DELETE", r"/v2/webhooks/hook_\w+", set(), None),
)


@cache
def _names() -> dict[str, set[str]]:
    folder = contract_file("easypost")
    fixtures = json.loads((folder / "client-library-fixtures.json").read_bytes())
    tracker = json.loads((folder / "trackers-create.json").read_bytes())
    hook = json.loads((folder / "webhooks-create.json").read_bytes())
    return {
        "shipment": {*fixtures["shipments"]["full"], "is_return"},
        "address": {*fixtures["addresses"]["ca_address_1"], "company"},
        "parcel": set(fixtures["parcels"]["basic"]),
        "options": set(fixtures["shipments"]["full"]["options"]),
        "tracker": {"tracking_code", "carrier"} & set(tracker),
        "webhook": {*hook, "webhook_secret"},
        "rate": {"id"},
    }


def judge(asked: Asked) -> Verdict:
    """Whether there is such an operation, and whether its names are EasyPost's."""
    for method, pattern, query, body in OPERATIONS:
        if asked.method == method and re.fullmatch(pattern, asked.path):
            wrong = [f"unknown query {each}" for each in asked.query if each not in query]
            return f"{method} {pattern}", wrong + _key(asked) + _body(asked, body)
    return f"{asked.method} {asked.path}", ["not in the contract"]


def _key(asked: Asked) -> list[str]:
    said = asked.headers.get("authorization", "")
    try:
        user = base64.b64decode(said.removeprefix("Basic "), validate=True).decode()
    except (binascii.Error, ValueError):
        user = ""
    return [] if said.startswith("Basic ") and re.fullmatch(r"\w+:", user) else ["no key"]


def _body(asked: Asked, wrapped_in: str | None) -> list[str]:
    if wrapped_in is None:
        return []
    told = asked.json
    if set(told) != {wrapped_in}:
        return [f"the body is not one {wrapped_in}"]
    return _unknown(wrapped_in, told[wrapped_in])


def _unknown(name: str, told: dict[str, Any]) -> list[str]:
    wrong = [f"unknown {name}.{each}" for each in told if each not in _names()[name]]
    for part, of in (
        ("to_address", "address"), ("from_address", "address"), ("parcel", "parcel"),
        ("options", "options"),
    ):  # fmt: skip
        if part in told:
            wrong += _unknown(of, told[part])
    return wrong
