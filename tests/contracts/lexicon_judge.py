"""Judges XRPC calls by the lexicons in contracts/bluesky (the vendor's own): which method, which
parameters, what is required, which type, how long in bytes and in graphemes. Stricter than the
lexicons, which are open: a field that none of them names is refused."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import regex  # type: ignore[import-untyped]

from tests.contracts.vendor import Asked, Verdict, contract_file

Record = dict[str, Any]

_FORMATS = {
    "did": r"did:[a-z]+:[A-Za-z0-9._:%-]+",
    "handle": r"([a-z0-9-]+\.)+[a-z][a-z0-9-]*",
    "at-identifier": r"did:[a-z]+:[A-Za-z0-9._:%-]+|([a-z0-9-]+\.)+[a-z][a-z0-9-]*",
    "nsid": r"[a-z0-9-]+(\.[a-z0-9-]+)+\.[A-Za-z][A-Za-z0-9]*",
    "at-uri": r"at://[^/]+/[a-zA-Z0-9.]+/[A-Za-z0-9._:~-]+",
    "cid": r"[a-z0-9]{20,}",
    "record-key": r"[A-Za-z0-9._:~-]{1,512}",
    "uri": r"[a-z][a-z0-9+.-]*:\S+",
    "language": r"[a-z]{2,3}(-[A-Za-z0-9]+)*",
}
_TID = re.compile(r"[234567abcdefghij][234567a-z]{12}")
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "boolean": (bool,), "array": (list,), "object": (dict,),
}  # fmt: skip


@cache
def lexicon(name: str) -> Record:
    """The definitions of a method or record; skips the test where the contracts are not."""
    contract_file("bluesky/lexicons")
    path = contract_file(f"bluesky/lexicons/{name.replace('.', '/')}.json")
    definitions: Record = json.loads(path.read_text())["defs"]
    return definitions


def judge(asked: Asked) -> Verdict:
    """Whether a call fits its lexicon."""
    if asked.path.startswith("/pictures/"):
        return "GET picture", []
    name = asked.path.removeprefix("/xrpc/")
    operation = f"{asked.method} {name}"
    if not re.fullmatch(_FORMATS["nsid"], name):
        return operation, ["no such method"]
    main = lexicon(name)["main"]
    wanted = {"query": "GET", "procedure": "POST"}.get(main["type"])
    wrong = [] if asked.method == wanted else [f"this is a {main['type']}"]
    wrong += _parameters(asked, main.get("parameters") or {}, name)
    wrong += _input(asked, main.get("input"), name)
    if name != "com.atproto.server.createSession" and "authorization" not in asked.headers:
        wrong.append("no authorization")
    if name.startswith("chat.") and "#bsky_chat" not in asked.headers.get("atproto-proxy", ""):
        wrong.append("no atproto-proxy")
    return operation, wrong


def _parameters(asked: Asked, described: Record, name: str) -> list[str]:
    known = described.get("properties") or {}
    given: Record = {}
    for key, value in parse_qsl(urlsplit(asked.target).query, keep_blank_values=True):
        if known.get(key, {}).get("type") == "array":
            given.setdefault(key, []).append(value)
        elif known.get(key, {}).get("type") == "integer":
            given[key] = int(value)
        else:
            given[key] = value
    return _object("query", given, described, name)


def _input(asked: Asked, described: Record | None, name: str) -> list[str]:
    if described is None:
        return ["takes no input"] if asked.body else []
    kind = asked.headers.get("content-type", "").partition(";")[0]
    if described["encoding"] == "*/*":
        return [] if kind and asked.body else ["no content"]
    if kind != described["encoding"]:
        return [f"content-type {kind}"]
    wrong = _value("body", asked.json, described["schema"], name)
    if name == "com.atproto.repo.createRecord" and not wrong:
        wrong = _record(asked.json)
    return wrong


def _record(body: Record) -> list[str]:
    """The record by the lexicon of its collection, and its key by the kind that one wants."""
    definition = lexicon(body["collection"])["main"]
    wrong = _value("record", body["record"], definition["record"], body["collection"])
    if body["record"].get("$type") != body["collection"]:
        wrong.append("record/$type: not the collection")
    if definition.get("key") == "tid" and "rkey" in body and not _TID.fullmatch(body["rkey"]):
        wrong.append("rkey: no TID")
    text = str(body["record"].get("text", "")).encode()
    for facet in body["record"].get("facets", []):
        start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
        told = facet["features"][0]
        sign = text[start:end].decode()
        if sign not in (told.get("uri"), f"#{told.get('tag')}"):
            wrong.append(f"facets: {sign!r} is not what {told} names")
    return wrong


def _value(where: str, value: Any, described: Record, name: str) -> list[str]:
    kind = described["type"]
    if kind == "ref":
        return _referred(where, value, described["ref"], name)
    if kind == "union":
        named = {_absolute(each, name) for each in described["refs"]}
        told = value.get("$type", "") if isinstance(value, dict) else ""
        if told not in named:
            return [f"{where}/$type: {told!r} is none of {sorted(named)}"]
        return _referred(where, value, told, name)
    if kind == "unknown":
        return [] if isinstance(value, dict) else [f"{where}: not an object"]
    if kind == "blob":
        return _blob(where, value, described)
    if kind == "object" and isinstance(value, dict):
        return _object(where, value, described, name)
    if kind == "array" and isinstance(value, list):
        return _array(where, value, described, name)
    if not isinstance(value, _TYPES[kind]) or (kind == "integer" and isinstance(value, bool)):
        return [f"{where}: not a {kind}"]
    return _plain(where, value, described)


def _referred(where: str, value: Any, ref: str, name: str) -> list[str]:
    document, _, part = _absolute(ref, name).partition("#")
    return _value(where, value, lexicon(document)[part or "main"], document)


def _absolute(ref: str, name: str) -> str:
    return f"{name}{ref}" if ref.startswith("#") else ref


def _object(where: str, value: Record, described: Record, name: str) -> list[str]:
    known = described.get("properties") or {}
    wrong = [
        f"{where}/{each}: required" for each in described.get("required") or [] if each not in value
    ]
    for key, each in value.items():
        if key == "$type":
            continue
        if key not in known:
            wrong.append(f"{where}/{key}: not in the lexicon")
        else:
            wrong += _value(f"{where}/{key}", each, known[key], name)
    return wrong


def _array(where: str, value: list[Any], described: Record, name: str) -> list[str]:
    wrong = []
    if len(value) > described.get("maxLength", len(value)):
        wrong.append(f"{where}: more than {described['maxLength']}")
    for number, each in enumerate(value):
        wrong += _value(f"{where}/{number}", each, described["items"], name)
    return wrong


def _plain(where: str, value: Any, described: Record) -> list[str]:
    wrong = []
    if isinstance(value, str):
        if len(value.encode()) > described.get("maxLength", 1 << 30):
            wrong.append(f"{where}: longer than {described['maxLength']} bytes")
        if len(regex.findall(r"\X", value)) > described.get("maxGraphemes", 1 << 30):
            wrong.append(f"{where}: more than {described['maxGraphemes']} graphemes")
        if not _has_format(value, described.get("format", "")):
            wrong.append(f"{where}: no {described['format']}")
    elif isinstance(value, int):
        low, high = described.get("minimum", value), described.get("maximum", value)
        if not low <= value <= high:
            wrong.append(f"{where}: not within {low} to {high}")
    return wrong


def _has_format(value: str, name: str) -> bool:
    if name == "datetime":
        try:
            return datetime.fromisoformat(value).tzinfo is not None
        except ValueError:
            return False
    return name not in _FORMATS or re.fullmatch(_FORMATS[name], value) is not None


def _blob(where: str, value: Any, described: Record) -> list[str]:
    if not isinstance(value, dict) or value.get("$type") != "blob":
        return [f"{where}: no blob"]
    wrong = []
    if not isinstance(value.get("ref"), dict) or "$link" not in value["ref"]:
        wrong.append(f"{where}/ref: no link")
    if value.get("size", 0) > described.get("maxSize", 1 << 30):
        wrong.append(f"{where}: too large")
    accepted = described.get("accept") or ["*/*"]
    if not any(_fits(str(value.get("mimeType")), each) for each in accepted):
        wrong.append(f"{where}/mimeType: not accepted")
    return wrong


def _fits(kind: str, pattern: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), kind) is not None
