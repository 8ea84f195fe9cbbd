"""Judges calls of the Bot API by contracts/telegram/api.min.json.gz (scraped from the official
documentation; a form of its own: methods with typed fields, types with typed fields)."""

from __future__ import annotations

import gzip
import json
import re
from email.parser import BytesParser
from email.policy import HTTP
from functools import cache
from typing import Any

from tests.contracts.vendor import Asked, Verdict, contract_file

_PATH = re.compile(r"^/bot\d+:[\w-]+/(\w+)$")
_DOWNLOAD = re.compile(r"^/file/bot\d+:[\w-]+/.+$")
_PLAIN: dict[str, tuple[type, ...]] = {
    "Integer": (int,), "String": (str,), "Float": (int, float),
}  # fmt: skip


@cache
def contract() -> dict[str, Any]:
    """The whole document."""
    document: dict[str, Any] = json.loads(
        gzip.decompress(contract_file("telegram/api.min.json.gz").read_bytes())
    )
    return document


def judge(asked: Asked) -> Verdict:
    """Whether a call fits: a known method, its required fields, no others, each of its type."""
    if asked.method == "GET" and _DOWNLOAD.match(asked.path):
        return "GET /file/bot{token}/{path}", []
    found = _PATH.match(asked.path)
    method = contract()["methods"].get(found.group(1)) if found else None
    if found is None or method is None or asked.method != "POST":
        return f"{asked.method} {asked.path}", ["no such method"]
    fields = {each["name"]: each for each in method.get("fields", [])}
    given, files = _given(asked, fields)
    wrong = [f"{name}: not in the contract" for name in given if name not in fields]
    wrong += [
        f"{name}: required"
        for name, each in fields.items()
        if each["required"] and name not in given
    ]
    for name, value in given.items():
        if name in fields:
            wrong += _misfits(name, value, fields[name]["types"], files)
    if files and len(given.get("text", "")) > 4096:
        wrong.append("text: 1-4096 characters")
    return f"POST /{found.group(1)}", wrong


def _given(asked: Asked, fields: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """The parameters, and the names of the parts that are files."""
    kind = asked.headers.get("content-type", "")
    if "json" in kind:
        return dict(asked.json), set()
    head = b"Content-Type: " + kind.encode() + b"\r\n\r\n"
    given: dict[str, Any] = {}
    files: set[str] = set()
    for part in BytesParser(policy=HTTP).parsebytes(head + asked.body).iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        if part.get_filename():
            files.add(name)
            if name in fields:
                given[name] = part.get_payload(decode=True)
            continue
        text = part.get_content().rstrip("\r\n")
        types = fields.get(name, {}).get("types", [])
        given[name] = text if "String" in types and "Integer" not in types else _read(text)
    return given, files


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _misfits(where: str, value: Any, types: list[str], files: set[str]) -> list[str]:
    reasons = [_misfit(where, value, each, files) for each in types]
    return [] if any(not each for each in reasons) else min(reasons, key=len)


def _misfit(where: str, value: Any, kind: str, files: set[str]) -> list[str]:
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            return [f"{where}: not a list"]
        inner = kind.removeprefix("Array of ")
        return [
            wrong
            for number, each in enumerate(value)
            for wrong in _misfit(f"{where}/{number}", each, inner, files)
        ]
    if kind == "Boolean":
        return [] if isinstance(value, bool) else [f"{where}: not a Boolean"]
    if kind == "InputFile":
        return [] if isinstance(value, bytes) else [f"{where}: not a file"]
    if kind in _PLAIN:
        fits = isinstance(value, _PLAIN[kind]) and not isinstance(value, bool)
        if fits and isinstance(value, str) and value.startswith("attach://"):
            fits = value.removeprefix("attach://") in files
        return [] if fits else [f"{where}: not a {kind}"]
    return _object(where, value, contract()["types"][kind], files)


def _object(where: str, value: Any, described: dict[str, Any], files: set[str]) -> list[str]:
    if described.get("subtypes"):
        return _misfits(where, value, described["subtypes"], files)
    if not isinstance(value, dict):
        return [f"{where}: not an object"]
    fields = {each["name"]: each for each in described.get("fields", [])}
    wrong = [f"{where}/{name}: not in the contract" for name in value if name not in fields]
    for name, each in fields.items():
        if name in value:
            wrong += _misfits(f"{where}/{name}", value[name], each["types"], files)
        elif each["required"]:
            wrong.append(f"{where}/{name}: required")
    return wrong
