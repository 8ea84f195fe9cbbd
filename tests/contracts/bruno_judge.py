"""Judges calls of Trustpilot's API by contracts/trustpilot/**.bru: the vendor's own collection of
example requests for Bruno. There is no schema in it, so a call must look like its example: method,
path, way of signing in, names of the query and of everything in the body."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.contracts.vendor import Asked, Verdict, contract_file

_BLOCK = re.compile(r"^([\w:-]+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_METHODS = ("get", "post", "put", "delete", "patch")
_SIGNED_BY = {
    "bearer": ("authorization", "Bearer "), "basic": ("authorization", "Basic "),
    "apikey": ("apikey", ""),
}  # fmt: skip


@dataclass(frozen=True)
class Example:
    """One request of the collection."""

    method: str
    template: str
    pattern: re.Pattern[str]
    auth: str
    query: dict[str, bool] = field(default_factory=dict)
    """Names, and whether they must be there."""
    form: frozenset[str] = frozenset()
    body: Any = None


@cache
def examples() -> list[Example]:
    """Every request, those with fewer variables in the path first."""
    found = [
        _example(path.read_text(encoding="utf-8"))
        for path in sorted(contract_file("trustpilot").rglob("*.bru"))
    ]
    return sorted(found, key=lambda each: each.template.count(":"))


def judge(asked: Asked) -> Verdict:
    """Whether a call looks like one of the examples; paths begin with /v1."""
    path = asked.path.removeprefix("/v1")
    for each in examples():
        if each.method == asked.method and each.pattern.fullmatch(path):
            return f"{each.method} {each.template}", _wrong(each, asked)
    return f"{asked.method} {asked.path}", ["not in the collection"]


def _wrong(example: Example, asked: Asked) -> list[str]:
    header, begin = _SIGNED_BY[example.auth]
    wrong = []
    if len(asked.headers.get(header, "")) <= len(begin) or not asked.headers[header].startswith(
        begin
    ):
        wrong.append(f"{header}: {example.auth} is wanted")
    wrong += [f"query {each}: not in the example" for each in asked.query.keys() - example.query]
    wrong += [
        f"query {name}: missing"
        for name, is_needed in example.query.items()
        if is_needed and name not in asked.query
    ]
    kind = asked.headers.get("content-type", "")
    if example.form:
        if not kind.startswith("application/x-www-form-urlencoded"):
            return [*wrong, "body: a form is wanted"]
        return wrong + _names("form", set(asked.form), set(example.form))
    if example.body is not None:
        if not kind.startswith("application/json"):
            return [*wrong, "body: JSON is wanted"]
        return wrong + _unlike("body", asked.json, example.body)
    return [*wrong, "body: none is wanted"] if asked.body else wrong


def _names(where: str, given: set[str], wanted: set[str]) -> list[str]:
    return [f"{where} {each}: not in the example" for each in given - wanted] + [
        f"{where} {each}: missing" for each in wanted - given
    ]


def _unlike(where: str, given: Any, example: Any) -> list[str]:
    """Objects have the example's names; an empty or missing text is no text."""
    if isinstance(example, dict):
        if not isinstance(given, dict):
            return [f"{where}: not an object"]
        wrong = _names(where, set(given), set(example))
        both = set(given) & set(example)
        return wrong + [
            line for each in both for line in _unlike(f"{where}.{each}", given[each], example[each])
        ]
    if isinstance(example, list):
        return [] if isinstance(given, list) else [f"{where}: not a list"]
    if example is None or isinstance(example, str):
        return [] if isinstance(given, str) and given else [f"{where}: not a text"]
    return [] if isinstance(given, type(example)) else [f"{where}: not like the example"]


def _example(text: str) -> Example:
    blocks = dict(_BLOCK.findall(text))
    method = next(each for each in _METHODS if each in blocks)
    head = _pairs(blocks[method])
    url = urlsplit(head["url"].removeprefix("{{baseUrl}}"))
    named = {name: not name.startswith("~") for name in _pairs(blocks.get("params:query", ""))}
    query = {name.removeprefix("~"): is_needed for name, is_needed in named.items()}
    query |= {name: True for name, _ in parse_qsl(url.query, keep_blank_values=True)}
    body = blocks.get("body:json")
    parts = [".+" if each.startswith(":") else re.escape(each) for each in url.path.split("/")]
    return Example(
        method.upper(), url.path, re.compile("/".join(parts).replace(".+", "[^/]+")),
        head["auth"], query, frozenset(_pairs(blocks.get("body:form-urlencoded", ""))),
        None if body is None else json.loads(re.sub(r"\{\{\w+\}\}", "null", body)),
    )  # fmt: skip


def _pairs(block: str) -> dict[str, str]:
    lines = [each.strip().partition(":") for each in block.splitlines() if ":" in each]
    return {name.strip(): value.strip() for name, _, value in lines}
