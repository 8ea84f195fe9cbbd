"""Judging requests by Meta's own description of its Graph API, which is no OpenAPI.

``../shared/contracts/meta/graph-<Node>.json`` names each node's edges with their parameters and
types, and its fields. Checked here: the edge and the method, required and unknown parameters, the
types and enum values, and the names asked for in ``fields``. What the files leave open stays open:
the inside of ``message`` and ``recipient`` ("Object"), answers, and the few paths of ``OUTSIDE``.
"""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from typing import Any

from tests.contracts.vendor import Asked, JudgeOf, Verdict, contract_file

GENERIC = {"access_token", "appsecret_proof", "fields", "limit", "after", "before", "since"}
"""What every Graph request may carry; the files do not repeat them."""
UPLOADS = {"filedata", "source"}
"""Multipart file fields, which the files do not name either."""
OUTSIDE = {"debug_token", "refresh_access_token"}
"""Paths that Meta documents in words alone."""


def graph_judge(nodes: dict[str, str]) -> JudgeOf:
    """A judge; ``nodes`` says which kind of node an id is: pattern → the file's name."""
    contract_file("meta")
    known = [(re.compile(pattern), node) for pattern, node in nodes.items()]

    def verdict(asked: Asked) -> Verdict:
        path = re.sub(r"^/v\d+\.\d+", "", asked.path).strip("/")
        object_id, _, edge = path.partition("/")
        if object_id in OUTSIDE:
            return f"{asked.method} /{object_id} (outside the contract)", []
        node = next((node for pattern, node in known if pattern.fullmatch(object_id)), "")
        if not node:
            return f"{asked.method} /{path}", [f"{object_id} is no node that the test knows"]
        name = f"{asked.method} /{{{node}}}{'/' + edge if edge else ''}"
        return name, _wrong(asked, _node(node), edge)

    return verdict


def _wrong(asked: Asked, node: dict[str, Any], edge: str) -> list[str]:
    operation = next(
        (
            each for each in node["apis"]
            if each["method"] == asked.method and each.get("endpoint", "") == edge
        ),
        None,
    )  # fmt: skip
    if operation is None:
        return [f"{asked.method} {edge or 'the node itself'}: not in the contract"]
    wrong = [] if "authorization" in asked.headers else ["no access token"]
    given = {**asked.query, **_body(asked)}
    params = {each["name"]: each for each in operation["params"]}
    wrong += [
        f"{name}: required"
        for name, each in params.items()
        if each["required"] and name not in given
    ]
    for name, value in given.items():
        if name in params:
            wrong += _wrong_value(name, params[name]["type"], value)
        elif name not in GENERIC | UPLOADS:
            wrong.append(f"{name}: not in the contract")
    returned = node if not edge else _node_or_none(operation["return"])
    if "fields" in given and returned is not None:
        allowed = {each["name"] for each in returned["fields"]}
        allowed |= {each.get("endpoint", "") for each in returned["apis"]}
        names = _names(str(given["fields"]))
        wrong += [f"fields: {name} is not in the contract" for name in names - allowed]
    return wrong


def _wrong_value(name: str, kind: str, value: Any) -> list[str]:
    if kind.startswith("list"):
        inner = kind.removeprefix("list").strip("<>")
        if not isinstance(value, list):
            return [f"{name}: must be a list"]
        return [each for item in value for each in _wrong_value(name, inner, item)] if inner else []
    values = _enums().get(kind)
    if values is not None:
        return [] if value in values else [f"{name}: {value!r} is none of {values}"]
    fits = {
        "string": isinstance(value, str),
        "bool": isinstance(value, bool) or value in ("true", "false"),
        "int": _is_int(value),
        "unsigned int": _is_int(value) and int(value) >= 0,
    }
    return [] if fits.get(kind, True) else [f"{name}: must be {kind}"]


def _is_int(value: Any) -> bool:
    return not isinstance(value, bool) and str(value).lstrip("-").isdigit()


def _body(asked: Asked) -> dict[str, Any]:
    kind = asked.headers.get("content-type", "")
    if not asked.body:
        return {}
    if "json" in kind:
        body = asked.json
        return body if isinstance(body, dict) else {"": body}
    if "multipart" in kind:
        names = re.findall(rb'form-data; name="([^"]+)"(; filename)?', asked.body)
        return {
            name.decode(): "" if is_file else _part(asked.body, name) for name, is_file in names
        }
    return asked.form


def _part(body: bytes, name: bytes) -> str:
    found = re.search(
        rb'name="' + re.escape(name) + rb'"[^\r]*\r\n(?:[^\r]+\r\n)*\r\n(.*?)\r\n--',
        body,
        re.DOTALL,
    )
    return found.group(1).decode() if found else ""


def _names(fields: str) -> set[str]:
    """The first level of ``a,b{c},d.limit(5){e}``."""
    depth, word, names = 0, "", []
    for each in fields:
        if each in "{(":
            depth += 1
        elif each in "})":
            depth -= 1
        elif each == "," and depth == 0:
            names.append(word)
            word = ""
        elif depth == 0:
            word += each
    return {each.split(".", 1)[0].strip() for each in [*names, word] if each.strip()}


@cache
def _node(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(contract_file(f"meta/graph-{name}.json").read_text())
    return found


def _node_or_none(name: str) -> dict[str, Any] | None:
    path = contract_file("meta") / f"graph-{name}.json"
    return _node(name) if path.exists() else None


@cache
def _enums() -> dict[str, list[str]]:
    with gzip.open(contract_file("meta/graph-enum_types.json.gz")) as file:
        return {each["name"]: each["values"] for each in json.load(file)}
